"""When an order that brought nothing is tried again, by what kept it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from syncd.errors import ParasutError, Throttled

_FIRST_SECONDS: Final = 30.0
_LONGEST_SECONDS: Final = 900.0


def next_try(error: ParasutError, attempts: int, now: datetime) -> datetime:
    """The next try of an order after its `attempts`th (from 1) brought nothing, because Paraşüt can't be reached.

    A 429 says itself how long to wait; else half a minute, and twice as long each time, up to a quarter of an hour.
    """
    if isinstance(error, Throttled):
        return now + timedelta(seconds=error.retry_after_seconds)
    return now + timedelta(seconds=min(_FIRST_SECONDS * 2 ** (attempts - 1), _LONGEST_SECONDS))
