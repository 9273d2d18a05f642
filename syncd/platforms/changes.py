"""Walking through what changed at a platform, oldest first, so that nothing is missed while it goes on changing.

Page numbers alone lose records: whoever changes moves to the end, all behind it move up, and one slips over a page's
edge. So every request asks again from the last stamp that was seen, always for the first page. The filter is exclusive
and counts whole seconds, so it asks from one second before, and what was seen already comes along again.

When one second fills a whole page (a bulk edit), stamps can't lead further. That second is then read by page numbers,
in the order of ids, **from the last page to the first**: records of a past second can only leave it, which moves the
others towards pages that are still to be read. (What enters the present second meanwhile, the overlap finds next time.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from syncd.config.schedule import seconds

Fetch = Callable[[Mapping[str, Any]], tuple[list[Any], int | None]]
"""Query → the records of that page, and how many pages there are, if the platform says so."""

StampOf = Callable[[Any], datetime | None]
"""Record → when it changed last; None when it can't be read."""


class NoProgress(Exception):
    """The platform ignores the filter by change: the walk would never end."""


@dataclass(frozen=True, slots=True)
class Window:
    """The words of a platform for "changed after …", from the connector's `changes` and `pages`."""

    after: str
    before: str
    format: str
    grain: timedelta
    overlap: timedelta
    ties: Mapping[str, Any]
    page: str
    size: str
    page_size: int

    @classmethod
    def of(cls, changes: Mapping[str, Any], pages: Mapping[str, Any], page_size: int) -> Window:
        """The window as written in the connector."""
        return cls(
            after=changes["after"],
            before=changes["before"],
            format=changes["format"],
            grain=timedelta(seconds=seconds(changes["grain"])),
            overlap=timedelta(seconds=seconds(changes["overlap"])),
            ties=changes["ties"],
            page=pages["number"],
            size=pages["size"],
            page_size=page_size,
        )

    def query(self, page: int, after: datetime, before: datetime | None = None) -> dict[str, Any]:
        """One page of what changed after, and perhaps before, a moment (both exclusive)."""
        query = {self.after: self._written(after), self.page: page, self.size: self.page_size}
        return query if before is None else query | {self.before: self._written(before)} | dict(self.ties)

    def _written(self, moment: datetime) -> str:
        return moment.astimezone(UTC).strftime(self.format)


def walk(fetch: Fetch, stamp_of: StampOf, window: Window, since: datetime) -> Iterator[tuple[list[Any], bool]]:
    """Pages of what changed since `since` (less the overlap), with True on the one that completes the window."""
    after = (since - window.overlap).replace(microsecond=0)
    while True:
        records, page_count = fetch(window.query(1, after))
        done = _is_last(records, page_count, window)
        yield records, done
        if done:
            return
        last = _last_stamp(records, stamp_of)
        if last is None or last <= after:
            raise NoProgress
        if last - window.grain > after:
            after = last - window.grain
        else:
            yield from ((page, False) for page in _one_grain(fetch, window, after))
            after = last


def _is_last(records: Sequence[Any], page_count: int | None, window: Window) -> bool:
    """A short page is the last one. A count of pages, where given, is believed: a plugin may hide records of a page."""
    if not records:
        return True
    return len(records) < window.page_size if page_count is None else page_count <= 1


def _last_stamp(records: Sequence[Any], stamp_of: StampOf) -> datetime | None:
    return next((stamp for stamp in map(stamp_of, reversed(records)) if stamp is not None), None)


def _one_grain(fetch: Fetch, window: Window, after: datetime) -> Iterator[list[Any]]:
    """All records stamped in the one second behind `after`."""
    before = after + 2 * window.grain
    records, page_count = fetch(window.query(1, after, before))
    last = page_count if page_count is not None else _count_pages(fetch, window, after, before, len(records))
    for page in range(last, 0, -1):
        yield fetch(window.query(page, after, before))[0]


def _count_pages(fetch: Fetch, window: Window, after: datetime, before: datetime, first: int) -> int:
    page, found = 1, first
    while found >= window.page_size:
        page += 1
        found = len(fetch(window.query(page, after, before))[0])
    return page
