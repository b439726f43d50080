"""What moving rows cost the browser that shows them: 20 moves a second, and the events of an hour."""

from __future__ import annotations

from typing import Any

import chromium
from ground import Ground
from report import Budget, Measured, ms, section, table

ROWS, LONG_TASK_MS, HEAP_RATIO = 100, 50.0, 1.5


def measure(ground: Ground) -> Measured:
    """A list of 100 rows in Chromium, whose events the bench makes itself: AWS may not be read that often."""
    scale = ground.scale
    settings = {"SECONDS": str(scale.moving_seconds), "EVENTS": str(scale.hour_events)}
    with ground.served(scale.streams) as (portal, _):
        told = chromium.run("moves.mjs", portal, within=120 + 2 * scale.moving_seconds, **settings)
    runs = {"moves": told["moves"], "moves, each with word that the list has moved": told["moves_and_refreshes"]}
    if any(run["rows"] != ROWS for run in runs.values()):
        raise RuntimeError(f"the list has {told['moves']['rows']} rows")
    hour = told["hour"]
    longest = max(run["longest_task"] for run in runs.values())
    ratio = hour["after"]["heap"] / hour["before"]["heap"]
    budgets = [
        Budget(
            f"longest task with {ROWS} rows and 20 moves a second",
            f"<= {LONG_TASK_MS:.0f} ms",
            _task(longest),
            longest <= LONG_TASK_MS,
        ),
        Budget(
            "JS heap after an hour of events / before",
            f"<= {HEAP_RATIO} x",
            f"{ratio:.2f} x ({_mb(hour['before']['heap'])} to {_mb(hour['after']['heap'])})",
            ratio <= HEAP_RATIO,
        ),
    ]
    heads = ["what", "moves a second", "longest task", "main thread busy"]
    rows = [
        [what, f"{run['moves_per_second']:.1f}", _task(run["longest_task"]), f"{run['busy']:.1%}"]
        for what, run in runs.items()
    ]
    text = section(
        "A list that moves",
        f"{ROWS} rows out of {scale.streams:,} in headless Chromium. The events come from a source in the page that "
        "stands in for the server's: rows in the server's own markup, each with another encryption than before. The "
        f"moves last {scale.moving_seconds} s. At word that the list has moved, the page fetches itself again from the "
        "server.",
        table(heads, rows),
        f"As many events as an hour brings at most, when a quarter of AWS's 20 reads a second are all of rows that are "
        f"shown: {scale.hour_events:,}, one after the other, {hour['ms_per_event']:.2f} ms each. What the page holds "
        "after garbage was collected:",
        table(["what", "before", "after"], _held(hour["before"], hour["after"])),
    )
    return Measured(budgets, text)


def _held(before: dict[str, Any], after: dict[str, Any]) -> list[list[str]]:
    sizes = [[what, _mb(before[name]), _mb(after[name])] for what, name in (("JS heap", "heap"), ("wasm", "wasm"))]
    names = ("nodes", "listeners")
    return sizes + [[what, f"{before[what]:,.0f}", f"{after[what]:,.0f}"] for what in names]


def _task(length: float) -> str:
    """The longest task as the browser tells it: only of those that took 50 ms."""
    return ms(length) if length else "none over 50 ms"


def _mb(size: float) -> str:
    return f"{size / 1e6:.1f} MB"
