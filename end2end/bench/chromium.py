"""What only a real browser can tell: scripts in node/ that drive Debian's Chromium, and Lighthouse."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import threading
from pathlib import Path
from typing import Any

import rivals
from client import OPERATOR, PASSWORD
from ground import Ground
from portal import Portal
from processes import run_to_end
from report import Budget, Measured, ms, not_measured, section, table
from simulator import ACCOUNT, REGION, encrypted_names, name_of

HERE = Path(__file__).parent
FILTER_RATIO, LONG_TASK_MS, SHIFT = 1.3, 50.0, 0.005
FLAGS = "--headless=new --no-sandbox --disable-gpu"
CATEGORIES = ["performance", "accessibility", "best-practices"]


def is_there() -> bool:
    return bool(os.environ.get("CHROMIUM"))


def run(script: str, portal: Portal, within: float, **settings: str) -> Any:
    """Runs a script, which signs in by itself, and returns what it prints as JSON."""
    settings |= {"ORIGIN": portal.origin, "BENCH_USER": OPERATOR, "BENCH_PASSWORD": PASSWORD}
    return json.loads(run_to_end(["node", HERE / "node" / script], settings, within).output)


def filter_to_paint(ground: Ground) -> Measured:
    """From a submitted filter to the frame that shows its result, beside the same bytes as a file."""
    scale = ground.scale
    filters = _filters(scale.streams, scale.filters + 1)
    with ground.served(scale.streams) as (portal, simulator):
        client = portal.client()
        for text in filters:
            rivals.write_page(client, portal.pkg, f"/streams?q={text}", f"bench-filter-{text}.html")
        # The server reads its site when it starts.
        portal.restart(simulator)
        told = run("filter.mjs", portal, within=300, FILTERS=",".join(filters))
    own, file = told["filter"], told["file"]
    ratio = statistics.median(own) / statistics.median(file)
    budgets = [
        Budget(
            f"filter {scale.streams:,} streams to paint, against fetching a file and swapping it in",
            f"<= {FILTER_RATIO} x",
            f"{ratio:.2f} x ({ms(statistics.median(own))} against {ms(statistics.median(file))})",
            ratio <= FILTER_RATIO,
        ),
        Budget(
            "longest task of the main thread while filtering",
            f"<= {LONG_TASK_MS:.0f} ms",
            ms(told["longest_task"]) if told["longest_task"] else "none over 50 ms",
            told["longest_task"] <= LONG_TASK_MS,
        ),
    ]
    rows = [[what, *(ms(value) for value in _quartiles(times))] for what, times in (("filter", own), ("file", file))]
    text = section(
        "From a filter to its paint",
        table(["what", "least", "median", "p95", "max"], rows),
        f"{len(own)} filters over {scale.streams:,} streams in headless Chromium, each another one, from the `submit` "
        "event to the second animation frame after the new count stood in the page: up to one frame of 16.7 ms more "
        "than the paint. The file is the same page, fetched from the same server by a script that swaps its `main` in "
        "without looking at it, in a tab of the same browser, in turn with the filters.",
    )
    return Measured(budgets, text)


def _quartiles(times: list[float]) -> list[float]:
    ranked = sorted(times)
    return [ranked[0], statistics.median(ranked), ranked[int(len(ranked) * 0.95)], ranked[-1]]


def _filters(streams: int, wanted: int) -> list[str]:
    """Texts whose results differ in size from one to the next, so that a new result can be told from the old one."""
    names = [name_of(number + 1) for number in range(streams)]
    chosen: list[str] = []
    last = -1
    for number in range(1, 100_000):
        # Of one to four digits, in a mixed order.
        text = str(number * 7_919 % [10, 100, 1_000, 10_000][number % 4])
        count = sum(text in name for name in names)
        if 0 < count != last and text not in chosen:
            chosen.append(text)
            last = count
        if len(chosen) == wanted:
            break
    return chosen


def live_shifts(ground: Ground) -> Measured:
    """What moves on a page that somebody reads while streams change."""
    scale = ground.scale
    names = encrypted_names(10)
    with ground.served(scale.streams) as (portal, _):
        over = threading.Event()

        def change_now_and_then() -> None:
            for name in names:
                if over.wait(scale.live_seconds / (len(names) + 1)):
                    return
                # With a new session: an old one would have to confirm who it is.
                portal.sign_in().disable(name)

        # Two people: the one who reads, and one who changes streams of the same page.
        changing = threading.Thread(target=change_now_and_then)
        changing.start()
        told = run("live.mjs", portal, within=scale.live_seconds + 90, SECONDS=str(scale.live_seconds))
        over.set()
        changing.join()
    budget = Budget(
        f"CLS over {scale.live_seconds / 60:.1f} live minutes",
        f"<= {SHIFT}",
        f"{told['cls']:.4f}",
        told["cls"] <= SHIFT,
    )
    text = section(
        "Layout shifts of a live page",
        f"A list of 25 rows out of {scale.streams:,} in Chromium for {scale.live_seconds} s, while another person "
        f"disables {len(names)} of its streams. {told['updates']:,} changes of the page's content; {told['shifts']} "
        f"shifts, which add up to {told['sum']:.4f} (CLS is the worst burst of them; most of it by "
        f"{', '.join(told['moved']) or 'nothing'}); longest task "
        f"{ms(told['longest_task']) if told['longest_task'] else 'under 50 ms'}; JavaScript heap "
        f"{told['heap_before'] / 1e6:.1f} MB at first, {told['heap_after'] / 1e6:.1f} MB at the end.",
    )
    return Measured([budget], text)


def lighthouse(ground: Ground) -> Measured:
    """The scores of the list and of a stream's page, as on a desktop."""
    scale = ground.scale
    what, target = "Lighthouse desktop (performance, accessibility, best practices)", "100 / 100 / 100"
    program = rivals.tools() / "node" / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        why = "Lighthouse isn't installed"
        return Measured([not_measured(what, target, why)], section("Lighthouse", f"Not measured: {why}."))
    pages = {"list": "/streams", "stream": f"/streams/{ACCOUNT}/{REGION}/{name_of(1)}"}
    budgets, rows = [], []
    with ground.served(scale.streams) as (portal, _):
        client = portal.client()
        for page, path in pages.items():
            runs = [_lighthouse(program, portal.origin + path, client.cookie) for _ in range(scale.lighthouse_runs)]
            scores = [round(statistics.median(told["scores"][name] for told in runs)) for name in CATEGORIES]
            words = " / ".join(str(score) for score in scores)
            budgets.append(Budget(f"{what}: {page} page", target, words, min(scores) == 100))
            names = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "speed-index"]
            times = [ms(statistics.median(told["audits"][name] for told in runs)) for name in names]
            shift = statistics.median(told["audits"]["cumulative-layout-shift"] for told in runs)
            failed = sorted({name for told in runs for name in told["failed"]})
            rows.append([page, words, *times, f"{shift:.4f}", ", ".join(failed) or "none"])
    heads = ["page", "scores", "FCP", "LCP", "TBT", "speed index", "CLS", "audits below 100"]
    text = f"Medians of {scale.lighthouse_runs} runs each, preset desktop, signed in as an operator."
    return Measured(budgets, section("Lighthouse", table(heads, rows), text))


def _lighthouse(program: Path, url: str, cookie: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="keystream-lighthouse-") as directory:
        out, headers = Path(directory) / "report.json", Path(directory) / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookie}))
        run_to_end(
            [
                program,
                url,
                "--preset=desktop",
                "--quiet",
                "--output=json",
                f"--output-path={out}",
                f"--only-categories={','.join(CATEGORIES)}",
                f"--extra-headers={headers}",
                f"--chrome-flags={FLAGS}",
                # The events of a page never end.
                "--max-wait-for-load=15000",
            ],
            {"CHROME_PATH": os.environ["CHROMIUM"], "HOME": directory},
            within=180,
        )
        told = json.loads(out.read_text())
    if told["finalDisplayedUrl"].rstrip("/").endswith("/sign-in"):
        raise RuntimeError("Lighthouse saw the sign-in page")
    categories = told["categories"]
    weighed = [audit for name in CATEGORIES for audit in categories[name]["auditRefs"] if audit["weight"] > 0]
    scores = {audit["id"]: told["audits"][audit["id"]]["score"] for audit in weighed}
    return {
        "scores": {name: categories[name]["score"] * 100 for name in CATEGORIES},
        "audits": {name: audit["numericValue"] for name, audit in told["audits"].items() if "numericValue" in audit},
        "failed": [name for name, score in scores.items() if score is not None and score < 1],
    }
