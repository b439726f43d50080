"""`keystream simulate`: the AWS that every contender is measured against, and the score that it keeps."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from processes import Process, Usage

ACCOUNT = "111122223333"
REGION = "eu-west-1"
RTT_MS = 60
"""The round trip to AWS in simulated time."""

Counts = dict[str, dict[str, int]]


def name_of(number: int) -> str:
    """The name of a stream of the fleet, from 1."""
    return f"stream-{number:05}"


def encrypted_names(count: int) -> list[str]:
    """The first streams of the fleet that are encrypted from the start: six in ten."""
    numbers = (position + 1 for position in range(2 * count + 10) if position * 7 % 10 < 6)
    return [name_of(number) for number, _ in zip(numbers, range(count), strict=False)]


class Simulator:
    """A simulator with call-rate limits, on a free port of loopback. At speed S the round trip is 60/S ms."""

    def __init__(self, binary: Path, streams: int, speed: int, rtt_ms: int = RTT_MS) -> None:
        self.speed = speed
        args = ["--port", "0", "--streams", str(streams), "--speed", str(speed), "--rtt-ms", str(rtt_ms // speed)]
        self._process = Process([binary, "simulate", *args], {})
        self.url = self._process.says(r"Simulating on (http:\S+)")[1]

    def __enter__(self) -> Simulator:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()

    def _control(self, method: str, path: str, order: dict[str, Any] | None = None) -> Any:
        body = None if order is None else json.dumps(order).encode()
        request = urllib.request.Request(f"{self.url}/_control/{path}", data=body, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def order(self, path: str, **order: Any) -> None:
        """Carries out an order of the control endpoint."""
        self._control("POST", path, order)

    def set_key(self, name: str, key: str) -> None:
        """Changes the key of a stream behind everybody's back; an empty one ends its encryption."""
        self.order("streams", account=ACCOUNT, region=REGION, name=name, key=key)

    def calls(self) -> list[dict[str, Any]]:
        """Every call since the last `begin`."""
        calls: list[dict[str, Any]] = self._control("GET", "calls")
        return calls

    def counts(self) -> Counts:
        """Calls by operation and outcome: `ok`, or AWS's code."""
        counts: Counts = self._control("GET", "counts")
        return counts

    def first_call_at(self) -> float:
        """When the first call came, in seconds since 1970."""
        return float(self.calls()[0]["at_ms"]) / 1000

    def black_hole(self) -> None:
        """From now on no listing is answered."""
        for operation in ("ListStreams", "GetResources"):
            self._control("POST", "faults", {"operation": operation, "times": 1_000_000, "fault": "black-hole"})

    def begin(self) -> None:
        """Answers everything, and has counted nothing yet."""
        self._control("DELETE", "faults")
        self._control("DELETE", "calls")

    def usage(self) -> Usage:
        return self._process.usage()

    def credentials(self) -> dict[str, str]:
        """The environment of a caller: a 12-digit access key id is an account of the simulator's."""
        return {
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


def calls(counts: Counts) -> int:
    """All calls together, answered or refused."""
    return sum(count for outcomes in counts.values() for count in outcomes.values())


def throttled(counts: Counts) -> int:
    """The calls that AWS refused because they came too often."""
    words = ("LimitExceededException", "ThrottledException")
    return sum(outcomes.get(word, 0) for outcomes in counts.values() for word in words)
