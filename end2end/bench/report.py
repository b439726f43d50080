"""Markdown: tables, and numbers as people read them."""

from __future__ import annotations

from collections.abc import Iterable


def table(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def section(title: str, *parts: str) -> str:
    return "\n\n".join([f"## {title}", *parts])


def seconds(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def ms(value: float) -> str:
    return f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"


def against(measured: str, is_met: bool) -> str:
    """A number, and whether it meets the target that stands beside it."""
    return f"{measured} {'(met)' if is_met else '(**missed**)'}"
