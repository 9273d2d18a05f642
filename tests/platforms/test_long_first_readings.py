"""A first reading of many windows: kept as it goes, gone on with where it was cut off, and told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from factories import ISTANBUL, PLATFORM, a_rule
from loguru import logger
from small_platform import NOW, ORDER, connector, listed, small

from syncd.config.settings import Trigger
from syncd.errors import PlatformError
from syncd.ledger.ledger import Ledger, Mark, open_ledger
from syncd.orders.status import Status
from syncd.platforms.platform import Platform
from syncd.sync.collect import Collected, collect
from syncd.sync.executor import Stopped, asked_to_stop
from syncd.sync.judge import Judgement
from syncd.sync.progress import Progress

CHANGES = {"after": "from", "before": "to", "format": "epoch_s", "span": "2d", "overlap": "10m"}
DATED = ORDER | {"updated_at": "{{ record.at }}"}
LOOK_UP = {"keys": "{{ record.id }}", "get": "/order/{{ key }}", "records": "{{ found.values() | select | list }}"}


@dataclass
class Store:
    """Orders by id, with the list that shows each and the moment it changed; what is asked is noted."""

    orders: dict[str, tuple[str, datetime]]
    hidden: set[str] = field(default_factory=set)
    windows: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    before_answer: Callable[[str], None] = lambda _: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/")
        self.before_answer(path)
        if path.startswith("order/"):
            key = path.removeprefix("order/")
            self.looked_up.append(key)
            return httpx.Response(200, json=self._record(key))
        shown = [key for key, (name, _) in self.orders.items() if name == path and key not in self.hidden]
        if "from" in request.url.params:
            first, last = (datetime.fromtimestamp(int(request.url.params[end]), UTC) for end in ("from", "to"))
            self.windows.append((path, first, last))
            shown = [key for key in shown if first <= self.orders[key][1] <= last]
        else:
            self.whole.append(path)
        return httpx.Response(200, json=[self._record(key) for key in shown])

    def _record(self, key: str) -> dict[str, Any]:
        return {"id": key, "at": self.orders[key][1].isoformat()}


@dataclass
class Desk:
    folder: Path
    ledger: Ledger
    store: Store
    lists: list[dict[str, Any]]
    look_up: bool = False
    now: datetime = NOW
    since: date = date(2026, 11, 14)
    stopped: bool = False
    progress: Progress | None = None
    marks: list[datetime] = field(default_factory=list)

    def platform(self) -> Platform:
        """As after a start of the process: it remembers nothing."""
        orders = {"lists": self.lists, "order": DATED, "rescan": "3d"} | ({"look_up": LOOK_UP} if self.look_up else {})
        return small(self.folder, connector(orders), self.store, clock=lambda: self.now)

    def read(self, **options: Any) -> Collected:
        rule = a_rule(platforms=("small",), trigger=Trigger(Status.PREPARING, self.since))
        judgement = Judgement((rule,), ISTANBUL, {"small": PLATFORM})
        return collect(
            self.platform(),
            self.ledger,
            judgement,
            lambda: self.now,
            **{"reader": "r", "store": True, "between": self._between, "progress": self.progress} | options,
            on_rise=lambda: self.marks.append(self.mark().mark),
        )

    def _between(self) -> None:
        if self.stopped:
            raise asked_to_stop()

    def stop_at(self, path: str, times: int) -> None:
        """Be asked to stop while that is asked for the so many-th time."""
        left = [times]

        def count(asked: str) -> None:
            left[0] -= asked == path
            if left[0] == 0:
                self.stopped = True

        self.store.before_answer = count

    def goes_on(self) -> None:
        self.stopped = False
        self.store.before_answer = lambda _: None
        self.store.windows.clear()
        self.store.whole.clear()
        self.store.looked_up.clear()

    def mark(self) -> Mark:
        mark = self.ledger.mark("small", "small")
        assert mark is not None
        return mark

    def known(self) -> set[str]:
        return {row.package for row in self.ledger.orders.newest(limit=100)}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db", "api.test/115")

    def make(store: Store, *lists: dict[str, Any], **options: Any) -> Desk:
        return Desk(tmp_path, ledger, store, list(lists), **options)

    yield make
    ledger.close()


def days_ago(number: float) -> datetime:
    return NOW - timedelta(days=number)


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    number = logger.add(lambda message: lines.append(message.strip()), format="{message}", level="INFO")
    yield lines
    logger.remove(number)


Make = Callable[..., Desk]


def test_a_stop_in_a_long_first_reading_costs_one_window(desk: Make, log: list[str]) -> None:
    store = Store({str(day): ("orders", days_ago(day + 0.5)) for day in range(10)})
    here = desk(store, listed(changes=CHANGES))
    here.stop_at("orders", 4)
    with pytest.raises(Stopped):
        here.read()
    third = store.windows[2][2]
    assert (here.mark().mark, here.marks) == (third, [end for _, _, end in store.windows[:3]])
    assert here.known() == {"9", "8", "7", "6", "5"}
    here.goes_on()
    assert here.read().error is None
    assert store.windows[0][1] == third - timedelta(minutes=10)
    assert (here.mark().mark, here.known()) == (NOW, set(store.orders))
    assert log[0] == "small: first reading, from 2026-11-14 on (the earliest `since` of its rules)"
    assert f"small: the first reading goes on at {third.astimezone(ISTANBUL):%Y-%m-%d %H:%M}" in log


def test_until_it_is_finished_a_platform_is_as_far_behind_as_its_mark(desk: Make) -> None:
    here = desk(Store({}), listed(changes=CHANGES))
    here.stop_at("orders", 3)
    with pytest.raises(Stopped):
        here.read()
    assert (here.mark().read_at, here.mark().rescanned_at) == (here.mark().mark, None)
    here.goes_on()
    here.read()
    assert (here.mark().read_at, here.mark().rescanned_at) == (NOW, NOW)


def test_the_mark_rises_only_over_windows_that_every_list_has_shown(desk: Make) -> None:
    here = desk(Store({}), listed("new", changes=CHANGES), listed("sent", changes=CHANGES))
    failing: list[str] = []

    def fail(path: str) -> None:
        failing.append(path)
        if failing.count("sent") >= 3:
            raise httpx.ConnectError("no route")

    here.store.before_answer = fail
    assert here.read().error is not None
    assert [name for name, _, _ in here.store.windows] == ["new", "sent", "new", "sent", "new"]
    assert here.mark().mark == here.store.windows[3][2]


def test_look_ups_of_windows_that_were_dealt_with_are_not_repeated_after_a_stop(desk: Make) -> None:
    store = Store({str(day): ("sent", days_ago(day + 0.5)) for day in range(10)})
    store.orders |= {"open": ("open", days_ago(30))}
    here = desk(store, listed("open"), listed("sent", changes=CHANGES), look_up=True)
    here.stop_at("order/3", 1)
    with pytest.raises(Stopped):
        here.read()
    before, reached = set(store.looked_up), here.mark().mark
    assert {"9", "8", "7", "6", "5", "3"} <= before
    here.goes_on()
    assert here.read().error is None
    assert len(before & set(store.looked_up)) <= 2  # one window
    assert set(store.looked_up) == {key for key in "9876543210" if store.orders[key][1] > reached} | {"open"}
    assert store.looked_up[-1] == "open"
    assert (here.known(), here.mark().mark) == (set(store.orders), NOW)


def test_a_list_of_the_day_is_read_when_a_first_reading_goes_on(desk: Make) -> None:
    store = Store({"1": ("sent", days_ago(1)), "old": ("unbilled", days_ago(90))})
    lists = [listed("unbilled", daily=True), listed("sent", changes=CHANGES)]
    here = desk(store, *lists, look_up=True)
    here.stop_at("order/old", 1)
    with pytest.raises(Stopped):
        here.read()
    assert here.known() == {"1"}
    here.goes_on()
    here.read()
    assert (here.known(), store.whole) == ({"1", "old"}, ["unbilled"])
    here.goes_on()
    here.read()
    assert store.whole == []


def test_one_look_up_that_fails_keeps_the_mark_at_the_windows_before_it(desk: Make) -> None:
    store = Store({str(day): ("sent", days_ago(day + 0.5)) for day in range(10)})
    here = desk(store, listed("sent", changes=CHANGES), look_up=True)
    answer = store.__call__

    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403) if request.url.path.endswith("order/5") else answer(request)

    here.store = refuse  # type: ignore[assignment]
    here.read()
    assert here.known() == set(store.orders) - {"5"}
    assert days_ago(8) < here.mark().mark < store.orders["5"][1]
    assert here.mark().rescanned_at is None


def test_what_shows_too_little_raises_no_mark_in_any_of_its_windows(desk: Make) -> None:
    store = Store({str(number): ("orders", days_ago(0) - timedelta(minutes=number)) for number in range(1, 9)})
    here = desk(store, listed(changes=CHANGES))
    here.read()
    here.now += timedelta(days=5)
    store.hidden = set(store.orders)
    error = here.read().error
    assert isinstance(error, PlatformError)
    assert "showed 0 of 8" in str(error)
    assert (here.mark().mark, here.mark().doubted_since) == (NOW, here.now)


def test_after_a_long_outage_the_mark_rises_window_by_window_too(desk: Make) -> None:
    here = desk(Store({}), listed(changes=CHANGES))
    here.read()
    here.now += timedelta(days=9)
    here.stop_at("orders", 5)
    with pytest.raises(Stopped):
        here.read()
    assert NOW < here.mark().mark < here.now
    assert (here.mark().read_at, here.mark().rescanned_at) == (here.mark().mark, NOW)


def test_an_earlier_since_is_read_from_its_beginning_and_gone_on_with_where_it_was_cut_off(desk: Make) -> None:
    store = Store({"old": ("orders", days_ago(20)), "new": ("orders", days_ago(1))})
    here = desk(store, listed(changes=CHANGES))
    here.read()
    here.since = date(2026, 11, 1)
    here.goes_on()
    here.stop_at("orders", 4)
    with pytest.raises(Stopped):
        here.read()
    reached = here.mark().mark
    assert store.windows[2][2] == reached < days_ago(10)
    here.goes_on()
    here.read()
    assert store.windows[0][1] == reached - timedelta(minutes=10)
    assert (here.known(), here.mark().mark) == ({"old", "new"}, NOW)


def test_a_long_reading_tells_once_a_minute_how_far_it_is(desk: Make, log: list[str]) -> None:
    moment = [0.0]
    store = Store({str(day): ("orders", days_ago(day + 0.5)) for day in range(10)})
    store.before_answer = lambda _: moment.__setitem__(0, moment[0] + 25)
    here = desk(store, listed(changes=CHANGES), progress=Progress("small", ISTANBUL, lambda: moment[0]))
    here.read()
    told = [line for line in log if re.match(r"small: reading \d+ Nov – \d+ Nov, \d+ orders so far$", line)]
    assert told == [
        "small: reading 17 Nov – 19 Nov, 5 orders so far",
        "small: reading 23 Nov – 24 Nov, 10 orders so far",
    ]
    assert here.progress is not None
    assert here.progress.words == "still being read, 2 min, 10 records so far"
