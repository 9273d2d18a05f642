"""While the clock stands before what the ledger knows, nothing is written; then it goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syncd.errors import ClockSetBack, LedgerError
from syncd.ledger.ledger import Ledger, Mark, open_ledger
from syncd.sync.clock import accept_clock, refuse_a_clock_set_back

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db", "api.parasut.com/115")
    yield ledger
    ledger.close()


def mark(at: datetime) -> Mark:
    return Mark("woocommerce", "magaza.test", at, at, "reader", at)


def test_a_clock_that_goes_on_is_right(ledger: Ledger) -> None:
    for minutes in (0, 0.5, 1, 60, 60 * 24 * 400):
        refuse_a_clock_set_back(ledger, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("back", [timedelta(minutes=6), timedelta(hours=2), timedelta(days=20)])
def test_a_clock_that_was_set_back_is_refused_until_it_is_right_again(ledger: Ledger, back: timedelta) -> None:
    refuse_a_clock_set_back(ledger, NOW)
    for _ in range(2):
        with pytest.raises(ClockSetBack, match="a run saw 2026-11-25 09:00 UTC before") as caught:
            refuse_a_clock_set_back(ledger, NOW - back)
    assert "timedatectl" in caught.value.remedy
    assert isinstance(caught.value, LedgerError)  # ends a run the way a full disk does
    refuse_a_clock_set_back(ledger, NOW + timedelta(seconds=1))


def test_a_correction_by_the_time_server_is_no_trouble(ledger: Ledger) -> None:
    refuse_a_clock_set_back(ledger, NOW)
    refuse_a_clock_set_back(ledger, NOW - timedelta(minutes=4))
    with pytest.raises(ClockSetBack):  # and many small ones don't add up to a large one
        refuse_a_clock_set_back(ledger, NOW - timedelta(minutes=6))


def test_a_machine_that_boots_in_2020_is_refused_even_with_a_new_ledger(ledger: Ledger) -> None:
    for refused in (refuse_a_clock_set_back, accept_clock):
        with pytest.raises(ClockSetBack, match="shows 2020-01-01 00:00 UTC"):
            refused(ledger, datetime(2020, 1, 1, tzinfo=UTC))
    refuse_a_clock_set_back(ledger, NOW)


def test_a_ledger_of_an_older_version_knows_by_what_it_read_last(ledger: Ledger) -> None:
    ledger.set_mark(mark(NOW))
    with pytest.raises(ClockSetBack):
        refuse_a_clock_set_back(ledger, NOW - timedelta(hours=2))
    refuse_a_clock_set_back(ledger, NOW)


def test_a_clock_that_was_ahead_can_be_accepted_by_a_person(ledger: Ledger) -> None:
    wrong = NOW + timedelta(days=4000)
    ledger.set_mark(mark(wrong))
    refuse_a_clock_set_back(ledger, wrong)
    with pytest.raises(ClockSetBack) as caught:
        refuse_a_clock_set_back(ledger, NOW)
    assert "syncd ledger accept-clock" in caught.value.remedy
    assert accept_clock(ledger, NOW) == wrong
    refuse_a_clock_set_back(ledger, NOW)
    with pytest.raises(ClockSetBack):  # what was accepted is the new measure
        refuse_a_clock_set_back(ledger, NOW - timedelta(hours=2))


def test_moments_are_told_in_utc(ledger: Ledger) -> None:
    with pytest.raises(ClockSetBack, match="shows 2020-06-30 22:30 UTC"):
        refuse_a_clock_set_back(ledger, datetime(2020, 7, 1, 0, 30, tzinfo=BERLIN))


@pytest.mark.parametrize("fold", [0, 1])
def test_the_hour_that_comes_twice_is_no_clock_set_back(ledger: Ledger, fold: int) -> None:
    first = datetime(2027, 10, 31, 2, 50, tzinfo=BERLIN)  # summer time; at 3 the clocks show 2 again
    refuse_a_clock_set_back(ledger, first)
    if fold:
        refuse_a_clock_set_back(ledger, datetime(2027, 10, 31, 2, 10, fold=1, tzinfo=BERLIN))
    else:  # the same hands, one hour earlier: that is one
        with pytest.raises(ClockSetBack):
            refuse_a_clock_set_back(ledger, datetime(2027, 10, 31, 2, 10, tzinfo=BERLIN))


def test_it_is_noted_at_most_once_a_minute(ledger: Ledger) -> None:
    refuse_a_clock_set_back(ledger, NOW)
    before = ledger.setting("clock_seen")
    refuse_a_clock_set_back(ledger, NOW + timedelta(seconds=59))
    assert ledger.setting("clock_seen") == before
    refuse_a_clock_set_back(ledger, NOW + timedelta(seconds=60))
    assert ledger.setting("clock_seen") != before
