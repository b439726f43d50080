"""What travels, and what is installed."""

from __future__ import annotations

from pathlib import Path

from client import OPERATOR, VIEWER, Client
from ground import Ground
from report import Budget, Measured, kb, section, table

HALF, HALF_STRETCH, CSS, PAGE, BINARY = 150_000, 120_000, 10_000, 6_000, 40_000_000


def measure(ground: Ground) -> Measured:
    pages = {}
    with ground.served(ground.scale.streams) as (portal, _):
        for user in (OPERATOR, VIEWER):
            pages[user] = _page(portal.sign_in(user))
    pkg = ground.binary.parent / "site" / "pkg"
    binary = ground.binary.stat().st_size
    half, css = _brotli(pkg, ".wasm", ".js"), _brotli(pkg, ".css")
    page, plain = pages[OPERATOR]
    budgets = [
        _budget("wasm + JS that the first page loads, brotli 11", half, HALF, f", stretch {HALF_STRETCH // 1000}"),
        _budget("CSS, brotli 11", css, CSS),
        _budget(f"first page of 50 rows of {ground.scale.streams:,}, brotli", page, PAGE),
        Budget("binary", f"<= {BINARY / 1e6:.0f} MB", f"{binary / 1e6:.1f} MB", binary <= BINARY),
    ]
    rows = [[kind.lstrip("."), kb(_plain(pkg, kind)), kb(_brotli(pkg, kind) or 0)] for kind in (".wasm", ".js", ".css")]
    rows.append(["page of 50 rows, operator", kb(plain), kb(page)])
    rows.append(["page of 50 rows, viewer", kb(pages[VIEWER][1]), kb(pages[VIEWER][0])])
    return Measured(budgets, section("Sizes", table(["what", "plain", "brotli"], rows), "kB are 1,000 bytes."))


def _budget(what: str, size: int | None, target: int, stretch: str = "") -> Budget:
    words = f"<= {target // 1000} kB{stretch}"
    if not size:
        return Budget(what, words, "not measured here: this build isn't compressed", None)
    return Budget(what, words, kb(size), size <= target)


def _page(client: Client) -> tuple[int, int]:
    plain = client.get("/streams?per=50")
    packed = client.get("/streams?per=50", **{"accept-encoding": "br"})
    if packed.headers.get("content-encoding") != "br":
        raise RuntimeError("the page did not come in brotli")
    return len(packed.body), len(plain.body)


def _plain(pkg: Path, kind: str) -> int:
    return sum(file.stat().st_size for file in pkg.glob(f"keystream*{kind}"))


def _brotli(pkg: Path, *kinds: str) -> int | None:
    sizes = [file.stat().st_size for kind in kinds for file in pkg.glob(f"keystream*{kind}.br")]
    return sum(sizes) or None
