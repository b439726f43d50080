"""What the numbers were measured on and with."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import generator
from report import table

BUSY = 1.0
"""From this load average on, a machine is not free for a bench."""


def _said(*args: str | Path, directory: Path | None = None) -> str:
    try:
        done = subprocess.run(args, cwd=directory, capture_output=True, text=True, timeout=30)
    except OSError:
        return "not there"
    return (done.stdout or done.stderr).strip()


def _line_of(file: str, pattern: str) -> str:
    match = re.search(pattern, Path(file).read_text(), re.MULTILINE)
    return match.group(1) if match else "unknown"


def _commit() -> str:
    here = Path(__file__).parent
    commit = _said("git", "rev-parse", "--short=12", "HEAD", directory=here)
    is_changed = _said("git", "status", "--porcelain", "--untracked-files=no", directory=here) != ""
    return f"commit {commit}" + (" with uncommitted changes" if is_changed else "")


def build(binary: Path) -> str:
    """Which Keystream this is."""
    release = "release build" if "release" in binary.parts[-2] else "**not a release build**"
    return f"{_said(binary, '--version')}, {_commit()}, {release}"


def _pinned(package: str, file: Path) -> str:
    return str(json.loads(file.read_text())["devDependencies"][package])


def description(binary: Path, chromium: str, load: float) -> str:
    """A table, and a stamp when the machine had other things to do."""
    memory = int(_line_of("/proc/meminfo", r"^MemTotal:\s+(\d+)")) / 1024 / 1024
    here = Path(__file__).parent
    kit = here / "rivals" / "sveltekit" / "package.json"
    rows = [
        ["date", datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")],
        ["processor", f"{_line_of('/proc/cpuinfo', r'^model name[^:]*: (.*)$')}, {os.cpu_count()} cores"],
        ["memory", f"{memory:.0f} GiB"],
        ["system", f"{platform.system()} {platform.release()}"],
        [
            "load average at start",
            f"{load:.2f}" + (", **contended**: something else was running" if load > BUSY else ""),
        ],
        ["Keystream", build(binary)],
        ["load generator", _said(generator.binary(), "--version")],
        ["Node", f"{_said('node', '--version')}, SvelteKit {_pinned('@sveltejs/kit', kit)}"],
        ["Lighthouse", _pinned("lighthouse", here / "node" / "package.json")],
        ["Python", f"{platform.python_version()}, boto3 {version('boto3')}, botocore {version('botocore')}"],
        ["AWS CLI", _said(Path(sys.executable).with_name("aws"), "--version").split(" ")[0].removeprefix("aws-cli/")],
        ["Chromium", re.sub(r"^\D*([\d.]+).*$", r"\1", _said(chromium, "--version")) if chromium else "not there"],
    ]
    return table(["what", "which"], rows)
