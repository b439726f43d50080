"""What a page costs and how long it takes, beside the same rows as a file and as a page of SvelteKit."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field

import generator
import rivals
from generator import Load
from ground import Ground, Scale
from processes import CpuMeter, Process
from report import Budget, Measured, ms, section, table

PAGE = "/streams?per=50"
FILTERED = "/streams?q=stream-0&sort=-encryption&per=50"
PAGE_CPU_MS, LIVEZ_CPU_MS, P99_MS = 1.0, 0.15, 5.0


@dataclass
class Asked:
    """Something that is asked for again and again, and what each round found."""

    what: str
    process: Process
    url: str
    idle_share: float
    headers: list[str] = field(default_factory=list)
    rounds: list[Load] = field(default_factory=list)

    def send(self, rate: int, seconds: int) -> Load:
        return generator.send(self.process, self.url, rate, seconds, self.idle_share, *self.headers)

    def median(self, of: str) -> float:
        values: list[float] = [getattr(load, of) for load in self.rounds]
        return statistics.median(values)

    def cells(self) -> list[str]:
        p99 = [load.p99 for load in self.rounds]
        failed, requests = sum(load.failures for load in self.rounds), sum(load.requests for load in self.rounds)
        return [
            self.what,
            ms(self.median("cpu_ms")),
            ms(self.median("p50")),
            f"{ms(statistics.median(p99))} ({ms(min(p99))} to {ms(max(p99))})",
            ms(max(load.most for load in self.rounds)),
            f"{failed:,} of {requests:,}",
            f"{self.rounds[-1].bytes_each:,}",
        ]


def idle_share(process: Process, seconds: float) -> float:
    """The part of a core that a server uses when nobody asks."""
    meter = CpuMeter(process)
    time.sleep(seconds)
    return meter.share()


def measure(ground: Ground) -> Measured:
    scale = ground.scale
    with ground.served(scale.streams) as (portal, simulator):
        rivals.write_page(portal.client(), portal.pkg, PAGE, rivals.FILE)
        # The server reads its site when it starts.
        portal.restart(simulator)
        client = portal.client()
        with rivals.sveltekit(client, portal.directory) as (other, address):
            idle = idle_share(portal.process, scale.load_seconds)
            own = ["accept: text/html", f"cookie: {client.cookie}"]

            def here(what: str, path: str, *headers: str) -> Asked:
                return Asked(what, portal.process, portal.origin + path, idle, [*own, *headers])

            asked = [
                here("`/livez`: the floor of generator and server", "/livez"),
                here("the page as a file, same server", f"/pkg/{rivals.FILE}"),
                here("the page", PAGE),
                here("the page, brotli", PAGE, "accept-encoding: br"),
                here("a filtered and sorted page", FILTERED),
                Asked("the same rows by SvelteKit", other, address, idle_share(other, 2)),
            ]
            _rounds(asked, scale)
    return _report(asked, scale, idle)


def _rounds(asked: list[Asked], scale: Scale) -> None:
    """There and back again, so that what changes with time befalls all of them."""
    for process in {id(one.process): one.process for one in asked}.values():
        generator.keep_apart(process)
    try:
        for one in asked:
            # Warm before it is measured.
            one.send(scale.rate, 1)
        for number in range(scale.rounds):
            for one in asked if number % 2 == 0 else reversed(asked):
                one.rounds.append(one.send(scale.rate, scale.load_seconds))
    finally:
        generator.use_all_cores()


def _report(asked: list[Asked], scale: Scale, idle: float) -> Measured:
    floor, file, page, _, _, other = asked
    above = page.median("p99") - floor.median("p99")
    own, beside = page.median("cpu_ms"), [file.median("cpu_ms"), other.median("cpu_ms")]
    budgets = [
        Budget(
            f"CPU per list page (50 rows, {scale.streams:,} known)",
            f"<= {PAGE_CPU_MS:.1f} ms",
            f"{ms(own)} (as a file {ms(beside[0])}; SvelteKit {ms(beside[1])})",
            own <= PAGE_CPU_MS,
        ),
        Budget(
            "CPU per `/livez`",
            f"<= {LIVEZ_CPU_MS} ms",
            ms(floor.median("cpu_ms")),
            floor.median("cpu_ms") <= LIVEZ_CPU_MS,
        ),
        Budget(
            f"list page at {scale.rate} requests/s for {scale.load_seconds} s: p99 above `/livez`",
            f"<= {P99_MS:.0f} ms",
            f"{ms(above)} ({ms(page.median('p99'))} against {ms(floor.median('p99'))})",
            above <= P99_MS,
        ),
    ]
    heads = ["what", "CPU per request", "p50", "p99 (from, to)", "max", "failed", "bytes"]
    text = section(
        "What a page costs",
        table(heads, [one.cells() for one in asked]),
        f"{scale.rate} requests a second for {scale.load_seconds} s by oha, {scale.rounds} rounds in turn, medians; "
        f"signed in as an operator, {scale.streams:,} known streams, 50 rows, not compressed unless it says so; the "
        "collector reads on meanwhile. Latency counts from the moment at which a request was due. The server has one "
        "core and the generator the other. CPU per request is the process's CPU time divided by the requests, less "
        f"what it uses when nobody asks ({idle:.2%} of a core).",
        "SvelteKit serves its rows from memory: it doesn't look up a session, filter or sort.",
    )
    return Measured(budgets, text)
