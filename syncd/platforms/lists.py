"""The lists that show a platform's orders, each read window by window and page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from syncd.errors import PlatformError, TemplateFailure
from syncd.platforms.client import Answer
from syncd.platforms.following import Following, walk
from syncd.platforms.pages import NoProgress, Numbered, Pages, Shown, pages_of
from syncd.platforms.record import rendered
from syncd.platforms.stretches import Batch, Stretch
from syncd.platforms.windows import Changes, Window
from syncd.words import sentence

Get = Callable[[str, Mapping[str, Any]], Answer]
"""Path and query → a good answer; raises PlatformError."""


class OrderList:
    """One list of a connector, for one element of its `each`."""

    def __init__(self, platform: str, part: Mapping[str, Any], scope: Mapping[str, Any], get: Get) -> None:
        self.name: str = part["name"]
        self.daily: bool = part.get("daily", False)
        self._platform = platform
        self._part = part
        self._scope = scope
        self._get = get
        self._pages: Pages = pages_of(part.get("pages"), lambda value: rendered(value, scope))
        self._changes = Changes.of(part["changes"]) if "changes" in part else None

    @property
    def overlap(self) -> timedelta | None:
        """How much before the mark is read again; None when the whole list is read each time."""
        return self._changes.overlap if self._changes is not None else None

    def stretches(self, since: datetime, now: datetime) -> list[Stretch]:
        """What changed after `since` (aware), less the overlap, until `now`: in windows, oldest first.

        Reading one raises PlatformError; the batches before it are good, and the last one carries a mark.
        """
        changes = self._changes
        if changes is None:
            return [Stretch(self.name, None, now, lambda: self._obeyed(self._window({}, now, past=False)), whole=True)]
        if "follow" in self._part["changes"]:
            return [Stretch(self.name, None, now, lambda: self._obeyed(self._followed(changes, since, now)))]
        return [self._stretch(changes, window, now) for window in changes.windows(since, now)]

    def _stretch(self, changes: Changes, window: Window, now: datetime) -> Stretch:
        mark = min(window.before, now)
        query = changes.query(window)
        return Stretch(self.name, window, mark, lambda: self._obeyed(self._window(query, mark, past=window.past)))

    def _obeyed(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        try:
            yield from batches
        except NoProgress:
            message = f"the list of {self.name} does not obey the filter by change, or repeats its pages."
            raise PlatformError(self._platform, message, "Is the platform's software new enough?") from None

    def _window(self, query: Mapping[str, Any], mark: datetime, *, past: bool) -> Iterator[Batch]:
        for records in self._pages.read(self._fetch, query, past=past):
            yield Batch(records)
        yield Batch([], mark)

    def _followed(self, changes: Changes, since: datetime, now: datetime) -> Iterator[Batch]:
        """Oldest first; the mark is the newest stamp seen, and never later than now: a record stamped in the future
        must not hide those that come before it."""
        assert isinstance(self._pages, Numbered)
        follow = self._part["changes"]["follow"]
        newest = since
        for records, shown, done in walk(self._fetch, self._stamp, Following.of(follow, changes, self._pages), since):
            newest = max([newest, *(stamp for stamp in map(self._stamp, records) if stamp is not None)])
            reached = newest if done else shown
            mark = None if reached is None else max(since, min(reached, now))
            yield Batch(records, mark if done or (mark is not None and mark > since) else None)

    def _stamp(self, record: Any) -> datetime | None:
        try:
            stamp = rendered(self._part["changes"]["follow"]["stamp"], {**self._scope, "record": record})
        except TemplateFailure:
            return None
        return stamp if isinstance(stamp, datetime) else None

    def _fetch(self, query: Mapping[str, Any]) -> Shown:
        path = str(rendered(self._part["get"], self._scope))
        answer = self._get(path, {**rendered(self._part.get("query", {}), self._scope), **query})
        told = {**self._scope, "body": answer.body, "headers": {k.lower(): v for k, v in answer.headers.items()}}
        try:
            records = rendered(self._part["records"], told) if "records" in self._part else answer.body
            (words,) = self._part.get("pages", {"none": {}}).values()
            total, following = rendered(words.get("total", ""), told), rendered(words.get("next", ""), told)
        except TemplateFailure as failure:
            message = sentence(f"GET {path} did not answer as the connector expects: {failure}")
            raise PlatformError(self._platform, message) from failure
        if not isinstance(records, list):
            raise PlatformError(self._platform, f"GET {path} did not answer with a list.")
        count = str(total if total is not None else "").strip()
        link = answer.headers.get("Link", "")
        known = count.isascii() and count.isdecimal()
        return Shown(records, int(count) if known else None, str(following or ""), link)


def order_lists(platform: str, parts: list[Mapping[str, Any]], scope: Mapping[str, Any], get: Get) -> list[OrderList]:
    """The lists of a connector; one for every element where an entry has `each`."""
    found = []
    for part in parts:
        each = part.get("each")
        elements = [scope] if each is None else [{**scope, each.name: one} for one in each.elements.render(scope)]
        found += [OrderList(platform, part, inner, get) for inner in elements]
    return found
