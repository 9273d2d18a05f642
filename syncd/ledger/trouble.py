"""What SQLite's errors mean for whoever runs syncd, and what to do about each."""

from __future__ import annotations

import sqlite3
from typing import Final

from syncd.errors import LedgerError

_PRIMARY: Final = 0xFF  # the low byte of an extended result code

DAMAGED: Final = (
    "Stop syncd, keep the damaged files, and restore a backup as docs/operations.md says; `syncd ledger check` shows "
    "what is damaged. Invoices made since that backup are in Paraşüt, and an older copy does not know of them."
)

_MEANINGS: Final[dict[int, tuple[str, str]]] = {
    sqlite3.SQLITE_FULL: (
        "can't be written: the disk is full.",
        "Free space; syncd goes on by itself. Nothing is sent to Paraşüt that can't be written down before, and what "
        "was sent last is looked into.",
    ),
    sqlite3.SQLITE_IOERR: (
        "can't be read or written: the system refused it.",
        "Check free space, quotas and limits of file sizes, then the disk itself (`dmesg`). Nothing is sent to Paraşüt "
        "that can't be written down before.",
    ),
    sqlite3.SQLITE_READONLY: (
        "can't be written: it is read-only.",
        "Check the owner and mode of the file and of its folder, where SQLite keeps files beside it, and whether the "
        "disk is mounted read-only.",
    ),
    sqlite3.SQLITE_CORRUPT: ("is damaged.", DAMAGED),
    sqlite3.SQLITE_NOTADB: ("is no ledger, or its beginning is damaged.", f"Check `ledger:` first. {DAMAGED}"),
    sqlite3.SQLITE_CANTOPEN: (
        "can't be opened.",
        "Check that its folder exists, and the owner and mode of both: SQLite keeps files beside the ledger.",
    ),
    sqlite3.SQLITE_BUSY: (
        "is locked: another program has kept it for half a minute.",
        "End what else has it open (a `sqlite3` shell, a program that copies it); syncd tries again by itself.",
    ),
    sqlite3.SQLITE_PERM: ("can't be used: not permitted.", "Check the owner and mode of the file and of its folder."),
}


def explained(error: BaseException | None, where: str) -> LedgerError:
    """The error that tells people what `error`, one of sqlite3's, means for the ledger at `where`."""
    code = getattr(error, "sqlite_errorcode", None)
    message, remedy = _MEANINGS.get((code or 0) & _PRIMARY, ("", ""))
    detail = f" ({error})" if error is not None and str(error) else ""
    if message:
        return LedgerError(f"The ledger {where} {message[:-1]}{detail}.", remedy)
    return LedgerError(
        f"The ledger {where} can't be used: {error}.",
        "Check free disk space first, then that it is a ledger, its owner and mode. Restore a backup only if it is "
        "damaged: an older copy does not know the invoices made since.",
    )


def unreadable_value(kind: str) -> LedgerError:
    """The error for a stored value that is not what syncd once wrote."""
    return LedgerError(f"The ledger holds a value that is no {kind} any more: it is damaged.", DAMAGED)
