"""A copy of the ledger while others write: complete, of one moment, and never half of one."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
from ledger_rows import THEN, a_row, a_step, opened, saved, stepped

import syncd.ledger.copying
from syncd.errors import LedgerError
from syncd.ledger.copying import copy_ledger
from syncd.ledger.ledger import Ledger
from syncd.ledger.steps import StepState


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return opened(tmp_path)


def query(file: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


def test_a_copy_is_of_one_moment_however_much_is_written_meanwhile(ledger: Ledger, tmp_path: Path) -> None:
    stop = threading.Event()
    written = threading.Semaphore(0)

    def write() -> None:
        number = 0
        while not stop.is_set():
            # each pair is one transaction: a copy that has one of them has the other
            number += 1
            ledger.orders.save([(a_row(package=f"{number}{side}"), {"pad": "x" * 5000}) for side in "ab"])
            written.release()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for round_ in range(5):
            for _ in range(20):
                written.acquire()
            copied = copy_ledger(tmp_path / "ledger.db", tmp_path / f"copy-{round_}.db")
            assert copied.findings.problems == ()
            assert copied.findings.order_count >= 40 * (round_ + 1)
            pairs = query(copied.file, "SELECT count(*) FROM orders GROUP BY substr(package, 1, length(package) - 1)")
            assert set(pairs) == {(2,)}
    finally:
        stop.set()
        writer.join()


def test_a_copy_holds_what_is_still_in_the_write_ahead_log(ledger: Ledger, tmp_path: Path) -> None:
    row = saved(ledger, a_row())
    stepped(ledger, a_step(row))
    assert (tmp_path / "ledger.db-wal").stat().st_size > 0
    copied = copy_ledger(tmp_path / "ledger.db", tmp_path / "copy.db")
    found = copied.findings
    assert (found.orders, found.steps, found.unsettled, found.company) == ({"invoiced": 1}, 1, 0, "api.parasut.com/115")
    assert copied.size == (tmp_path / "copy.db").stat().st_size


def test_a_copy_is_one_private_file_that_opens_as_a_ledger(ledger: Ledger, tmp_path: Path) -> None:
    before = saved(ledger, a_row())
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    copy_ledger(tmp_path / "ledger.db", folder / "ledger.db")
    assert [one.name for one in folder.iterdir()] == ["ledger.db"]
    assert stat.S_IMODE((folder / "ledger.db").stat().st_mode) == 0o600
    assert opened(folder).orders.get(before.key) == before


def test_a_copy_holds_no_login(ledger: Ledger, tmp_path: Path) -> None:
    ledger.company.set_tokens("access-token-of-today", "refresh-token-of-today", THEN)
    copy_ledger(tmp_path / "ledger.db", tmp_path / "copy.db")
    assert b"token-of-today" not in (tmp_path / "copy.db").read_bytes()
    assert ledger.company.tokens() == ("access-token-of-today", "refresh-token-of-today", THEN)


def test_a_copy_replaces_nothing_unless_it_was_told_to(ledger: Ledger, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("something else")
    with pytest.raises(LedgerError, match="exists already"):
        copy_ledger(tmp_path / "ledger.db", target)
    assert target.read_text() == "something else"
    copy_ledger(tmp_path / "ledger.db", target, replace=True)
    assert query(target, "SELECT count(*) FROM orders") == [(0,)]


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-wal", "./ledger.db", "link.db"])
def test_the_ledger_itself_is_never_replaced(ledger: Ledger, tmp_path: Path, name: str) -> None:
    (tmp_path / "link.db").symlink_to("ledger.db")
    with pytest.raises(LedgerError, match="belongs to the ledger itself"):
        copy_ledger(tmp_path / "ledger.db", tmp_path / name, replace=True)


@pytest.mark.parametrize(("target", "words"), [("", "is a folder"), ("no/copy.db", "doesn't exist")])
def test_a_target_that_can_not_be_says_why(ledger: Ledger, tmp_path: Path, target: str, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        copy_ledger(tmp_path / "ledger.db", tmp_path / target)


def test_a_copy_that_breaks_off_leaves_nothing_and_keeps_the_one_before(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = copy_ledger(tmp_path / "ledger.db", tmp_path / "copy.db").file
    saved(ledger, a_row())

    def broken(_: Path) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(syncd.ledger.copying.os, "fsync", broken)
    with pytest.raises(LedgerError, match="No space left"):
        copy_ledger(tmp_path / "ledger.db", target, replace=True)
    assert query(target, "SELECT count(*) FROM orders") == [(0,)]
    assert not list(tmp_path.glob(".copy.db*"))


def test_a_damaged_ledger_is_not_copied_as_if_it_were_sound(ledger: Ledger, tmp_path: Path) -> None:
    for number in range(200):
        saved(ledger, a_row(package=str(number)), {"pad": "x" * 3000})
    ledger.close()
    spoil(tmp_path / "ledger.db")
    with pytest.raises(LedgerError, match="damaged"):
        copy_ledger(tmp_path / "ledger.db", tmp_path / "copy.db")
    assert not list(tmp_path.glob("*copy*"))


def spoil(file: Path) -> None:
    """Garbage over some pages in the middle."""
    with file.open("r+b") as ledger:
        ledger.seek(file.stat().st_size // 2 // 4096 * 4096)
        ledger.write(b"\xa5" * 4096 * 8)


def test_a_step_without_an_outcome_is_counted(ledger: Ledger, tmp_path: Path) -> None:
    row = saved(ledger, a_row())
    stepped(ledger, a_step(row, state=StepState.INTENDED))
    assert copy_ledger(tmp_path / "ledger.db", tmp_path / "copy.db").findings.unsettled == 1
