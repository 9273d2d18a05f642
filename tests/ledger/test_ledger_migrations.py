"""A ledger of every older version opens, keeps all it had, and lies beside itself as it was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.operations import Operations
from ledger_rows import COMPANY, a_row
from sqlalchemy import create_engine

import syncd.ledger.database
from syncd.errors import LedgerError
from syncd.ledger.database import NEWEST_REVISION, open_database
from syncd.ledger.ledger import open_ledger

MIGRATIONS = Path(syncd.ledger.database.__file__).parent / "migrations"
OLDER = ["0001", "0002", "0003"]
ORDER = {
    "connector": "woocommerce",
    "account": "magaza.test",
    "package": "42",
    "platform": "site",
    "number": "1042",
    "status": "preparing",
    "status_text": "processing",
    "customer": "7",
    "ordered_at": "2026-11-23T17:02:09.000000Z",
    "total": "120.00",
    "currency": "TRY",
    "document": None,
    "raw": '{"id":42}',
    "fingerprint": "f",
    "seen_at": "2026-11-24T09:30:00.000000Z",
    "changed_at": "2026-11-24T09:30:00.000000Z",
    "rule": "site-hazirlanan",
    "judged_by": "j",
    "state": "invoiced",
    "reason": "invoice 900",
    "remedy": "",
    "contact_id": "70",
    "invoice_id": "900",
    "issue_date": "2026-11-24",
    "payable": "120.00",
}
STEP = {
    "identity": "sale woocommerce/magaza.test/42#1",
    "kind": "sale",
    "order_id": 1,
    "state": "done",
    "method": "POST",
    "path": "sales_invoices",
    "query": "[]",
    "body": '{"description":"[sale woocommerce/magaza.test/42]"}',
    "fence": "899",
    "attempts": 1,
    "intended_at": "2026-11-24T09:30:00.000000Z",
    "finished_at": "2026-11-24T09:30:01.000000Z",
    "remote_id": "900",
    "answer": "",
}


def a_ledger_of(revision: str, file: Path) -> None:
    """A ledger as that version left it, with something in every part that keeps orders from being invoiced twice."""
    engine = create_engine(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    rows: list[tuple[str, dict[str, Any]]] = [
        ("settings", {"name": "company", "value": COMPANY}),
        ("orders", ORDER),
        ("steps", STEP),
        ("claims", {"connector": "woocommerce", "account": "magaza.test", "kind": "line", "value": "1", "order_id": 1}),
        ("history", {"order_id": 1, "at": "2026-11-24T09:30:01.000000Z", "text": "invoice 900 made"}),
        ("rules", {"name": "site-hazirlanan", "approved": 1, "paused": 0}),
    ]
    with closing(sqlite3.connect(file)) as connection:
        for table, values in rows:
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))
        connection.commit()


def contents(file: Path) -> dict[str, list[dict[str, Any]]]:
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}


def test_every_older_version_is_tried_here() -> None:
    made = sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("*.py"))
    assert made == [*OLDER, NEWEST_REVISION]


@pytest.mark.parametrize("revision", OLDER)
def test_an_older_ledger_opens_and_keeps_every_row(revision: str, tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    a_ledger_of(revision, file)
    before = contents(file)
    ledger = open_ledger(f"sqlite:///{file}", COMPANY)
    row = ledger.orders.get(a_row().key)
    assert row is not None
    assert (row.invoice_id, row.pruned_at, ledger.orders.raw(row)) == ("900", None, {"id": 42})
    assert [step.remote_id for step in ledger.steps.of_order(row.ledger_id)] == ["900"]
    assert ledger.rule("site-hazirlanan").approved
    ledger.close()
    after = contents(file)
    assert after.pop("alembic_version") == [{"version_num": NEWEST_REVISION}]
    for table, rows in before.items():
        if table != "alembic_version":
            assert [{name: one[name] for name in was} for one, was in zip(after[table], rows, strict=True)] == rows


@pytest.mark.parametrize("revision", OLDER)
def test_the_ledger_of_before_is_kept_beside_the_new_one(revision: str, tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    a_ledger_of(revision, file)
    before = contents(file)
    open_database(f"sqlite:///{file}").close()
    copy = tmp_path / f"ledger.db.before-{NEWEST_REVISION}"
    assert contents(copy) == before
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_ledger_that_is_new_or_up_to_date_is_not_copied(tmp_path: Path) -> None:
    for _ in range(2):
        open_database(f"sqlite:///{tmp_path}/ledger.db").close()
    assert not list(tmp_path.glob("*before*"))


@pytest.mark.parametrize("revision", OLDER)
def test_a_migration_that_breaks_off_leaves_the_old_ledger_usable(
    revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ledger.db"
    a_ledger_of(revision, file)
    before = contents(file)
    create_index = Operations.create_index
    with monkeypatch.context() as broken:

        def fail(operations: Operations, name: str, *rest: Any, **more: Any) -> None:
            if name == "ix_invoices_buyer":  # nearly at the end of the newest one: all before it worked
                raise sqlite3.OperationalError("database or disk is full")
            create_index(operations, name, *rest, **more)

        broken.setattr(Operations, "create_index", fail)
        with pytest.raises(LedgerError):
            open_database(f"sqlite:///{file}")
    assert contents(file) == before
    open_database(f"sqlite:///{file}").close()
    assert contents(file)["alembic_version"] == [{"version_num": NEWEST_REVISION}]


def test_a_ledger_that_can_not_be_copied_is_not_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ledger.db"
    a_ledger_of("0002", file)

    def full(*_: object, **__: object) -> None:
        raise LedgerError("There is no room for a copy of the ledger.", "Free space.")

    monkeypatch.setattr(syncd.ledger.database, "copy_ledger", full)
    with pytest.raises(LedgerError, match=r"older version.*no room") as caught:
        open_database(f"sqlite:///{file}")
    assert caught.value.remedy == "Free space."
    assert contents(file)["alembic_version"] == [{"version_num": "0002"}]
