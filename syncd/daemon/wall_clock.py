"""Times of day in a zone whose clock is changed twice a year.

A time that comes twice (the end of summer time) has its turn the first time, one that is left out (its beginning) right
after the gap. Where every hour fits (`*`), the hours that pass count, and not the clock: such a rule has as many turns
in that night as in any other. (APScheduler's own CronTrigger goes back by an hour when it crosses the end of summer
time, and then finds the same turn again and again.)
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from apscheduler.triggers.base import BaseTrigger

_A_BLINK: Final = timedelta(microseconds=1)


class WallClock(BaseTrigger):  # type: ignore[misc]  # comes without types
    """The turns of a grid of times of day, which is written as if they were UTC, by the clock of a zone."""

    def __init__(self, grid: BaseTrigger, zone: tzinfo, *, every_hour: bool) -> None:
        self._grid = grid
        self._zone = zone
        self._every_hour = every_hour

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first turn (UTC) behind the previous one, or from now on; never an earlier one."""
        after = now if previous_fire_time is None else previous_fire_time.astimezone(UTC) + _A_BLINK
        after = after.astimezone(UTC)
        return self._of_hours_that_pass(after) if self._every_hour else self._of_the_day(after)

    def __str__(self) -> str:
        return f"{self._grid} in {self._zone}"

    def _of_hours_that_pass(self, after: datetime) -> datetime | None:
        while True:
            offset = self._offset(after)
            shown = self._shown(after + offset)
            if shown is None:
                return None
            turn = shown - offset
            if self._offset(turn) == offset:
                return turn
            after = self._change(after, turn)  # the clock is changed before that; look again from there on

    def _of_the_day(self, after: datetime) -> datetime | None:
        shown = self._shown(after + self._offset(after))
        while shown is not None:
            here = shown.replace(tzinfo=self._zone)
            turn = here.astimezone(UTC)
            if turn + self._offset(turn) != shown:
                return self._change(here.replace(fold=1).astimezone(UTC), turn)
            if turn >= after:
                return turn
            shown = self._shown(shown + _A_BLINK)  # this time comes for the second time
        return None

    def _shown(self, wall: datetime) -> datetime | None:
        turn: datetime | None = self._grid.get_next_fire_time(None, wall)
        return turn

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self._zone).utcoffset() or timedelta()

    def _change(self, early: datetime, late: datetime) -> datetime:
        """When the clock is changed between two moments with different offsets; the first second after it."""
        before, low, high = self._offset(early), math.floor(early.timestamp()), math.ceil(late.timestamp())
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(datetime.fromtimestamp(middle, UTC)) == before:
                low = middle
            else:
                high = middle
        return datetime.fromtimestamp(high, UTC)
