"""How far the reading of a platform is, for the log and for other threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Final

from loguru import logger

from syncd.platforms.platform import Page
from syncd.platforms.windows import Window

_TELL_EVERY_SECONDS: Final = 60.0


class Progress:
    """One reading: when it began and what it has read; written by its thread. Tells the log once a minute."""

    def __init__(self, platform: str, zone: tzinfo, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._platform = platform
        self._zone = zone
        self._monotonic = monotonic
        self._began = self._told = monotonic()
        self._window: Window | None = None
        self._listed = 0
        self.seen = 0

    @property
    def seconds(self) -> float:
        """Since the reading began."""
        return self._monotonic() - self._began

    @property
    def words(self) -> str:
        """For reports: how long, and how much so far."""
        return f"still being read, {self.seconds / 60:.0f} min, {self.seen:,} records so far"

    def begins(self, start: datetime) -> None:
        """It is a first reading, from `start` on."""
        day = start.astimezone(self._zone)
        logger.info("{}: first reading, from {:%Y-%m-%d} on (the earliest `since` of its rules)", self._platform, day)

    def goes_on(self, start: datetime) -> None:
        """It is a first reading that was cut off; everything until `start` was read then."""
        moment = start.astimezone(self._zone)
        logger.info("{}: the first reading goes on at {:%Y-%m-%d %H:%M}", self._platform, moment)

    def goes(self, page: Page) -> None:
        """A page was read."""
        self.seen += len(page.records)
        self._window = page.window
        self._listed = page.listed
        if self._monotonic() - self._told >= _TELL_EVERY_SECONDS:
            self._told = self._monotonic()
            logger.info("{}: {}", self._platform, self._so_far())

    def _so_far(self) -> str:
        days = "" if self._window is None else f" {self._days(self._window)},"
        if self._listed:
            return f"listing{days} {self._listed:,} entries so far; their orders are looked up then"
        return f"reading{days} {self.seen:,} orders so far"

    def _days(self, window: Window) -> str:
        """3 Nov – 5 Nov."""
        first, last = (moment.astimezone(self._zone) for moment in (window.after, window.before))
        days = [f"{moment.day} {moment:%b}" for moment in (first, last)]
        return " – ".join(dict.fromkeys(days))
