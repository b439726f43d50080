"""What is measured, and the databases that it is measured on."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portal import Portal
from simulator import Simulator


@dataclass(frozen=True)
class Scale:
    """How much of everything: the whole bench, or a quick look whether the bench itself works."""

    streams: int
    browsing: dict[int, list[int]]
    """By streams, how many browsers: with a thousand streams the budget is used up, with a hundred it is not."""
    browsing_seconds: int
    rate: int
    load_seconds: int
    restarts: int
    viewers: int
    filters: int


WHOLE = Scale(10_000, {1_000: [1, 10, 100], 100: [1, 100]}, 60, 200, 20, 5, 100, 30)
QUICK = Scale(100, {100: [1, 10]}, 10, 200, 3, 2, 10, 6)


@dataclass
class Ground:
    """Databases that know every stream, by size: made once, used by one measurement after the other."""

    binary: Path
    directory: Path
    _portals: dict[int, Portal] = field(default_factory=dict)

    def known(self, streams: int) -> Portal:
        if streams not in self._portals:
            print(f"  filling a database with {streams:,} streams", file=sys.stderr)
            self._portals[streams] = self._fill(streams)
        return self._portals[streams]

    def _fill(self, streams: int) -> Portal:
        """At the highest speed and without a round trip: only what is known afterwards counts."""
        portal = Portal(self.binary, self.directory / str(streams))
        portal.add_user()
        with Simulator(self.binary, streams, 100, rtt_ms=0) as simulator:
            portal.start(simulator, budget_percent=50)
            client, until = portal.client(), time.monotonic() + 300
            while not client.list_state().is_whole(streams):
                if time.monotonic() > until:
                    raise RuntimeError(f"not filled: {client.list_state()}")
                time.sleep(0.2)
            portal.stop()
        return portal

    @contextmanager
    def served(self, streams: int) -> Iterator[tuple[Portal, Simulator]]:
        """A portal that knows every stream and reads on as the default budget allows, in AWS's own time."""
        portal = self.known(streams)
        with Simulator(self.binary, streams, speed=1) as simulator:
            portal.start(simulator)
            try:
                yield portal, simulator
            finally:
                portal.stop()
