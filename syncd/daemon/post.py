"""One channel's post: one message under way, at most one a minute, and what failed again after growing waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from loguru import logger

from syncd.config.settings import Channel
from syncd.daemon.channels.failure import NotDelivered
from syncd.daemon.messages import Message
from syncd.ledger.notices import Notice

CHANNEL: Final = "channel"
"""The kind of the ledger's rows that remember how far channels have got."""

Send = Callable[[Channel, Message], None]

_BETWEEN: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=1)
_GIVEN_UP_AFTER: Final = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a channel has got: up to which moment it has told each kind. `since` is when it came to be."""

    since: datetime
    told: Mapping[str, datetime]
    sent_at: datetime | None = None

    @classmethod
    def of(cls, notice: Notice | None, now: datetime) -> Progress:
        """What the ledger remembers of a channel; a new one has told nothing."""
        if notice is None:
            return cls(now, {})
        document = notice.document
        told = {kind: datetime.fromisoformat(text) for kind, text in document["told"].items()}
        sent_at = document.get("sent_at")
        return cls(datetime.fromisoformat(document["since"]), told, sent_at and datetime.fromisoformat(sent_at))

    def as_json(self) -> dict[str, Any]:
        """What the ledger is to remember."""
        return {
            "since": self.since.isoformat(),
            "told": {kind: moment.isoformat() for kind, moment in self.told.items()},
            "sent_at": None if self.sent_at is None else self.sent_at.isoformat(),
        }


@dataclass(slots=True)
class _UnderWay:
    thread: threading.Thread
    up_to: Mapping[str, datetime]
    begun_at: datetime
    failure: NotDelivered | None = None
    done: bool = False


class Post:
    """Sends messages of one channel in threads of their own; everything else happens in the caller's thread."""

    def __init__(self, channel: Channel, progress: Progress, send: Send) -> None:
        self.channel = channel
        self.progress = progress
        self._send = send
        self._under_way: _UnderWay | None = None
        self._failures = 0
        self._not_before = progress.sent_at and progress.sent_at + _BETWEEN

    def free(self, now: datetime) -> bool:
        """Whether a message may be sent now."""
        # A clock that was set back must not silence the channel: the wait is never longer than the longest.
        waits = self._not_before is not None and now < self._not_before <= now + _LONGEST_WAIT
        return self._under_way is None and not waits

    def begin(self, message: Message, up_to: Mapping[str, datetime], now: datetime) -> None:
        """Send a message that tells each kind up to a moment; returns at once."""
        under_way: _UnderWay

        def run() -> None:
            try:
                self._send(self.channel, message)
            except NotDelivered as failure:
                under_way.failure = failure
            except Exception as error:  # whose words may hold an address or a password
                under_way.failure = NotDelivered(f"Something unexpected happened ({type(error).__name__}).")
            under_way.done = True

        # A daemon thread: one that hangs must not keep the program from ending.
        thread = threading.Thread(target=run, name=f"notice-{self.channel.name}", daemon=True)
        under_way = _UnderWay(thread, up_to, now)
        self._under_way = under_way
        thread.start()

    def finish(self, now: datetime) -> Mapping[str, datetime] | None:
        """What was told by a message that has arrived since; None when none has. A failure is logged and waits."""
        sent = self._under_way
        if sent is None or not (sent.done or now - sent.begun_at > _GIVEN_UP_AFTER):
            return None
        self._under_way = None
        failure = sent.failure
        if not sent.done:
            failure = NotDelivered(f"There was no end to it after {_GIVEN_UP_AFTER.seconds // 60} minutes.")
        if failure is None:
            if self._failures:
                logger.info("notices by {} arrive again", self.channel.name)
            self._failures, self._not_before = 0, now + _BETWEEN
            self.progress = replace(self.progress, told={**self.progress.told, **sent.up_to}, sent_at=now)
            return sent.up_to
        wait = min(_BETWEEN * 2 ** min(self._failures, 10), _LONGEST_WAIT)
        if failure.retry_after_seconds is not None:
            wait = min(max(wait, timedelta(seconds=failure.retry_after_seconds)), _LONGEST_WAIT)
        self._failures += 1
        self._not_before = now + wait
        minutes = max(round(wait.total_seconds() / 60), 1)
        logger.warning("a notice by {} did not arrive: {} Again in {} min.", self.channel.name, failure, minutes)
        return None

    def pass_over(self, up_to: Mapping[str, datetime]) -> None:
        """There was nothing to tell up to these moments."""
        self.progress = replace(self.progress, told={**self.progress.told, **up_to})

    def wait(self, seconds: float) -> None:
        """Let the message under way arrive, for so long at most."""
        if self._under_way is not None:
            self._under_way.thread.join(max(seconds, 0.0))
