"""Browsers, as the server sees them: each has the event connection of one visible page of the list. It is the cheapest
client there is, because it runs on the cores that are measured: it looks into what arrives, and renders nothing."""

from __future__ import annotations

import asyncio
import resource
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import page
from client import Client
from portal import Portal

PER_PAGE = 25
PER_SESSION = 6
"""Event connections that one session may have."""
ASKS_AGAIN_AFTER = 1.5
RECONNECTS_AFTER = 2.0
OPENED_AT_ONCE = 50
KEPT = 4_096
"""Bytes of what came before that are looked at again: an event may come in two parts."""


def sessions_for(browsers: int) -> int:
    return -(-browsers // PER_SESSION)


@dataclass
class Tally:
    connected: int = 0
    events: int = 0
    event_bytes: int = 0
    pages: int = 0
    problems: list[str] = field(default_factory=list)

    def told_problems(self) -> str:
        counted = Counter(self.problems).most_common(3)
        return ", ".join(f"{count:,} x {problem}" for problem, count in counted) or "none"


@dataclass
class Watch:
    """A text that an event will bring, and when it reached each browser."""

    needle: bytes
    arrivals: list[float] = field(default_factory=list)

    def is_in(self, data: bytes) -> bool:
        return self.needle in data


@dataclass
class RowWatch(Watch):
    """A row, by its id, that an event will bring as not encrypted."""

    def is_in(self, data: bytes) -> bool:
        return self.needle in data and page.shows_not_encrypted(data, self.needle.decode())


class _Connection(asyncio.Protocol):
    """One event connection. Events come in chunks whose framing stands on lines of its own."""

    def __init__(self, browsers: Browsers, request: bytes, over: asyncio.Event) -> None:
        self._browsers, self._request, self._over = browsers, request, over
        self._tail = b""
        self._is_open = False
        self._watches: list[Watch] = []
        self._awaited: list[Watch] = []
        self.last_id = b""
        self.answered = asyncio.Event()
        self.moved = asyncio.Event()
        self.is_reset = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        tally = self._browsers.tally
        self.answered.set()
        tally.event_bytes += len(data)
        if not self._is_open:
            status = data.split(b"\r\n", 1)[0]
            if b" 200 " not in status:
                tally.problems.append(status.decode())
                return
            self._is_open = True
            tally.connected += 1
        self._look(self._tail + data)
        tally.events += data.count(b"\nid:")
        if (at := data.rfind(b"\nid:")) >= 0:
            self.last_id = data[at + 4 : at + 30].split(b"\n")[0].strip()
        if page.moves_list(data):
            self.moved.set()
        if page.is_reset(data):
            self.is_reset = True
        self._tail = data[-KEPT:]

    def _look(self, data: bytes) -> None:
        if self._watches is not self._browsers.watches:
            self._watches = self._browsers.watches
            self._awaited = list(self._watches)
        for watch in [watch for watch in self._awaited if watch.is_in(data)]:
            watch.arrivals.append(time.time())
            self._awaited.remove(watch)

    def connection_lost(self, exc: Exception | None) -> None:
        self._browsers.tally.connected -= self._is_open
        self.answered.set()
        self._over.set()


class Browsers:
    """So many browsers at once, spread over the first pages of the list. Used as a context: open on entry, closed on
    exit. With `asks_again` each also asks for its page, and again after news of the list: at most every second and a
    half, as the real page does."""

    def __init__(
        self, portal: Portal, count: int, pages: int = 1, asks_again: bool = False, per: int = PER_PAGE
    ) -> None:
        self._portal, self._count, self._pages = portal, count, max(1, pages)
        self._asks_again, self._per = asks_again, per
        if len(portal.cookies) * PER_SESSION < count:
            raise RuntimeError("a session may have six event connections, and too few are signed in")
        self.tally = Tally()
        self.watches: list[Watch] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._shown: list[page.Shown] = []
        self._tags: list[str] = []

    def __enter__(self) -> Browsers:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        sessions = sessions_for(self._count)
        self._tags = [page.tag(self._page(session, 0)) for session in range(sessions)]
        self._shown = [page.Shown.of(self._page(0, number)) for number in range(self._pages)]
        self._thread.start()
        until = time.monotonic() + 60
        while self.tally.connected < self._count:
            if time.monotonic() > until:
                raise RuntimeError(
                    f"{self.tally.connected} of {self._count} event connections opened: {self.tally.problems[:3]}"
                )
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def wait_for(self, within: float) -> None:
        """Waits until every browser has seen everything that is watched for."""
        until = time.monotonic() + within
        while any(len(watch.arrivals) < self._count for watch in self.watches):
            if time.monotonic() > until:
                seen = [len(watch.arrivals) for watch in self.watches]
                raise RuntimeError(f"of {self._count} browsers, these many saw each event: {seen}")
            time.sleep(0.05)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        opening = asyncio.Semaphore(OPENED_AT_ONCE)
        tasks = [self._loop.create_task(self._browse(number, opening)) for number in range(self._count)]
        self._loop.run_forever()
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _browse(self, browser: int, opening: asyncio.Semaphore) -> None:
        shown = self._shown[browser % self._pages]
        last_id = b""
        while True:
            over = asyncio.Event()
            address = shown.events_address(self._tags[browser % len(self._tags)])
            request = self._request(browser, address, "text/event-stream", last_id)
            try:
                async with opening:
                    connection = await self._open(request, over)
            except OSError as error:
                self.tally.problems.append(repr(error))
                await asyncio.sleep(RECONNECTS_AFTER)
                continue
            asking = asyncio.create_task(self._ask_pages(browser, connection)) if self._asks_again else None
            try:
                await over.wait()
                last_id = b"" if connection.is_reset else connection.last_id
                if connection.is_reset:
                    text = await asyncio.to_thread(self._page, browser, browser % self._pages)
                    shown = page.Shown.of(text)
                await asyncio.sleep(RECONNECTS_AFTER)
            finally:
                if asking:
                    asking.cancel()

    async def _open(self, request: bytes, over: asyncio.Event) -> _Connection:
        address = urlsplit(self._portal.origin)
        _, connection = await self._loop.create_connection(
            lambda: _Connection(self, request, over), address.hostname or "", address.port or 0
        )
        await connection.answered.wait()
        return connection

    def _page(self, browser: int, number: int) -> str:
        client = Client(self._portal.origin, self._cookie(browser))
        return client.list_page(f"per={self._per}&page={number + 1}")

    async def _ask_pages(self, browser: int, connection: _Connection) -> None:
        address = urlsplit(self._portal.origin)
        path = f"/streams?per={self._per}&page={browser % self._pages + 1}&live=1"
        while True:
            reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1 << 20)
            writer.write(self._request(browser, path, "text/html", connection="close"))
            body = await reader.read()
            writer.close()
            if not body.startswith(b"HTTP/1.1 200"):
                self.tally.problems.append(body.split(b"\r\n", 1)[0].decode())
            self.tally.pages += 1
            await asyncio.sleep(ASKS_AGAIN_AFTER)
            await connection.moved.wait()
            connection.moved.clear()

    def _cookie(self, browser: int) -> str:
        return self._portal.cookies[browser % sessions_for(self._count)]

    def _request(
        self, browser: int, path: str, accept: str, last_id: bytes = b"", connection: str = "keep-alive"
    ) -> bytes:
        lines = [
            f"GET {path} HTTP/1.1",
            f"host: {urlsplit(self._portal.origin).netloc}",
            f"cookie: {self._cookie(browser)}",
            f"accept: {accept}",
            f"connection: {connection}",
        ]
        if last_id:
            lines.append(f"last-event-id: {last_id.decode()}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()
