"""Commands that other processes have queued for the daemon: taken, carried out, answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from loguru import logger

from syncd.ledger.commands import Command
from syncd.ledger.ledger import Ledger
from syncd.sync.commands import INTERRUPTED, LONG, Answer, answered, failure
from syncd.sync.report import Report, Result
from syncd.sync.workshop import Workshop
from syncd.words import counted

_KEPT: Final = timedelta(days=1)  # answers that nobody has fetched


class Commands:
    """The daemon's side of the queue."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._queue = ledger.commands
        self._clock = clock
        self._waiting: list[Command] = []
        self._unstored: list[tuple[Command, Answer]] = []  # done, but the ledger could not be written

    @property
    def long_waits(self) -> bool:
        """Whether a person waits for a run of their own, as of the last `serve`."""
        return any(command.kind in LONG for command in self._waiting)

    def begin(self) -> None:
        """At the start: what was asked of an earlier daemon is answered as interrupted. Raises LedgerError.

        Also what it never began: an old `resume` must not undo a newer `pause`. Who still waits asks anew.
        """
        answer = failure(
            INTERRUPTED,
            "The daemon has ended before this was done, or while it was.",
            "Look with `syncd status` and `syncd orders show`, and ask again.",
        )
        count = self._queue.interrupt(answer, self._clock())
        if count:
            words = counted(count, "command for the daemon before was", "commands for the daemon before were")
            logger.warning("{} not answered", words)
        self._queue.forget(self._clock() - _KEPT)

    def serve(self, workshop: Workshop) -> None:
        """Carry out everything that takes only a moment. Raises LedgerError."""
        self._store()
        self._waiting = self._queue.waiting()
        for command in [command for command in self._waiting if command.kind not in LONG]:
            self.carry_out(command, workshop)

    def next_long(self) -> Command | None:
        """The run that has waited longest, as of the last `serve`."""
        return next((command for command in self._waiting if command.kind in LONG), None)

    def carry_out(
        self,
        command: Command,
        workshop: Workshop,
        on_result: Callable[[Result], None] = lambda _: None,
        on_report: Callable[[Report], None] = lambda _: None,
    ) -> None:
        """Take a command, do it, answer it; nothing when it was withdrawn meanwhile. Raises LedgerError."""
        self._waiting = [other for other in self._waiting if other.id != command.id]
        if not self._queue.take(command.id, self._clock()):
            return
        asked = ", ".join(f"{name} {_words(value)}" for name, value in command.arguments.items() if value)
        logger.info("a person asks: {}{}", command.kind, f" ({asked})" if asked else "")
        try:
            answer = answered(command.kind, command.arguments, workshop, on_result, on_report)
        except Exception as error:
            logger.opt(exception=error).critical("unexpected {} in `syncd {}`", type(error).__name__, command.kind)
            answer = failure(
                "SyncdError", f"Something unexpected happened ({type(error).__name__}).", "See the daemon's log."
            )
        self._unstored.append((command, answer))
        self._store()

    def _store(self) -> None:
        """Answer what is done; what can't be written now is written at the next turn."""
        while self._unstored:
            command, answer = self._unstored[0]
            self._queue.answer(command.id, answer, self._clock())
            self._unstored.pop(0)


def _words(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
