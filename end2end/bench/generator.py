"""Load: oha (a generator in Rust) sends requests at a fixed rate, each at its time whatever became of those before it.
The server's own cost is its process's CPU time divided by the requests."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from processes import CpuMeter, Process, run_to_end

CONNECTIONS = 64
"""Enough that a slow answer delays no other request."""


def binary() -> Path:
    return Path(os.environ.get("OHA", "oha"))


@dataclass(frozen=True)
class Load:
    requests: int
    failures: int
    p50: float
    p99: float
    most: float
    """Latencies in ms, from the moment at which a request was due."""
    cpu_ms: float
    """CPU of the server for each request, less what it uses when nobody asks."""
    cpu_share: float
    """All that the server used, of one core."""
    bytes_each: int


def send(process: Process, url: str, rate: int, seconds: int, idle_share: float, *headers: str) -> Load:
    """Sends `rate` requests a second to a server that uses this part of a core when nobody asks."""
    requests = rate * seconds
    args: list[str | Path] = [binary(), "--no-tui", "--output-format", "json", "--latency-correction"]
    args += ["--disable-compression", "--redirect", "0", "-q", str(rate), "-n", str(requests), "-c", str(CONNECTIONS)]
    for header in headers:
        args += ["-H", header]
    meter = CpuMeter(process)
    told = json.loads(run_to_end([*args, url], {}, within=seconds + 60).output)
    used, took = meter.used(), float(told["summary"]["total"])
    answered = told["statusCodeDistribution"].get("200", 0)
    percentiles = told["latencyPercentiles"]
    return Load(
        requests=requests,
        failures=requests - answered,
        p50=percentiles["p50"] * 1000,
        p99=percentiles["p99"] * 1000,
        most=told["summary"]["slowest"] * 1000,
        cpu_ms=max(0.0, used - idle_share * took) / requests * 1000,
        cpu_share=used / took,
        bytes_each=int(told["summary"]["sizePerRequest"] or 0),
    )


def keep_apart(process: Process) -> None:
    """Gives the server the first core and everything that this process starts from now on the others: a generator that
    takes the server's core measures itself."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return
    for thread in Path(f"/proc/{process.pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores[:1])
    os.sched_setaffinity(0, cores[1:])


def use_all_cores() -> None:
    """Ends `keep_apart` for what this process starts from now on."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
