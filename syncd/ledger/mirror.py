"""What is known of Paraşüt's contacts, products, categories and accounts without asking again.

Lists there can't be filtered by change, so the mirror learns of new records only: a hit is a hint, and a record that
turns out to be gone is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Integer, bindparam, cast, delete, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from syncd.ledger import tables
from syncd.ledger.database import Database

Kind = Literal["contacts", "products", "item_categories", "accounts"]


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A record of Paraşüt. `key` is what it is found by: tax number, product code, category type, currency."""

    remote_id: str
    name: str
    key: str = ""
    email: str = ""
    archived: bool = False
    document: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class MirrorState:
    """How much of a kind is mirrored: up to which id, since when completely."""

    complete: bool = False
    highest_id: int = 0
    read_at: datetime | None = None
    completed_at: datetime | None = None


_TABLE = tables.mirror
_SELECT = select(
    *(_TABLE.c.remote_id, _TABLE.c.name, _TABLE.c.key, _TABLE.c.email, _TABLE.c.archived, _TABLE.c.document)
).where(_TABLE.c.company == bindparam("of_company"), _TABLE.c.kind == bindparam("of_kind"))
_BY = {name: _SELECT.where(_TABLE.c[name] == bindparam("sought")) for name in ("remote_id", "key", "email", "kind")}
_INSERT = upsert(_TABLE)
_STORE = _INSERT.on_conflict_do_update(
    index_elements=["company", "kind", "remote_id"],
    set_={name: _INSERT.excluded[name] for name in ("name", "key", "email", "archived", "document")},
)


class Mirror:
    """One company's mirror."""

    def __init__(self, database: Database, company: str) -> None:
        self._database = database
        self._company = company
        self._highest: dict[Kind, int] = {}

    def store(self, kind: Kind, records: Iterable[Mirrored]) -> None:
        """Add records, or replace what was known of them."""
        with self._database.write() as connection:
            self._store(connection, kind, records)

    def replace(self, kind: Kind, records: Iterable[Mirrored], state: MirrorState) -> None:
        """Put what was read completely in the place of everything known of a kind, all or nothing."""
        with self._database.write() as connection:
            table = tables.mirror
            read = cast(table.c.remote_id, Integer) <= state.highest_id  # newer ones were made beside the reading
            connection.execute(delete(table).where(table.c.company == self._company, table.c.kind == kind, read))
            self._store(connection, kind, records)
            self._set_state(connection, kind, state)

    def drop(self, kind: Kind, remote_id: str) -> None:
        """Forget a record that turned out to be gone."""
        table = tables.mirror
        with self._database.write() as connection:
            connection.execute(
                delete(table).where(
                    table.c.company == self._company, table.c.kind == kind, table.c.remote_id == remote_id
                )
            )

    def by_id(self, kind: Kind, remote_id: str) -> Mirrored | None:
        """The record of that id."""
        found = self._where(kind, "remote_id", remote_id)
        return found[0] if found else None

    def by_key(self, kind: Kind, key: str) -> list[Mirrored]:
        """Records found by their key; oldest first."""
        return self._where(kind, "key", key) if key else []

    def by_email(self, email: str) -> list[Mirrored]:
        """Contacts with that e-mail (normalised); oldest first."""
        return self._where("contacts", "email", email) if email else []

    def all(self, kind: Kind) -> list[Mirrored]:
        """Everything of a kind; for the small ones."""
        return self._where(kind, "kind", kind)

    def state(self, kind: Kind) -> MirrorState:
        """How much of a kind is mirrored."""
        table = tables.mirror_state
        query = select(table.c.complete, table.c.highest_id, table.c.read_at, table.c.completed_at).where(
            table.c.company == self._company, table.c.kind == kind
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return MirrorState() if row is None else MirrorState(*row)

    def set_state(self, kind: Kind, state: MirrorState) -> None:
        """Remember how much of a kind is mirrored."""
        with self._database.write() as connection:
            self._set_state(connection, kind, state)

    def _store(self, connection: Connection, kind: Kind, records: Iterable[Mirrored]) -> None:
        values: list[dict[str, Any]] = [
            {
                "company": self._company,
                "kind": kind,
                "remote_id": record.remote_id,
                "name": record.name,
                "key": record.key,
                "email": record.email,
                "archived": record.archived,
                "document": dict(record.document or {}),
            }
            for record in records
        ]
        if not values:
            return
        connection.execute(_STORE, values)
        if kind in self._highest:
            made = (int(record["remote_id"]) for record in values if record["remote_id"].isdigit())
            self._highest[kind] = max([self._highest[kind], *made])

    def _set_state(self, connection: Connection, kind: Kind, state: MirrorState) -> None:
        values = {
            "company": self._company,
            "kind": kind,
            "complete": state.complete,
            "highest_id": state.highest_id,
            "read_at": state.read_at,
            "completed_at": state.completed_at,
        }
        statement = upsert(tables.mirror_state).values(**values)
        connection.execute(statement.on_conflict_do_update(index_elements=["company", "kind"], set_=values))

    def _where(self, kind: Kind, column: str, value: str) -> list[Mirrored]:
        sought = {"of_company": self._company, "of_kind": kind, "sought": value}
        with self._database.read() as connection:
            found = [Mirrored(*row) for row in connection.execute(_BY[column], sought)]
        return sorted(found, key=lambda record: (len(record.remote_id), record.remote_id))

    def highest(self, kind: Kind) -> int:
        """The highest id of a kind that was ever seen, 0 for none."""
        table = tables.mirror
        if kind not in self._highest:  # there is no index for it: asked once, not in every run
            query = select(func.max(cast(table.c.remote_id, Integer))).where(
                table.c.company == self._company, table.c.kind == kind
            )
            with self._database.read() as connection:
                self._highest[kind] = connection.execute(query).scalar() or 0
        return max(self._highest[kind], self.state(kind).highest_id)
