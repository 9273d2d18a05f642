"""Whom the files beside the ledger belong to when root runs a command by hand."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from syncd.ledger.database import open_database
from syncd.ledger.locks import lock_beside
from syncd.ledger.possession import give_ledger_to_its_owner

_SERVICE = (61234, 61235)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that isn't root's, even where the tests are run by root."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    with suppress(PermissionError):
        os.chown(folder, *_SERVICE)
    return folder


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
    """What root gives away, by name of the file; nothing is really given."""
    told: dict[str, tuple[int, int]] = {}

    def lchown(file: Path, uid: int, gid: int) -> None:
        told[file.name] = (uid, gid)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "lchown", lchown)
    return told


def _owner(file: Path) -> tuple[int, int]:
    status = file.lstat()
    return status.st_uid, status.st_gid


def test_what_root_makes_is_given_to_the_owner_of_the_folder(folder: Path, given: dict[str, tuple[int, int]]) -> None:
    open_database(f"sqlite:///{folder}/ledger.db").close()
    with lock_beside(folder / "ledger.db", "work"):
        pass
    assert given == dict.fromkeys(("ledger.db", "ledger.db.open.lock", "ledger.db.work.lock"), _owner(folder))


def test_every_file_beside_an_open_ledger_is_private_and_its_folders_owners(folder: Path) -> None:
    database = open_database(f"sqlite:///{folder}/ledger.db")
    with database.write() as connection, lock_beside(folder / "ledger.db", "work"):
        connection.exec_driver_sql("INSERT INTO settings (name, value) VALUES ('a', 'b')")
        files = {file.name: file for file in folder.iterdir()}
        assert {"ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.work.lock"} <= set(files)
        assert {_owner(file) for file in files.values()} == {_owner(folder)}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o600}
    database.close()


def test_nobody_but_root_gives_anything_away(
    folder: Path, given: dict[str, tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    open_database(f"sqlite:///{folder}/ledger.db").close()
    assert given == {}


@pytest.fixture
def made_by_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file shows root as its owner."""
    real = Path.lstat

    def lstat(file: Path) -> os.stat_result:
        status = real(file)
        return os.stat_result((*status[:4], 0, 0, *status[6:10]))

    monkeypatch.setattr(Path, "lstat", lstat)


@pytest.mark.usefixtures("made_by_root")
def test_what_root_left_beside_the_ledger_is_given_to_the_owner_too(
    folder: Path, given: dict[str, tuple[int, int]]
) -> None:
    left = ("ledger.db", "ledger.db-wal", "ledger.db-shm")
    for name in left:
        (folder / name).touch(mode=0o600)
    give_ledger_to_its_owner(folder / "ledger.db")
    status = folder.stat()
    assert given == dict.fromkeys(left, (status.st_uid, status.st_gid))


@pytest.mark.usefixtures("made_by_root")
def test_a_link_beside_the_ledger_never_makes_root_give_away_what_it_leads_to(
    folder: Path, given: dict[str, tuple[int, int]]
) -> None:
    other = folder.parent / "roots-own"
    other.touch(mode=0o600)
    (folder / "ledger.db-wal").symlink_to(other)
    os.link(other, folder / "ledger.db-shm")
    give_ledger_to_its_owner(folder / "ledger.db")
    assert given == {}
