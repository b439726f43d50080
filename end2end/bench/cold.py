"""How long it takes from nothing to a first row, to the encryption of the 25 streams that somebody sees, and of all of
them: the scripts that people write, and Keystream, against the same simulator with AWS's limits."""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from browsers import Browsers
from client import Client
from page import ListState
from portal import Portal
from processes import Usage, run_to_end
from report import Budget, Measured, ms, seconds, section, table
from simulator import RTT_MS, Counts, Simulator, throttled

HERE = Path(__file__).parent
RTT = RTT_MS / 1000
VISIBLE = 25
TARGET = 1.05
"""The most that Keystream may take of what the budget allows."""
POLL = 0.01
"""Seconds between two looks while the first rows are awaited; afterwards ten times as long."""


@dataclass(frozen=True)
class Bounds:
    """The least that a share of AWS's limits allows, in seconds: 5 listings of 100 and 20 descriptions a second."""

    first: float
    visible: float
    full: float

    @classmethod
    def of(cls, streams: int, share: float) -> Bounds:
        listing = (math.ceil(streams / 100) - 1) / (5 * share) + RTT
        return cls(RTT, RTT + (VISIBLE - 1) / (20 * share), max(listing, RTT + (streams - 1) / (20 * share)))


@dataclass(frozen=True)
class Run:
    """What one contender did. Times are simulated seconds after its first call; without a speed, real seconds."""

    contender: str
    streams: int
    speed: int | None
    first: float
    visible: float
    full: float
    counts: Counts
    usage: Usage
    simulator_cpu: float
    bounds: Bounds | None = None

    @property
    def wall(self) -> float:
        return self.full / (self.speed or 1)

    def cells(self) -> list[str]:
        bounds = self.bounds
        return [
            f"{self.streams:,}",
            self.contender,
            str(self.speed or "wall"),
            self._beside(self.first, bounds.first if bounds else None),
            self._beside(self.visible, bounds.visible if bounds else None),
            self._beside(self.full, bounds.full if bounds else None),
            _in_words(self.counts),
            f"{throttled(self.counts):,}",
            f"{self.usage.cpu_seconds:.1f} / {self.wall:.1f}",
            f"{self.usage.peak_rss_mib:.0f}",
        ]

    def _beside(self, measured: float, bound: float | None) -> str:
        if self.speed is None:
            return ms(measured * 1000)
        if bound is None:
            return seconds(measured)
        return f"{seconds(measured)} (bound {seconds(bound)}, {measured / bound:.2f})"


HEADS = [
    "streams",
    "who",
    "speed",
    "first row, s",
    "25 states, s",
    "full column, s",
    "calls",
    "throttled",
    "CPU s / wall s",
    "peak MiB",
]


def _in_words(counts: Counts) -> str:
    totals = {operation: sum(outcomes.values()) for operation, outcomes in counts.items()}
    return ", ".join(f"{total:,} {operation}" for operation, total in sorted(totals.items(), key=lambda one: -one[1]))


def script(name: str, contender: str, streams: int, speed: int, binary: Path) -> Run:
    """Runs a script that prints a milestone a line."""
    file = HERE / "contenders" / name
    command = [sys.executable, file] if file.suffix == ".py" else [file]
    with Simulator(binary, streams, speed) as simulator:
        settings = simulator.credentials() | {
            "AWS_ENDPOINT_URL": simulator.url,
            "BENCH_SPEED": str(speed),
            "PYTHONPATH": str(HERE / "contenders" / "faster_sleep"),
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        }
        done = run_to_end([*command], settings, within=1_800)
        told = [json.loads(line) for line in done.output.splitlines()]
        at = {line["milestone"]: line["at"] for line in told if "milestone" in line}
        if told[-1]["streams"] != streams:
            raise RuntimeError(f"{name} read {told[-1]['streams']} of {streams} streams")
        zero = simulator.first_call_at()
        first, visible, full = ((at[name] - zero) * speed for name in ("first-name", "25-states", "all-states"))
        return Run(
            contender,
            streams,
            speed,
            first,
            visible,
            full,
            simulator.counts(),
            done.usage,
            simulator.usage().cpu_seconds,
        )


def _looks(client: Client, streams: int, within: float) -> Iterator[tuple[float, ListState]]:
    """Looks at the first page again and again until the whole column is known."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        state = client.list_state(f"per={VISIBLE}")
        yield time.time(), state
        if state.is_whole(streams):
            return
        time.sleep(POLL if state.states < VISIBLE else 10 * POLL)
    raise RuntimeError(f"the list was not whole after {within:.0f} s: {state}")


def _filled(portal: Portal, streams: int, within: float) -> tuple[float, float, float]:
    """When the first row was there, 25 states, all states."""
    first = visible = at = 0.0
    with ExitStack() as watching:
        for at, state in _looks(portal.client(), streams, within):
            if state.rows and not first:
                first = at
                # Somebody is looking at the first page from now on.
                watching.enter_context(Browsers(portal, 1))
            if state.states >= VISIBLE and not visible:
                visible = at
    return first, visible, at


def keystream(streams: int, speed: int, budget: int, binary: Path, also_again: bool) -> Iterator[Run]:
    """Keystream with an empty cache and, where asked for, started again with the full one."""
    with (
        tempfile.TemporaryDirectory(prefix="keystream-bench-") as directory,
        Simulator(binary, streams, speed) as simulator,
    ):
        portal = Portal(binary, Path(directory))
        try:
            _sign_in_before_anything(portal, simulator)
            bounds = Bounds.of(streams, budget / 100)
            portal.start(simulator, budget)
            moments = _filled(portal, streams, within=30 + 3 * bounds.full / speed)
            zero = simulator.first_call_at()
            first, visible, full = ((at - zero) * speed for at in moments)
            counts, usage, used = simulator.counts(), portal.process.usage(), simulator.usage().cpu_seconds
            yield Run(
                f"Keystream, empty cache, {budget} % of the limits",
                streams,
                speed,
                first,
                visible,
                full,
                counts,
                usage,
                used,
                bounds,
            )
            if also_again:
                yield _again(portal, simulator, streams, budget)
        finally:
            portal.stop()


def _sign_in_before_anything(portal: Portal, simulator: Simulator) -> None:
    """Signs in while AWS does not answer: the hash of a password is no part of how long a list takes."""
    portal.add_users()
    simulator.black_hole()
    portal.start(simulator)
    portal.sign_in()
    portal.stop()
    simulator.begin()


def _again(portal: Portal, simulator: Simulator, streams: int, budget: int) -> Run:
    """Started again. Nothing is waited for that AWS limits: times are of the wall, after the portal listens."""
    portal.stop()
    simulator.begin()
    portal.start(simulator, budget)
    moments = _filled(portal, streams, within=60)
    first, visible, full = (at - portal.listening_at for at in moments)
    counts, usage = simulator.counts(), portal.process.usage()
    return Run("Keystream, started again", streams, None, first, visible, full, counts, usage, 0.0)


def measure(binary: Path, sizes: list[tuple[int, int]], shell_streams: int) -> Measured:
    """Every contender at every size, each with the speed of the simulated time."""
    runs: list[Run] = []

    def note(run: Run) -> None:
        print(f"  {run.streams:,} streams, {run.contender}: {run.wall:.1f} s", file=sys.stderr)
        runs.append(run)

    for streams, speed in sizes:
        note(script("boto3_describe_stream.py", "boto3, DescribeStream one by one", streams, speed, binary))
        note(script("boto3_summary_threads.py", "boto3, DescribeStreamSummary, 4 threads", streams, speed, binary))
        for budget in (25, 50):
            for run in keystream(streams, speed, budget, binary, also_again=budget == 25):
                note(run)
    note(script("aws_cli_loop.sh", f"AWS CLI in a loop, {shell_streams} streams only", shell_streams, 1, binary))
    text = section("From nothing to the whole column", table(HEADS, [run.cells() for run in runs]), *_notes(runs))
    return Measured(list(_budgets(runs)), text)


def _budgets(runs: list[Run]) -> Iterator[Budget]:
    bound = [(run, run.bounds) for run in runs if run.bounds]
    for what, of in (("25 visible states", "visible"), ("full column", "full")):
        ratios = [getattr(run, of) / getattr(bounds, of) for run, bounds in bound]
        measured = f"{min(ratios):.3f} to {max(ratios):.3f} x"
        yield Budget(f"cold start: {what}", f"<= {TARGET} x the bound", measured, max(ratios) <= TARGET)
    refused = sum(throttled(run.counts) for run, _ in bound)
    yield Budget("cold start: throttled calls", "0", str(refused), refused == 0)
    what = "side by side with what people use now (boto3 loop, boto3 with threads, AWS CLI)"
    yield Budget(what, "same simulator, same run", "see below", None)


def _notes(runs: list[Run]) -> list[str]:
    busiest = max((run.simulator_cpu / run.wall for run in runs), default=0)
    worst = [run for run in runs if run.speed and run.usage.cpu_seconds / run.wall > 0.7]
    lines = [
        "Times are simulated seconds after the contender's first call reached the simulator: wall seconds times the "
        f"speed. The round trip is {RTT_MS} simulated ms. What a program computes takes `speed` times as long in them "
        "as it would beside the real AWS, and so do the looks of the bench itself, one each 10 ms of the wall. "
        "*Started again* is told in time of the wall after `Listening on`.",
        "Bounds: first row one round trip; 25 states one round trip and 24 descriptions at 20 a second times the "
        "budget; full column as many as there are streams, or the listing if that takes longer. They leave out that "
        "a description can only follow the listing, which is another round trip.",
        f"The simulator was busy for at most {busiest:.0%} of one core.",
    ]
    if worst:
        lines.append(
            "Bound by their own computing rather than by AWS's limits: "
            + ", ".join(f"{run.contender} at {run.streams:,}" for run in worst)
            + "."
        )
    return lines
