"""Requests at a fixed rate, whatever the server does with them: each is sent on time, on a connection of its own if all
others are busy, so that a slow answer delays no other request. Prints latencies as JSON."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Sample:
    latencies: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    """How much after its time each request was sent: the generator's own fault, and not in the latencies."""
    failures: int = 0
    connections: int = 0
    body_bytes: int = 0


def percentile(values: list[float], percent: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))] if ranked else float("nan")


class Generator:
    def __init__(self, origin: str, path: str, headers: list[str]) -> None:
        address = urlsplit(origin)
        self._host, self._port = address.hostname, address.port
        lines = [f"GET {path} HTTP/1.1", f"host: {address.netloc}", *headers]
        self._request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self._idle: list[Connection] = []
        self.sample = Sample()

    async def run(self, rate: int, seconds: int) -> Sample:
        loop = asyncio.get_running_loop()
        begin = loop.time() + 0.1
        tasks = []
        for number in range(rate * seconds):
            due = begin + number / rate
            await asyncio.sleep(max(0.0, due - loop.time()))
            tasks.append(asyncio.create_task(self._one(due)))
        await asyncio.gather(*tasks)
        return self.sample

    async def _one(self, due: float) -> None:
        try:
            reader, writer = self._take_idle() or await self._connect()
            sent_at = asyncio.get_running_loop().time()
            writer.write(self._request)
            status, self.sample.body_bytes = await _answer(reader)
            answered_at = asyncio.get_running_loop().time()
        except (OSError, asyncio.IncompleteReadError):
            self.sample.failures += 1
            return
        self._idle.append((reader, writer))
        self.sample.failures += status != 200
        self.sample.late.append(sent_at - due)
        self.sample.latencies.append(answered_at - sent_at)

    def _take_idle(self) -> Connection | None:
        """The connection that was used last. The server closes those that have asked nothing for ten seconds."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    async def _connect(self) -> Connection:
        self.sample.connections += 1
        return await asyncio.open_connection(self._host, self._port, limit=1 << 20)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Reads one whole answer: its status, and the bytes of its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    status = int(head.split(" ", 2)[1])
    if "transfer-encoding: chunked" in head:
        return status, await _chunks(reader)
    length = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
    await reader.readexactly(length)
    return status, length


async def _chunks(reader: asyncio.StreamReader) -> int:
    total = 0
    while size := int(await reader.readuntil(b"\r\n"), 16):
        await reader.readexactly(size + 2)
        total += size
    await reader.readexactly(2)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("origin")
    parser.add_argument("path")
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--header", action="append", default=[])
    flags = parser.parse_args()
    gc.disable()
    cpu_before = time.process_time()
    sample = asyncio.run(Generator(flags.origin, flags.path, flags.header).run(flags.rate, flags.seconds))
    in_ms = {f"p{percent:g}": percentile(sample.latencies, percent) * 1000 for percent in (50, 95, 99)}
    told = {
        "requests": flags.rate * flags.seconds,
        "failures": sample.failures,
        "connections": sample.connections,
        "body_bytes": sample.body_bytes,
        "max": max(sample.latencies, default=float("nan")) * 1000,
        "late_p99": percentile(sample.late, 99) * 1000,
        "cpu_seconds": time.process_time() - cpu_before,
    }
    print(json.dumps(in_ms | told))


if __name__ == "__main__":
    main()
