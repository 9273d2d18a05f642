"""What the ledger says, read without the program."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]

_TRIES = 20
_FILES = ("", "-wal", "-shm", "-journal")


class LedgerFile:
    """A ledger on disk; `file` is its main file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def exists(self) -> bool:
        return self.file.exists()

    def orders(self) -> list[Row]:
        """The rows of all orders."""
        return self._rows("SELECT * FROM orders ORDER BY id")

    def steps(self) -> list[Row]:
        """The rows of all steps."""
        return self._rows("SELECT * FROM steps ORDER BY id")

    def history(self, order_id: int) -> list[str]:
        """What happened to an order, in words."""
        return [row["text"] for row in self._rows("SELECT text FROM history WHERE order_id = ? ORDER BY id", order_id)]

    def unfinished(self, *, second_looks: bool = True) -> list[str]:
        """What the program still has to do by itself, in words."""
        orders = self._rows(
            "SELECT platform, number, state, reason FROM orders WHERE state IN ('due', 'settling') ORDER BY id"
        )
        steps = self._rows(
            "SELECT identity, state, second_look_at FROM steps "
            "WHERE state IN ('intended', 'unknown') OR second_look_at IS NOT NULL ORDER BY id"
        )
        held = {row["id"] for row in self._rows("SELECT id FROM orders WHERE state IN ('held', 'ignored')")}
        of_held = {
            row["identity"]
            for row in self._rows("SELECT identity, order_id, state FROM steps WHERE order_id IS NOT NULL")
            if row["order_id"] in held and row["state"] in ("intended", "unknown")
        }
        return [f"{row['platform']}/{row['number']} is {row['state']}: {row['reason']}" for row in orders] + [
            f"step {row['identity']} is {row['state']}" + (", second look to come" if row["second_look_at"] else "")
            for row in steps
            if row["identity"] not in of_held and (second_looks or row["state"] in ("intended", "unknown"))
        ]

    def next_moment(self) -> datetime | None:
        """When the program means to go on with something by itself; None when it names no moment."""
        moments = self._rows(
            "SELECT next_at AS at FROM orders WHERE state IN ('due', 'settling') UNION SELECT look_at FROM steps "
            "WHERE state IN ('intended', 'unknown') UNION SELECT second_look_at FROM steps"
        )
        return min((datetime.fromisoformat(row["at"]) for row in moments if row["at"]), default=None)

    def back_up(self, folder: Path) -> None:
        """Copy its files; whoever writes it must stand still."""
        folder.mkdir(parents=True, exist_ok=True)
        for suffix in _FILES:
            file = self.file.with_name(self.file.name + suffix)
            copy = folder / file.name
            copy.unlink(missing_ok=True)
            if file.exists() and suffix != "-shm":  # made anew from the -wal
                copy.write_bytes(file.read_bytes())

    def restore(self, folder: Path) -> None:
        """Put a copy in its place."""
        self.lose()
        for copy in folder.iterdir():
            self.file.with_name(copy.name).write_bytes(copy.read_bytes())

    def lose(self) -> None:
        """Remove it."""
        for suffix in _FILES:
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)

    def _rows(self, query: str, *values: Any) -> list[Row]:
        with self._open() as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connected()) as connection:
            yield connection

    def _connected(self) -> sqlite3.Connection:
        """A connection for reading; the files may be changing places just now."""
        for attempt in range(_TRIES):
            try:
                connection = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=30)
                connection.execute("SELECT count(*) FROM orders").fetchone()
            except sqlite3.OperationalError:
                if attempt == _TRIES - 1:
                    raise
                time.sleep(0.25)
            else:
                return connection
        raise AssertionError("the last try returns or raises")
