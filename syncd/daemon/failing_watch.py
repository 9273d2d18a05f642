"""Writes into the ledger what the daemon's signs of life say of rules and platforms, for other processes to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from syncd.daemon.vitals import Vitals
from syncd.ledger.ledger import Ledger
from syncd.sync.failing import all_failing, note_failing, note_parasut


class FailingWatch:
    """Looks at the signs of life, and asks the ledger only when they have changed."""

    def __init__(self, ledger: Ledger, vitals: Vitals, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._vitals = vitals
        self._clock = clock
        self._seen: object = None
        self._errors: Mapping[str, str] = {}
        self._troubles: Mapping[str, str] = {}

    def look(self) -> None:
        """Note what fails, and what works again. Raises LedgerError; the next look then tries again."""
        vitals = self._vitals
        stopped, ran = dict(vitals.stopped_rules), frozenset(vitals.runs)
        errors, troubles = dict(vitals.platform_errors), dict(vitals.platform_troubles)
        parasut, answered_at = vitals.parasut_error or vitals.parasut_trouble, vitals.parasut_answered_at
        now = (stopped, ran, errors, troubles, vitals.worked_at, parasut, answered_at)
        if now == self._seen:
            return
        note_failing(self._ledger, "rule", stopped, ran, self._clock())
        answers = {name for name in self._troubles if name not in self._errors}
        note_failing(self._ledger, "platform", troubles | errors, answers | self._read_since(), self._clock())
        note_parasut(self._ledger, parasut, answered_at is not None, self._clock())
        self._seen, self._errors, self._troubles = now, errors, troubles

    def _read_since(self) -> set[str]:
        """The platforms that failed, and were read to their end since: their marks tell, whoever has read them.

        A mark knows the account, and its platform's name by the orders: where there is none, the signs of life tell.
        """
        failing = {one.name: one.since for one in all_failing(self._ledger) if one.what == "platform"}
        if not failing:
            return set()
        name_of = self._ledger.overview.platform_of
        read = {name_of(mark.connector, mark.account) or "": mark.read_at for mark in self._ledger.marks()}
        return {
            name for name, since in failing.items() if (read[name] > since if name in read else name in self._errors)
        }
