"""AWS's calls a minute against the number of browsers, and against the number of instances on one Postgres; and how
long an event takes from one of these to a browser at another."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from browsers import PER_PAGE, Browsers, sessions_for
from events import spread
from ground import Ground
from portal import CHECKPOINT_KEY, Portal
from processes import CpuMeter
from report import Budget, Measured, ms, not_measured, percentile, section, table
from simulator import Counts, Simulator, calls, throttled

STEADY = 0.05
"""A listing more or less falls into a minute."""
INSTANCES = [1, 3]
INSTANCE_STREAMS = 1_000
ACROSS_MS = 250.0
"""From AWS's answer to one instance to a browser at another."""


def browsers(ground: Ground) -> Measured:
    """With one, ten and a hundred browsers."""
    scale = ground.scale
    rows, budgets = [], []
    for streams, counts in scale.browsing.items():
        minutes = []
        with ground.served(streams, sessions_for(max(counts))) as (portal, simulator):
            time.sleep(scale.steady_after)
            for count in counts:
                a_minute, cells = _with_browsers(portal, simulator, count, streams, scale.minute)
                minutes.append((float(count), a_minute))
                rows.append([f"{streams:,}", str(count), *cells])
        budgets.append(_slope(f"AWS calls per minute against browsers ({streams:,} streams)", minutes, "browser"))
    heads = ["streams", "browsers", "AWS calls a minute", "by operation", "throttled"]
    text = section(
        "AWS's calls against the number of browsers",
        table([*heads, "connected", "events", "pages asked", "problems"], rows),
        f"Speed 1, budget 25 %, {scale.minute} s each, on a portal that has known every stream for "
        f"{scale.steady_after} s. Met when the calls differ by no more than {STEADY:.0%}.",
        f"A browser here is what the server sees of one: the event connection of a page with its {PER_PAGE} rows, the "
        "request of that page, and the same request again after news of the list, at most every 1.5 s.",
    )
    return Measured(budgets, text)


def _with_browsers(
    portal: Portal, simulator: Simulator, count: int, streams: int, seconds: int
) -> tuple[float, list[str]]:
    with Browsers(portal, count, streams // PER_PAGE, asks_again=True) as watched:
        time.sleep(min(5, seconds))
        a_minute, counted = _count(simulator, seconds)
        tally = watched.tally
        cells = [f"{tally.connected}", f"{tally.events:,}", f"{tally.pages:,}", tally.told_problems()]
        return a_minute, [*_in_words(a_minute, counted, seconds), *cells]


def _count(simulator: Simulator, seconds: int) -> tuple[float, Counts]:
    simulator.begin()
    began = time.monotonic()
    time.sleep(seconds)
    counted = simulator.counts()
    return calls(counted) * 60 / (time.monotonic() - began), counted


def _in_words(a_minute: float, counted: Counts, seconds: int) -> list[str]:
    each = [f"{calls({name: outcomes}) * 60 / seconds:.0f} {name}" for name, outcomes in counted.items()]
    return [f"{a_minute:.0f}", ", ".join(each) or "none", str(throttled(counted))]


def _slope(what: str, minutes: list[tuple[float, float]], noun: str) -> Budget:
    slope = statistics.linear_regression(*zip(*minutes, strict=True)).slope
    least, most = min(count for _, count in minutes), max(count for _, count in minutes)
    measured = f"{slope:+.3f} calls a minute for each {noun}"
    return Budget(what, "slope 0", measured, most - least <= STEADY * most)


def instances(ground: Ground) -> Measured:
    """With one and three instances on one Postgres, of which one reads the target."""
    what = "AWS calls per minute against instances (1, 3)"
    postgres = os.environ.get("TEST_POSTGRES_URL", "")
    title = "AWS's calls against the number of instances"
    if not postgres:
        text = section(title, "Not measured here: there is no Postgres server on this machine.")
        return Measured([not_measured(what, "slope 0", "no Postgres")], text)
    scale, rows, minutes = ground.scale, [], []
    across: list[float] = []
    streams = min(INSTANCE_STREAMS, scale.streams)
    for count in INSTANCES:
        with ExitStack() as stack:
            simulator = stack.enter_context(Simulator(ground.binary, streams, speed=1))
            directory = ground.directory / f"instances-{count}"
            portals = _started(ground.binary, directory, _database(postgres, count), count, simulator)
            for portal in portals:
                stack.callback(portal.stop)
            # A steady fleet reads rows again that it has read; one that fills up reads as fast as it may, too.
            time.sleep(scale.steady_after)
            a_minute, counted = _count(simulator, scale.minute)
            minutes.append((float(count), a_minute))
            rows.append([str(count), *_in_words(a_minute, counted, scale.minute)])
            if count > 1:
                across = _across(portals, simulator, scale.events)
    last = percentile(across, 99)
    text = section(
        title,
        table(["instances", "AWS calls a minute", "by operation", "throttled"], rows),
        f"{streams:,} streams, budget 25 %, {scale.minute} s each, one Postgres on this machine.",
        f"Then {len(across)} keys were changed behind Keystream's back. The first of {INSTANCES[-1]} instances reads; "
        f"a browser at the last one had the event {ms(statistics.median(across))} (p50) and {ms(last)} (p99) after "
        "the simulator's answer to the first.",
    )
    event = "an event from one instance to a browser at another: p99"
    told = Budget(event, f"<= {ACROSS_MS:.0f} ms", ms(last), last <= ACROSS_MS)
    return Measured([_slope(what, minutes, "instance"), told], text)


def _across(portals: list[Portal], simulator: Simulator, events: int) -> list[float]:
    """How many ms after AWS's answer to the first portal, which reads, events reach a browser at the last one."""
    portal = portals[-1]
    portal.sign_in()
    with Browsers(portal, 1) as watched:
        # Until the reader knows what is viewed here.
        time.sleep(5)
        return spread(watched, simulator, CpuMeter(portal.process), events, "across").lasts


def _database(postgres: str, count: int) -> str:
    name = f"bench_{count}"
    subprocess.run(
        ["psql", "-q", f"{postgres}/postgres", "-c", f"create database {name}"],
        check=True,
        capture_output=True,
    )
    return f"{postgres}/{name}"


def _started(binary: Path, directory: Path, database: str, count: int, simulator: Simulator) -> list[Portal]:
    portals = [Portal(binary, directory / str(number), database) for number in range(count)]
    portals[0].command("audit", "key", str(directory / CHECKPOINT_KEY))
    portals[0].add_users()
    for portal in portals:
        portal.start(simulator)
    return portals
