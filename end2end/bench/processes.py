"""Starts programs with nothing of the machine's AWS settings, waits for what they say, and reads what they used."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
Args = list[str | Path]


@dataclass(frozen=True)
class Usage:
    cpu_seconds: float
    peak_rss_mib: float


def environment(settings: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not re.match(r"(AWS|KEYSTREAM|PYTHON)", name)}
    return inherited | {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONDONTWRITEBYTECODE": "1"} | settings


class Process:
    """A server that runs until it is stopped."""

    def __init__(self, args: Args, settings: dict[str, str], directory: Path | None = None) -> None:
        self.started_at = time.time()
        self._lines: list[tuple[float, str]] = []
        self._has_news = threading.Condition()
        self._child = subprocess.Popen(
            args,
            env=environment(settings),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._child.pid

    def _read(self) -> None:
        assert self._child.stdout
        for line in self._child.stdout:
            with self._has_news:
                self._lines.append((time.time(), line.rstrip()))
                self._has_news.notify_all()
        with self._has_news:
            self._has_news.notify_all()

    def says(self, pattern: str, within: float = 30.0) -> tuple[float, str]:
        """When a line matched, and what its first group caught."""
        until, seen = time.monotonic() + within, 0
        with self._has_news:
            while True:
                for at, line in self._lines[seen:]:
                    if match := re.search(pattern, line):
                        return at, match.group(1)
                seen = len(self._lines)
                if time.monotonic() > until or self._child.poll() is not None:
                    raise RuntimeError(f"waited for {pattern}; it said:\n" + "\n".join(line for _, line in self._lines))
                self._has_news.wait(0.5)

    def usage(self) -> Usage:
        """CPU time and the most memory so far."""
        return Usage(self.cpu_seconds(), self._memory("VmHWM"))

    def cpu_seconds(self) -> float:
        """CPU time so far, in ticks of 10 ms."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def rss_mib(self) -> float:
        """Memory now."""
        return self._memory("VmRSS")

    def _memory(self, field: str) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        match = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
        return int(match.group(1)) / 1024 if match else 0.0

    def stop(self) -> None:
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(15)
            except subprocess.TimeoutExpired:
                self._child.kill()
        self._child.wait()


class CpuMeter:
    """How much of a core a process uses between two looks."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._cpu, self._at = process.cpu_seconds(), time.monotonic()

    def used(self) -> float:
        """CPU seconds since the start."""
        return self._process.cpu_seconds() - self._cpu

    def share(self) -> float:
        """The part of a core since the start."""
        return self.used() / (time.monotonic() - self._at)


@dataclass(frozen=True)
class Finished:
    """A program that ran to its end."""

    output: str
    usage: Usage


def run_to_end(args: Args, settings: dict[str, str], within: float, directory: Path | None = None) -> Finished:
    """Runs a program. What the programs used that it started and waited for counts as its own."""
    with tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(
            args,
            env=environment(settings),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        stopper = threading.Timer(within, child.kill)
        stopper.start()
        assert child.stdout
        output = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        stopper.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            command = " ".join(Path(word).name for word in args[:2])
            raise RuntimeError(f"{command} ended with {child.returncode}:\n{errors.read()[-2000:]}\n{output[-1000:]}")
    return Finished(output, Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
