"""Commands that wait for the daemon, and its answers to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from syncd.ledger import tables
from syncd.ledger.database import Database


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `arguments` and `answer` are JSON; the answer is there when `finished_at` is."""

    id: int
    kind: str
    arguments: Mapping[str, Any] = field(repr=False)
    asked_at: datetime
    taken_at: datetime | None = None
    finished_at: datetime | None = None
    answer: Mapping[str, Any] | None = field(default=None, repr=False)


_COLUMNS = tuple(one.name for one in fields(Command))


class CommandQueue:
    """The table of commands: asked by one process, taken and answered by another, the daemon."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, kind: str, arguments: Mapping[str, Any], at: datetime) -> int:
        """Queue a command; returns its number."""
        statement = insert(tables.commands).values(kind=kind, arguments=dict(arguments), asked_at=at)
        with self._database.write() as connection:
            return int(connection.execute(statement.returning(tables.commands.c.id)).scalar_one())

    def get(self, number: int) -> Command | None:
        """The command of that number; None when it was withdrawn."""
        found = self._select(tables.commands.c.id == number)
        return found[0] if found else None

    def waiting(self) -> list[Command]:
        """The commands that nobody has taken yet, oldest first."""
        return self._select(tables.commands.c.finished_at.is_(None) & tables.commands.c.taken_at.is_(None))

    def take(self, number: int, at: datetime) -> bool:
        """Take a command to carry it out; False when it was withdrawn, or taken by another, meanwhile."""
        table = tables.commands
        free = (table.c.id == number) & table.c.taken_at.is_(None) & table.c.finished_at.is_(None)
        with self._database.write() as connection:
            return connection.execute(update(table).where(free).values(taken_at=at)).rowcount == 1

    def answer(self, number: int, answer: Mapping[str, Any], at: datetime) -> None:
        """Store the answer of a command that was carried out."""
        table = tables.commands
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.id == number).values(answer=dict(answer), finished_at=at))

    def withdraw(self, number: int) -> None:
        """Take a command back, answered or not."""
        with self._database.write() as connection:
            connection.execute(delete(tables.commands).where(tables.commands.c.id == number))

    def interrupt(self, answer: Mapping[str, Any], at: datetime) -> int:
        """Answer every command without an answer: its daemon is gone. Returns how many there were."""
        table = tables.commands
        with self._database.write() as connection:
            statement = update(table).where(table.c.finished_at.is_(None)).values(answer=dict(answer), finished_at=at)
            return connection.execute(statement).rowcount

    def forget(self, before: datetime) -> None:
        """Drop what was answered before that moment."""
        with self._database.write() as connection:
            connection.execute(delete(tables.commands).where(tables.commands.c.finished_at < before))

    def _select(self, which: Any) -> list[Command]:
        query = select(*(tables.commands.c[name] for name in _COLUMNS)).where(which).order_by(tables.commands.c.id)
        with self._database.read() as connection:
            return [Command(*row) for row in connection.execute(query)]
