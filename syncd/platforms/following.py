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
from datetime import datetime, timedelta
from typing import Any

from syncd.config.schedule import seconds
from syncd.platforms.pages import Fetch, NoProgress, Numbered
from syncd.platforms.windows import Changes

StampOf = Callable[[Any], datetime | None]
"""Record → when it changed last; None when it can't be read."""


@dataclass(frozen=True, slots=True)
class Following:
    """A list that comes oldest first by time of change, in the platform's words."""

    changes: Changes
    pages: Numbered
    grain: timedelta
    ties: Mapping[str, Any]

    @classmethod
    def of(cls, part: Mapping[str, Any], changes: Changes, pages: Numbered) -> Following:
        """The list as `changes.follow` says it."""
        return cls(changes, pages, timedelta(seconds=seconds(part["grain"])), part["ties"])

    def query(self, page: int, after: datetime, before: datetime | None = None) -> dict[str, Any]:
        """One page of what changed after, and perhaps before, a moment (both exclusive)."""
        pages, changes = self.pages, self.changes
        query = {
            changes.after: changes.written(after),
            pages.parameter: pages.first + page,
            pages.size: pages.page_size,
        }
        return query if before is None else query | {changes.before: changes.written(before)} | dict(self.ties)


def walk(
    fetch: Fetch, stamp_of: StampOf, list_: Following, since: datetime
) -> Iterator[tuple[list[Any], datetime | None, bool]]:
    """Pages of what changed since `since` (less the overlap), each with the moment up to which all that changed was
    shown by then (None where that can't be said yet), and with True on the one that completes the list.
    """
    after = (since - list_.changes.overlap).replace(microsecond=0)
    while True:
        shown = fetch(list_.query(0, after))
        done = _is_last(shown.records, shown.total, list_)
        last = _last_stamp(shown.records, stamp_of)
        before = None if last is None else last - list_.grain  # the last stamp itself may go on on the next page
        yield shown.records, before if before is not None and before > after else None, done
        if done:
            return
        if last is None or last <= after:
            raise NoProgress
        if last - list_.grain > after:
            after = last - list_.grain
        else:
            yield from ((page, None, False) for page in _one_grain(fetch, list_, after))
            after = last


def _is_last(records: Sequence[Any], page_count: int | None, list_: Following) -> bool:
    """A short page is the last one. A count of pages, where given, is believed: a plugin may hide records of a page."""
    if not records:
        return True
    return len(records) < list_.pages.page_size if page_count is None else page_count <= 1


def _last_stamp(records: Sequence[Any], stamp_of: StampOf) -> datetime | None:
    return next((stamp for stamp in map(stamp_of, reversed(records)) if stamp is not None), None)


def _one_grain(fetch: Fetch, list_: Following, after: datetime) -> Iterator[list[Any]]:
    """All records stamped in the one second behind `after`."""
    before = after + 2 * list_.grain
    shown = fetch(list_.query(0, after, before))
    count = shown.total if shown.total is not None else _count_pages(fetch, list_, after, before, len(shown.records))
    for page in range(count - 1, -1, -1):
        yield fetch(list_.query(page, after, before)).records


def _count_pages(fetch: Fetch, list_: Following, after: datetime, before: datetime, first: int) -> int:
    count, found = 1, first
    while found >= list_.pages.page_size:
        found = len(fetch(list_.query(count, after, before)).records)
        count += 1
    return count
