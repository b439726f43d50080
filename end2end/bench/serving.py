"""What serving costs once the list is known: AWS's calls against the number of browsers, latency, restart, memory, and
the time from a filter to its paint. Each measurement starts the portal on a database that knows every stream."""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from pathlib import Path

from browsers import PER_PAGE, PER_SESSION, Browsers
from ground import Ground, Scale
from portal import PASSWORD, USER, Client, Portal
from processes import environment, run_to_end
from report import against, ms, section, table
from simulator import Simulator, calls, throttled

HERE = Path(__file__).parent
STEADY_AFTER = 40
"""Seconds: longer than a row that was read needs no other read."""
STEADY = 0.05
"""A listing more or less falls into a minute."""


def _sessions(portal: Portal, browsers: int) -> list[Client]:
    return [portal.sign_in() for _ in range(math.ceil(browsers / PER_SESSION))]


def browsers(ground: Ground, scale: Scale) -> str:
    """AWS's calls a minute with one, ten and a hundred browsers."""
    rows, verdicts = [], []
    for streams, counts in scale.browsing.items():
        minutes = []
        with ground.served(streams) as (portal, simulator):
            # Until the rows that were read while the database was filled are due again.
            time.sleep(STEADY_AFTER)
            for count in counts:
                calls_a_minute, cells = _with_browsers(portal, simulator, count, streams, scale.browsing_seconds)
                minutes.append((float(count), calls_a_minute))
                rows.append([f"{streams:,}", str(count), *cells])
        verdicts.append(_slope(streams, minutes))
    return section(
        "AWS's calls against the number of browsers",
        table(
            [
                "streams",
                "browsers",
                "AWS calls a minute",
                "by operation",
                "throttled",
                "connected",
                "events",
                "pages asked",
                "problems",
            ],
            rows,
        ),
        f"{' '.join(verdicts)} Target: 0; met when the calls differ by no more than {STEADY:.0%}. Speed 1, budget 25 "
        f"%, {scale.browsing_seconds} s each, on a portal that has known every stream for {STEADY_AFTER} s.",
        f"A browser here is what the server sees of one: the event connection of a page with its {PER_PAGE} rows, the "
        "list request of that page, and the same request again after news of the list, at most every 1.5 s.",
    )


def _with_browsers(
    portal: Portal, simulator: Simulator, count: int, streams: int, seconds: int
) -> tuple[float, list[str]]:
    with Browsers(_sessions(portal, count), count, streams // PER_PAGE, asks_again=True) as watched:
        time.sleep(5)
        simulator.begin()
        began = time.monotonic()
        time.sleep(seconds)
        counted, minutes, tally = simulator.counts(), (time.monotonic() - began) / 60, watched.tally
        by_operation = ", ".join(
            f"{calls({name: outcomes}) / minutes:.0f} {name}" for name, outcomes in counted.items()
        )
        cells = [
            str(throttled(counted)),
            str(tally.connected),
            f"{tally.events:,}",
            f"{tally.pages:,}",
            str(len(tally.problems)),
        ]
        return calls(counted) / minutes, [f"{calls(counted) / minutes:.0f}", by_operation or "none", *cells]


def _slope(streams: int, minutes: list[tuple[float, float]]) -> str:
    slope = statistics.linear_regression(*zip(*minutes, strict=True)).slope
    least, most = min(count for _, count in minutes), max(count for _, count in minutes)
    verdict = against(f"{slope:+.3f} calls a minute for each browser", most - least <= STEADY * most)
    return f"Slope with {streams:,} streams: {verdict}."


def _load(portal: Portal, path: str, scale: Scale, *headers: str) -> dict[str, float]:
    args: list[str | Path] = [sys.executable, HERE / "load.py", portal.origin, path]
    args += ["--rate", str(scale.rate), "--seconds", str(scale.load_seconds)]
    for header in headers:
        args += ["--header", header]
    told: dict[str, float] = json.loads(run_to_end(args, {}, within=scale.load_seconds + 60).output)
    return told


def latency(ground: Ground, scale: Scale) -> str:
    """Pages at a fixed rate, and the bytes of one."""
    target_ms = 5.0
    with ground.served(scale.streams) as (portal, _):
        client = portal.client()
        cookie = f"cookie: {client.cookie}"
        page, filtered = "/streams", "/streams?q=stream-0&sort=-encryption"
        asked = [
            ("`/livez`: what the generator itself adds", "/livez", []),
            (f"`{page}`", page, [cookie]),
            (f"`{page}`, brotli", page, [cookie, "accept-encoding: br"]),
            (f"`{filtered}`", filtered, [cookie]),
        ]
        rows = []
        # Each path is warm before it is measured.
        for words, path, headers in asked:
            client.get(path)
            cpu_before = portal.process.usage().cpu_seconds
            got = _load(portal, path, scale, "accept: text/html", *headers)
            cpu = portal.process.usage().cpu_seconds - cpu_before
            p99 = ms(got["p99"])
            rows.append(
                [
                    words,
                    ms(got["p50"]),
                    p99 if path == "/livez" else against(p99, got["p99"] <= target_ms),
                    ms(got["max"]),
                    f"{int(got['failures'])} of {int(got['requests']):,}",
                    f"{cpu / scale.load_seconds:.0%}",
                    ms(got["late_p99"]),
                ]
            )
        sizes = _sizes(client)
    return section(
        "Latency and size of a page",
        table(["what", "p50", "p99", "max", "failed", "portal's CPU, of one core", "sent late, p99"], rows),
        f"{scale.rate} requests a second for {scale.load_seconds} s, signed in, {scale.streams:,} known streams, 50 "
        "rows on the page, not compressed unless it says so; the collector reads on meanwhile. Target: p99 <= "
        f"{target_ms:.0f} ms. Each request is sent at its time whatever became of those before it.",
        sizes,
    )


def _sizes(client: Client) -> str:
    plain = client.get("/streams?per=50")
    packed = client.get("/streams?per=50", **{"accept-encoding": "br"})
    if packed.headers.get("content-encoding") != "br":
        raise RuntimeError("the page did not come in brotli")
    met = against(f"{len(packed.body):,} bytes", len(packed.body) <= 8 * 1024)
    return (
        f"The page of 50 rows as it travels, brotli: {met}; target <= 8 kB. Not compressed: {len(plain.body):,} bytes."
    )


def restart(ground: Ground, scale: Scale) -> str:
    """From the start of the process to a served list that is whole."""
    target_ms = 100.0
    starts, wholes = [], []
    portal = ground.known(scale.streams)
    with Simulator(ground.binary, scale.streams, speed=1) as simulator:
        for _ in range(scale.restarts):
            portal.start(simulator)
            starts.append((portal.listening_at - portal.process.started_at) * 1000)
            client = portal.client()
            while not client.list_state().is_whole(scale.streams):
                time.sleep(0.002)
            wholes.append((time.time() - portal.listening_at) * 1000)
            portal.stop()
    rows = [
        ["from start to `Listening on`", ms(statistics.median(starts)), f"{ms(min(starts))} to {ms(max(starts))}", ""],
        [
            "from there to the whole list",
            against(ms(statistics.median(wholes)), statistics.median(wholes) <= target_ms),
            f"{ms(min(wholes))} to {ms(max(wholes))}",
            f"<= {target_ms:.0f} ms",
        ],
    ]
    return section(
        "Restart",
        table(["what", "median", "from, to", "target"], rows),
        f"{scale.restarts} restarts with {scale.streams:,} known streams. Whole: the page counts every stream, and "
        "none as unknown.",
    )


def memory(ground: Ground, scale: Scale) -> str:
    """What the portal holds with every stream known and a hundred event connections open."""
    target_mb = 60.0
    with ground.served(scale.streams) as (portal, _):
        portal.client().get("/streams")
        alone = portal.process.rss_mb()
        pages = min(scale.viewers, scale.streams // PER_PAGE)
        with Browsers(_sessions(portal, scale.viewers), scale.viewers, pages, asks_again=False) as watched:
            time.sleep(10)
            rss, connected, events = portal.process.rss_mb(), watched.tally.connected, watched.tally.events
        peak = portal.process.usage().peak_rss_mb
    rows = [
        [f"{scale.streams:,} known streams, one page served", f"{alone:.1f} MB", ""],
        [f"and {connected} event connections", against(f"{rss:.1f} MB", rss <= target_mb), f"<= {target_mb:.0f} MB"],
        ["most at any time", f"{peak:.1f} MB", ""],
    ]
    return section(
        "Memory of the portal",
        table(["with", "resident", "target"], rows),
        f"Resident set of the process, 10 s after the last connection was opened; {events:,} events were sent by "
        f"then. {math.ceil(scale.viewers / PER_SESSION)} people signed in just before, and hashing a password takes "
        "memory for a moment.",
    )


def filter_to_paint(ground: Ground, scale: Scale, chromium: str) -> str:
    """From a submitted filter to the frame that shows its result, in a real browser."""
    target_ms = 50.0
    if not chromium:
        return section("From a filter to its paint", "Not measured: no Chromium.")
    with ground.served(scale.streams) as (portal, _):
        settings = environment(
            {
                "ORIGIN": portal.origin,
                "BENCH_USER": USER,
                "BENCH_PASSWORD": PASSWORD,
                "CHROMIUM": chromium,
                "STREAMS": str(scale.streams),
                "FILTERS": str(scale.filters),
            }
        )
        done = subprocess.run(["node", HERE / "filter.mjs"], env=settings, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"filter.mjs failed:\n{done.stderr[-2000:]}")
    got = json.loads(done.stdout)
    rows = [
        ["p50", ms(got["p50"]), ""],
        ["p95", against(ms(got["p95"]), got["p95"] <= target_ms), f"<= {target_ms:.0f} ms"],
        ["longest", ms(got["max"]), ""],
        ["longest task of the main thread", against(ms(got["longest_task"]), got["longest_task"] <= 50), "<= 50 ms"],
    ]
    return section(
        "From a filter to its paint",
        table(["what", "measured", "target"], rows),
        f"{got['samples']} filters over {scale.streams:,} streams in headless Chromium, each another one, from the "
        "`submit` event to the second animation frame after the new count stood in the page: up to one frame of 16.7 "
        "ms more than the paint itself. A longest task of 0 ms: none was over 50 ms, below which browsers report "
        "none.",
    )
