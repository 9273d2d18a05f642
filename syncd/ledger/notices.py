"""What people were told of, how far each channel has got, and the facts that notices are made from.

A notice is a row under a key that says what it is about (`hold/17`: the order with that number in the ledger), so that
each thing is noticed once, also over a restart. `noticed_at` rises with every row that is written: a channel that has
told everything of a kind up to a moment knows by it what is new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from syncd.ledger import tables
from syncd.ledger.database import Database
from syncd.ledger.order_row import UNFINISHED, State, order_label

_CHUNK = 300  # keys named in one statement: well under SQLite's bound on variables
_PAGE = 200  # rows held at a time while orders are walked over


@dataclass(frozen=True, slots=True)
class Notice:
    """Something noticed. `document` is plain JSON, without a word about buyers."""

    key: str
    kind: str
    document: Mapping[str, Any]
    noticed_at: datetime
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What notices need of an order. `awaited`: a rule owns it, its record is readable, and it has no invoice yet."""

    id: int
    platform: str
    number: str
    package: str
    state: State
    status: str
    hold_code: str | None
    total: Decimal | None
    currency: str
    changed_at: datetime
    awaited: bool

    @property
    def name(self) -> str:
        """What people call it: `site/1042`, `n11/204012345#987654`."""
        return f"{self.platform}/{order_label(self.number, self.package)}"


@dataclass(frozen=True, slots=True)
class Invoiced:
    """Invoices of one platform and currency: how many, their sum as Paraşüt has it, and how far off their orders'."""

    platform: str
    currency: str
    count: int
    total: Decimal
    differing: int
    difference: Decimal


class NoticeBook:
    """The table of notices, and the questions that notices ask of the other tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_kinds(self, kinds: Collection[str], after: datetime | None = None) -> list[Notice]:
        """The notices of those kinds, noticed after a moment, oldest first."""
        table = tables.notices
        query = _notices().where(table.c.kind.in_(sorted(kinds))).order_by(table.c.noticed_at, table.c.key)
        if after is not None:
            query = query.where(table.c.noticed_at > after)
        with self._database.read() as connection:
            return [Notice(*row) for row in connection.execute(query)]

    def get(self, key: str) -> Notice | None:
        """The notice under that key."""
        with self._database.read() as connection:
            row = connection.execute(_notices().where(tables.notices.c.key == key)).one_or_none()
        return None if row is None else Notice(*row)

    def newest(self) -> dict[str, datetime]:
        """By kind, when something was noticed last."""
        table = tables.notices
        query = select(table.c.kind, func.max(table.c.noticed_at)).group_by(table.c.kind)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def change(self, saved: Iterable[Notice], dropped: Iterable[str] = ()) -> None:
        """Store notices, over older ones of the same key, and forget others; all or nothing."""
        table = tables.notices
        rows = [
            {
                "key": notice.key,
                "kind": notice.kind,
                "document": notice.document,
                "noticed_at": notice.noticed_at,
                "told_at": notice.told_at,
            }
            for notice in saved
        ]
        keys = list(dropped)
        if not rows and not keys:
            return
        statement = upsert(table)
        changed = {name: statement.excluded[name] for name in ("kind", "document", "noticed_at", "told_at")}
        with self._database.write() as connection:
            for start in range(0, len(keys), _CHUNK):
                connection.execute(delete(table).where(table.c.key.in_(keys[start : start + _CHUNK])))
            if rows:
                connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=changed), rows)

    def told(self, state: Notice, up_to: Mapping[str, datetime], at: datetime) -> None:
        """A channel, whose new state is `state`, has told the notices of each kind up to a moment."""
        table = tables.notices
        values = {
            "kind": state.kind,
            "document": state.document,
            "noticed_at": state.noticed_at,
            "told_at": state.told_at,
        }
        with self._database.write() as connection:
            statement = upsert(table).values(key=state.key, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))
            for kind, moment in up_to.items():
                connection.execute(
                    update(table)
                    .where(table.c.kind == kind, table.c.noticed_at <= moment, table.c.told_at.is_(None))
                    .values(told_at=at)
                )

    def open_orders(self) -> Iterator[OrderFacts]:
        """Every order of a rule that may still get its invoice, and every held one."""
        return self._facts(_facts().where(tables.orders.c.state.in_([state.value for state in UNFINISHED])))

    def changed_orders(self, since: datetime) -> Iterator[OrderFacts]:
        """The orders that changed at or after a moment, whatever became of them."""
        return self._facts(_facts().where(tables.orders.c.changed_at >= since))

    def documents(self, order_ids: Iterable[int]) -> dict[int, Mapping[str, Any]]:
        """The canonical orders, as JSON, of those that are readable."""
        table, ids, found = tables.orders, list(order_ids), dict[int, Mapping[str, Any]]()
        with self._database.read() as connection:
            for start in range(0, len(ids), _CHUNK):
                query = select(table.c.id, table.c.document).where(table.c.id.in_(ids[start : start + _CHUNK]))
                found |= {row[0]: row[1] for row in connection.execute(query) if row[1] is not None}
        return found

    def last_words(self, order_ids: Iterable[int]) -> dict[int, int]:
        """By order, the number of the last line of its history: a hold after a retry is another one than before."""
        table, ids, found = tables.history, list(order_ids), dict[int, int]()
        with self._database.read() as connection:
            for start in range(0, len(ids), _CHUNK):
                chosen = table.c.order_id.in_(ids[start : start + _CHUNK])
                query = select(table.c.order_id, func.max(table.c.id)).where(chosen).group_by(table.c.order_id)
                found |= {row[0]: row[1] for row in connection.execute(query)}
        return found

    def invoiced(self, begin: datetime, end: datetime) -> list[Invoiced]:
        """What was invoiced from `begin` until before `end`, by platform and currency."""
        table = tables.orders
        query = select(table.c.platform, table.c.currency, table.c.payable, table.c.total, table.c.difference).where(
            table.c.changed_at >= begin, table.c.invoiced_at >= begin, table.c.invoiced_at < end
        )
        found: dict[tuple[str, str], Invoiced] = {}
        nothing = Decimal(0)
        with self._database.read() as connection:
            for platform, currency, payable, total, difference in connection.execute(query):
                before = found.get((platform, currency), Invoiced(platform, currency, 0, nothing, 0, nothing))
                found[(platform, currency)] = Invoiced(
                    platform,
                    currency,
                    before.count + 1,
                    before.total + (payable if payable is not None else total or nothing),
                    before.differing + bool(difference),
                    before.difference + (difference or nothing),
                )
        return [found[key] for key in sorted(found)]

    def _facts(self, query: Select[Any]) -> Iterator[OrderFacts]:
        with self._database.read() as connection:
            for row in connection.execution_options(yield_per=_PAGE).execute(query):
                values = dict(row._mapping)
                values["state"] = State(values["state"])
                values["awaited"] = bool(values["awaited"])
                yield OrderFacts(**values)


def _notices() -> Select[Any]:
    table = tables.notices
    return select(table.c.key, table.c.kind, table.c.document, table.c.noticed_at, table.c.told_at)


def _facts() -> Select[Any]:
    table = tables.orders
    awaited = table.c.state.in_([state.value for state in UNFINISHED]) & table.c.invoice_id.is_(None)
    awaited &= table.c.document.is_not(None)
    names = ("id", "platform", "number", "package", "state", "status", "hold_code", "total", "currency", "changed_at")
    return select(*(table.c[name] for name in names), awaited.label("awaited"))
