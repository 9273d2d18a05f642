"""Exit codes: 0 fine, 1 problems found, 2 wrong usage, 3 the other side can't be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.errors import CompanyStopped, NotExecuted, PlatformUnreachable, Refused, SyncdError, UsageError

if TYPE_CHECKING:
    from syncd.sync.report import Report

FINE, PROBLEMS, USAGE, UNREACHABLE = 0, 1, 2, 3


def exit_code(error: SyncdError) -> int:
    """The exit code that an error stands for."""
    if isinstance(error, UsageError):
        return USAGE
    if isinstance(error, PlatformUnreachable | NotExecuted | CompanyStopped | Refused):
        return UNREACHABLE
    return PROBLEMS


def report_exit_code(report: Report) -> int:
    """The exit code of a run: unreachable before held before fine."""
    errors: list[SyncdError] = [collected.error for collected in report.collected if collected.error is not None]
    errors += [report.stopped] if report.stopped is not None else []
    if any(exit_code(error) == UNREACHABLE for error in errors):
        return UNREACHABLE
    return PROBLEMS if report.failed else FINE
