"""Keystream beside what people use now, in one run, against one simulator. Prints tables in Markdown and writes them to
target/bench/results.md, or with --write to end2end/bench/results.md. See README.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cold
import machine
import serving
from ground import QUICK, WHOLE, Ground

ROOT = Path(__file__).resolve().parents[2]
SIZES = [(100, 1), (1_000, 5), (10_000, 10)]
"""Streams, and the speed of the simulated time: as it is for a hundred, faster where a run would take many minutes."""
SHELL_STREAMS = 50
NAMES = ["cold", "browsers", "latency", "restart", "memory", "filter"]


def flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="little of everything: whether the bench itself works; no result"
    )
    parser.add_argument("--only", action="append", choices=NAMES, help="this measurement; may be given again")
    parser.add_argument("--write", action="store_true", help="replace end2end/bench/results.md")
    parser.add_argument(
        "--binary", type=Path, default=ROOT / "target/release-dir/keystream", help="another build of keystream"
    )
    return parser.parse_args()


def measurements(binary: Path, is_quick: bool, ground: Ground) -> dict[str, Callable[[], str]]:
    scale = QUICK if is_quick else WHOLE
    sizes, shell = (SIZES[:1], 25) if is_quick else (SIZES, SHELL_STREAMS)
    chromium = os.environ.get("CHROMIUM", "")
    return {
        "cold": lambda: cold.measure(binary, sizes, shell),
        "browsers": lambda: serving.browsers(ground, scale),
        "latency": lambda: serving.latency(ground, scale),
        "restart": lambda: serving.restart(ground, scale),
        "memory": lambda: serving.memory(ground, scale),
        "filter": lambda: serving.filter_to_paint(ground, scale, chromium),
    }


def main() -> None:
    asked = flags()
    load = os.getloadavg()[0]
    binary = asked.binary.resolve()
    if not binary.exists():
        sys.exit(f"{asked.binary} is not there: run make bench, or .ci/build release")
    parts = ["# Results", machine.description(binary, os.environ.get("CHROMIUM", ""), load)]
    if asked.quick:
        parts.append("**A quick run: too little of everything to be a result.**")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="keystream-bench-") as directory:
        ground = Ground(binary, Path(directory))
        for name, measure in measurements(binary, asked.quick, ground).items():
            if not asked.only or name in asked.only:
                print(f"bench: {name}", file=sys.stderr)
                parts.append(measure())
    parts.append(
        f"Measured in {(time.monotonic() - began) / 60:.0f} min. README.md beside this file says what the numbers do "
        "not say."
    )
    text = "\n\n".join(parts) + "\n"
    file = ROOT / ("end2end/bench/results.md" if asked.write else "target/bench/results.md")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
