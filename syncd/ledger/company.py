"""What all processes that work for one company share: login, call budget, rounding profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from filelock import Timeout
from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from syncd.errors import Busy
from syncd.ledger import tables
from syncd.ledger.database import Database
from syncd.ledger.locks import lock_beside

_Result = TypeVar("_Result")

# What is asked for every request: SQLAlchemy takes longer to build a statement than SQLite to answer it.
_TOKENS = select(tables.tokens.c.access_token, tables.tokens.c.refresh_token, tables.tokens.c.expires_at).where(
    tables.tokens.c.company == bindparam("sought")
)
_BUDGET = select(tables.budgets.c.sent, tables.budgets.c.margin, tables.budgets.c.blocked_until).where(
    tables.budgets.c.company == bindparam("sought")
)
_INSERT = upsert(tables.budgets)
_SET_BUDGET = _INSERT.on_conflict_do_update(
    index_elements=["company"], set_={name: _INSERT.excluded[name] for name in ("sent", "margin", "blocked_until")}
)
_ROUNDING = select(tables.rounding.c.candidates).where(tables.rounding.c.company == bindparam("sought"))
_LONGEST_PROBE_SECONDS = 2  # has_daemon holds the lock for a blink


@dataclass(frozen=True, slots=True)
class BudgetState:
    """The moments (unix seconds) of the calls sent lately, the margin in seconds, and until when nobody may send."""

    sent: tuple[float, ...] = ()
    margin: float = 0.15
    blocked_until: float = 0.0


class CompanyStore:
    """The shared memory of one company, whose key is host and company id."""

    def __init__(self, database: Database, company: str) -> None:
        self._database = database
        self.company = company

    def tokens(self) -> tuple[str, str, datetime] | None:
        """Access token, refresh token, and when the access token ends."""
        with self._database.read() as connection:
            row = connection.execute(_TOKENS, {"sought": self.company}).one_or_none()
        return None if row is None else (row[0], row[1], row[2])

    def set_tokens(self, access_token: str, refresh_token: str, expires_at: datetime) -> None:
        """Store a login, durably, before its access token is used."""
        values = {
            "company": self.company,
            "access_token": access_token,
            "refresh_token": refresh_token,
            "expires_at": expires_at,
        }
        with self._database.write() as connection:
            statement = upsert(tables.tokens).values(**values)
            connection.execute(statement.on_conflict_do_update(index_elements=["company"], set_=values))

    def clear_tokens(self) -> None:
        """Forget the login."""
        with self._database.write() as connection:
            connection.execute(delete(tables.tokens).where(tables.tokens.c.company == self.company))

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """One process renews the login; the others wait here and find it renewed."""
        with self._lock("login", timeout=-1):
            yield

    def budget(self) -> BudgetState:
        """The call budget as it is now."""
        with self._database.read() as connection:
            return self._budget(connection)

    def with_budget(self, change: Callable[[BudgetState], tuple[BudgetState, _Result]]) -> _Result:
        """Read, change and store the call budget with nobody in between; returns what `change` returns."""
        with self._database.write() as connection:
            before = self._budget(connection)
            after, result = change(before)
            if after != before:
                values = {
                    "company": self.company,
                    "sent": list(after.sent),
                    "margin": after.margin,
                    "blocked_until": after.blocked_until,
                }
                connection.execute(_SET_BUDGET, values)
        return result

    def _budget(self, connection: Connection) -> BudgetState:
        row = connection.execute(_BUDGET, {"sought": self.company}).one_or_none()
        return BudgetState() if row is None else BudgetState(tuple(float(moment) for moment in row[0]), row[1], row[2])

    def rounding(self) -> tuple[str, ...]:
        """The rounding profiles, by their keys, that explain all invoices seen so far; empty when nothing was seen."""
        with self._database.read() as connection:
            found = connection.execute(_ROUNDING, {"sought": self.company}).scalar()
        return tuple(found or ())

    def set_rounding(self, candidates: Sequence[str], at: datetime) -> None:
        """Remember which rounding profiles remain possible."""
        values = {"company": self.company, "candidates": list(candidates), "learned_at": at}
        with self._database.write() as connection:
            statement = upsert(tables.rounding).values(**values)
            connection.execute(statement.on_conflict_do_update(index_elements=["company"], set_=values))

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Be the only one who writes for this company; raises Busy when another process is."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._lock("work", timeout=0))
            except Timeout as error:
                raise Busy(
                    "Another syncd is working on this ledger.",
                    "Wait until it has ended; `syncd status` shows its progress.",
                ) from error
            yield

    @contextmanager
    def daemon(self) -> Iterator[None]:
        """Be the company's daemon; raises Busy when another one runs.

        A lock of its own beside the lease: a daemon waits for a command that works just then, and a command tells by it
        whether a daemon is there to answer.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(self._lock("daemon", timeout=_LONGEST_PROBE_SECONDS))
            except Timeout as error:
                raise Busy(
                    "Another daemon (`syncd run`) works on this ledger already.",
                    "One is enough: stop the other one first; `systemctl status syncd` may show it.",
                ) from error
            yield

    def has_daemon(self) -> bool:
        """Whether a daemon runs for the company now, of whatever process."""
        try:
            with self._lock("daemon", timeout=0):
                return False
        except Timeout:
            return True

    def _lock(self, purpose: str, *, timeout: float) -> AbstractContextManager[object]:
        file = self._database.file
        if file is None:  # a ledger in memory belongs to one process
            return nullcontext()
        company = "".join(letter if letter.isalnum() else "-" for letter in self.company)
        return lock_beside(file, f"{company}.{purpose}", timeout=timeout)
