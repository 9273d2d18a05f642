"""Quiet hours and the daily summary, by the wall clock of the configured zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from factories import NOW, an_order
from notice_town import MAIL, Town

from syncd.config.settings import Event, Notify, QuietHours
from syncd.ledger.order_row import State
from syncd.orders.status import Status

NIGHT = QuietHours(time(22), time(8), frozenset({Event.COMPANY}))
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def towns(tmp_path: Path) -> Iterator[Any]:
    made: list[Town] = []

    def make(**changes: Any) -> Town:
        made.append(Town(tmp_path, **changes))
        return made[-1]

    yield make
    for town in made:
        town.notices.close()
        town.ledger.close()


def istanbul(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("Europe/Istanbul")).astimezone(UTC)


@pytest.mark.parametrize(
    ("begin", "end", "quiet", "loud"),
    [
        (time(22), time(8), [time(22), time(23, 59), time(0), time(7, 59, 59)], [time(8), time(12), time(21, 59)]),
        (time(12), time(13), [time(12), time(12, 59)], [time(13), time(11, 59), time(0)]),
        (time(0), time(6), [time(0), time(5, 59)], [time(6), time(23, 59)]),
    ],
)
def test_quiet_hours_begin_and_end_on_the_minute(begin: time, end: time, quiet: list[time], loud: list[time]) -> None:
    hours = QuietHours(begin, end)
    assert [moment for moment in quiet + loud if hours.hold(moment)] == quiet


def test_what_comes_in_the_quiet_hours_is_told_together_afterwards(towns: Any) -> None:
    town = towns(notify=Notify((MAIL,), quiet_hours=NIGHT), now=istanbul(21, 58))
    town.hold(1)
    assert len(town.turn()) == 1
    for number in range(2, 6):  # 22:28 to 05:28
        town.now += timedelta(minutes=30) if number == 2 else timedelta(hours=2, minutes=20)
        town.hold(number)
        assert town.turn() == []
    town.vitals.configuration_problems = 2
    town.restart()
    town.vitals.configuration_problems = 2
    town.now = istanbul(7, 59, day=25)
    assert town.turn() == []
    town.now = istanbul(8, 0, day=25)
    (message,) = town.turn()
    assert message.subject == "syncd 115: Yeni yapılandırma kabul edilmedi ve 1 konu daha"
    assert all(f"site/{number}:" in message.text for number in range(2, 6))
    assert "site/1:" not in message.text


def test_what_is_excepted_is_told_in_the_quiet_hours_and_nothing_else(towns: Any) -> None:
    town = towns(notify=Notify((MAIL,), quiet_hours=NIGHT), now=istanbul(3))
    town.hold(1)
    town.vitals.parasut_error = "402"
    assert town.turn() == []
    (message,) = town.later(minutes=5)
    assert message.subject == "syncd 115: Paraşüt bu şirket için çalışmıyor"
    assert "site/1" not in message.text
    town.now = istanbul(8)
    (message,) = town.turn()
    assert "site/1:" in message.text
    assert "Paraşüt bu şirket" not in message.text


def test_an_outage_of_the_night_is_one_thing_in_the_morning(towns: Any) -> None:
    town = towns(notify=Notify((MAIL,), quiet_hours=NIGHT), now=istanbul(1))
    town.put(1, State.WAITING)
    town.vitals.platform_errors = {"site": "no answer"}
    town.turn()
    assert town.later(minutes=45) == []
    town.now += timedelta(minutes=45)
    town.vitals.platform_errors = {}
    town.read()
    assert town.turn() == []
    town.now = istanbul(8)
    (message,) = town.turn()
    assert message.subject == "syncd 115: Platform yeniden okunuyor: site"
    assert "24.11.2026 01:00 – 24.11.2026 02:30" in message.text
    assert len(message.events) == 1


@pytest.mark.parametrize(
    ("moment", "is_quiet"),
    [
        # 29 March 2026: 02:00 becomes 03:00 in Berlin. Quiet from 02:30 to 03:30.
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), False),  # 01:59
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True),  # 03:00
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), False),  # 03:30
        # 25 October 2026: 03:00 becomes 02:00, the hour comes twice and is quiet twice.
        (datetime(2026, 10, 25, 0, 29, tzinfo=UTC), False),  # 02:29
        (datetime(2026, 10, 25, 0, 45, tzinfo=UTC), True),  # 02:45
        (datetime(2026, 10, 25, 1, 15, tzinfo=UTC), False),  # 02:15, again
        (datetime(2026, 10, 25, 1, 45, tzinfo=UTC), True),  # 02:45, again
        (datetime(2026, 10, 25, 2, 30, tzinfo=UTC), False),  # 03:30
    ],
)
def test_quiet_hours_follow_the_wall_clock_when_it_is_changed(towns: Any, moment: datetime, is_quiet: bool) -> None:
    quiet = QuietHours(time(2, 30), time(3, 30))
    town = towns(notify=Notify((MAIL,), quiet_hours=quiet), now=moment, zone=BERLIN)
    town.hold(1)
    assert (town.turn() == []) is is_quiet


def summaries(town: Town) -> list[str]:
    return [str(event["day"]) for _, message in town.sent for event in message.events if event["event"] == "summary"]


def test_the_summary_tells_of_yesterday_and_of_now(towns: Any) -> None:
    town = towns(notify=Notify((MAIL,), daily_summary=time(9)), now=istanbul(10, day=22))
    town.turn()
    days = {21: "100", 22: "1200.50", 23: "40"}
    for day, total in days.items():
        town.now = istanbul(23, 59, day=day)
        invoiced = {"invoice_id": str(day), "invoiced_at": town.now, "payable": Decimal(total)}
        town.put(f"a{day}", State.INVOICED, **invoiced)
        town.put(f"b{day}", State.INVOICED, **invoiced, platform="trendyol", difference=Decimal("0.01"))
    town.now = istanbul(0, 0, day=24)
    town.put("midnight", State.INVOICED, invoice_id="9", invoiced_at=town.now, payable=Decimal(7))
    town.hold("held")
    town.put("due", State.DUE, order=an_order(status=Status.SHIPPED, shipped_at=NOW - timedelta(days=6)))
    town.put("waiting", State.WAITING)
    town.now = istanbul(9, day=24)
    messages = [message for message in town.turn() if message.events[-1]["event"] == "summary"]
    assert messages[0].text.endswith(
        "23.11.2026 özeti\n"
        "  site: 1 fatura, toplam 40,00 TRY\n"
        "  trendyol: 1 fatura, toplam 40,00 TRY\n"
        "  trendyol: 1 faturanın tutarı siparişinkinden farklı, toplam 0,01 TRY\n"
        "  Şimdi: 1 bekletilen, 1 kesilecek, 1 statüsünü bekleyen sipariş.\n"
        "  Bekletme nedenleri: totals-differ 1.\n"
        "  Yasal süresi geçen 0, iki gün içinde dolan 1 sipariş var.\n"
    )


def test_a_day_without_invoices_has_a_summary_that_says_so(towns: Any) -> None:
    town = towns(notify=Notify((MAIL,), daily_summary=time(9)), now=istanbul(8))
    assert town.turn() == []
    (message,) = town.later(hours=1)
    assert message.subject == "syncd 115: 23.11.2026 özeti"
    assert "Fatura kesilmedi." in message.text


def test_the_summary_comes_once_a_day_through_restarts(towns: Any) -> None:
    town = towns(notify=Notify((MAIL,), daily_summary=time(9)), now=istanbul(8, day=20))
    town.turn()
    for _ in range(4 * 12):
        town.now += timedelta(hours=2)
        if town.now.hour % 3 == 0:
            town.restart()
        town.turn()
    assert summaries(town) == ["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"]


def test_a_first_start_after_the_time_of_the_summary_waits_for_the_next_day(towns: Any) -> None:
    town = towns(notify=Notify((MAIL,), daily_summary=time(9)), now=istanbul(15))
    assert town.turn() == []
    town.now = istanbul(9, day=25)
    assert len(town.turn()) == 1
    assert summaries(town) == ["2026-11-24"]


def test_a_summary_that_was_missed_is_told_late_on_the_same_day(towns: Any) -> None:
    town = towns(notify=Notify((MAIL,), daily_summary=time(9)), now=istanbul(8))
    town.turn()
    town.now = istanbul(17, day=26)
    town.restart()
    town.turn()
    assert summaries(town) == ["2026-11-25"]


def test_a_summary_in_the_quiet_hours_is_told_after_them(towns: Any) -> None:
    town = towns(notify=Notify((MAIL,), quiet_hours=NIGHT, daily_summary=time(6)), now=istanbul(5))
    town.turn()
    town.now = istanbul(7)
    assert town.turn() == []
    assert len(town.later(hours=1)) == 1


def test_days_of_a_changed_clock_have_one_summary_each(towns: Any) -> None:
    zone = BERLIN
    town = towns(notify=Notify((MAIL,), daily_summary=time(2, 30)), zone=zone, now=datetime(2026, 10, 24, tzinfo=UTC))
    town.turn()
    for _ in range(3 * 24 * 4):
        town.later(minutes=15)
    assert summaries(town) == ["2026-10-23", "2026-10-24", "2026-10-25"]
    town = towns(notify=Notify((MAIL,), daily_summary=time(2, 30)), zone=zone, now=datetime(2027, 3, 27, tzinfo=UTC))
    town.turn()
    for _ in range(3 * 24 * 4):
        town.later(minutes=15)
    assert summaries(town) == ["2027-03-26", "2027-03-27", "2027-03-28"]  # 02:30 of the 28th does not exist


def test_an_hour_of_the_clock_being_set_back_silences_nobody(towns: Any) -> None:
    town = towns(now=NOW)
    town.hold(1)
    assert len(town.turn()) == 1
    town.now -= timedelta(hours=5)
    town.hold(2)
    assert len(town.turn()) == 1
    assert date(2026, 11, 24) == town.now.date()
