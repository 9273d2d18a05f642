"""What the client must remember beyond one process, and twins of it that live in memory.

Several programs may work for one company at once (the service and a command). They share the tokens, since a refresh
token is good for one use only, and the budget of requests, since Paraşüt counts them together.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from syncd.parasut.budget import Window


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of OAuth tokens; `expires_at` (UTC) lies a little before the access token really ends."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime


class TokenStore(Protocol):
    """Where the tokens of one company lie."""

    def load(self) -> Tokens | None:
        """Return the stored tokens; None before the first login and after `clear`."""

    def save(self, tokens: Tokens) -> None:
        """Store the tokens durably. They are not used before this returns."""

    def clear(self) -> None:
        """Forget the tokens: the next request logs in afresh."""

    def renewing(self) -> AbstractContextManager[None]:
        """Hold the right to renew, across threads and processes; others wait here, and load again once they are in."""


class CallBudget(Protocol):
    """How many requests of one company may leave."""

    def reserve(self, now: float) -> float:
        """Return the seconds to wait before asking again; 0 means a place was taken and written down at `now`."""

    def throttled(self, now: float, retry_after_seconds: int) -> None:
        """Write down a 429: nobody sends for that long, and the margin grows."""


@dataclass
class MemoryTokenStore:
    """A `TokenStore` for as long as the process lives."""

    tokens: Tokens | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def load(self) -> Tokens | None:
        return self.tokens

    def save(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def clear(self) -> None:
        self.tokens = None

    def renewing(self) -> AbstractContextManager[None]:
        return _Held(self._lock)


class _Held(AbstractContextManager[None]):
    """A lock held for the length of a `with` block."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@dataclass
class MemoryCallBudget:
    """A `CallBudget` for one process: `requests` in any `seconds`."""

    requests: int = 10
    seconds: float = 10
    window: Window = field(default_factory=Window)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def reserve(self, now: float) -> float:
        with self._lock:
            wait, self.window = self.window.take(now, self.requests, self.seconds)
            return wait

    def throttled(self, now: float, retry_after_seconds: int) -> None:
        with self._lock:
            self.window = self.window.throttled(now, retry_after_seconds)
