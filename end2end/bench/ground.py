"""The databases that everything is measured on, and how much of everything is measured."""

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

    is_quick: bool
    streams: int
    cold: list[tuple[int, int]]
    """Stream counts, and the speed of simulated time for each: real time for 100, faster where a run takes long."""
    shell_streams: int
    browsing: dict[int, list[int]]
    """By streams, how many browsers: with a thousand streams the budget is used up, with a hundred it is not."""
    minute: int
    """Seconds for which calls and idle CPU are counted."""
    steady_after: int
    """Seconds until rows that were just read are due again."""
    load_seconds: int
    rounds: int
    restarts: int
    viewers: int
    many_connections: int
    events: int
    changes: int
    filters: int
    live_seconds: int
    moving_seconds: int
    hour_events: int
    """Events that stand for an hour: a quarter of AWS's 20 reads a second."""
    lighthouse_runs: int
    fleets: list[int]
    connections: list[int]
    changes_at_once: list[int]
    change_ms: int
    """How long each of the changes at once takes."""
    people: int
    people_seconds: int

    rate: int = 200


WHOLE = Scale(
    is_quick=False,
    streams=10_000,
    cold=[(100, 1), (1_000, 5), (10_000, 10)],
    shell_streams=50,
    browsing={1_000: [1, 10, 100], 100: [1, 100]},
    minute=60,
    steady_after=40,
    load_seconds=20,
    rounds=3,
    restarts=5,
    viewers=100,
    many_connections=1_000,
    events=50,
    changes=24,
    filters=30,
    live_seconds=600,
    moving_seconds=30,
    hour_events=18_000,
    lighthouse_runs=5,
    fleets=[100, 1_000, 10_000, 100_000],
    connections=[1, 10, 100, 1_000],
    changes_at_once=[1, 5, 10, 25],
    change_ms=60_000,
    people=50,
    people_seconds=180,
)
QUICK = Scale(
    is_quick=True,
    streams=300,
    cold=[(40, 2)],
    shell_streams=25,
    browsing={100: [1, 10]},
    minute=6,
    steady_after=3,
    load_seconds=3,
    rounds=1,
    restarts=2,
    viewers=10,
    many_connections=60,
    events=3,
    changes=2,
    filters=4,
    live_seconds=10,
    moving_seconds=2,
    hour_events=400,
    lighthouse_runs=1,
    fleets=[100, 300],
    connections=[12],
    changes_at_once=[3],
    change_ms=8_000,
    people=5,
    people_seconds=15,
)


@dataclass
class Ground:
    """Databases that know every stream, by size: made once, and copied for each measurement."""

    binary: Path
    directory: Path
    scale: Scale
    _portals: dict[int, Portal] = field(default_factory=dict)
    _copies: int = 0

    def known(self, streams: int) -> Portal:
        """A portal, not started, that knows so many streams and may be changed."""
        if streams not in self._portals:
            print(f"  filling a database with {streams:,} streams", file=sys.stderr)
            self._portals[streams] = self._fill(streams)
        self._copies += 1
        portal = self._portals[streams].copied_to(self.directory / f"copy-{self._copies}")
        portal.own_site()
        return portal

    def _fill(self, streams: int) -> Portal:
        """At the highest speed and without a round trip: only what is known afterwards counts."""
        portal = Portal(self.binary, self.directory / str(streams))
        portal.add_users()
        with Simulator(self.binary, streams, 100, rtt_ms=0) as simulator:
            portal.start(simulator, budget_percent=50)
            client, until = portal.client(), time.monotonic() + 120 + streams / 40
            while not client.list_state().is_whole(streams):
                if time.monotonic() > until:
                    raise RuntimeError(f"not filled: {client.list_state()}")
                time.sleep(0.5)
            portal.stop()
        time.sleep(self.scale.steady_after)
        return portal

    @contextmanager
    def served(self, streams: int, sessions: int = 1) -> Iterator[tuple[Portal, Simulator]]:
        """A portal that knows every stream and reads on as the default budget allows, in AWS's own time."""
        portal = self.known(streams)
        with Simulator(self.binary, streams, speed=1) as simulator:
            try:
                with_sessions(portal, simulator, sessions)
                yield portal, simulator
            finally:
                portal.stop()


def with_sessions(portal: Portal, simulator: Simulator, sessions: int) -> None:
    """Starts a portal with so many sessions. They were begun before its start, because hashing passwords takes memory
    that shows for a while."""
    portal.start(simulator)
    for _ in range(sessions):
        portal.sign_in()
    portal.stop()
    portal.start(simulator)
