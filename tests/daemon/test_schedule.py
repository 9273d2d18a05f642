"""When rules come due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger
from factories import ISTANBUL, a_rule
from household import START, ByHand, MovedClock, by_that_clock

from syncd.config.settings import Rule
from syncd.daemon.schedule import DueRules, Schedule, Turns, _trigger, due_at_the_start, grouped

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_2M = a_rule(name="two", every_seconds=120)


def turns(trigger: BaseTrigger, begin: datetime, count: int) -> list[datetime]:
    found: list[datetime] = []
    previous: datetime | None = None
    for _ in range(count):
        previous = trigger.get_next_fire_time(previous, previous or begin)
        assert previous is not None
        found.append(previous)
    return found


class Timetable:
    """A schedule, its clock, and what came due."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = MovedClock()
        by_that_clock(self.clock, monkeypatch)
        self.due = DueRules()
        self.scheduler = ByHand()
        self.schedule = Schedule(self.due, self.clock, scheduler=self.scheduler, choose=lambda _, longest: longest)

    def with_rules(self, *rules: Rule, zone: ZoneInfo = ISTANBUL, jitter: float = 0) -> Timetable:
        self.schedule.set(rules, zone, jitter)
        if not self.scheduler.running:
            self.schedule.start()
        return self

    def coming(self, span: timedelta) -> Iterator[tuple[str, list[str]]]:
        """Time of day in Istanbul and names of everything that comes due in that time."""
        end = self.clock.now + span
        while (turn := self.schedule.next_turn()) is not None and turn <= end:
            self.clock.now = turn
            self.scheduler.look()
            yield turn.astimezone(ISTANBUL).strftime("%a %H:%M:%S"), sorted(self.due.take())


@pytest.fixture
def timetable(monkeypatch: pytest.MonkeyPatch) -> Timetable:
    return Timetable(monkeypatch)


def cron(text: str, name: str = "timed") -> Rule:
    return a_rule(name=name, cron=text)


def test_a_delay_does_not_move_the_turns_that_follow() -> None:
    delays = iter([4.0, 0.0, 5.0, 1.0, 3.0] * 200)
    grid = IntervalTrigger(seconds=120, start_date=START + timedelta(seconds=120))
    found = turns(Turns(grid, 5, lambda _low, _high: next(delays)), START, 720)
    late = [moment - (START + timedelta(seconds=120 * number)) for number, moment in enumerate(found, 1)]
    assert {one.total_seconds() for one in late} == {0, 1, 3, 4, 5}


def test_a_delay_never_swallows_the_next_turn() -> None:
    grid = IntervalTrigger(seconds=4, start_date=START)
    found = turns(Turns(grid, 59, lambda _low, high: high), START, 5)
    assert [(moment - START).total_seconds() for moment in found] == [2, 6, 10, 14, 18]


def test_rules_with_the_same_time_come_due_together(timetable: Timetable) -> None:
    rules = (EVERY_2M, a_rule(name="usual"), a_rule(name="also-two", every_seconds=120))
    table = timetable.with_rules(*rules)
    assert list(table.coming(timedelta(minutes=6))) == [
        ("Wed 09:02:00", ["also-two", "two"]),
        ("Wed 09:04:00", ["also-two", "two"]),
        ("Wed 09:05:00", ["usual"]),
        ("Wed 09:06:00", ["also-two", "two"]),
    ]
    assert grouped(rules) == {120: ("two", "also-two"), 300: ("usual",)}


def test_a_machine_that_slept_has_one_turn_to_catch_up(timetable: Timetable) -> None:
    table = timetable.with_rules(EVERY_2M)
    table.clock.now += timedelta(hours=7, seconds=30)
    table.scheduler.look()
    assert (table.due.take(), table.due.missed) == ({"two"}, 0)
    assert next(table.coming(timedelta(hours=1)))[0] == "Wed 16:02:00"


def test_a_turn_that_meets_one_that_still_waits_is_counted(timetable: Timetable) -> None:
    table = timetable.with_rules(EVERY_2M)
    for _ in range(3):
        table.clock.now += timedelta(minutes=2)
        table.scheduler.look()
    assert (table.due.missed, table.due.take()) == (2, {"two"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "*/20 9-10 * * *",
            ["Wed 09:00", "Wed 09:20", "Wed 09:40", "Wed 10:00", "Wed 10:20", "Wed 10:40", "Thu 09:00"],
        ),
        ("0 8 * * 0", ["Sun 08:00"]),
        ("0 8 * * 7", ["Sun 08:00"]),
        ("0 8 * * 5-7", ["Fri 08:00", "Sat 08:00", "Sun 08:00"]),
        ("0 8 * * mon,fri", ["Fri 08:00", "Mon 08:00"]),
        ("0 8 27 * *", ["Fri 08:00"]),
        ("0 8 27 * sun", ["Fri 08:00", "Sun 08:00"]),
        ("30 23 * dec mon", []),
        ("0 0 31 feb *", []),
    ],
)
def test_cron_means_what_cron_means_in_the_zone_of_the_configuration(
    timetable: Timetable, text: str, expected: list[str]
) -> None:
    table = timetable.with_rules(cron(text))
    assert [moment[:-3] for moment, _ in table.coming(timedelta(days=5, hours=23))][: len(expected) or 1] == expected


def wall_clock(text: str, begin: datetime, count: int) -> list[str]:
    """The turns in Berlin, in turn: time of day and the offset from UTC, by which a time that comes twice is told."""
    found = turns(Turns(_trigger(text, BERLIN, begin), 0), begin, count)
    assert found == sorted(set(found))
    return [moment.astimezone(BERLIN).strftime("%d %H:%M %z")[:-2] for moment in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 * * * *", ["25 01:30 +02", "25 02:30 +02", "25 02:30 +01", "25 03:30 +01"]),
        ("30 2 * * *", ["25 02:30 +02", "26 02:30 +01", "27 02:30 +01"]),
        ("0,30 2 * * *", ["25 02:00 +02", "25 02:30 +02", "26 02:00 +01"]),
        ("0 3 * * *", ["25 03:00 +01", "26 03:00 +01"]),
        ("30 2 25 * sun", ["25 02:30 +02", "01 02:30 +01"]),
    ],
)
def test_when_summer_time_ends_a_time_of_day_has_its_turn_once(text: str, expected: list[str]) -> None:
    assert wall_clock(text, datetime(2026, 10, 24, 23, 10, tzinfo=UTC), len(expected)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 * * * *", ["29 01:30 +01", "29 03:30 +02", "29 04:30 +02"]),
        ("30 2 * * *", ["29 03:00 +02", "30 02:30 +02", "31 02:30 +02"]),
        ("0,30 2 * * *", ["29 03:00 +02", "30 02:00 +02", "30 02:30 +02"]),
        ("30 2-3 * * *", ["29 03:00 +02", "29 03:30 +02", "30 02:30 +02"]),
        ("0 3 * * *", ["29 03:00 +02", "30 03:00 +02"]),
    ],
)
def test_when_summer_time_begins_a_time_that_is_left_out_has_its_turn_right_after(
    text: str, expected: list[str]
) -> None:
    assert wall_clock(text, datetime(2026, 3, 29, 0, 10, tzinfo=UTC), len(expected)) == expected


@pytest.mark.parametrize("begin", [datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 3, 29, 0, tzinfo=UTC)])
def test_every_five_minutes_are_five_minutes_when_the_clock_changes_too(begin: datetime) -> None:
    found = turns(Turns(_trigger("*/5 * * * *", BERLIN, begin), 0), begin, 40)
    assert found == [begin + timedelta(minutes=5 * number) for number in range(40)]


def test_a_schedule_gets_over_the_end_of_summer_time(timetable: Timetable) -> None:
    timetable.clock.now = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
    table = timetable.with_rules(cron("*/5 * * * *"), cron("30 2 * * *", "daily"), zone=BERLIN, jitter=30)
    came = list(table.coming(timedelta(hours=2)))
    assert [names for _, names in came] == [["timed"]] * 24


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "America/Sao_Paulo"])
@pytest.mark.parametrize("text", ["*/20 * * * *", "*/20 0-3 * * *", "15,45 0,2 * * *", "0 0 * * sun"])
def test_a_turn_is_always_later_than_the_one_before(zone: str, text: str) -> None:
    for begin in (datetime(2018, month, 1, tzinfo=UTC) for month in range(1, 13)):
        found = turns(Turns(_trigger(text, ZoneInfo(zone), begin), 30), begin, 150)
        assert found == sorted(set(found))


def test_a_rule_with_cron_is_not_due_at_the_start() -> None:
    assert due_at_the_start([EVERY_2M, cron("0 8 * * *"), a_rule(name="usual")]) == ["two", "usual"]


def test_other_rules_leave_the_turns_of_the_others_where_they_are(timetable: Timetable) -> None:
    table = timetable.with_rules(EVERY_2M, a_rule(name="three", every_seconds=180))
    table.clock.now += timedelta(seconds=70)
    table.with_rules(EVERY_2M, a_rule(name="new", every_seconds=120), a_rule(name="three", every_seconds=60))
    assert list(table.coming(timedelta(seconds=100))) == [
        ("Wed 09:02:00", ["new", "two"]),
        ("Wed 09:02:10", ["three"]),
    ]


def test_a_rule_that_is_gone_comes_due_no_more(timetable: Timetable) -> None:
    table = timetable.with_rules(EVERY_2M)
    table.with_rules()
    assert table.schedule.next_turn() is None


def test_a_clock_that_was_set_back_stops_no_rule(timetable: Timetable) -> None:
    table = timetable.with_rules(EVERY_2M, cron("0 8 * * *"))
    table.clock.now -= timedelta(days=2)
    table.schedule.begin_anew()
    assert table.schedule.next_turn() == datetime(2026, 11, 23, 6, 2, tzinfo=UTC)
