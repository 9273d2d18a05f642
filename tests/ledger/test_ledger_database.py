"""The ledger file itself: durable, private, migrated, and clear about what is wrong."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import syncd.ledger.database
from syncd.errors import LedgerError
from syncd.ledger.database import NEWEST_REVISION, open_database
from syncd.ledger.tables import metadata


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/ledger.db")
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_code_knows_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(syncd.ledger.database.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST_REVISION


def test_several_processes_may_open_a_new_ledger_at_once(tmp_path: Path) -> None:
    for number in range(10):
        url = f"sqlite:///{tmp_path}/ledger-{number}.db"
        together = Barrier(8)

        def opened(_: int, url: str = url, together: Barrier = together) -> bool:
            together.wait()
            open_database(url).close()
            return True

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(opened, range(8)))


def test_every_commit_waits_for_the_disk(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/ledger.db")
    with database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_only_the_owner_can_read_the_ledger(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/ledger.db")
    assert stat.S_IMODE((tmp_path / "ledger.db").stat().st_mode) == 0o600


def test_a_ledger_opens_again_with_what_was_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    database = open_database(url)
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO settings (name, value) VALUES ('a', 'b')")
    database.close()
    with open_database(url).read() as connection:
        assert connection.exec_driver_sql("SELECT value FROM settings").scalar() == "b"


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/ledger.db")
    with pytest.raises(RuntimeError), database.write() as connection:
        connection.exec_driver_sql("INSERT INTO settings (name, value) VALUES ('a', 'b')")
        raise RuntimeError
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM settings").scalar() == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:////no/such/folder/ledger.db", "/no/such/folder, doesn't exist"),
        ("postgresql://host/db", "postgresql is not supported"),
        ("ledger.db", "can't be read"),
    ],
)
def test_a_ledger_that_cannot_be_opened_says_why(url: str, words: str) -> None:
    with pytest.raises(LedgerError, match=words) as caught:
        open_database(url)
    assert caught.value.remedy


def test_a_file_that_is_no_ledger_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("This is a shopping list, not a database. " * 40)
    with pytest.raises(LedgerError, match=r"ledger\.db"):
        open_database(f"sqlite:///{tmp_path}/ledger.db")


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    database = open_database(url)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(LedgerError, match="newer syncd"):
        open_database(url)
