"""Several calls of the ledger as one transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.ledger.company import BudgetState
from syncd.ledger.ledger import Ledger, open_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db", "api.test/115")
    yield ledger
    ledger.close()


def on_disk(folder: Path, name: str) -> str | None:
    """A setting, as another process sees it."""
    with sqlite3.connect(folder / "ledger.db") as connection:
        row = connection.execute("SELECT value FROM settings WHERE name = ?", [name]).fetchone()
    connection.close()
    return None if row is None else str(row[0])


def in_another_thread(ledger: Ledger, name: str, value: str) -> threading.Thread:
    thread = threading.Thread(target=ledger.set_setting, args=[name, value])
    thread.start()
    return thread


def test_what_is_written_together_is_on_disk_at_once_and_at_the_end(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.together():
        ledger.set_setting("one", "1")
        assert ledger.setting("one") == "1"
        ledger.set_setting("two", "2")
        assert on_disk(tmp_path, "one") is None
    assert (on_disk(tmp_path, "one"), on_disk(tmp_path, "two")) == ("1", "2")


def test_of_what_is_written_together_nothing_stays_when_it_fails(ledger: Ledger) -> None:
    def take(_: BudgetState) -> tuple[BudgetState, None]:
        return BudgetState(sent=(100.0,)), None

    with pytest.raises(ValueError, match="no"), ledger.together():
        ledger.set_setting("one", "1")
        ledger.company.with_budget(take)
        raise ValueError("no")
    assert ledger.setting("one") is None
    assert ledger.company.budget() == BudgetState()


def test_a_snapshot_does_not_see_what_others_write_meanwhile(ledger: Ledger) -> None:
    with ledger.snapshot():
        assert ledger.setting("one") is None
        in_another_thread(ledger, "one", "1").join()
        assert ledger.setting("one") is None
    assert ledger.setting("one") == "1"


def test_inside_of_a_snapshot_nothing_can_be_written(ledger: Ledger) -> None:
    with ledger.snapshot(), pytest.raises(RuntimeError, match="snapshot"):
        ledger.set_setting("one", "1")
    ledger.set_setting("one", "1")
    assert ledger.setting("one") == "1"


def test_others_wait_while_something_is_written_together(ledger: Ledger) -> None:
    with ledger.together():
        other = in_another_thread(ledger, "one", "theirs")
        ledger.set_setting("one", "mine")
        other.join(0.05)
        assert other.is_alive()
        assert ledger.setting("one") == "mine"
    other.join()
    assert ledger.setting("one") == "theirs"
