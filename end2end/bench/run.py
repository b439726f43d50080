"""Keystream beside what people use now, in one run, against one simulator. Prints tables in Markdown and writes them to
target/bench/results.md, or with --write to end2end/bench/results.md. See README.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import chromium
import cold
import events
import growth
import machine
import moving
import people
import resting
import serving
import size
import viewing
from ground import QUICK, WHOLE, Ground
from report import Measured, not_measured, section
from results import Results

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "target/bench"
NAMES = ["size", "latency", "restart", "memory", "idle", "fan-out", "shown", "filter", "live", "moves"]
NAMES += ["lighthouse", "browsers", "instances", "streams", "connections", "changes", "people", "cold"]
IN_CHROMIUM = ["shown", "filter", "live", "moves", "lighthouse"]


def flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="little of everything: whether the bench itself works; no result"
    )
    parser.add_argument("--only", action="append", choices=NAMES, help="this measurement; may be given again")
    parser.add_argument("--page", action="store_true", help="measure nothing: make the page of what was measured last")
    parser.add_argument("--write", action="store_true", help="replace end2end/bench/results.md")
    parser.add_argument(
        "--binary", type=Path, default=ROOT / "target/release-dir/keystream", help="another build of keystream"
    )
    return parser.parse_args()


def measurements(ground: Ground) -> dict[str, Callable[[], Measured]]:
    scale = ground.scale
    all_of_them: dict[str, Callable[[], Measured]] = {
        "size": lambda: size.measure(ground),
        "latency": lambda: serving.measure(ground),
        "restart": lambda: resting.restart(ground),
        "memory": lambda: resting.memory(ground),
        "idle": lambda: resting.idle(ground),
        "fan-out": lambda: events.fan_out(ground),
        "shown": lambda: events.shown(ground),
        "filter": lambda: chromium.filter_to_paint(ground),
        "live": lambda: chromium.live_shifts(ground),
        "moves": lambda: moving.measure(ground),
        "lighthouse": lambda: chromium.lighthouse(ground),
        "browsers": lambda: viewing.browsers(ground),
        "instances": lambda: viewing.instances(ground),
        "streams": lambda: growth.streams(ground),
        "connections": lambda: growth.connections(ground),
        "changes": lambda: growth.changes(ground),
        "people": lambda: people.measure(ground),
        "cold": lambda: cold.measure(ground.binary, scale.cold, scale.shell_streams),
    }
    if not chromium.is_there():
        for name in IN_CHROMIUM:
            all_of_them[name] = partial(_without_chromium, name)
    return all_of_them


def _without_chromium(name: str) -> Measured:
    return Measured([not_measured(name, "", "no Chromium")], section(name, "Not measured here: no Chromium."))


def main() -> None:
    asked = flags()
    load = os.getloadavg()[0]
    binary = asked.binary.resolve()
    if not binary.exists():
        sys.exit(f"{asked.binary} is not there: run make bench, or .ci/build release")
    scale = QUICK if asked.quick else WHOLE
    of, failures = machine.build(binary), []
    results = Results(OUT / ("quick.json" if asked.quick else "measured.json"))
    if not asked.only and not asked.page:
        results.begin()
    with tempfile.TemporaryDirectory(prefix="keystream-bench-") as directory:
        ground = Ground(binary, Path(directory), scale)
        for name, measure in measurements(ground).items():
            if not asked.page and (not asked.only or name in asked.only):
                print(f"bench: {name}", file=sys.stderr)
                if failure := results.measure(name, of, measure):
                    print(f"bench: {name} failed: {failure}", file=sys.stderr)
                    failures.append(name)
    page = results.page(machine.description(binary, os.environ.get("CHROMIUM", ""), load), of, NAMES)
    if asked.quick:
        page = page.replace("# Results\n", "# Results\n\n**A quick run: too little to be a result.**\n", 1)
    file = ROOT / "end2end/bench/results.md" if asked.write else OUT / "results.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page)
    print(page)
    if failures:
        sys.exit(f"bench: not measured because of errors: {', '.join(failures)}")


if __name__ == "__main__":
    main()
