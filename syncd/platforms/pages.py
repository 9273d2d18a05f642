"""Reading one window of a list to its end, page by page, however the platform cuts it.

Records that change while they are read leave a window whose end has passed, and move to the front of one that is open
or reaches into the future. By page numbers or offsets, a window of the first kind is therefore read **from its last
page to its first**: what leaves it moves the others towards pages that are still to be read. One of the second kind,
whose list comes newest first, is read forwards: what moves to the front pushes the others towards pages that are still
to be read. Either way a record may come twice, and none slips over a page's edge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_NEXT_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*]+\s*=\s*(?:"[^"]*"|[^\s,;"]+))*)')
_RELATION = re.compile(r';\s*rel\s*=\s*"?(?:[^"]*\s)?next(?:\s[^"]*)?"?(?:\s*;|\s*$)', re.IGNORECASE)


class NoProgress(Exception):
    """The platform ignores what it is asked for: the walk would never end."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer: its records, and what the connector's templates tell of the rest (None when they tell nothing)."""

    records: list[Any]
    total: int | None = None  # of pages or of records, as the way of paging counts
    next: str = ""  # "" only where the platform says that there is no next one
    link: str = ""


Fetch = Callable[[Mapping[str, Any]], Shown]
"""Query → an answer."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """Pages by number (`step` 1) or by the number of records before them (`step` = page size)."""

    parameter: str
    size: str
    page_size: int
    first: int = 0
    step: int = 1

    def read(self, fetch: Fetch, query: Mapping[str, Any], *, past: bool) -> Iterator[list[Any]]:
        """The records of every page; `past` when the window's end has passed. Raises NoProgress."""
        number = 0
        shown = fetch(self._query(query, number))
        pages = self._pages(shown, 1)
        if past and pages is not None and pages > 1:
            yield shown.records
            number = pages - 1  # the last page; further ones follow if it shows that the count was too small
            shown = fetch(self._query(query, number))
        while True:
            yield shown.records
            number += 1
            if self._is_last(shown, number):
                break
            before, shown = shown, fetch(self._query(query, number))
            if shown.records and shown.records == before.records:
                raise NoProgress
        if past and number > 1:  # the last page was just read
            yield from self._backwards(fetch, query, number - 1)

    def _backwards(self, fetch: Fetch, query: Mapping[str, Any], pages: int) -> Iterator[list[Any]]:
        for number in range(pages - 1, -1, -1):  # the first page, too: records may have moved there
            yield fetch(self._query(query, number)).records

    def _query(self, query: Mapping[str, Any], number: int) -> dict[str, Any]:
        return {**query, self.parameter: self.first + number * self.step, self.size: self.page_size}

    def _pages(self, shown: Shown, read: int) -> int | None:
        """How many pages there are, by the answer that was read as page number `read`, counted from 1.

        None when it doesn't tell, and when its own records make more: such a count (0 with a full page) is made up.
        """
        if shown.total is None:
            return None
        if self.step == 1:
            return shown.total if shown.total >= read else None
        enough = shown.total >= (read - 1) * self.page_size + len(shown.records)
        return -(-shown.total // self.page_size) if enough else None

    def _is_last(self, shown: Shown, read: int) -> bool:
        """A count is believed: a plugin may hide records of a page. Without one, a short page is the last."""
        pages = self._pages(shown, read)
        if not shown.records:
            return True
        return len(shown.records) < self.page_size if pages is None else read >= pages


@dataclass(frozen=True, slots=True)
class Cursor:
    """Every answer names the next one; a cursor goes with an otherwise unchanged query."""

    parameter: str
    fixed: Mapping[str, Any]

    def read(self, fetch: Fetch, query: Mapping[str, Any], *, past: bool) -> Iterator[list[Any]]:
        """The records of every page. Raises NoProgress."""
        del past
        asked = {**query, **self.fixed}
        cursor = ""
        while True:
            shown = fetch({**asked, self.parameter: cursor} if cursor else asked)
            yield shown.records
            if not shown.next:
                return
            if shown.next == cursor:
                raise NoProgress
            cursor = shown.next


@dataclass(frozen=True, slots=True)
class Linked:
    """The header `Link` names the next page; only its query is taken, so no answer can lead to another host."""

    fixed: Mapping[str, Any]

    def read(self, fetch: Fetch, query: Mapping[str, Any], *, past: bool) -> Iterator[list[Any]]:
        """The records of every page. Raises NoProgress."""
        del past
        asked: Mapping[str, Any] = {**query, **self.fixed}
        while True:
            shown = fetch(asked)
            yield shown.records
            following = next_link(shown.link)
            if not following:
                return
            after = dict(parse_qsl(urlsplit(following).query, keep_blank_values=True))
            if after == {name: str(value) for name, value in asked.items()}:
                raise NoProgress
            asked = after


class Whole:
    """One answer is all."""

    def read(self, fetch: Fetch, query: Mapping[str, Any], *, past: bool) -> Iterator[list[Any]]:
        """The records of the only page."""
        del past
        yield fetch(query).records


Pages = Numbered | Cursor | Linked | Whole


def next_link(header: str) -> str:
    """The address with rel="next" in a `Link` header (RFC 8288), or ""."""
    return next((found[1] for found in _NEXT_LINK.finditer(header) if _RELATION.search(found[2])), "")


def pages_of(part: Mapping[str, Any] | None, settled: Callable[[Any], Any]) -> Pages:
    """The way of paging that a connector's `pages` says; `settled` gives the plain value of a template."""
    if not part:
        return Whole()
    ((way, words),) = part.items()
    size = int(settled(words["of"])) if "of" in words else 0
    fixed = {words["size"]: size} if "size" in words else {}
    match way:
        case "number":
            return Numbered(words["parameter"], words["size"], size, words.get("first", 1))
        case "offset":
            return Numbered(words["parameter"], words["size"], size, step=size)
        case "cursor":
            return Cursor(words["parameter"], fixed)
        case _:
            return Linked(fixed)
