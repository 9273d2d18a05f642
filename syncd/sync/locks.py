"""Locks by name, so that orders worked on at once never make the same contact, product or category twice."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

_MOST_NAMES: Final = 5_000


class KeyLocks:
    """Any number of named locks. All that a piece of work needs are taken together, so nobody waits in a circle."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: set[str] = set()
        self._moment = 0
        self._released: dict[str, int] = {}
        self._forgotten = 0  # what was released until then is no longer known by name

    def moment(self) -> int:
        """A moment to ask `hold` about later."""
        with self._changed:
            return self._moment

    @contextmanager
    def hold(self, keys: Collection[str], since: int) -> Iterator[bool]:
        """Hold these locks, waiting until all are free.

        Yields whether anybody held one of them after the moment `since`: what was known then may have changed.
        """
        wanted = sorted(set(keys))
        with self._changed:
            self._changed.wait_for(lambda: self._held.isdisjoint(wanted))
            self._held.update(wanted)
            stale = since < self._forgotten or any(self._released.get(key, 0) > since for key in wanted)
        try:
            yield stale
        finally:
            with self._changed:
                self._moment += 1
                self._held.difference_update(wanted)
                self._released.update(dict.fromkeys(wanted, self._moment))
                self._forget()
                self._changed.notify_all()

    def _forget(self) -> None:
        """A run over many orders must not keep all their names: of the oldest only the moment stays."""
        if len(self._released) > _MOST_NAMES:
            moments = sorted(self._released.values())
            self._forgotten = moments[len(moments) // 2]
            self._released = {key: moment for key, moment in self._released.items() if moment > self._forgotten}
