"""When to say again what goes on: at the first time, and then ever later."""

from __future__ import annotations

from collections.abc import Callable


class EverLater:
    """By subject: it is due at once, after `first_seconds`, after twice as long, and so on, until it is over."""

    def __init__(self, monotonic: Callable[[], float], first_seconds: float) -> None:
        self._monotonic = monotonic
        self._first_seconds = first_seconds
        self._next: dict[str, tuple[float, float]] = {}  # by subject: when it is due, and the wait after that

    def due(self, subject: str) -> bool:
        """Whether it is to be said now."""
        now = self._monotonic()
        at, wait = self._next.get(subject, (now, self._first_seconds))
        if now < at:
            return False
        self._next[subject] = (now + wait, 2 * wait)
        return True

    def over(self, subject: str) -> None:
        """It has ended; when it comes again, that is the first time."""
        self._next.pop(subject, None)
