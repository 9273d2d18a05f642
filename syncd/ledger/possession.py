"""Whose the ledger's files are.

A command that root runs by hand beside the service makes files, too: lock files, and the ledger when it is the first to
open it. They have to belong to the service's own user, or the service can't write any more.
"""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG

_COMPANIONS = ("", "-wal", "-shm", "-journal")  # those of SQLite


def make_private(file: Path, ledger: Path) -> None:
    """Make `file` (mode 0600) unless it is there, for the owner of the ledger. Raises OSError."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        # Asked this way, since a file that SQLite has open must not be closed: that would give up SQLite's locks.
        if not os.access(file, os.R_OK | os.W_OK):
            raise PermissionError(13, "Permission denied") from None
        give_if_roots(file, ledger)
    else:
        _give(file, ledger)


def give_ledger_to_its_owner(ledger: Path) -> None:
    """What root left beside the ledger, or moved there, becomes its owner's. Raises OSError."""
    for suffix in _COMPANIONS:
        give_if_roots(ledger.with_name(ledger.name + suffix), ledger)


def give_if_roots(file: Path, ledger: Path) -> None:
    """A file of root's becomes the ledger's owner's, if it is there. Raises OSError."""
    try:
        status = file.lstat()
    except FileNotFoundError:
        return
    # A link may lead to any file of root's, and whoever owns the folder could have put it there.
    if status.st_uid == 0 and S_ISREG(status.st_mode) and status.st_nlink == 1:
        _give(file, ledger)


def _give(file: Path, ledger: Path) -> None:
    if os.geteuid() != 0:
        return  # nobody else may
    uid, gid = _owner(ledger)
    if uid != 0:
        os.lchown(file, uid, gid)


def _owner(ledger: Path) -> tuple[int, int]:
    """Who owns the folder; where that is root, who owns the ledger: then the folder is only lent."""
    status = ledger.parent.stat()
    if status.st_uid == 0 and ledger.exists():
        status = ledger.stat()
    return status.st_uid, status.st_gid
