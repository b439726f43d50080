"""Markdown: tables, numbers as people read them, and the budgets that a measurement is held against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Budget:
    """A row of design.md's section 9."""

    what: str
    target: str
    measured: str
    is_met: bool | None
    """None where there is no target, or nothing was measured."""

    def cells(self) -> list[str]:
        verdict = {True: "met", False: "**missed**", None: ""}[self.is_met]
        return [self.what, self.target, self.measured, verdict]


@dataclass(frozen=True)
class Measured:
    """What a measurement found: rows for the table of budgets, and a section of its own."""

    budgets: list[Budget]
    text: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> Measured:
        return cls([Budget(**budget) for budget in value["budgets"]], value["text"])


def not_measured(what: str, target: str, why: str) -> Budget:
    return Budget(what, target, f"not measured here: {why}", None)


def table(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def section(title: str, *parts: str) -> str:
    return "\n\n".join([f"## {title}", *parts])


def budget_table(budgets: Iterable[Budget]) -> str:
    return table(["what", "target", "measured", "verdict"], [budget.cells() for budget in budgets])


def percentile(values: Iterable[float], percent: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))] if ranked else float("nan")


def seconds(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def ms(value: float) -> str:
    if value < 10:
        return f"{value:.2f} ms"
    return f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"


def mib(value: float) -> str:
    return f"{value:.1f} MiB"


def kb(size: int) -> str:
    return f"{size / 1000:,.1f} kB"


def of_core(share: float) -> str:
    return f"{share:.2%}"
