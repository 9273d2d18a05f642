"""Carrying out a command: here, or, beside a running daemon, by the daemon."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Final

import typer

from syncd.cli.exits import PROBLEMS
from syncd.cli.options import stop_on_signals
from syncd.config.settings import Settings
from syncd.errors import Busy, ConfigurationError, UsageError
from syncd.sync.commands import INTERRUPTED, LONG, Answer, execute, unpacked
from syncd.sync.company import open_workshop
from syncd.sync.report import Result
from syncd.sync.workshop import Workshop

_WITHOUT_LEASE: Final = frozenset({"approve", "pause", "resume"})  # switches that every run asks for before each write
_SWITCHES: Final = frozenset({"pause", "resume"})  # those that no problem of the configuration keeps from working
_POLL_SECONDS: Final = 0.1
_PROBE_SECONDS: Final = 1.0  # how often it is asked whether the daemon is still there


def carry_out(
    kind: str,
    arguments: Mapping[str, Any],
    settings: Settings,
    on_result: Callable[[Result], None] = lambda _: None,
) -> tuple[Answer, bool]:
    """The answer to a command (see sync/commands.py), and whether the daemon gave it.

    `on_result` is told of each order of a run that is done here. Raises what the command raises, wherever it was done;
    Busy when another command works on the ledger; ConfigurationError when the settings are not complete (`unread`),
    and there is no daemon with better ones; ends the program when the person stops waiting for the daemon.
    """
    asked = stop_on_signals()
    network = kind in LONG and settings.unread is None
    with ExitStack() as stack:
        workshop = stack.enter_context(open_workshop(settings, network=network, stopping=asked))
        company = workshop.ledger.company
        if kind == "pause":
            _pause_at_once(arguments, workshop)
        while True:
            if settings.unread is not None and kind not in _SWITCHES and not company.has_daemon():
                raise ConfigurationError(settings.unread.problems)
            if kind in _WITHOUT_LEASE and not company.has_daemon():
                return execute(kind, arguments, workshop, on_result), False
            if kind not in _WITHOUT_LEASE and settings.unread is None:
                try:
                    stack.enter_context(company.lease())
                except Busy:
                    if not company.has_daemon():
                        raise
                else:
                    return execute(kind, arguments, workshop, on_result), False
            answer = _answer_of_the_daemon(kind, arguments, workshop, asked)
            if answer is not None:
                return unpacked(answer), True


def _pause_at_once(arguments: Mapping[str, Any], workshop: Workshop) -> None:
    """Whatever the daemon is busy with; it confirms afterwards, also a rule that can't be read here."""
    try:
        execute("pause", arguments, workshop)
    except UsageError:
        if workshop.settings.unread is None or not workshop.ledger.company.has_daemon():
            raise


def _answer_of_the_daemon(
    kind: str, arguments: Mapping[str, Any], workshop: Workshop, asked_to_stop: Callable[[], bool]
) -> Answer | None:
    """Queue a command and wait for its answer; None when the daemon has gone without one, or never saw it."""
    commands = workshop.ledger.commands
    number = commands.ask(kind, arguments, workshop.clock())
    sys.stderr.write("The daemon works on this ledger and does this next. Ctrl-C leaves it queued.\n")
    probed = time.monotonic()
    while True:
        command = commands.get(number)
        if command is None:
            return None
        if command.answer is not None:
            commands.withdraw(number)
            never_begun = command.taken_at is None  # a new daemon found it, asked of the one before
            return (
                None if never_begun and command.answer.get("error", {}).get("kind") == INTERRUPTED else command.answer
            )
        if asked_to_stop():
            sys.stderr.write(
                "Not done yet. It stays queued, and the daemon does it; `syncd status` and `syncd orders` show what "
                "came of it.\n"
            )
            raise typer.Exit(PROBLEMS)
        if time.monotonic() - probed >= _PROBE_SECONDS:
            probed = time.monotonic()
            if not workshop.ledger.company.has_daemon():
                commands.withdraw(number)
                sys.stderr.write("The daemon has ended without an answer.\n")
                return None
        time.sleep(_POLL_SECONDS)
