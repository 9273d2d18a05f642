"""The ledger in the shape the Paraşüt client remembers things by."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from syncd.ledger.company import BudgetState, CompanyStore
from syncd.parasut.budget import Window
from syncd.parasut.stores import Tokens


class LedgerTokens:
    """A `TokenStore` in the ledger."""

    def __init__(self, store: CompanyStore) -> None:
        self._store = store

    def load(self) -> Tokens | None:
        """The login of the company, if there is one."""
        found = self._store.tokens()
        return None if found is None else Tokens(*found)

    def save(self, tokens: Tokens) -> None:
        """Keep a login; it is on disk when this returns."""
        self._store.set_tokens(tokens.access_token, tokens.refresh_token, tokens.expires_at)

    def clear(self) -> None:
        """Forget the login."""
        self._store.clear_tokens()

    def renewing(self) -> AbstractContextManager[None]:
        """Be the only process that renews the login."""
        return self._store.renewing()


class LedgerBudget:
    """A `CallBudget` in the ledger, shared by every process that works for the company.

    `before_call` may raise Stopped: then the call does not leave.
    """

    def __init__(
        self,
        store: CompanyStore,
        requests: int,
        seconds: float,
        before_call: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._before_call = before_call
        self._requests = requests
        self._seconds = seconds

    def reserve(self, now: float) -> float:
        """Take a place for a call now, or tell how many seconds to wait for one."""
        self._before_call()
        asked = time.monotonic()

        def take(state: BudgetState) -> tuple[BudgetState, float]:
            waited = time.monotonic() - asked  # for others who wrote: the call leaves later than `now`
            wait, window = _window(state).take(now + waited, self._requests, self._seconds)
            return _state(window), wait

        return self._store.with_budget(take)

    def throttled(self, now: float, retry_after_seconds: int) -> None:
        """Paraşüt answered 429: nobody sends for as long as it said."""

        def note(state: BudgetState) -> tuple[BudgetState, None]:
            return _state(_window(state).throttled(now, retry_after_seconds)), None

        self._store.with_budget(note)


def _window(state: BudgetState) -> Window:
    return Window(state.sent, state.margin, state.blocked_until)


def _state(window: Window) -> BudgetState:
    return BudgetState(window.sent, window.margin, window.blocked_until)
