"""A person with one kept-alive connection: signs in, reads pages, asks for changes."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import page
from page import ListState
from simulator import ACCOUNT, REGION

OPERATOR, VIEWER, PASSWORD = "bench", "bench-viewer", "correct horse battery staple"
ATTEMPTS_PER_NETWORK = 50
"""A network may try a hundred passwords at once; a /24 of loopback counts as a network."""

CONFIRMATIONS = 30
"""How often somebody loads a confirmation again that couldn't be read."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """Signed in where there is a cookie."""

    def __init__(self, origin: str, cookie: str = "", network: int = 0) -> None:
        self.origin, self.cookie = origin, cookie
        address = urlsplit(origin)
        self._connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=60, source_address=(f"127.0.{network}.1", 0)
        )

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

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        headers = {"origin": self.origin, "content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
        return self._send("POST", path, headers, urlencode(fields))

    def sign_in(self, user: str = OPERATOR) -> None:
        answer = self.post("/api/sign-in", {"user_name": user, "password": PASSWORD, "next": "/streams"})
        cookie = answer.headers.get("set-cookie", "").split(";")[0]
        if answer.status != 303 or not cookie:
            raise RuntimeError(f"sign-in answered {answer.status}")
        self.cookie = cookie

    def list_state(self, query: str = "per=25") -> ListState:
        return ListState.of(self.list_page(query))

    def list_page(self, query: str) -> str:
        answer = self.get(f"/streams?{query}")
        if answer.status != 200:
            raise RuntimeError(f"the list answered {answer.status}")
        return answer.text

    def disable(self, name: str) -> str:
        """Confirms a disable, as a person without scripts does. Returns the path of the change."""
        fields = self._confirmation(f"/streams/{ACCOUNT}/{REGION}/{name}/disable")
        answer = self.post("/api/disable", fields | {"typed_name": name, "reason": "bench"})
        location = answer.headers.get("location", "")
        if answer.status != 303 or "/changes/" not in location:
            raise RuntimeError(f"the disable of {name} answered {answer.status}, {location or answer.text[:200]}")
        return location

    def change_text(self, path: str) -> str:
        """What the page of a change says first."""
        return page.main_text(self.get(urlsplit(path).path).text)[:300]

    def _confirmation(self, path: str) -> dict[str, str]:
        """The form with a fresh read of the stream. Without one in time the page has no form, and is loaded again."""
        for _ in range(CONFIRMATIONS):
            shown = self.get(path).text
            if form := page.forms(shown).get("/api/disable"):
                return form
            time.sleep(1)
        raise RuntimeError(f"{path} has no form, but says: {page.main_text(shown)[:300]}")
