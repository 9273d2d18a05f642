"""Turns that brought nothing because a platform could not be read or a run broke, and when they are tried again.

A daily turn would be lost for a day if the platform was down just then. So its rules come again after a minute, then
after ever longer pauses, until it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from syncd.config.settings import Rule
from syncd.daemon.schedule import interval_of

_FIRST_PAUSE_SECONDS: Final = 60.0
_LONGEST_PAUSE_SECONDS: Final = 900.0


@dataclass
class _Trouble:
    pause: float
    again_at: float
    names: frozenset[str] = frozenset()


class Retries:
    """The rules that wait for another try, by what failed: a platform, or a rule's run itself. For one thread."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._troubles: dict[str, _Trouble] = {}
        self._at_once: frozenset[str] = frozenset()

    def failed(self, what: str, rules: Iterable[Rule]) -> None:
        """It failed, and these rules lost a turn by it. Those that come again sooner by themselves don't wait here."""
        now = self._monotonic()
        trouble = self._troubles.get(what)
        if trouble is None:
            trouble = self._troubles[what] = _Trouble(_FIRST_PAUSE_SECONDS, now + _FIRST_PAUSE_SECONDS)
        elif trouble.again_at <= now:  # sooner, it was a rule's own turn: that puts the others off no further
            trouble.pause = min(trouble.pause * 2, _LONGEST_PAUSE_SECONDS)
            trouble.again_at = now + trouble.pause
        intervals = {rule.name: interval_of(rule) for rule in rules}
        late = {name for name, seconds in intervals.items() if seconds is None or seconds > trouble.pause}
        trouble.names = trouble.names - intervals.keys() | late

    def worked(self, what: str, names: frozenset[str]) -> None:
        """It works again, as the run of these rules has seen; others that waited for it have their try at once."""
        trouble = self._troubles.pop(what, None)
        if trouble is not None:
            self._at_once |= trouble.names - names

    def soon(self, names: frozenset[str]) -> None:
        """Their try was interrupted and goes on at once."""
        self._at_once |= names

    def take(self) -> frozenset[str]:
        """The rules whose pause is over; nobody else takes them."""
        now = self._monotonic()
        taken, self._at_once = self._at_once, frozenset()
        for trouble in self._troubles.values():
            if trouble.again_at <= now:
                taken |= trouble.names
                trouble.names = frozenset()
        return taken
