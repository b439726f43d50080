"""Fifty operators on five targets, while a tenth of AWS's answers are faults: whether anybody waits too long, is
refused without a reason of AWS's, or is left with a change that never ends."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import page
from client import Client
from ground import Ground, with_sessions
from portal import Portal
from report import Budget, Measured, mib, percentile, section, table
from simulator import ACCOUNT, Simulator, throttled

REGIONS = ["eu-west-1", "eu-west-2", "eu-central-1", "us-east-1", "us-east-2"]
STREAMS_EACH = 12
"""Nobody confirms more changes in the time of a run."""

FAULTY = 10
"""Every so many calls go wrong."""

CONFIRMATION_SECONDS = 5.0
SETTLED_WITHIN = 180
GROWN_MIB = 16.0
"""Less than this is what one load more or less holds; a leak of a few minutes is more."""

ENDED = re.compile(r"(Settled|Rejected|Expired|Not applied|Not established|Superseded|Replaced|Closed)\. ")


@dataclass
class Noted:
    """What fifty people saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    forms: list[float] = field(default_factory=list)
    """Seconds until a confirmation was there, with its form."""
    without_form: Counter[str] = field(default_factory=Counter)
    """What confirmations without a form said."""
    confirmed: list[float] = field(default_factory=list)
    """Seconds until a confirmed form was answered."""
    changes: dict[str, Client] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def measure(ground: Ground) -> Measured:
    """The load, and afterwards the wait for every change to end."""
    scale = ground.scale
    portal = Portal(ground.binary, ground.directory / "people", regions=REGIONS)
    portal.add_users()
    with Simulator(ground.binary, 1, speed=1) as simulator:
        for number in range(scale.people):
            for name in _streams_of(number):
                simulator.order("streams", account=ACCOUNT, region=_region(number), name=name, key="alias/orders")
        try:
            with_sessions(portal, simulator, scale.people)
            _wait_until_known(portal, scale.people * STREAMS_EACH)
            _break(simulator)
            before = portal.process.rss_mib()
            noted, halfway = _load(portal, scale.people_seconds)
            after, counts = portal.process.rss_mib(), simulator.counts()
            simulator.begin()
            left = _not_ended(noted)
        finally:
            portal.stop()
    return _report(noted, (before, halfway, after), throttled(counts), left, scale.people, scale.people_seconds)


def _region(number: int) -> str:
    return REGIONS[number % len(REGIONS)]


def _streams_of(number: int) -> list[str]:
    return [f"of-{number:02}-{stream:02}" for stream in range(STREAMS_EACH)]


def _wait_until_known(portal: Portal, streams: int) -> None:
    client, until = portal.client(), time.monotonic() + 120
    while True:
        state = client.list_state()
        if state.streams >= streams and state.unknown == 0:
            return
        if time.monotonic() > until:
            raise RuntimeError(f"not known: {state}")
        time.sleep(0.5)


def _break(simulator: Simulator) -> None:
    """From now on, every tenth call of these operations goes wrong in one of two ways."""
    simulator.begin()
    for operation in ("DescribeStreamSummary", "ListStreams", "StopStreamEncryption"):
        for fault in ("error500-before", "drop-answer"):
            simulator.order("faults", operation=operation, times=1_000_000, every=2 * FAULTY, fault=fault)


def _load(portal: Portal, seconds: int) -> tuple[Noted, float]:
    """Returns what everybody saw, and the memory at half time."""
    noted, until = Noted(), time.monotonic() + seconds
    people = [
        threading.Thread(target=_work, args=(Client(portal.origin, cookie), number, until, noted))
        for number, cookie in enumerate(portal.cookies)
    ]
    for person in people:
        person.start()
    time.sleep(seconds / 2)
    halfway = portal.process.rss_mib()
    for person in people:
        person.join()
    return noted, halfway


def _work(client: Client, number: int, until: float, noted: Noted) -> None:
    """One person: looks at the list, opens a confirmation, confirms it, and looks at the change for a while."""
    chance = random.Random(number)
    try:
        for name in _streams_of(number):
            _get(client, f"/streams?per=25&q=of-{number:02}", noted)
            time.sleep(chance.uniform(0.5, 3))
            change = _confirm(client, f"/streams/{ACCOUNT}/{_region(number)}/{name}/disable", name, until, noted)
            for _ in range(3):
                if not change or time.monotonic() > until:
                    break
                time.sleep(chance.uniform(1, 4))
                _get(client, change, noted)
            if time.monotonic() > until:
                return
    except Exception as error:  # noqa: BLE001 - a thread that ends in silence would look like a person who has finished
        with noted.lock:
            noted.problems[f"{type(error).__name__}: {error}"[:200]] += 1


def _get(client: Client, path: str, noted: Noted) -> str:
    answer = client.get(path)
    with noted.lock:
        noted.statuses[answer.status] += 1
    return answer.text


def _confirm(client: Client, path: str, name: str, until: float, noted: Noted) -> str:
    """Returns the path of the change; empty if there is none when the time is over."""
    while time.monotonic() < until:
        begin = time.monotonic()
        shown = _get(client, path, noted)
        took = time.monotonic() - begin
        form = page.forms(shown).get("/api/disable")
        with noted.lock:
            if form:
                noted.forms.append(took)
            else:
                noted.without_form[_reason(shown)] += 1
        if form:
            return _submit(client, form, name, noted)
        time.sleep(1)
    return ""


def _submit(client: Client, form: dict[str, str], name: str, noted: Noted) -> str:
    begin = time.monotonic()
    answer = client.post("/api/disable", form | {"typed_name": name, "reason": "bench"})
    took, location = time.monotonic() - begin, answer.headers.get("location", "")
    with noted.lock:
        noted.statuses[answer.status] += 1
        if "/changes/" in location:
            noted.confirmed.append(took)
            noted.changes[location] = client
        else:
            noted.problems[f"a form answered {answer.status} {location}"[:200]] += 1
    return location if "/changes/" in location else ""


def _reason(shown: str) -> str:
    known = r"(too many people[^.]*|AWS refused the read|did not answer in time|HTTP 5\d\d|no answer[^.]*)"
    found = re.search(known, page.main_text(shown))
    return found.group(1) if found else page.main_text(shown)[:120]


def _not_ended(noted: Noted) -> list[str]:
    """Waits for all changes to end, now that AWS answers everything. Returns those that don't."""
    left, until = dict(noted.changes), time.monotonic() + SETTLED_WITHIN
    while left and time.monotonic() < until:
        left = {path: client for path, client in left.items() if not ENDED.search(client.change_text(path))}
        time.sleep(1)
    return [client.change_text(path) for path, client in left.items()]


def _report(
    noted: Noted, memory: tuple[float, float, float], throttles: int, left: list[str], people: int, seconds: int
) -> Measured:
    slowest = max(noted.forms, default=float("nan"))
    lacking = sum(count for why, count in noted.without_form.items() if "too many" in why)
    unannounced = sum(count for status, count in noted.statuses.items() if status >= 500)
    before, halfway, after = memory
    budgets = [
        Budget(
            f"{people} operators on {len(REGIONS)} targets: the slowest confirmation",
            f"<= {CONFIRMATION_SECONDS:.0f} s",
            f"{slowest:.2f} s (median {percentile(noted.forms, 50):.2f} s of {len(noted.forms)})",
            slowest <= CONFIRMATION_SECONDS,
        ),
        Budget(
            "confirmations refused for lack of a read; throttled calls",
            "0; 0",
            f"{lacking}; {throttles}",
            lacking + throttles == 0,
        ),
        Budget(
            "answers with 5xx; changes that don't end",
            "0; 0",
            f"{unannounced}; {len(left)}",
            unannounced + len(left) == 0,
        ),
        Budget(
            "memory at half time and at the end",
            f"grows by < {GROWN_MIB:.0f} MiB",
            f"{mib(halfway)}, {mib(after)}",
            after - halfway < GROWN_MIB,
        ),
    ]
    heads = ["what", "how often"]
    rows = [[f"status {status}", str(count)] for status, count in sorted(noted.statuses.items())]
    rows += [[f"no form: {why}", str(count)] for why, count in noted.without_form.most_common()]
    rows += [[f"problem: {what}", str(count)] for what, count in noted.problems.most_common()]
    rows += [[f"not ended: {what[:160]}", "1"] for what in left]
    text = (
        f"{seconds} s. Each person opens confirmations of streams of their own, confirms them, and looks at the "
        f"changes; {len(noted.changes)} changes were requested, and an answer to a form took "
        f"{percentile(noted.confirmed, 50):.2f} s (p95 {percentile(noted.confirmed, 95):.2f} s). Every tenth call "
        "of DescribeStreamSummary, ListStreams and StopStreamEncryption ends with HTTP 500, or takes effect and loses "
        f"its answer. Before the load the portal held {mib(before)}."
    )
    return Measured(budgets, section("Fifty operators and faults", table(heads, rows), text))
