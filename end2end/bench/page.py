"""What a page of Keystream says: its rows, counts and forms, and where its events come from. Everything that the bench
knows of the markup is in this file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlencode


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
        cells = re.findall(r'<td[^>]*data-label="Encryption"[^>]*>(.*?)</td>', page, re.S)
        encryption = [_text(cell) for cell in cells]
        return cls(
            rows=len(row_ids(page)),
            states=sum(text.startswith(("Encrypted", "Not encrypted")) for text in encryption),
            streams=_count(page, "count-all"),
            unknown=_count(page, "count-unknown"),
        )

    def is_whole(self, streams: int) -> bool:
        return self.streams == streams and self.unknown == 0


def row_ids(page: str) -> list[str]:
    """The ids of the page's rows, as an event connection names them."""
    return re.findall(r'<tr[^>]*\bid="row-([^"]+)"', page)


def row_id_of(page: str, name: str) -> str:
    """The id of the row of this stream."""
    rows = re.findall(r'<tr[^>]*\bid="row-([^"]+)".*?<th[^>]*>(.*?)</th>', page, re.S)
    found: str = next(row for row, head in rows if _text(head) == name)
    return found


def shows_not_encrypted(events: bytes, row_id: str) -> bool:
    """Whether the last of the events that bring this row has it as not encrypted."""
    row = events.rpartition(f'id="row-{row_id}"'.encode())[2]
    return b"Not encrypted" in row.partition(b"</tr>")[0]


def tag(page: str) -> str:
    """Ties a page to its session."""
    return _first(r'\bdata-as="([^"]+)"', page)


@dataclass(frozen=True)
class Shown:
    """What a page shows, as `/events` takes it."""

    rev: str
    rows: str
    parts: str
    moves: str

    @classmethod
    def of(cls, page: str) -> Shown:
        live = re.findall(r'<[a-z]+\b[^>]*\bid="([^"]+)"[^>]*\bdata-live\b', page)
        columns = re.findall(r'<tr[^>]*\bdata-cols="([^"]*)"', page)
        rows = ",".join(row_ids(page))
        return cls(
            rev=_first(r'\bid="live-page"[^>]*\bdata-rev="(\d+)"', page),
            rows=f"{columns[0] if columns else ''}:{rows}" if rows else "",
            parts=",".join(part for part in live if not part.startswith("row-")),
            moves=_first(r'\bid="live-page"[^>]*\bdata-moves="([^"]*)"', page).replace(" ", ","),
        )

    def events_address(self, tag: str) -> str:
        """The address of the page's events, for the session with this tag."""
        query = {"as": tag, "after": self.rev, "rows": self.rows, "parts": self.parts, "moves": self.moves}
        return "/events?" + urlencode({name: value for name, value in query.items() if value}, safe=":,")


def moves_list(events: bytes) -> bool:
    """Whether events say that the list has moved, so that a page of it fetches itself again."""
    return any(b"list" in words.split(b" ") for words in re.findall(rb"event: ?moved\r?\ndata: ?([^\r\n]*)", events))


def is_reset(events: bytes) -> bool:
    return b"event: reset" in events or b"event:reset" in events


def forms(page: str) -> dict[str, dict[str, str]]:
    """The fields of each form as they are filled in, by the address that it is sent to."""
    reader = _Forms()
    reader.feed(page)
    return reader.forms


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._open: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = self.forms.setdefault(values.get("action", ""), {})
        elif tag == "input" and self._open is not None and "name" in values:
            if values.get("type") not in ("radio", "checkbox") or "checked" in values:
                self._open[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def main_text(page: str) -> str:
    """What a page says."""
    return _text(re.sub(r"<!--.*?-->", "", "<main" + page.partition("<main")[2].partition("</main>")[0], flags=re.S))


def _text(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", markup)).strip()


def _count(page: str, element: str) -> int:
    return int(_first(rf'id="{element}"[^>]*>\s*(?:<[^>]*>\s*)*([\d,]+)', page).replace(",", ""))


def _first(pattern: str, page: str) -> str:
    match = re.search(pattern, page)
    if not match:
        raise RuntimeError(f"the page has nothing like {pattern}: the bench does not know this page")
    return match.group(1)
