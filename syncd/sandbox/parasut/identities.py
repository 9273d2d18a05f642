"""The ids that new records of a kind get: one after another, or as several machines give them."""

from __future__ import annotations

import random
from collections.abc import Callable

_BLOCK = 8


class Identities:
    """Ids from `first` on. `how()` says how they come: `rising`, with `gaps` of up to three, or `unordered` within
    each eight. Nothing is given twice, also when it changes meanwhile."""

    def __init__(self, first: int, how: Callable[[], str]) -> None:
        self._next = first
        self._how = how
        self._random = random.Random(first)
        self._block: list[int] = []

    def next(self) -> int:
        how = self._how()
        if how == "unordered":
            if not self._block:
                self._block = [self._take() for _ in range(_BLOCK)]
                self._random.shuffle(self._block)
            return self._block.pop()
        if how == "gaps":
            self._next += self._random.randint(0, 3)
        return self._take()

    def _take(self) -> int:
        self._next += 1
        return self._next - 1
