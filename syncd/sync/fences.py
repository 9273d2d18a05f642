"""The highest id of each kind that was ever seen: what a request makes lies above it."""

from __future__ import annotations

import threading
from typing import Final

from syncd.ledger.ledger import Ledger
from syncd.ledger.steps import INVOICE_FENCE

INVOICES: Final = "sales_invoices"


class Fences:
    """The fences of one run, read from the ledger once; threads may share them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._known: dict[str, int] = {}

    def of(self, kind: str) -> int:
        """The highest id of a kind (`sales_invoices`, or a list that is mirrored); 0 when none was seen."""
        with self._lock:
            if kind not in self._known:
                self._known[kind] = self._stored(kind)
            return self._known[kind]

    def rise(self, kind: str, remote_id: int) -> None:
        """A record of that id was made."""
        known = self.of(kind)
        with self._lock:
            self._known[kind] = max(known, remote_id)

    def _stored(self, kind: str) -> int:
        if kind == INVOICES:
            return int(self._ledger.setting(INVOICE_FENCE) or 0)
        return self._ledger.mirror.highest(kind)  # type: ignore[arg-type]
