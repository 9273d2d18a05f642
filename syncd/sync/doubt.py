"""Answers that show much less than there must be: a platform's outage may look like a quiet day.

The time before the mark is read again at every turn, and further back once a day. Orders that the ledger knows to have
changed in that time have to come again: they can only have changed later. When more than half of them do not, the
platform is not believed: the mark stays, its orders wait, and the next turn reads again. After six hours of the same
the answer is believed all the same, for orders can really have been deleted; the daily re-scan finds what was not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from loguru import logger

from syncd.errors import PlatformError
from syncd.ledger.ledger import Ledger, Mark
from syncd.platforms.platform import Platform
from syncd.words import counted

_FEWEST: Final = 4
"""Fewer missing orders than these prove nothing."""

_PATIENCE: Final = timedelta(hours=6)


class Expectation:
    """The orders that have to be shown again when a platform is read from `start`, less its overlap."""

    def __init__(self, platform: Platform, ledger: Ledger, mark: Mark | None, start: datetime) -> None:
        self._platform = platform
        self._ledger = ledger
        # a tenth of the overlap is left out: stamps at its edge may or may not be within
        begin = start - (platform.overlap * 9 / 10 if platform.expect is None else platform.expect)
        account = (platform.connector, platform.account)
        self._missing = set() if mark is None else ledger.orders.changed_within(*account, begin, mark.mark)
        self._expected = len(self._missing)

    @property
    def is_met(self) -> bool:
        """Whether enough was shown to believe the platform."""
        return len(self._missing) < _FEWEST or 2 * len(self._missing) <= self._expected

    def shown(self, packages: Iterable[str]) -> None:
        """The platform showed these."""
        self._missing.difference_update(packages)

    def settle(self, mark: Mark, now: datetime, zone: tzinfo) -> None:
        """Called when the platform was read to its end. Raises PlatformError when too much is missing to believe it.

        `zone` is where people read the moment in its words.
        """
        missing = len(self._missing)
        if self.is_met:
            return
        since = mark.doubted_since or now
        if now - since < _PATIENCE:
            if mark.doubted_since is None:
                self._ledger.set_mark(replace(mark, doubted_since=now))
            raise PlatformError(
                self._platform.name,
                f"showed {self._expected - missing} of {counted(self._expected, 'order')} that must be there; this is "
                "taken for an outage, and nothing is concluded from it.",
                f"Look whether the orders are in its panel. The next run reads again; from "
                f"{(since + _PATIENCE).astimezone(zone):%Y-%m-%d %H:%M} on the answer is believed.",
            )
        gone = counted(missing, "order is", "orders are")
        logger.warning("{}: {} no longer shown; believed after {}", self._platform.name, gone, _PATIENCE)
        self._ledger.orders.forget_change(self._platform.connector, self._platform.account, self._missing)
        self._missing = set()
