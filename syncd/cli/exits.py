"""Exit codes: 0 fine, 1 problems found, 2 wrong usage, 3 the other side can't be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncd.errors import UNREACHABLE as UNREACHABLE_ERRORS
from syncd.errors import SyncdError, UsageError

if TYPE_CHECKING:
    from syncd.sync.report import Report

FINE, PROBLEMS, USAGE, UNREACHABLE = 0, 1, 2, 3


def exit_code(error: SyncdError) -> int:
    """The exit code that an error stands for."""
    if isinstance(error, UsageError):
        return USAGE
    if isinstance(error, UNREACHABLE_ERRORS):
        return UNREACHABLE
    return PROBLEMS


def report_exit_code(report: Report) -> int:
    """The exit code of a run: unreachable before held before fine."""
    return run_exit_code(unreachable=report.unreachable, failed=report.failed)


def run_exit_code(*, unreachable: bool, failed: bool) -> int:
    """The same, of a run that another process has done."""
    if unreachable:
        return UNREACHABLE
    return PROBLEMS if failed else FINE
