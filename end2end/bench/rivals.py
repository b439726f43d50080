"""The same 50 rows by others, in the same run: as a file behind the same server, and as a page of SvelteKit."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from client import Client
from portal import free_port
from processes import Process, run_to_end

SOURCE = Path(__file__).parent / "rivals" / "sveltekit"
FILE = "bench-list.html"


def tools() -> Path:
    """Where .ci/setup puts the npm packages."""
    return Path(os.environ.get("BENCH_TOOLS", "/nonexistent"))


def write_page(client: Client, pkg: Path, path: str, name: str) -> None:
    """Saves a page as a file that the same server serves: the same bytes, compressed or not."""
    (pkg / name).write_bytes(client.get(path).body)
    (pkg / f"{name}.br").write_bytes(client.get(path, **{"accept-encoding": "br"}).body)


def build_sveltekit(directory: Path) -> Path:
    """Builds the page, with the packages that were installed for it. Returns what node runs."""
    shutil.copytree(SOURCE, directory)
    (directory / "node_modules").symlink_to(tools() / "sveltekit" / "node_modules")
    run_to_end(["node", "node_modules/vite/bin/vite.js", "build"], {}, within=300, directory=directory)
    return directory / "build"


@contextmanager
def sveltekit(client: Client, directory: Path) -> Iterator[tuple[Process, str]]:
    """Serves the rows of Keystream's list with SvelteKit. Yields the process and the page's address."""
    build = build_sveltekit(directory / "sveltekit")
    rows = directory / "rows.json"
    rows.write_text(json.dumps(_list(client)))
    port = free_port()
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "ROWS": str(rows), "NODE_ENV": "production"}
    process = Process(["node", build], settings, directory)
    try:
        process.says(r"Listening on (http:\S+)")
        yield process, f"http://127.0.0.1:{port}/"
    finally:
        process.stop()


def _list(client: Client) -> dict[str, object]:
    told = json.loads(client.get("/streams.json?per=50", accept="application/json").body)
    streams = told["streams"]
    states = [stream["encryption"] for stream in streams]
    rows = [
        {
            "name": stream["name"],
            "encryption": stream["encryption"],
            "key": stream["key_id"],
            "status": stream["status"],
            "account": stream["account"],
            "region": stream["region"],
            "read_at": stream["read_at"],
        }
        for stream in streams[:50]
    ]
    counts = {"all": len(states), "encrypted": states.count("Encrypted")}
    counts |= {"not_encrypted": states.count("Not encrypted"), "unknown": states.count("Unknown")}
    return {"rows": rows, "now": told["as_of"], "pages": -(-len(states) // 50), "counts": counts}
