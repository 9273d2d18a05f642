"""The invoices that Paraşüt was seen to hold, whoever made them: what an order's invoice is found among.

It is a hint, like the mirror: an invoice that was deleted, cancelled or changed since it was read still stands here as
it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Text, bindparam, cast, delete, exists, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from syncd.ledger import tables
from syncd.ledger.database import Database
from syncd.ledger.order_row import OrderKey

_CHUNK: Final = 300  # values named in one statement: well under SQLite's bound on variables
_PAGE: Final = 500
_BEGIN: Final = "[sale "


@dataclass(frozen=True, slots=True)
class SeenInvoice:
    """An invoice as it was read. `marker` is the whole mark that ends its description, "" for one that has none.

    `payable` includes VAT; days are those of Istanbul.
    """

    id: str
    marker: str
    order_no: str
    order_date: date | None
    contact_id: str
    issue_date: date | None
    payable: Decimal
    currency: str

    def __str__(self) -> str:
        if not self.currency:
            return self.id
        day = f" of {self.issue_date}" if self.issue_date else ""
        return f"{self.id}{day}, {self.payable:.2f} {self.currency}"


def unread_invoice(
    invoice_id: str, contact_id: str = "", issue_date: date | None = None, payable: Decimal = Decimal(0)
) -> SeenInvoice:
    """An invoice that a person named and that was never read: its currency is "", and nothing else is sure."""
    return SeenInvoice(invoice_id, "", "", None, contact_id, issue_date, payable, "")


def marker_in(description: str) -> str:
    """The mark `[sale connector/account/package]` that ends an invoice's description, or ""."""
    text = description.rstrip()
    start = text.rfind(_BEGIN)
    return text[start:] if start >= 0 and text.endswith("]") else ""


def key_of(marker: str, accounts: Iterable[tuple[str, str]]) -> OrderKey | None:
    """The order that a mark names, of one of these accounts (connector, account); None when it is of none of them.

    An account may hold slashes of its own, so that a mark can't be taken apart without knowing it.
    """
    text = marker.removeprefix(_BEGIN).removesuffix("]")
    for connector, account in sorted(accounts, key=lambda one: -len(one[1])):
        begin = f"{connector}/{account}/"
        if text.startswith(begin):
            return OrderKey(connector, account, text.removeprefix(begin))
    return None


_TABLE = tables.invoices
_COLUMNS = (
    _TABLE.c.id,
    _TABLE.c.marker,
    _TABLE.c.order_no,
    _TABLE.c.order_date,
    _TABLE.c.contact_id,
    _TABLE.c.issue_date,
    _TABLE.c.payable,
    _TABLE.c.currency,
)
_SELECT = select(*_COLUMNS)


def _claimed() -> ColumnElement[bool]:
    """Whether an order of the ledger has it."""
    return exists().where(tables.orders.c.invoice_id == cast(_TABLE.c.id, Text))


# What is asked for every order: SQLAlchemy takes longer to build a statement than SQLite to answer it.
_BY_MARKER = _SELECT.where(_TABLE.c.marker == bindparam("sought"), ~_claimed()).order_by(_TABLE.c.id)
_BY_ORDER_NO = _SELECT.where(
    _TABLE.c.order_no == bindparam("sought"),
    _TABLE.c.order_date == bindparam("of_day"),
    *(_TABLE.c.marker == "", _TABLE.c.currency == bindparam("of_currency"), ~_claimed()),
).order_by(_TABLE.c.id)


class InvoiceBook:
    """The table of invoices seen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(self, invoices: Iterable[SeenInvoice], at: datetime) -> None:
        """Add invoices, or replace what was known of them, all or none."""
        with self._database.write() as connection:
            for one in invoices:
                values = {
                    "id": int(one.id),
                    "marker": one.marker,
                    "order_no": one.order_no,
                    "order_date": _text(one.order_date),
                    "contact_id": one.contact_id,
                    "issue_date": _text(one.issue_date),
                    "payable": one.payable,
                    "currency": one.currency,
                    "read_at": at,
                }
                statement = upsert(_TABLE).values(**values)
                connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def forget(self, invoice_id: str) -> None:
        """An invoice turned out to be gone."""
        with self._database.write() as connection:
            connection.execute(delete(_TABLE).where(_TABLE.c.id == int(invoice_id)))

    def get(self, invoice_id: str) -> SeenInvoice | None:
        """The invoice of that id, if it was read."""
        found = self._where(_TABLE.c.id == int(invoice_id)) if invoice_id.isdigit() else []
        return found[0] if found else None

    def count(self) -> int:
        """How many were read."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(_TABLE)).scalar_one()

    def by_marker(self, marker: str) -> list[SeenInvoice]:
        """The invoices that end with this whole mark and that no order has; oldest first."""
        return self._read(_BY_MARKER, sought=marker)

    def by_markers(self, markers: Sequence[str]) -> dict[str, list[SeenInvoice]]:
        """The same for many marks at once."""
        found: dict[str, list[SeenInvoice]] = {}
        for start in range(0, len(markers), _CHUNK):
            for one in self._where(_TABLE.c.marker.in_(markers[start : start + _CHUNK]), ~_claimed()):
                found.setdefault(one.marker, []).append(one)
        return found

    def by_order_no(
        self, order_no: str, order_date: date, payables: Collection[Decimal], currency: str
    ) -> list[SeenInvoice]:
        """Invoices without a mark of ours that no order has, with this order number, day, payable and currency."""
        if not order_no:
            return []
        found = self._read(_BY_ORDER_NO, sought=order_no, of_day=order_date.isoformat(), of_currency=currency)
        return [one for one in found if one.payable in payables]

    def candidates(
        self, contact_ids: Collection[str], first: date, last: date, payables: Collection[Decimal], currency: str
    ) -> list[SeenInvoice]:
        """Invoices without a mark of ours that no order has, of these contacts, issued from `first` to `last`."""
        found = self._where(
            _TABLE.c.contact_id.in_(sorted(contact_ids)),
            _TABLE.c.issue_date.between(first.isoformat(), last.isoformat()),
            *_free(currency),
        )
        return [one for one in found if one.payable in payables]

    def any_marked(self, connector: str = "", account: str = "") -> bool:
        """Whether one bears a mark of ours, of this account of a platform if it is named."""
        begin = f"{_BEGIN}{connector}/{account}/" if connector else _BEGIN
        query = select(_TABLE.c.id).where(_TABLE.c.marker >= begin, _TABLE.c.marker < begin + "\U0010ffff").limit(1)
        with self._database.read() as connection:
            return connection.execute(query).scalar() is not None

    def marked(self, above: int = 0) -> Iterator[list[SeenInvoice]]:
        """Those with a mark of ours, with ids above one, that no order has; in lots, by id."""
        while True:
            query = _SELECT.where(_TABLE.c.id > above, _TABLE.c.marker != "", ~_claimed())
            lot = self._read(query.order_by(_TABLE.c.id).limit(_PAGE))
            if not lot:
                return
            yield lot
            above = int(lot[-1].id)

    def _where(self, *conditions: ColumnElement[bool]) -> list[SeenInvoice]:
        return self._read(_SELECT.where(*conditions).order_by(_TABLE.c.id))

    def _read(self, query: Any, **sought: str) -> list[SeenInvoice]:
        with self._database.read() as connection:
            return [_invoice(row) for row in connection.execute(query, sought)]


def _free(currency: str) -> tuple[ColumnElement[bool], ...]:
    return _TABLE.c.marker == "", _TABLE.c.currency == currency, ~_claimed()


def _invoice(row: Row[Any]) -> SeenInvoice:
    return SeenInvoice(
        id=str(row.id),
        marker=row.marker,
        order_no=row.order_no,
        order_date=None if row.order_date is None else date.fromisoformat(row.order_date),
        contact_id=row.contact_id,
        issue_date=None if row.issue_date is None else date.fromisoformat(row.issue_date),
        payable=row.payable,
        currency=row.currency,
    )


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
