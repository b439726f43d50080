"""Results: what was measured, kept between runs in target/bench, and the page that is made of it and of notes.md."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from report import Measured, budget_table, not_measured, section

HERE = Path(__file__).parent
NOTES = HERE / "notes.md"
FOREIGN = not_measured("`make run` on a fresh two-core machine, to the page", "<= 8 min", "it needs one")


class Results:
    """What each measurement found last. One that is repeated alone replaces its own result only."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._found: dict[str, dict[str, Any]] = json.loads(file.read_text()) if file.exists() else {}

    def begin(self) -> None:
        """Forgets everything: a whole run begins."""
        self._found = {}

    def measure(self, name: str, of: str, measure: Callable[[], Measured]) -> str:
        """Measures, and keeps what was found. Returns why it failed, if it did."""
        began, failure = time.monotonic(), ""
        try:
            found = measure()
        except Exception as error:
            failure = f"{type(error).__name__}: {error}"
            found = Measured([], section(name, f"**Failed**: `{failure.splitlines()[0]}`"))
        self._found[name] = found.as_json() | {
            "of": of,
            "at": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "seconds": time.monotonic() - began,
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._found, indent=1))
        return failure

    def page(self, machine: str, of: str, names: list[str]) -> str:
        """The whole page, in the order of `names`."""
        found = [(name, self._found[name]) for name in names if name in self._found]
        measured = [Measured.of_json({key: one[key] for key in ("budgets", "text")}) for _, one in found]
        budgets = [budget for one in measured for budget in one.budgets]
        missed = sum(budget.is_met is False for budget in budgets)
        verdict = f"{missed} missed; *Why* below says what bounds them." if missed else "None missed."
        parts = ["# Results", machine, section("Budgets", budget_table([*budgets, FOREIGN]), verdict)]
        if notes := NOTES.read_text().strip() if NOTES.exists() else "":
            parts.append(notes)
        for (_, one), what in zip(found, measured, strict=True):
            other = "" if one["of"] == of else f" of {one['of']}"
            parts.append(f"{what.text}\n\n*Measured {one['at']}{other}, in {one['seconds'] / 60:.1f} min.*")
        parts.append("README.md beside this file says what the numbers don't say.")
        return "\n\n".join(parts) + "\n"
