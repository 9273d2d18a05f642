"""A copy of the ledger as of one moment, while others go on writing to it."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncd.errors import LedgerError
from syncd.ledger.inspecting import Findings, inspect_file
from syncd.ledger.trouble import explained

_COMPANIONS: Final = ("", "-wal", "-shm", "-journal")
_PATIENCE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Copied:
    """A finished copy: where it is, how many bytes it has, and what was found in it."""

    file: Path
    size: int
    findings: Findings


def copy_ledger(ledger: Path, target: Path, *, replace: bool = False) -> Copied:
    """Copy the ledger to `target` (mode 0600), as of the moment at which the copy begins.

    The copy appears under its name when it is complete, checked and on disk, or not at all. It is one file without
    companions, and holds no login: Paraşüt's refresh token is good for one use, so the stored one is stale as soon as
    the ledger goes on. Raises LedgerError, also when `target` exists and `replace` is False.
    """
    _check_target(ledger, target, replace)
    try:
        number, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise LedgerError(
            f"A copy can't be written to {target.parent}: {error.strerror}.", "Check that folder's owner and mode."
        ) from error
    os.close(number)
    part = Path(name)
    try:
        _copy(ledger, part)
        findings = inspect_file(part)
        if findings.problems:
            raise LedgerError(
                f"The copy of {ledger} is damaged, and so is the ledger: {findings.problems[0]}",
                "Nothing was kept. `syncd ledger check` shows all of it.",
            )
        size = part.stat().st_size
        with _told(target):
            _put_in_place(part, target, replace)
    finally:
        for suffix in _COMPANIONS:
            with suppress(OSError):
                part.with_name(part.name + suffix).unlink()
    return Copied(target, size, findings)


def _check_target(ledger: Path, target: Path, replace: bool) -> None:
    if target.is_dir():
        raise LedgerError(f"{target} is a folder.", "Name the file that the copy shall be.")
    if not target.parent.is_dir():
        raise LedgerError(f"The folder {target.parent} doesn't exist.", "Make it first.")
    real = target.resolve()
    if real in {ledger.with_name(ledger.name + suffix).resolve() for suffix in _COMPANIONS}:
        raise LedgerError(f"{target} belongs to the ledger itself.", "Name another file for the copy.")
    if target.exists() and not replace:
        raise LedgerError(f"{target} exists already.", "Name another file; `--force` replaces it.")


def _copy(ledger: Path, part: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{ledger.as_uri()}?mode=rw", uri=True, timeout=_PATIENCE_SECONDS)) as source,
            closing(sqlite3.connect(part, isolation_level=None)) as copy,
        ):
            # All pages in one step: a snapshot that writers neither wait for nor make begin anew.
            source.backup(copy, pages=-1)
            copy.execute("PRAGMA secure_delete=ON")
            copy.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, readable from anywhere
            if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'tokens'").fetchone():
                copy.execute("DELETE FROM tokens")
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise LedgerError(
                f"There is no room for a copy of the ledger in {part.parent}.",
                "Free as much space as the ledger takes; the ledger itself is as it was.",
            ) from error
        raise explained(error, str(ledger)) from error


def _put_in_place(part: Path, target: Path, replace: bool) -> None:
    with part.open("rb") as copy:
        os.fsync(copy.fileno())
    if replace:
        part.replace(target)
    else:
        try:
            os.link(part, target)  # unlike a rename it never replaces what came there meanwhile
        except FileExistsError:
            raise LedgerError(f"{target} exists already.", "Name another file; `--force` replaces it.") from None
        except OSError:  # a file system without links
            part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerError(
            f"The copy can't be put to {target}: {error.strerror}.",
            "Check free space, and that folder's owner and mode.",
        ) from error
