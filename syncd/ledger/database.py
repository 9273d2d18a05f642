"""Opening the ledger: durable, private to its owner, brought to the current schema."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from syncd.errors import LedgerError
from syncd.ledger.copying import copy_ledger
from syncd.ledger.locks import lock_beside
from syncd.ledger.possession import give_if_roots, give_ledger_to_its_owner, make_private
from syncd.ledger.trouble import explained

_MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST_REVISION = "0004"


class Database:
    """One ledger database. `read` and `write` are transactions; a `write` waits for other writers.

    For several threads: each transaction has a connection of its own. Who holds `writing` is the only thread that may
    write. A thread's transactions inside of its own `snapshot` or `together` are parts of that one.
    """

    def __init__(self, engine: Engine, file: Path | None) -> None:
        self._engine = engine
        self._open = threading.local()
        self.writing = threading.RLock()  # threads queue; SQLite lets whoever asks at the right moment go first
        self.file = file

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot for reading."""
        joined: Connection | None = getattr(self._open, "connection", None)
        if joined is not None:
            yield joined
            return
        with _explained(self._where), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is on disk when the block ends (`synchronous=FULL`), or when `together` does."""
        joined: Connection | None = getattr(self._open, "connection", None)
        if joined is not None:
            if not joined.get_execution_options().get("syncd_writes"):
                raise RuntimeError("nothing is written inside of a snapshot")
            yield joined
            return
        with self.writing, _explained(self._where), self._engine.connect() as connection:
            connection = connection.execution_options(syncd_writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What this thread reads inside is read in one transaction. RuntimeError for a `write`."""
        with self.read() as connection, self._joined(connection):
            yield

    @contextmanager
    def together(self) -> Iterator[None]:
        """What this thread reads and writes inside is one transaction: all of it is on disk at the end, or nothing."""
        with self.write() as connection, self._joined(connection):
            yield

    @contextmanager
    def _joined(self, connection: Connection) -> Iterator[None]:
        before = getattr(self._open, "connection", None)
        self._open.connection = connection
        try:
            yield
        finally:
            self._open.connection = before

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()

    @property
    def _where(self) -> str:
        return str(self.file) if self.file else self._engine.url.render_as_string(hide_password=True)


def open_database(url: str) -> Database:
    """Open the ledger at an SQLAlchemy `url`, create it (mode 0600) when it's new, migrate it when it's old.

    Before it is migrated a copy is made beside it: `ledger.db.before-REVISION`.

    Raises LedgerError with what to do when that can't be done.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise LedgerError(
            f"The ledger address {url!r} can't be read.", "Write it like sqlite:////var/lib/syncd/ledger.db."
        ) from error
    if parsed.get_backend_name() != "sqlite":
        raise LedgerError(
            f"A ledger on {parsed.get_backend_name()} is not supported.", "Use sqlite:////path/to/ledger.db."
        )
    file = ledger_file(url)
    if file is not None:
        _prepare_file(file)
    with _explained(str(file)):
        engine = create_engine(parsed, connect_args={"timeout": 30}, hide_parameters=True)
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        # Two processes that open a new ledger at once would trip over each other's switch to WAL and over its tables.
        with nullcontext() if file is None else lock_beside(file, "open"):
            _migrate(engine, file)
    return Database(engine, file)


def ledger_file(url: str) -> Path | None:
    """The file of a ledger's address; None for one in memory, or one that is no SQLite file."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    kept = parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:"
    return Path(str(parsed.database)).resolve() if kept else None


def _prepare_file(file: Path) -> None:
    try:
        if not file.parent.is_dir():
            raise LedgerError(
                f"The folder of the ledger, {file.parent}, doesn't exist.", "Create it, owned by syncd's user."
            )
        make_private(file, file)
        give_ledger_to_its_owner(file)
    except OSError as error:
        raise LedgerError(
            f"The ledger {file} can't be opened: {error.strerror}.", "Check its owner and mode, and its folder's."
        ) from error


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _on_begin, not by the driver's guesses
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what retention removes must not stay in the file's free pages
    cursor.close()


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("syncd_writes")
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine, file: Path | None) -> None:
    where = str(file)
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")  # outside of any transaction; the file keeps it from then on
    finally:
        raw.close()
    with engine.connect() as connection:
        known = inspect(connection).has_table("alembic_version")
        current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None
    if current == NEWEST_REVISION:
        return
    # Alembic takes longer to import than everything else here; most ledgers are up to date.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    revisions = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in revisions:
        raise LedgerError(
            f"The ledger {where} was written by a newer syncd.", "Install that version, or restore a backup."
        )
    if current is not None and file is not None:
        _keep_a_copy(file)
    with engine.connect() as connection:
        connection = connection.execution_options(syncd_writes=True)
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _keep_a_copy(ledger: Path) -> None:
    """The ledger as it is before a migration, beside it: the version of before can't read it any more afterwards."""
    copy = ledger.with_name(f"{ledger.name}.before-{NEWEST_REVISION}")
    try:
        copy_ledger(ledger, copy, replace=True)
        give_if_roots(copy, ledger)
    except OSError as error:
        raise LedgerError(f"{copy} can't be given to the ledger's owner: {error.strerror}.") from error
    except LedgerError as error:
        raise LedgerError(
            f"The ledger {ledger} is of an older version, and can't be copied before it is brought up to date. "
            f"{error.message}",
            error.remedy,
        ) from error


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise explained(error.orig, where) from error
    except sqlite3.Error as error:
        raise explained(error, where) from error
    except SQLAlchemyError as error:
        # The text of the error would show the row that was to be written.
        raise LedgerError(f"The ledger {where} can't be used: {type(error).__name__}.") from error
