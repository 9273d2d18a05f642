"""Turns that brought nothing because a platform could not be read or a run broke, and when they are tried again.

A daily turn would be lost for a day if the platform was down just then. So its rules come again after a minute, then
after ever longer pauses, until it is read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from syncd.config.settings import Rule
from syncd.daemon.schedule import interval_of
from syncd.ledger.ledger import Ledger
from syncd.sync.admission import Admission

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
        self._made: dict[str, Admission] = {}  # by rule: what the turn that is to be tried again has made

    def failed(self, what: str, rules: Iterable[Rule], admission: Admission) -> None:
        """It failed, and these rules lost a turn by it. Those that come again sooner by themselves don't wait here.

        What the turn has made until then, by its `admission`, counts against the limits of its next try, too.
        """
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
        self._made |= dict.fromkeys(late, admission)

    def waits(self, what: str, rules: Iterable[Rule], admission: Admission) -> None:
        """These rules lost a turn to something that still goes on: they come again when it has `worked`."""
        names = frozenset(rule.name for rule in rules)
        before = self._troubles.get(what)
        self._troubles[what] = _Trouble(0.0, math.inf, names if before is None else before.names | names)
        self._made |= dict.fromkeys(names, admission)

    def worked(self, what: str, names: frozenset[str]) -> None:
        """It works again, as the run of these rules has seen; others that waited for it have their try at once."""
        trouble = self._troubles.pop(what, None)
        if trouble is not None:
            self._at_once |= trouble.names - names

    def admission(self, ledger: Ledger, due: frozenset[str], again: frozenset[str]) -> Admission:
        """For a run over rules with a new turn, and rules whose turn is tried again, which goes on where it was."""
        admission = Admission(ledger, named=False)
        for name in again & self._made.keys():
            made = self._made[name]
            admission.done[name] = made.done.get(name, 0)
            admission.sums[name] = made.sums.get(name, Decimal(0))
            admission.counted |= made.counted
        self._made = {name: made for name, made in self._made.items() if name not in due | again}
        return admission

    def remember(self, names: Iterable[str], admission: Admission) -> None:
        """What the turn of these rules has made counts when they are woken before their next turn."""
        self._made |= dict.fromkeys(names, admission)

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
