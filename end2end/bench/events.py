"""How long an event takes to the last of many browsers, and how long it takes from AWS's end of a change to a page."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

import chromium
from browsers import PER_PAGE, Browsers, Watch, sessions_for
from client import Client
from ground import Ground
from processes import CpuMeter
from report import Budget, Measured, mib, ms, percentile, section, table
from simulator import Simulator, encrypted_names, name_of

LAST_MS, CONNECTION_KB, SHOWN_MEAN_S, SHOWN_P95_S = 100.0, 20.0, 0.6, 1.1
AT_ONCE = 10
"""Events that are waited for together: each comes when its row is read again."""
TRANSITIONS = [2_100, 3_300, 4_500, 6_700, 8_900]
"""How long the simulator stays UPDATING, in ms: the short changes of most days. Reads begin a second apart, so the ends
lie all over a second: whole seconds would all be seen equally late."""


@dataclass(frozen=True)
class Spread:
    """The events of one run: how many ms after AWS's answer each reached the first and the last browser."""

    firsts: list[float]
    lasts: list[float]
    cpu_ms: float
    """CPU of the portal for each event and browser."""
    own_ms: float
    """CPU of the bench, which is the browsers, for each of the same."""
    events: int
    """Events that browsers got, with those that nobody waited for."""


def spread(watched: Browsers, simulator: Simulator, meter: CpuMeter, events: int, label: str) -> Spread:
    """Changes the keys of streams that everybody sees behind everybody's back, until so many have been shown."""
    simulator.order("settings", rtt_ms=0)
    firsts, lasts, names = [], [], [name_of(number + 1) for number in range(PER_PAGE)]
    before, used_before, own_before = watched.tally.events, meter.used(), time.process_time()
    for begin in range(0, events, AT_ONCE):
        keys = {f"{label}-{number:04}": names[number % PER_PAGE] for number in range(begin, begin + AT_ONCE)}
        simulator.begin()
        watched.watches = [Watch(key.encode()) for key in keys]
        for key, name in keys.items():
            simulator.set_key(name, f"alias/{key}")
        watched.wait_for(within=90)
        told_at = _told_at(simulator)
        for key, watch in zip(keys, watched.watches, strict=True):
            firsts.append((min(watch.arrivals) - told_at[key]) * 1000)
            lasts.append((max(watch.arrivals) - told_at[key]) * 1000)
    got = watched.tally.events - before
    used, own = meter.used() - used_before, time.process_time() - own_before
    return Spread(firsts, lasts, used * 1000 / max(got, 1), own * 1000 / max(got, 1), got)


def _told_at(simulator: Simulator) -> dict[str, float]:
    """When AWS first reported each key."""
    told: dict[str, float] = {}
    for call in simulator.calls():
        if call["described"] and call["described"]["key"]:
            told.setdefault(call["described"]["key"].removeprefix("alias/"), float(call["at_ms"]) / 1000)
    return told


def fan_out(ground: Ground) -> Measured:
    """One event to a thousand browsers that look at the same page."""
    scale = ground.scale
    count = scale.many_connections
    with ground.served(scale.streams, sessions_for(count)) as (portal, simulator):
        portal.client().get("/streams")
        alone = portal.process.rss_mib()
        with Browsers(portal, count) as watched:
            time.sleep(5)
            each_kb = (portal.process.rss_mib() - alone) * 1024 / count
            found = spread(watched, simulator, CpuMeter(portal.process), scale.events, "fan-out")
            peak, problems = portal.process.rss_mib(), watched.tally.told_problems()
    last = percentile(found.lasts, 99)
    budgets = [
        Budget(f"one event to {count:,} browsers, last one: p99", f"<= {LAST_MS:.0f} ms", ms(last), last <= LAST_MS),
        Budget(
            f"memory per event connection ({count:,})",
            f"<= {CONNECTION_KB:.0f} kB",
            f"{each_kb:.1f} kB",
            each_kb <= CONNECTION_KB,
        ),
    ]
    rows = [
        ["first browser", ms(statistics.median(found.firsts)), ms(percentile(found.firsts, 99)), ms(max(found.firsts))],
        ["last browser", ms(statistics.median(found.lasts)), ms(last), ms(max(found.lasts))],
    ]
    text = section(
        f"One event to {count:,} browsers",
        table(["after AWS's answer", "p50", "p99", "max"], rows),
        f"{len(found.lasts)} changes of keys behind Keystream's back, counted from the moment at which the simulator "
        f"answered the read that reported them; the events of {PER_PAGE} rows go to everybody. {found.events:,} events "
        f"arrived: {found.cpu_ms * 1000:.0f} µs of the portal's CPU for each, and {found.own_ms * 1000:.0f} µs of "
        f"the browsers', which are one Python process on the same two cores. At the end: {mib(peak)}; problems: "
        f"{problems}.",
    )
    return Measured(budgets, text)


def finish_times(simulator: Simulator, transitions: dict[str, int]) -> dict[str, float]:
    """When AWS finished each change, in seconds since 1970."""
    stops = {call["stream"]: call for call in simulator.calls() if call["operation"] == "StopStreamEncryption"}
    return {name: (float(stops[name]["at_ms"]) + transitions[name]) / 1000 for name in transitions if name in stops}


def request_one_by_one(client: Client, simulator: Simulator, names: Iterable[str], pause: float) -> dict[str, int]:
    """Disables streams, each with another length of its change. Returns the lengths."""
    transitions = {}
    for number, name in enumerate(names):
        length = TRANSITIONS[number % len(TRANSITIONS)]
        simulator.order("settings", transition_ms=length)
        change = client.disable(name)
        if not is_stopped(simulator, name):
            raise RuntimeError(f"{name} was not sent: {client.change_text(change)}")
        transitions[name] = length
        time.sleep(pause)
    return transitions


def is_stopped(simulator: Simulator, name: str, within: float = 15) -> bool:
    """Waits until AWS has been asked to end a stream's encryption, and returns whether it was."""
    until = time.monotonic() + within
    while not any(call["operation"] == "StopStreamEncryption" and call["stream"] == name for call in simulator.calls()):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def shown(ground: Ground) -> Measured:
    """From the moment at which AWS has finished a change to the page of a browser that shows it."""
    scale = ground.scale
    names = encrypted_names(scale.changes)
    with ground.served(scale.streams) as (portal, simulator):
        client = portal.client()
        simulator.begin()
        lengths: dict[str, int] = {}

        def request() -> None:
            lengths.update(request_one_by_one(client, simulator, names, pause=2.5))

        # The page has to be open before the first of them is requested.
        requesting = threading.Timer(5, request)
        requesting.start()
        told = chromium.run("shown.mjs", portal, within=60 + 15 * scale.changes, NAMES=",".join(names))
        requesting.join()
        finished = finish_times(simulator, lengths)
    delays = [told["shown"][name] / 1000 - at for name, at in finished.items() if name in told["shown"]]
    if len(delays) < len(names):
        raise RuntimeError(f"the page showed {len(delays)} of {len(names)} changes")
    mean, late = statistics.mean(delays), percentile(delays, 95)
    budget = Budget(
        "AWS finished -> browser shows it (short changes)",
        f"mean <= {SHOWN_MEAN_S} s, p95 <= {SHOWN_P95_S} s",
        f"mean {mean:.2f} s, p95 {late:.2f} s",
        mean <= SHOWN_MEAN_S and late <= SHOWN_P95_S,
    )
    text = section(
        "From AWS's end of a change to the page",
        f"{len(delays)} disables of {min(TRANSITIONS) / 1000:.0f} to {max(TRANSITIONS) / 1000:.0f} s, up to three at a "
        f"time, {scale.streams:,} known streams. Counted from the end of UPDATING in the simulator to the frame of a "
        f"list in headless Chromium in which the row says *Not encrypted*. From {min(delays):.2f} to "
        f"{max(delays):.2f} s, median {statistics.median(delays):.2f} s.",
    )
    return Measured([budget], text)
