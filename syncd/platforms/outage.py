"""A platform that can't be read, from the first failure on: what of it is worth a line in the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

_SAY_AGAIN_AFTER: Final = timedelta(minutes=10)


class Outage:
    """Remembers since when a platform fails, and what was said of it when; for the one thread that reads it."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._words = ""
        self._said_at: datetime | None = None

    def is_news(self, words: str, now: datetime) -> bool:
        """It failed at `now`, for these reasons: whether that is to be said aloud, or was said lately."""
        self._since = self._since or now
        lately = self._said_at is not None and timedelta(0) <= now - self._said_at < _SAY_AGAIN_AFTER
        if words == self._words and lately:
            return False
        self._words, self._said_at = words, now
        return True

    def ended(self, now: datetime) -> timedelta | None:
        """It was read to its end at `now`: how long that had not been so, or None when it was so before."""
        since = self._since
        self._since, self._words, self._said_at = None, "", None
        return None if since is None else max(now - since, timedelta(0))
