"""Lock files beside the ledger: one process at a time, whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from syncd.errors import LedgerError
from syncd.ledger.possession import make_private


@contextmanager
def lock_beside(ledger: Path, purpose: str, *, timeout: float = -1) -> Iterator[None]:
    """Hold the lock of that purpose; wait at most `timeout` seconds, -1 for as long as it takes.

    Raises filelock's Timeout, and LedgerError when the lock file can't be used.
    """
    lock = ledger.with_name(f"{ledger.name}.{purpose}.lock")
    held = FileLock(str(lock), timeout=timeout, mode=0o600)
    try:
        make_private(lock, ledger)
        held.acquire()
    except Timeout:
        raise
    except OSError as error:
        raise LedgerError(
            f"The lock file beside the ledger can't be used: {error.strerror}.",
            "Check the owner and mode of the ledger's folder.",
        ) from error
    try:
        yield
    finally:
        held.release()
