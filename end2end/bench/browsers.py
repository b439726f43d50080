"""Browsers, as the server sees them: each has the event connection of one visible page of the list. It asks for that
page once and, if it is told to, again after news of the list: at most every second and a half, as the real page
does."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from portal import Client
from simulator import ACCOUNT, REGION

PER_PAGE = 25
PER_SESSION = 6
"""Event connections that one session may have."""
ASKS_AGAIN_AFTER = 1.5
RECONNECTS_AFTER = 2.0


def row_hash(name: str) -> str:
    """How an event connection names a row: FNV-1a, 64 bits, in hex."""
    value = 0xCBF29CE484222325
    for byte in f"{ACCOUNT}/{REGION}/{name}".encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def names_of_page(page: int) -> list[str]:
    """The names of a page of the simulator's fleet, from page 1."""
    return [f"stream-{number:05}" for number in range((page - 1) * PER_PAGE + 1, page * PER_PAGE + 1)]


@dataclass
class Tally:
    connected: int = 0
    events: int = 0
    resets: int = 0
    pages: int = 0
    problems: list[str] = field(default_factory=list)


class Browsers:
    """So many browsers at once, spread over the pages of the list. Used as a context: open on entry, closed on exit."""

    def __init__(self, sessions: list[Client], count: int, pages: int, asks_again: bool) -> None:
        assert len(sessions) * PER_SESSION >= count, "a session may have six event connections"
        self._sessions, self._count, self._pages, self._asks_again = sessions, count, pages, asks_again
        self.tally = Tally()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Browsers:
        revs = [session.rev() for session in self._sessions]
        self._work = [self._browse(number, revs) for number in range(self._count)]
        self._thread.start()
        until = time.monotonic() + 30
        while self.tally.connected < self._count:
            if time.monotonic() > until:
                raise RuntimeError(
                    f"{self.tally.connected} of {self._count} event connections opened: {self.tally.problems[:3]}"
                )
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        tasks = [self._loop.create_task(one) for one in self._work]
        self._loop.run_forever()
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _browse(self, number: int, revs: list[int]) -> None:
        session = self._sessions[number % len(self._sessions)]
        rev = revs[number % len(revs)]
        page = number % self._pages + 1
        news = asyncio.Event()
        asking = asyncio.create_task(self._ask_pages(session, page, news))
        try:
            while True:
                rev = await self._follow(session, rev, page, news)
                await asyncio.sleep(RECONNECTS_AFTER)
        finally:
            asking.cancel()

    async def _follow(self, session: Client, rev: int, page: int, news: asyncio.Event) -> int:
        """Follows one event connection to its end. Returns the rev that it got to."""
        rows = ",".join(row_hash(name) for name in names_of_page(page))
        writer, is_open = None, False
        try:
            reader, writer = await self._request(session, f"/events?after={rev}&rows={rows}", "text/event-stream")
            status = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)[0].decode()
            if " 200 " not in status:
                self.tally.problems.append(status)
                return rev
            is_open = True
            self.tally.connected += 1
            while line := await reader.readline():
                if line.startswith(b"id:"):
                    rev = int(line[3:])
                elif line.startswith((b"event: frame", b"event:frame")):
                    self.tally.events += 1
                elif line.startswith(b"data:") and (b'"is_list_moved":true' in line or b'"changes":[{' in line):
                    news.set()
                elif line.startswith((b"event: reset", b"event:reset")):
                    self.tally.resets += 1
                    rev = await asyncio.to_thread(Client(session.origin, session.cookie).rev)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            self.tally.problems.append(repr(error))
        finally:
            self.tally.connected -= is_open
            if writer:
                writer.close()
        return rev

    async def _ask_pages(self, session: Client, page: int, news: asyncio.Event) -> None:
        while True:
            reader, writer = await self._request(session, f"/streams?per={PER_PAGE}&page={page}", "text/html", "close")
            body = await reader.read()
            writer.close()
            if not body.startswith(b"HTTP/1.1 200"):
                self.tally.problems.append(body.split(b"\r\n", 1)[0].decode())
            self.tally.pages += 1
            if not self._asks_again:
                return
            await asyncio.sleep(ASKS_AGAIN_AFTER)
            await news.wait()
            news.clear()

    async def _request(
        self, session: Client, path: str, accept: str, connection: str = "keep-alive"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = urlsplit(session.origin)
        # Frames of many rows are long lines.
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 24)
        head = f"GET {path} HTTP/1.1\r\nhost: {address.netloc}\r\ncookie: {session.cookie}\r\n"
        head += f"accept: {accept}\r\nconnection: {connection}\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        return reader, writer
