"""Full, read-only, damaged, locked: each says which file, what happened and what to do, and loses nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ledger_rows import COMPANY, a_row, a_step, opened, saved, stepped

import syncd.ledger.database
from syncd.errors import LedgerError
from syncd.ledger.inspecting import inspect_file
from syncd.ledger.ledger import Ledger, open_ledger
from syncd.ledger.steps import StepState
from syncd.ledger.trouble import explained


def filled(folder: Path, count: int = 300) -> Ledger:
    ledger = opened(folder)
    ledger.orders.save([(a_row(package=str(number)), {"pad": "x" * 2000}) for number in range(count)])
    return ledger


def read_all(folder: Path) -> None:
    ledger = open_ledger(f"sqlite:///{folder}/ledger.db", COMPANY)
    try:
        for row in ledger.orders.newest(limit=1000):
            ledger.orders.raw(row)
    finally:
        ledger.close()


def test_a_full_disk_refuses_the_intent_and_keeps_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = filled(tmp_path, 1)
    row = saved(ledger, a_row(package="0"))
    stepped(ledger, a_step(row, "contact"))
    ledger.close()
    on_connect = syncd.ledger.database._on_connect

    def small(connection: sqlite3.Connection, record: object) -> None:
        on_connect(connection, record)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")

    monkeypatch.setattr(syncd.ledger.database, "_on_connect", small)
    ledger = opened(tmp_path)
    with pytest.raises(LedgerError, match=r"ledger\.db can't be written: the disk is full") as caught:
        ledger.steps.intend(a_step(row, state=StepState.INTENDED, body="x" * 100_000))
    assert "Free space" in caught.value.remedy
    assert [step.kind for step in ledger.steps.of_order(row.ledger_id)] == ["contact"]


def test_garbage_in_the_middle_is_told_as_damage(tmp_path: Path) -> None:
    filled(tmp_path).close()
    file = tmp_path / "ledger.db"
    with file.open("r+b") as ledger:
        ledger.seek(file.stat().st_size // 4096 // 2 * 4096)
        ledger.write(b"\xa5" * 4096 * 20)
    with pytest.raises(LedgerError, match=r"ledger\.db is damaged") as caught:
        read_all(tmp_path)
    assert "ledger check" in caught.value.remedy
    assert inspect_file(file).problems


def test_a_file_that_was_cut_off_is_told_as_damage(tmp_path: Path) -> None:
    filled(tmp_path).close()
    file = tmp_path / "ledger.db"
    with file.open("r+b") as ledger:
        ledger.truncate(file.stat().st_size // 3)
    for look in (lambda: read_all(tmp_path), lambda: inspect_file(file)):
        with pytest.raises(LedgerError, match=r"ledger\.db is damaged"):
            look()


def test_a_file_without_a_beginning_is_no_ledger(tmp_path: Path) -> None:
    filled(tmp_path, 1).close()
    with (tmp_path / "ledger.db").open("r+b") as ledger:
        ledger.write(b"\x00" * 100)
    for look in (lambda: read_all(tmp_path), lambda: inspect_file(tmp_path / "ledger.db")):
        with pytest.raises(LedgerError, match=r"ledger\.db is no ledger") as caught:
            look()
        assert "restore a backup" in caught.value.remedy


def test_another_programs_database_is_no_ledger(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE songs (name)")
    with pytest.raises(LedgerError, match="no ledger of syncd"):
        inspect_file(tmp_path / "other.db")
    with pytest.raises(LedgerError, match="There is no ledger"):
        inspect_file(tmp_path / "none.db")


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("document", "{not json", "document"),
        ("changed_at", "yesterday", "moment"),
        ("total", "a lot", "amount"),
    ],
)
def test_a_value_that_nobody_wrote_is_told_as_damage(tmp_path: Path, column: str, value: str, kind: str) -> None:
    ledger = filled(tmp_path, 1)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as other:
        other.execute(f"UPDATE orders SET {column} = ?", [value])
        other.commit()
    with pytest.raises(LedgerError, match=f"no {kind} any more") as caught:
        ledger.orders.newest()
    assert value not in str(caught.value)


def test_a_lost_write_ahead_log_leaves_a_ledger_that_is_merely_older(tmp_path: Path) -> None:
    first = filled(tmp_path, 1)
    first.close()  # everything is in the file itself by now
    ledger = opened(tmp_path)
    saved(ledger, a_row(package="late"))
    copy = tmp_path / "taken"
    copy.mkdir()
    (copy / "ledger.db").write_bytes((tmp_path / "ledger.db").read_bytes())  # without ledger.db-wal
    assert inspect_file(copy / "ledger.db").order_count == 1
    assert inspect_file(tmp_path / "ledger.db").order_count == 2


def test_a_row_that_names_a_missing_one_is_found(tmp_path: Path) -> None:
    filled(tmp_path, 1).close()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as other:
        other.execute("INSERT INTO history (order_id, at, text) VALUES (99, '2026-11-24T09:30:00.000000Z', 'x')")
        other.commit()
    (problem,) = inspect_file(tmp_path / "ledger.db").problems
    assert "history" in problem
    assert "orders" in problem


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, "the system refused it"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "read-only"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "is damaged"),
        (sqlite3.SQLITE_NOTADB, "no ledger"),
        (sqlite3.SQLITE_CANTOPEN, "can't be opened"),
        (sqlite3.SQLITE_BUSY, "is locked"),
        (None, "can't be used"),
    ],
)
def test_each_error_of_sqlite_says_what_to_do(code: int | None, words: str) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    if code is not None:
        error.sqlite_errorcode = code
    told = explained(error, "/srv/ledger.db")
    assert words in told.message
    assert told.message.startswith("The ledger /srv/ledger.db ")
    assert told.remedy


def test_a_ledger_that_another_program_keeps_is_told_as_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = filled(tmp_path, 1)
    ledger.close()
    on_connect = syncd.ledger.database._on_connect

    def impatient(connection: sqlite3.Connection, record: object) -> None:
        on_connect(connection, record)
        connection.execute("PRAGMA busy_timeout=1")

    monkeypatch.setattr(syncd.ledger.database, "_on_connect", impatient)
    ledger = opened(tmp_path)
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match=r"ledger\.db is locked"):
            ledger.set_setting("a", "b")
        other.execute("ROLLBACK")
    ledger.set_setting("a", "b")
