"""Starting again, memory, and what the portal uses when nobody asks for anything."""

from __future__ import annotations

import math
import statistics
import time

from browsers import PER_PAGE, Browsers, sessions_for
from ground import Ground, with_sessions
from processes import CpuMeter
from report import Budget, Measured, mib, ms, of_core, section, table
from simulator import Simulator, calls

START_MS, LIST_MS, MEMORY_MIB, IDLE = 150.0, 100.0, 60.0, 0.01


def restart(ground: Ground) -> Measured:
    """From the start of the process to a served list that is whole."""
    scale = ground.scale
    starts, wholes = [], []
    portal = ground.known(scale.streams)
    with Simulator(ground.binary, scale.streams, speed=1) as simulator:
        with_sessions(portal, simulator, 1)
        for _ in range(scale.restarts):
            portal.stop()
            portal.start(simulator)
            starts.append((portal.listening_at - portal.process.started_at) * 1000)
            client = portal.client()
            while not client.list_state().is_whole(scale.streams):
                time.sleep(0.002)
            wholes.append((time.time() - portal.listening_at) * 1000)
        portal.stop()
    budgets = []
    for what, times, target in (
        (f"start to `Listening on` with {scale.streams:,} streams", starts, START_MS),
        ("list after restart: complete after listening", wholes, LIST_MS),
    ):
        median = statistics.median(times)
        measured = f"{ms(median)} ({ms(min(times))} to {ms(max(times))})"
        budgets.append(Budget(what, f"<= {target:.0f} ms", measured, median <= target))
    text = (
        f"{scale.restarts} restarts with {scale.streams:,} known streams; median, and from, to. Complete: the page "
        "counts every stream, and none as unknown."
    )
    return Measured(budgets, section("Restart", text))


def memory(ground: Ground) -> Measured:
    """What the portal holds with every stream known and a hundred event connections open."""
    scale = ground.scale
    with ground.served(scale.streams, sessions_for(scale.viewers)) as (portal, _):
        portal.client().get("/streams")
        alone = portal.process.rss_mib()
        pages = min(scale.viewers, math.ceil(scale.streams / PER_PAGE))
        with Browsers(portal, scale.viewers, pages) as watched:
            time.sleep(min(10, scale.minute))
            rss, events = portal.process.rss_mib(), watched.tally.events
        peak = portal.process.usage().peak_rss_mib
    budget = Budget(
        f"server memory, {scale.streams:,} streams, {scale.viewers} viewers",
        f"<= {MEMORY_MIB:.0f} MB",
        mib(rss),
        rss <= MEMORY_MIB,
    )
    rows = [
        [f"{scale.streams:,} known streams, one page served", mib(alone)],
        [f"and {scale.viewers} event connections, each with {PER_PAGE} rows", mib(rss)],
        ["most at any time", mib(peak)],
    ]
    text = (
        f"Resident set of the process, seconds after the last connection was opened; {events:,} events came by then. "
        "The sessions were begun before the portal was started, because hashing passwords takes memory for a while."
    )
    return Measured([budget], section("Memory", table(["with", "resident"], rows), text))


def idle(ground: Ground) -> Measured:
    """What it takes to read on while nobody looks."""
    scale = ground.scale
    with ground.served(scale.streams) as (portal, simulator):
        time.sleep(scale.steady_after)
        simulator.begin()
        meter, began = CpuMeter(portal.process), time.monotonic()
        time.sleep(scale.minute)
        share, counts = meter.share(), simulator.counts()
        a_minute = calls(counts) * 60 / (time.monotonic() - began)
    budget = Budget(f"idle CPU, {scale.streams:,} streams at 25 %", "<= 1 % of a core", of_core(share), share <= IDLE)
    text = (
        f"{scale.minute} s without browsers, {scale.steady_after} s after the start; {a_minute:,.0f} AWS calls a "
        "minute were made."
    )
    return Measured([budget], section("Idle", text))
