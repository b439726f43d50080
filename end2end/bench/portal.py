"""`keystream serve` on a directory of its own, over one simulated account and Region; and what its list says."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from processes import Process, environment
from simulator import ACCOUNT, REGION, Simulator

USER, PASSWORD = "bench", "correct horse battery staple"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Client:
    """A person with one kept-alive connection, signed in where there is a cookie."""

    def __init__(self, origin: str, cookie: str = "") -> None:
        self.origin, self.cookie = origin, cookie
        self._connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=30)

    def _send(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> Answer:
        if self.cookie:
            headers = headers | {"cookie": self.cookie}
        try:
            answer = self._answer(method, path, headers, body)
        except ConnectionError:
            # The server closes a connection that has asked nothing for ten seconds.
            self._connection.close()
            answer = self._answer(method, path, headers, body)
        return Answer(answer.status, answer.headers, answer.read())

    def _answer(self, method: str, path: str, headers: dict[str, str], body: str | None) -> http.client.HTTPResponse:
        self._connection.request(method, path, body, headers)
        return self._connection.getresponse()

    def get(self, path: str, **headers: str) -> Answer:
        return self._send("GET", path, {"accept": "text/html"} | headers)

    def sign_in(self) -> None:
        headers = {"origin": self.origin, "content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
        answer = self._send(
            "POST", "/api/sign-in", headers, urlencode({"user_name": USER, "password": PASSWORD, "next": "/streams"})
        )
        cookie = answer.headers.get("set-cookie", "").split(";")[0]
        if answer.status != 303 or not cookie:
            raise RuntimeError(f"sign-in answered {answer.status}")
        self.cookie = cookie

    def rev(self) -> int:
        """Everything that was committed up to here, pages of now show."""
        answer = self._send("POST", "/api/frame", {"origin": self.origin, "content-type": "application/json"}, "{}")
        return int(json.loads(answer.body)["rev"])

    def list_state(self, query: str = "per=25") -> ListState:
        answer = self.get(f"/streams?{query}")
        if answer.status != 200:
            raise RuntimeError(f"the list answered {answer.status}")
        return ListState.of(answer.body.decode())


@dataclass(frozen=True)
class ListState:
    """What a page of the list shows."""

    rows: int
    """Rows on the page."""
    states: int
    """Rows of them whose encryption is known."""
    streams: int
    """Streams in the whole inventory."""
    unknown: int
    """Streams in the whole inventory whose encryption is not known."""

    @classmethod
    def of(cls, page: str) -> ListState:
        return cls(
            rows=len(re.findall(r"<th[^>]*scope=\"row\"", page)),
            states=len(re.findall(r"class=\"label (?:encrypted|not-encrypted)\"", page)),
            streams=_number(r"<span[^>]*class=\"count\"[^>]*>\s*([\d,]+)", page),
            unknown=_number(r"<a[^>]*class=\"facet unknown[^>]*>\s*<strong>\s*([\d,]+)", page),
        )

    def is_whole(self, streams: int) -> bool:
        return self.streams == streams and self.unknown == 0


def _number(pattern: str, page: str) -> int:
    match = re.search(pattern, page)
    if not match:
        raise RuntimeError(f"the list has nothing like {pattern}: the bench does not know this page")
    return int(match.group(1).replace(",", ""))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Portal:
    """A portal that is started and stopped again and again on the same directory and port, so that a session lasts."""

    def __init__(self, binary: Path, directory: Path) -> None:
        self._binary, self.directory = binary, directory
        directory.mkdir(parents=True, exist_ok=True)
        self.origin = f"http://127.0.0.1:{free_port()}"
        self._process: Process | None = None
        self._cookie = ""
        self.listening_at = 0.0
        self._settings = {
            "KEYSTREAM_LISTEN": urlsplit(self.origin).netloc,
            "KEYSTREAM_DATABASE_URL": f"sqlite://{directory / 'keystream.db'}",
            "KEYSTREAM_SITE_ROOT": str(binary.parent / "site"),
        }

    def add_user(self) -> None:
        args = [str(self._binary), "user", "add", USER, "--role", "viewer", "--password-stdin"]
        settings = environment({"KEYSTREAM_DATABASE_URL": self._settings["KEYSTREAM_DATABASE_URL"]})
        done = subprocess.run(
            args, env=settings, cwd=self.directory, input=f"{PASSWORD}\n", text=True, capture_output=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"user add failed: {done.stderr}")

    def start(self, simulator: Simulator, budget_percent: int = 25) -> None:
        self._write_targets(simulator, budget_percent)
        self._process = Process([self._binary, "serve"], self._settings | simulator.credentials(), self.directory)
        self.listening_at = self._process.says(r"Listening on (http:\S+)")[0]

    def _write_targets(self, simulator: Simulator, budget_percent: int) -> None:
        lines = [
            "[[target]]",
            f'account = "{ACCOUNT}"',
            f'region = "{REGION}"',
            f'endpoint = "{simulator.url}"',
            f"speed = {simulator.speed}",
            f"budget_percent = {budget_percent}",
        ]
        (self.directory / "keystream.toml").write_text("\n".join(lines) + "\n")

    @property
    def process(self) -> Process:
        assert self._process, "the portal is not running"
        return self._process

    def sign_in(self) -> Client:
        """Somebody with a new session."""
        client = Client(self.origin)
        client.sign_in()
        return client

    def client(self) -> Client:
        """Somebody with the one session that lasts from start to start, on a new connection."""
        if not self._cookie:
            self._cookie = self.sign_in().cookie
        return Client(self.origin, self._cookie)

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None
