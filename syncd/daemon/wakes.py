"""Rules that have a turn beside their own, for orders that were put off and for requests that are to be looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from syncd.config.settings import Rule
from syncd.ledger.ledger import Ledger

_LOOK_EVERY_SECONDS: Final = 5.0
_LEAST_PAUSE_SECONDS: Final = 30.0  # an order that a limit keeps waiting does not wake its rule all the time


class Wakes:
    """Whose time has come, by what the ledger says. For one thread."""

    def __init__(self, ledger: Ledger, monotonic: Callable[[], float]) -> None:
        self._ledger = ledger
        self._monotonic = monotonic
        self._look_at = 0.0
        self._quiet_until: dict[str, float] = {}

    def take(self, rules: Iterable[Rule], now: datetime) -> frozenset[str]:
        """The names of the rules that are to run now; one is enough for a second look, which serves all."""
        moment = self._monotonic()
        if moment < self._look_at:
            return frozenset()
        self._look_at = moment + _LOOK_EVERY_SECONDS
        names = [rule.name for rule in rules]
        wanted = self._ledger.orders.rules_whose_time_has_come(now) & frozenset(names)
        if names and not wanted and self._ledger.steps.second_looks(now):
            wanted = frozenset(names[:1])
        woken = frozenset(name for name in wanted if self._quiet_until.get(name, 0.0) <= moment)
        self._quiet_until |= dict.fromkeys(woken, moment + _LEAST_PAUSE_SECONDS)
        return woken
