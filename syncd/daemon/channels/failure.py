"""What a channel says when a message did not arrive."""

from __future__ import annotations

from syncd.errors import SyncdError


class NotDelivered(SyncdError):
    """A message did not arrive; without address, password or the other side's own words, which may hold either.

    `retry_after_seconds` is how long the other side asked to be left alone, if it did.
    """

    def __init__(self, message: str, remedy: str = "", retry_after_seconds: int | None = None) -> None:
        super().__init__(message, remedy)
        self.retry_after_seconds = retry_after_seconds
