"""A ledger with a long past: what a finished order left behind, many times."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

PAST = dict.fromkeys(
    ("ordered_at", "updated_at", "changed_at", "seen_at", "invoiced_at"), "2026-11-02T09:00:00.000000Z"
)
STEPS = 10  # of SQLite's virtual machine, between two counts


def lengthen(ledger: Path, copies: int, **changed: str | None) -> None:
    """Copy the first invoiced order so many times, with its steps, claims, history, invoice and contact.

    `changed` are other values of the orders' columns.
    """
    with sqlite3.connect(ledger) as connection:
        connection.row_factory = sqlite3.Row
        order = connection.execute("SELECT * FROM orders WHERE state = 'invoiced' ORDER BY id LIMIT 1").fetchone()
        first = connection.execute("SELECT max(id) FROM orders").fetchone()[0] + 1
        remote = 10_000  # what was made before has lower ids
        for number in range(first, first + copies):
            own = {"id": number, "package": f"past-{number}", "number": f"past-{number}", "customer": f"past-{number}"}
            made = {"invoice_id": str(remote + number), "contact_id": str(remote + number)}
            _insert(connection, "orders", order, {**own, **made, **PAST, **changed})
            _copy(connection, "steps", order, number, identity=f"past {number} ", remote_id=str(number))
            _copy(connection, "claims", order, number, value=f"past {number} ")
            _copy(connection, "history", order, number)
            invoice = connection.execute("SELECT * FROM invoices LIMIT 1").fetchone()
            if invoice is not None:
                seen = {"id": remote + number, "marker": f"[sale past {number}]", "order_no": f"past {number}"}
                _insert(connection, "invoices", invoice, {**seen, "contact_id": str(remote + number)})
            contact = connection.execute("SELECT * FROM mirror WHERE kind = 'contacts' LIMIT 1").fetchone()
            _insert(connection, "mirror", contact, {"remote_id": str(remote + number), "key": "", "email": ""})
    connection.close()


def _copy(connection: sqlite3.Connection, table: str, order: sqlite3.Row, number: int, **told: str) -> None:
    """Copy the order's rows of a table to another order; `told` begins the new values of unique columns."""
    for row in connection.execute(f"SELECT * FROM {table} WHERE order_id = ?", [order["id"]]).fetchall():
        begun = {name: f"{value}{row[name]}" for name, value in told.items()}
        fresh = {"id": None} if table != "claims" else {}
        _insert(connection, table, row, {**fresh, **begun, "order_id": number})


def _insert(connection: sqlite3.Connection, table: str, row: sqlite3.Row, changed: dict[str, Any]) -> None:
    values = {**dict(row), **changed}
    places = ", ".join("?" for _ in values)
    connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", list(values.values()))


@dataclass
class Cost:
    """What the ledger was asked: statements, and work of SQLite in units of `STEPS`."""

    statements: int = 0
    work: int = 0
    of: Counter[str] = field(default_factory=Counter)


@contextmanager
def counted() -> Iterator[Cost]:
    """What all ledgers are asked meanwhile."""
    cost = Cost()

    statement = ""

    def worked() -> None:
        cost.work += 1
        cost.of[statement] += 1

    def asked(connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        nonlocal statement
        statement = text
        cost.statements += 1
        connection.connection.driver_connection.set_progress_handler(worked, STEPS)

    event.listen(Engine, "before_cursor_execute", asked)
    try:
        yield cost
    finally:
        event.remove(Engine, "before_cursor_execute", asked)
