"""Whether a ledger file is sound, and what it holds; for any revision, without changing it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from syncd.errors import LedgerError
from syncd.ledger.trouble import explained

_MOST_PROBLEMS: Final = 20
_PATIENCE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Findings:
    """What a ledger file holds. `orders` counts by state; `problems` is empty when it is sound.

    `newest` is when an order in it changed last, as stored: ISO text in UTC.
    """

    revision: str
    company: str = ""
    orders: Mapping[str, int] = field(default_factory=dict)
    steps: int = 0
    unsettled: int = 0
    newest: str = ""
    problems: tuple[str, ...] = ()

    @property
    def order_count(self) -> int:
        """All orders."""
        return sum(self.orders.values())


def inspect_file(file: Path) -> Findings:
    """Read the whole ledger at `file` and tell what is wrong with it.

    Raises LedgerError when there is none, when it is no ledger, or when it is so damaged that nothing can be told.
    """
    if not file.is_file():
        raise LedgerError(f"There is no ledger {file}.", "Check `ledger:` in the configuration.")
    try:
        with closing(_opened(file)) as connection:
            return _findings(connection, str(file))
    except sqlite3.Error as error:
        raise explained(error, str(file)) from error


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.resolve().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE_SECONDS, isolation_level=None
    )
    connection.execute("PRAGMA query_only=ON")
    return connection


def _findings(connection: sqlite3.Connection, where: str) -> Findings:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"alembic_version", "orders", "steps", "settings"} <= tables:
        raise LedgerError(f"{where} is a database, but no ledger of syncd.", "Check `ledger:` in the configuration.")
    connection.execute("BEGIN")  # everything below is of one moment
    problems: list[str] = []

    def rows(query: str, most: int = -1) -> list[Any]:
        try:
            cursor = connection.execute(query)
            return cursor.fetchall() if most < 0 else cursor.fetchmany(most)
        except sqlite3.Error as error:
            told = f"{error}: not everything could be looked at"
            problems.extend([told] if told not in problems else [])
            return []

    def value(query: str) -> Any:
        return next((row[0] for row in rows(query)), None)

    found = [str(text) for (text,) in rows(f"PRAGMA integrity_check({_MOST_PROBLEMS})") if text != "ok"]
    found += [
        f"row {row} of {table} names a row of {parent} that is not there"
        for table, row, parent, _ in rows("PRAGMA foreign_key_check", _MOST_PROBLEMS)
    ]
    findings = Findings(
        revision=str(value("SELECT version_num FROM alembic_version") or ""),
        company=str(value("SELECT value FROM settings WHERE name = 'company'") or ""),
        orders=dict(rows("SELECT state, count(*) FROM orders GROUP BY state ORDER BY state")),
        steps=int(value("SELECT count(*) FROM steps") or 0),
        unsettled=int(value("SELECT count(*) FROM steps WHERE state IN ('intended', 'unknown')") or 0),
        newest=str(value("SELECT max(changed_at) FROM orders") or ""),
    )
    return replace(findings, problems=(*found, *problems))
