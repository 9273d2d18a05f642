"""Windows of time: what a list is asked for, from a moment until now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from syncd.config.schedule import seconds

_LATE = timedelta(hours=1)
"""A request may leave long after its window was drawn, when limits make it wait."""

# Platforms don't say whether the ends of a window belong to it, and some count whole minutes.
_COMMON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Window:
    """From `after` to `before`; `past` when records can only leave it: what changes from now on lies behind its end."""

    after: datetime
    before: datetime
    past: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """A connector's filter by time of change, in its own words."""

    after: str
    before: str
    format: str
    zone: ZoneInfo
    overlap: timedelta
    span: timedelta | None = None
    reach: timedelta | None = None
    ahead: timedelta = timedelta(0)

    @classmethod
    def of(cls, part: Mapping[str, Any]) -> Changes:
        """The filter as written in the connector."""
        return cls(
            after=part["after"],
            before=part.get("before", ""),
            format=part["format"],
            zone=ZoneInfo(part.get("zone", "UTC")),
            overlap=_time(part["overlap"]),
            span=_time(part["span"]) if "span" in part else None,
            reach=_time(part["reach"]) if "reach" in part else None,
            ahead=_time(part["ahead"]) if "ahead" in part else timedelta(0),
        )

    def windows(self, since: datetime, now: datetime) -> Iterator[Window]:
        """From the overlap before `since` until now and `ahead`, oldest first; neighbours share a minute."""
        end = now + self.ahead
        start = since - self.overlap
        if self.reach is not None:
            start = max(start, now - self.reach + min(_LATE, self.reach / 10))
        while True:
            stop = end if self.span is None else min(start + self.span, end)
            yield Window(start, stop, past=bool(self.before) and stop <= now)
            if stop >= end:
                return
            start = stop - _COMMON

    def query(self, window: Window) -> dict[str, Any]:
        """The query parameters of a window."""
        ends = {self.after: self.written(window.after)}
        return ends | {self.before: self.written(window.before)} if self.before else ends

    def written(self, moment: datetime) -> str:
        """A moment as the platform writes it."""
        match self.format:
            case "epoch_ms":
                return str(int(moment.timestamp() * 1000))
            case "epoch_s":
                return str(int(moment.timestamp()))
            case _:
                return moment.astimezone(self.zone).strftime(self.format)


def _time(text: str) -> timedelta:
    return timedelta(seconds=seconds(text))
