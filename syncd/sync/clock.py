"""A run refuses to write while this machine's clock stands before what the ledger knows.

An invoice carries the day on which it is made. A machine that boots in 2020, or goes back two hours over midnight,
would date invoices into the past, into a month that may be closed. Waiting costs nothing: orders stay where they are,
and the run goes on by itself when the clock is right. A hold for each order would have to be lifted by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from syncd.errors import ClockSetBack
from syncd.ledger.ledger import Ledger

_SETTING: Final = "clock_seen"
_TOLERANCE: Final = timedelta(minutes=5)  # time servers correct clocks, by seconds as a rule
_NOTED_EVERY: Final = timedelta(minutes=1)
_WRITTEN: Final = datetime(2026, 11, 1, tzinfo=UTC)  # no right clock shows a moment before this program was written


def refuse_a_clock_set_back(ledger: Ledger, now: datetime) -> None:
    """Raise ClockSetBack when `now` lies before the newest moment at which a run saw the clock, by over five minutes.

    Else that moment is remembered, at most once a minute. To be called at the beginning of a run that writes, and
    before each order of it.
    """
    now = now.astimezone(UTC)  # no zone's summer time is stored, compared or shown
    if now < _WRITTEN:
        raise _set_back(now, "which is before this version of syncd was made")
    seen = _seen(ledger)
    if seen is not None and now < seen - _TOLERANCE:
        raise _set_back(now, f"but a run saw {_shown(seen)} before")
    if seen is None or now >= seen + _NOTED_EVERY:
        ledger.set_setting(_SETTING, now.isoformat())


def accept_clock(ledger: Ledger, now: datetime) -> datetime | None:
    """A person says that the clock is right now, and was ahead before; returns what was seen before, if anything.

    Raises ClockSetBack for a moment that can't be right.
    """
    now = now.astimezone(UTC)
    if now < _WRITTEN:
        raise _set_back(now, "which is before this version of syncd was made")
    seen = _seen(ledger)
    ledger.set_setting(_SETTING, now.isoformat())
    ledger.steps.pull_back(
        now
    )  # what was to be looked for, or tried again, at a moment that the clock showed too early
    ledger.orders.pull_back(now)
    return seen


def _seen(ledger: Ledger) -> datetime | None:
    text = ledger.setting(_SETTING)
    return ledger.overview.newest_moment() if text is None else datetime.fromisoformat(text)


def _set_back(now: datetime, why: str) -> ClockSetBack:
    return ClockSetBack(
        f"This machine's clock shows {_shown(now)}, {why}: nothing is written, for invoices would be dated into the "
        "past.",
        "Set the clock (`timedatectl` shows it); syncd goes on by itself. If it is right now and was ahead before, "
        "run `syncd ledger accept-clock`.",
    )


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
