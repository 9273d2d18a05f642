"""Being asked to stop, and waits that end when it happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from syncd.errors import LedgerError
from syncd.ledger.ledger import Ledger
from syncd.ledger.steps import StepState
from syncd.sync.executor import asked_to_stop

_PIECE_SECONDS: Final = 1.0


class Stopping:
    """Whether the daemon was asked to stop; asked from any thread."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self) -> bool:
        return self._asked.is_set()

    def ask(self) -> None:
        """Stop, please."""
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Wait, at most until it is asked."""
        self._asked.wait(seconds)


class Sleep:
    """The waits of clients (before they ask again, for their place in the budget): in pieces, each a sign of life.

    Raises Stopped when the daemon was asked to stop: nothing was sent, for who waits has no request under way.
    """

    def __init__(
        self, stopping: Stopping, beat: Callable[[], None], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._stopping = stopping
        self._beat = beat
        self._monotonic = monotonic

    def __call__(self, seconds: float) -> None:
        until = self._monotonic() + seconds
        while True:
            self._beat()
            if self._stopping():
                raise asked_to_stop()
            left = until - self._monotonic()
            if left <= 0:
                return
            self._stopping.wait(min(left, _PIECE_SECONDS))


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A request that had no answer when the daemon could wait no longer: how grave that is, and in words."""

    write: bool
    words: str


def left_behind(ledger: Ledger, started_at: datetime, doing: str, waited_seconds: float) -> LeftBehind:
    """What was left behind by a stop: a write in hand has its intent, and no outcome yet, in the ledger.

    Everything else that takes so long only reads, and is done again at the next start. `started_at` is when the daemon
    started: older intents are of one that was killed. Where the ledger can't tell, a write is taken for granted.
    """
    try:
        writes = [
            step.identity
            for step in ledger.steps.unsettled()
            if step.state is StepState.INTENDED and step.intended_at >= started_at
        ]
    except LedgerError:
        writes = ["the ledger can't be read"]
    if writes:
        return LeftBehind(
            True,
            f"the request in hand ({doing}: {', '.join(writes)}) had no answer within {waited_seconds:.0f} s and is "
            "left behind; what was intended is in the ledger, and the next start finds out what became of it",
        )
    return LeftBehind(
        False,
        f"{doing} had no answer within {waited_seconds:.0f} s and is left off; it only reads, so nothing is lost: the "
        "next start does it again",
    )
