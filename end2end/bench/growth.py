"""How costs grow: with the number of streams, of event connections, and of changes at a time. Why the curves bend
stands in notes.md."""

from __future__ import annotations

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import generator
import page
from browsers import Browsers, RowWatch, sessions_for
from events import finish_times, is_stopped, spread
from generator import Load
from ground import Ground, Scale
from portal import Portal
from processes import CpuMeter
from report import Measured, mib, ms, of_core, percentile, section, table
from serving import FILTERED, PAGE
from simulator import Simulator, encrypted_names

FEW_BROWSERS = 6
LONG_MS = 3_600_000
PEOPLE = 2
"""Who confirm at the same time."""


@dataclass(frozen=True)
class Restarted:
    listening_ms: float
    whole_ms: float

    @classmethod
    def of(cls, portal: Portal, simulator: Simulator, streams: int) -> Restarted:
        portal.stop()
        portal.start(simulator)
        client = portal.client()
        while client.list_state().streams < streams:
            time.sleep(0.002)
        whole_ms = (time.time() - portal.listening_at) * 1000
        return cls((portal.listening_at - portal.process.started_at) * 1000, whole_ms)


def _load(portal: Portal, path: str, seconds: int, idle_share: float, rate: int) -> Load:
    """Asks on all cores, beside whatever else is going on."""
    headers = ["accept: text/html", f"cookie: {portal.cookies[0]}"]
    return generator.send(portal.process, portal.origin + path, rate, seconds, idle_share, *headers)


def _share(portal: Portal, seconds: float) -> float:
    meter = CpuMeter(portal.process)
    time.sleep(seconds)
    return meter.share()


def streams(ground: Ground) -> Measured:
    """From a hundred streams to a hundred thousand."""
    scale, rows = ground.scale, []
    seconds = max(3, scale.load_seconds // 2)
    known, held = 0, 0.0
    for count in scale.fleets:
        with ground.served(count) as (portal, simulator):
            restarted = Restarted.of(portal, simulator, count)
            time.sleep(seconds)
            rss, idle = portal.process.rss_mib(), _share(portal, seconds)
            plain = _load(portal, PAGE, seconds, idle, scale.rate)
            filtered = _load(portal, FILTERED, seconds, idle, scale.rate)
            with Browsers(portal, FEW_BROWSERS) as watched:
                found = spread(watched, simulator, CpuMeter(portal.process), 10, "streams")
            each = f"{(rss - held) * 1024 / (count - known):.2f} kB" if known else ""
            known, held = count, rss
            rows.append(
                [
                    f"{count:,}",
                    mib(rss),
                    each,
                    of_core(idle),
                    ms(plain.cpu_ms),
                    ms(plain.p50),
                    ms(filtered.cpu_ms),
                    ms(statistics.median(found.lasts)),
                    ms(restarted.listening_ms),
                    ms(restarted.whole_ms),
                ]
            )
    heads = ["streams", "resident", "per further stream", "idle CPU", "list page, CPU", "p50", "filtered page, CPU"]
    heads += [f"event to {FEW_BROWSERS} browsers", "start to listening", "from there to the list"]
    text = (
        f"CPU of pages at {scale.rate} requests a second for {seconds} s. Resident after a restart; the fleet is read "
        "on at 25 % of AWS's limits meanwhile. An event's time is the median from AWS's answer to the last browser."
    )
    return Measured([], section("Growth with streams", table(heads, rows), text))


def connections(ground: Ground) -> Measured:
    """From one event connection to a thousand."""
    scale, rows = ground.scale, []
    seconds = max(3, scale.load_seconds // 2)
    for count in scale.connections:
        with ground.served(scale.streams, sessions_for(count)) as (portal, simulator):
            time.sleep(seconds)
            portal.client().get("/streams")
            alone = portal.process.rss_mib()
            with Browsers(portal, count) as watched:
                time.sleep(seconds)
                rss, idle = portal.process.rss_mib(), _share(portal, seconds)
                plain = _load(portal, PAGE, seconds, idle, scale.rate)
                found = spread(watched, simulator, CpuMeter(portal.process), 10, "connections")
            restarted = Restarted.of(portal, simulator, scale.streams)
            rows.append(
                [
                    f"{count:,}",
                    mib(rss),
                    f"{(rss - alone) * 1024 / count:.1f} kB",
                    of_core(idle),
                    ms(plain.cpu_ms),
                    ms(plain.p50),
                    ms(statistics.median(found.firsts)),
                    ms(statistics.median(found.lasts)),
                    f"{found.cpu_ms * 1000:.0f} µs",
                    ms(restarted.listening_ms),
                ]
            )
    heads = ["connections", "resident", "per connection", "CPU, nobody asks", "list page, CPU", "p50"]
    heads += ["event to the first", "to the last", "CPU per event and browser", "start to listening"]
    text = (
        f"{scale.streams:,} streams; every connection follows the same 25 rows, which are therefore read again as "
        "often as the budget allows, and each read is an event. The restart is one after the connections have gone."
    )
    return Measured([], section("Growth with event connections", table(heads, rows), text))


def changes(ground: Ground) -> Measured:
    """From one change at a time to twenty-five."""
    scale, rows = ground.scale, []
    for count in scale.changes_at_once:
        with ground.served(scale.streams) as (portal, simulator):
            names = encrypted_names(min(2 * count, 50))
            quiet = _share(portal, scale.load_seconds / 2)
            found = _at_once(portal, simulator, names[:count], scale)
            _request(portal, simulator, names[count:], LONG_MS)
            restarted = Restarted.of(portal, simulator, scale.streams)
            rows.append(
                [
                    str(count),
                    mib(found.rss),
                    of_core(quiet),
                    of_core(found.busy),
                    ms(found.page.cpu_ms),
                    ms(found.page.p50),
                    f"{statistics.mean(found.delays):.2f} s",
                    f"{percentile(found.delays, 95):.2f} s",
                    f"{found.to_confirm:.2f} s",
                    str(found.unsent),
                    ms(restarted.listening_ms),
                    ms(restarted.whole_ms),
                ]
            )
    heads = ["changes at once", "resident", "CPU before", "CPU, all UPDATING", "list page, CPU", "p50"]
    heads += ["AWS finished -> event, mean", "p95", "to confirm one", "not sent", "restart: listening", "list"]
    text = (
        f"{scale.streams:,} streams, one browser, all changes in one account and Region, whose reads share 25 % of "
        f"AWS's limit. Each change takes {scale.change_ms / 1000:.0f} s. A watch reads every second at first, every "
        "2 s after 10 s and every 5 s after 30 s, and what it sees may be late by that much. *To confirm one* is what "
        f"a person's form and its answer take while {PEOPLE} people do so, with loading the form again where AWS "
        "wasn't asked. The restart is one with as many changes under way."
    )
    return Measured([], section("Growth with changes at a time", table(heads, rows), text))


def _request(portal: Portal, simulator: Simulator, names: list[str], transition_ms: int) -> tuple[float, list[str]]:
    """Requests changes of this length, by several people. Returns how many seconds one took on average, and the streams
    whose change was sent."""
    simulator.order("settings", transition_ms=transition_ms)

    def one(name: str) -> tuple[float, str]:
        begin = time.monotonic()
        change = portal.client().disable(name)
        return time.monotonic() - begin, change

    with ThreadPoolExecutor(max_workers=PEOPLE) as people:
        requested = dict(zip(names, people.map(one, names), strict=True))
    sent = [name for name in names if is_stopped(simulator, name)]
    for name in set(names) - set(sent):
        print(f"  {name} was not sent: {portal.client().change_text(requested[name][1])}", file=sys.stderr)
    return statistics.mean(seconds for seconds, _ in requested.values()), sent


@dataclass(frozen=True)
class AtOnce:
    """What changes that are under way together cost."""

    delays: list[float]
    """Seconds from AWS's end of each to its event."""
    unsent: int
    """Changes that weren't sent, because the read before it didn't come in time, for example."""
    to_confirm: float
    """Seconds that a form and its answer took."""
    busy: float
    """The part of a core that the portal used meanwhile."""
    page: Load
    rss: float


def _at_once(portal: Portal, simulator: Simulator, names: list[str], scale: Scale) -> AtOnce:
    shown = portal.client().list_page("per=100")
    simulator.begin()
    with Browsers(portal, 1, per=100) as watched:
        rows = {name: RowWatch(page.row_id_of(shown, name).encode()) for name in names}
        watched.watches = list(rows.values())
        to_confirm, sent = _request(portal, simulator, names, scale.change_ms)
        watched.watches = [rows[name] for name in sent]
        seconds = max(2, scale.load_seconds // 4)
        busy = _share(portal, seconds)
        asked, rss = _load(portal, PAGE, seconds, busy, scale.rate), portal.process.rss_mib()
        watched.wait_for(within=scale.change_ms / 1000 + 120)
    finished = finish_times(simulator, {name: scale.change_ms for name in sent})
    delays = [rows[name].arrivals[0] - finished[name] for name in sent]
    return AtOnce(delays, len(names) - len(sent), to_confirm, busy, asked, rss)
