"""Everything that can go wrong, as one tree.

SyncdError                    message, remedy
├── ConfigurationError        problems: every one with file, line and column
├── UsageError                a command was called wrongly
├── LedgerError               the ledger can't be opened, read or written
│   └── ClockSetBack          the clock stands before what the ledger knows
├── Busy                      another syncd works on this ledger
├── Hold                      one order needs a person: code, message, remedy
├── TemplateFailure           a template could not be rendered: position, field
├── PlatformError             a shop or marketplace refused or could not be read
│   └── PlatformUnreachable   … no answer at all
└── ParasutError              a request to Paraşüt has no good outcome
    ├── NotExecuted           surely not carried out: the same body may be sent again
    │   └── Throttled         429
    ├── Refused               carried out by nobody, in Paraşüt's own words
    ├── OutcomeUnknown        may or may not have been carried out
    └── CompanyStopped        nothing works for this company: subscription, login, rights
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from syncd.problem import Position, Problem


class SyncdError(Exception):
    """What happened, and in `remedy` what to do now."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()


class ConfigurationError(SyncdError):
    """The configuration has problems; nothing was run."""

    def __init__(self, problems: Sequence[Problem], remedy: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), remedy)
        self.problems = tuple(problems)


class UsageError(SyncdError):
    """A command was called with words it doesn't know."""


class LedgerError(SyncdError):
    """The ledger can't be opened, read or written."""


class ClockSetBack(LedgerError):
    """The clock stands before what the ledger knows: nothing is written until it is right."""


class Busy(SyncdError):
    """Another syncd works on this ledger."""


class Hold(SyncdError):
    """One order needs a person. `code` is stable; the others go on. `subject` is what it is about, where code asks."""

    def __init__(self, code: str, message: str, remedy: str = "", subject: str = "") -> None:
        super().__init__(message, remedy)
        self.code = code
        self.subject = subject


class TemplateFailure(SyncdError):
    """A template could not be rendered."""

    def __init__(self, position: Position, message: str, field: str = "") -> None:
        super().__init__(message)
        self.position = position
        self.field = field

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"{self.position}: {where}{self.message}"


class PlatformError(SyncdError):
    """A shop or marketplace refused a request, or its answer can't be used."""

    def __init__(self, platform: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{platform}: {message}", remedy)
        self.platform = platform


class PlatformUnreachable(PlatformError):
    """A shop or marketplace did not answer."""


class ParasutError(SyncdError):
    """A request to Paraşüt has no good outcome."""


class NotExecuted(ParasutError):
    """Surely not carried out (connect, DNS, TLS): the same body may be sent again."""


class Throttled(NotExecuted):
    """429, again after the client waited as told."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Refused(ParasutError):
    """400, 403 (JSON), 404, 422: carried out by nobody; `details` is Paraşüt's own text, word for word."""

    def __init__(self, status: int, details: Sequence[str]) -> None:
        super().__init__("; ".join(details) or f"HTTP {status}")
        self.status = status
        self.details = tuple(details)

    @property
    def is_gone(self) -> bool:
        """Whether it says that the record does not exist (any more)."""
        return self.status in (404, 410)


class OutcomeUnknown(ParasutError):
    """Timeout, broken connection, 5xx, unreadable body: may or may not have been carried out."""


class CompanyStopped(ParasutError):
    """402, HTML 403, 401 after a fresh login, login refused: nothing works for this company."""


UNREACHABLE: Final = (PlatformUnreachable, NotExecuted, CompanyStopped, Refused)
"""The other side can't be reached, or lets nobody in."""
