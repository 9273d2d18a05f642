"""What of a platform's lists is read in one go, in which order, and how far everything is known then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncd.platforms.windows import Window


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of a list. `mark`: the list was read completely up to there. The last one of a stretch has it."""

    records: list[Any]
    mark: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A window of a list; or, with `window` None, all that it shows. When it was read, it is known up to `mark`.

    A `whole` list shows the same again at every reading. One that is followed is not, and tells marks of its own.
    """

    name: str
    window: Window | None
    mark: datetime
    read: Callable[[], Iterator[Batch]]
    whole: bool = False


def in_time(lists: Sequence[Sequence[Stretch]]) -> list[tuple[int, Stretch]]:
    """The stretches of several lists, with the number of their list: those without a window, then oldest first."""
    numbered = [(number, stretch) for number, stretches in enumerate(lists) for stretch in stretches]
    return sorted(numbered, key=lambda one: (one[1].window is not None, one[1].mark))


def common_marks(lists: Sequence[Sequence[Stretch]]) -> list[tuple[datetime, datetime]]:
    """For each end of a window but the last: up to where all is known when all windows until that end were dealt with.

    Whole lists keep no mark down: what was not dealt with is shown again. Beside one that is followed there is none.
    """
    if any(stretch.window is None and not stretch.whole for stretches in lists for stretch in stretches):
        return []
    windows = [[stretch.mark for stretch in stretches] for stretches in lists if not stretches[0].whole]
    found: list[tuple[datetime, datetime]] = []
    for end in sorted({mark for marks in windows for mark in marks})[:-1]:
        reached = [max((mark for mark in marks if mark <= end), default=None) for marks in windows]
        known = [mark for mark in reached if mark is not None]
        if len(known) == len(reached):
            found.append((end, min(known)))
    return found
