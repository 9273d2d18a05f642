"""What the daemon does between runs for the ledger's sake: removing what `retention` says, once a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from loguru import logger

from syncd.config.settings import Settings
from syncd.ledger.ledger import Ledger
from syncd.ledger.pruning import BATCH

_EVERY: Final = timedelta(days=1)
_SETTING: Final = "pruned_at"


class Housekeeping:
    """One batch a turn, so that nobody waits for the ledger for long; a day after the last one begins the next."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._removed = 0

    def turn(self, settings: Settings, now: datetime) -> None:
        """Remove a batch of what is due, if anything is. Raises LedgerError."""
        if settings.retention is None or not self._is_time(now):
            return
        removed = self._ledger.pruning.prune(now - settings.retention, now)
        self._removed += removed
        if removed == BATCH:
            return  # the next turn goes on
        self._ledger.set_setting(_SETTING, now.isoformat())
        if self._removed:
            logger.info("the data of {} orders were removed, as `retention` says", self._removed)
        self._removed = 0

    def _is_time(self, now: datetime) -> bool:
        last = self._ledger.setting(_SETTING)
        return last is None or not timedelta(0) <= now - datetime.fromisoformat(last) < _EVERY
