"""The orders syncd has seen, and how far each one is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, null, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert

from syncd.errors import Hold
from syncd.ledger import tables
from syncd.ledger.database import Database
from syncd.ledger.order_row import OrderKey, OrderRow, State, order_label
from syncd.orders.order import Order
from syncd.orders.status import Status

_CHUNK = 300  # rows named in one statement: well under SQLite's bound on variables


_COLUMNS = tuple(field.name for field in fields(OrderRow))
_SELECT = select(*(tables.orders.c[name] for name in _COLUMNS))
_SELECT_BARE = select(
    *(null().label(name) if name == "document" else tables.orders.c[name] for name in _COLUMNS),
)

# What is asked for every order: SQLAlchemy takes longer to build a statement than SQLite to answer it.
_ORDERS, _CLAIMS = tables.orders.c, tables.claims.c
_BY_ID = _SELECT.where(_ORDERS.id == bindparam("sought"))
_RAW = select(_ORDERS.raw).where(_ORDERS.id == bindparam("sought"))
_CHANGE = update(tables.orders).where(_ORDERS.id == bindparam("sought"))
_TELL = insert(tables.history)
_CLAIM = upsert(tables.claims).on_conflict_do_nothing()
_CONTACT_OF_CUSTOMER = (
    select(_ORDERS.contact_id)
    .where(
        _ORDERS.connector == bindparam("of_connector"),
        _ORDERS.account == bindparam("of_account"),
        _ORDERS.customer == bindparam("sought"),
        _ORDERS.contact_id.is_not(None),
    )
    .order_by(_ORDERS.invoiced_at.desc())
    .limit(1)
)
_OF_PACKAGES = _SELECT.where(
    _ORDERS.connector == bindparam("of_connector"),
    _ORDERS.account == bindparam("of_account"),
    _ORDERS.package.in_(bindparam("packages", expanding=True)),
)
_NEXT_CONNECTOR = select(func.min(_ORDERS.connector)).where(_ORDERS.connector > bindparam("after"))
_NEXT_ACCOUNT = select(func.min(_ORDERS.account)).where(
    _ORDERS.connector == bindparam("of_connector"), _ORDERS.account > bindparam("after")
)
_CLAIMED = (
    select(_ORDERS.number, _ORDERS.package)
    .join(tables.claims, _CLAIMS.order_id == _ORDERS.id)
    .where(
        _CLAIMS.connector == bindparam("of_connector"),
        _CLAIMS.account == bindparam("of_account"),
        _ORDERS.package != bindparam("of_package"),
        _CLAIMS.kind == bindparam("of_kind"),
        _CLAIMS.value.in_(bindparam("named", expanding=True)),
    )
    .limit(1)
)
_MOVED = (
    select(_ORDERS.number, _ORDERS.package)
    .where(
        _ORDERS.connector == bindparam("of_connector"),
        _ORDERS.account.in_(bindparam("others", expanding=True)),
        _ORDERS.package == bindparam("of_package"),
        _ORDERS.ordered_at == bindparam("at"),
        _ORDERS.invoice_id.is_not(None),
    )
    .limit(1)
)
_DEAD = _SELECT.where(
    _ORDERS.connector == bindparam("of_connector"),
    _ORDERS.account == bindparam("of_account"),
    _ORDERS.number == bindparam("of_number"),
    _ORDERS.package != bindparam("of_package"),
    (_ORDERS.status == Status.CANCELLED.value) | (_ORDERS.hold_code == "order-changed"),
    _ORDERS.invoice_id.is_not(None),
)


def _row(row: Row[Any]) -> OrderRow:
    values = dict(row._mapping)
    values["state"] = State(values["state"])
    return OrderRow(**values)


def _values(row: OrderRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _COLUMNS if name != "id"}
    values["state"] = row.state.value
    values["status"] = str(row.status)
    return values


@dataclass(frozen=True, slots=True)
class NewOrder:
    """The little that is asked of many orders at once."""

    id: int
    key: OrderKey
    state: State
    ordered_at: datetime | None
    invoiced: bool


class OrderBook:
    """The table of orders, their history and what they claim.

    `alone` is held by whoever reads rows, decides over them and saves them: no other thread of the process writes in
    between. Single calls need it not. Nobody asks anything of Paraşüt while holding it: who has the turn there may be
    waiting to write.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.alone = database.writing

    def get(self, key: OrderKey) -> OrderRow | None:
        """The row of one order."""
        return self.many([key]).get(key)

    def by_id(self, order_id: int) -> OrderRow | None:
        """The row of that number."""
        with self._database.read() as connection:
            row = connection.execute(_BY_ID, {"sought": order_id}).one_or_none()
        return None if row is None else _row(row)

    def unreadable_or_open(self, connector: str, account: str) -> list[OrderRow]:
        """Orders of an account without an invoice that a new way of reading records may change."""
        open_states = [State.LEFT.value, State.WAITING.value, State.DUE.value, State.HELD.value, State.ENDED.value]
        where = (tables.orders.c.connector == connector) & (tables.orders.c.account == account)
        where &= tables.orders.c.state.in_(open_states) & tables.orders.c.invoice_id.is_(None)
        return self._rows(_SELECT.where(where))

    def many(self, keys: Iterable[OrderKey]) -> dict[OrderKey, OrderRow]:
        """The rows of those orders that are known."""
        wanted: dict[tuple[str, str], list[str]] = {}
        for key in keys:
            wanted.setdefault((key.connector, key.account), []).append(key.package)
        found: dict[OrderKey, OrderRow] = {}
        with self._database.read() as connection:
            for (connector, account), packages in wanted.items():
                for start in range(0, len(packages), _CHUNK):
                    sought = {"of_connector": connector, "of_account": account}
                    some = packages[start : start + _CHUNK]
                    for row in connection.execute(_OF_PACKAGES, {**sought, "packages": some}):
                        known = _row(row)
                        found[known.key] = known
        return found

    def named(self, platform: str, text: str) -> list[OrderRow]:
        """Orders of `platform` whose number or package id is `text`, or both: `204012345#987654`."""
        number, package = tables.orders.c.number, tables.orders.c.package
        called = (number == text) | (package == text)
        for at in (at for at, character in enumerate(text) if character == "#"):  # a number may hold a # of its own
            called |= (number == text[:at]) & (package == text[at + 1 :])
        return self._rows(_SELECT.where((tables.orders.c.platform == platform) & called))

    def in_state(
        self, states: Sequence[State], *, rules: Collection[str] | None = None, bare: bool = False
    ) -> list[OrderRow]:
        """Orders in one of `states`, oldest first; `bare` ones without their documents, which take much memory."""
        query = (_SELECT_BARE if bare else _SELECT).where(tables.orders.c.state.in_([state.value for state in states]))
        if rules is not None:
            query = query.where(tables.orders.c.rule.in_(sorted(rules)))
        return self._rows(query.order_by(tables.orders.c.ordered_at, tables.orders.c.id))

    def pull_back(self, now: datetime) -> None:
        """Let no order wait longer than until now: the clock was ahead when its time was set."""
        table = tables.orders
        with self._database.write() as connection:
            connection.execute(update(table).where(table.c.next_at > now).values(next_at=now))

    def rules_whose_time_has_come(self, now: datetime) -> frozenset[str]:
        """The rules of orders that were put off, or wait for an outcome, until now or earlier."""
        table = tables.orders
        query = (
            select(table.c.rule)
            .distinct()
            .where(table.c.next_at <= now, table.c.state.in_([State.DUE.value, State.SETTLING.value]))
        )
        with self._database.read() as connection:
            return frozenset(rule for rule in connection.execute(query).scalars() if rule)

    def newest(
        self, *, platform: str | None = None, state: State | None = None, hold_code: str | None = None, limit: int = 50
    ) -> list[OrderRow]:
        """The orders that changed last."""
        query = _SELECT
        if platform is not None:
            query = query.where(tables.orders.c.platform == platform)
        if state is not None:
            query = query.where(tables.orders.c.state == state.value)
        if hold_code is not None:
            query = query.where(tables.orders.c.hold_code == hold_code)
        return self._rows(query.order_by(tables.orders.c.changed_at.desc(), tables.orders.c.id.desc()).limit(limit))

    def to_judge_again(self, judged_by: str) -> list[OrderRow]:
        """Orders that rules other than today's left alone, let wait or called due."""
        # What has an invoice is finished under the rule that made it; of what was removed no rule could be told.
        # Two ranges, and not "another than": so SQLite finds them without passing over all others.
        judged = tables.orders.c.judged_by
        ranges = (judged < judged_by, judged > judged_by)
        return [row for one in ranges for row in self._rows(_SELECT.where(text(tables.TO_JUDGE), one))]

    def changed_within(self, connector: str, account: str, after: datetime, until: datetime) -> set[str]:
        """The packages of an account that the platform last changed after one moment and until another."""
        table = tables.orders
        query = select(table.c.package).where(
            table.c.connector == connector,
            table.c.account == account,
            table.c.updated_at > after,
            table.c.updated_at <= until,
        )
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())

    def forget_change(self, connector: str, account: str, packages: Iterable[str]) -> None:
        """The platform no longer shows these packages: they are not expected to come again."""
        gone, table = sorted(packages), tables.orders
        with self._database.write() as connection:
            for start in range(0, len(gone), _CHUNK):
                where = (table.c.connector == connector) & (table.c.account == account)
                where &= table.c.package.in_(gone[start : start + _CHUNK])
                connection.execute(update(table).where(where).values(updated_at=None))

    def save(self, pairs: Iterable[tuple[OrderRow, Mapping[str, Any] | None]]) -> None:
        """Store rows, with the platform's raw records where they are new, all or none; none for pruned orders."""
        with self._database.write() as connection:
            for row, raw in pairs:
                values = _values(row)
                if raw is not None:
                    values["raw"] = raw if row.pruned_at is None else null()
                statement = upsert(tables.orders).values(**values)
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["connector", "account", "package"], set_=values)
                )

    def rename_platform(self, connector: str, account: str, name: str) -> None:
        """The platform's name in the configuration is another one now."""
        table = tables.orders
        own = (table.c.connector == connector) & (table.c.account == account)
        with self._database.read() as connection:
            found = [
                select(table.c.id).where(own, one).limit(1)
                for one in (table.c.platform < name, table.c.platform > name)
            ]
            if all(connection.execute(query).first() is None for query in found):
                return
        with self._database.write() as connection:
            connection.execute(update(table).where(own, table.c.platform != name).values(platform=name))

    def other_account(self, platform: str, connector: str, account: str) -> str | None:
        """Another account whose orders the ledger knows under the same platform name and connector."""
        table = tables.orders
        with self._database.read() as connection:
            for other in _accounts(connection, connector):
                query = select(table.c.account).where(
                    table.c.connector == connector, table.c.account == other, table.c.platform == platform
                )
                if other != account and connection.execute(query.limit(1)).first() is not None:
                    return other
        return None

    def change(self, row: OrderRow, text: str, at: datetime, **values: Any) -> OrderRow:
        """Set columns of one order and write a line of its history, in one transaction; return the new row."""
        with self._database.write() as connection:
            return change_order(connection, row.ledger_id, text, at, **values)

    def raw(self, row: OrderRow) -> Mapping[str, Any]:
        """The platform's own record of an order."""
        with self._database.read() as connection:
            raw = connection.execute(_RAW, {"sought": row.id}).scalar()
        return raw or {}

    def whole(self, row: OrderRow) -> Order:
        """The canonical order together with the platform's own record, which templates may read as `order.raw`.

        Raises Hold `data-removed` for an order whose personal data are gone: no document can be made of the rest.
        """
        if row.pruned_at is not None:
            raise Hold(
                "data-removed",
                f"The order's data were removed on {row.pruned_at:%Y-%m-%d}, as `retention` says.",
                f"Make what is still missing in Paraşüt by hand, then `syncd orders ignore {row.name}`.",
            )
        return replace(row.order, raw=self.raw(row))

    def history(self, row: OrderRow) -> list[tuple[datetime, str]]:
        """What happened to an order, oldest first."""
        query = (
            select(tables.history.c.at, tables.history.c.text)
            .where(tables.history.c.order_id == row.id)
            .order_by(tables.history.c.id)
        )
        with self._database.read() as connection:
            return [(at, text) for at, text in connection.execute(query)]

    def counts(self) -> dict[tuple[str | None, State], int]:
        """How many orders stand in which state, by rule."""
        query = select(tables.orders.c.rule, tables.orders.c.state, func.count()).group_by(
            tables.orders.c.rule, tables.orders.c.state
        )
        with self._database.read() as connection:
            return {(rule, State(state)): count for rule, state, count in connection.execute(query)}

    def holds(self) -> dict[str, int]:
        """How many orders are held for which reason."""
        query = (
            select(tables.orders.c.hold_code, func.count())
            .where(tables.orders.c.state == State.HELD.value)
            .group_by(tables.orders.c.hold_code)
        )
        with self._database.read() as connection:
            return {str(code): count for code, count in connection.execute(query)}

    def differences(self) -> tuple[int, Decimal]:
        """How many invoices differ from their order's total, and by how much in sum."""
        query = select(tables.orders.c.difference).where(tables.orders.c.difference.is_not(None))
        with self._database.read() as connection:
            found = [difference for (difference,) in connection.execute(query) if difference]
        return len(found), sum(found, Decimal(0))

    def contact_of_customer(self, connector: str, account: str, customer: str) -> str | None:
        """The contact that the platform's customer was invoiced to last."""
        sought = {"of_connector": connector, "of_account": account, "sought": customer}
        with self._database.read() as connection:
            return connection.execute(_CONTACT_OF_CUSTOMER, sought).scalar()

    def accounts(self) -> set[tuple[str, str]]:
        """The accounts at platforms that orders are known of: connector and account."""
        found: set[tuple[str, str]] = set()
        connector: str | None = ""
        with self._database.read() as connection:
            while connector := connection.execute(_NEXT_CONNECTOR, {"after": connector}).scalar():
                found |= {(connector, account) for account in _accounts(connection, connector)}
        return found

    def first_seen_after(self, order_id: int, limit: int) -> list[NewOrder]:
        """Orders that came to the ledger after the one with that number, in the order they came."""
        table = tables.orders
        query = (
            select(
                table.c.id,
                table.c.connector,
                table.c.account,
                table.c.package,
                table.c.state,
                table.c.ordered_at,
                table.c.invoice_id.is_not(None),
            )
            .where(table.c.id > order_id)
            .order_by(table.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [
                NewOrder(number, OrderKey(connector, account, package), State(state), ordered_at, bool(invoiced))
                for number, connector, account, package, state, ordered_at, invoiced in connection.execute(query)
            ]

    def newest_id(self) -> int:
        """The number of the order that came last, 0 for none."""
        with self._database.read() as connection:
            return connection.execute(select(func.max(tables.orders.c.id))).scalar() or 0

    def change_all(self, changes: Mapping[int, Mapping[str, Any]], at: datetime) -> list[OrderRow]:
        """Set columns of several orders, in one transaction; what becomes their reason becomes a line of history."""
        with self._database.write() as connection:
            return [
                change_order(connection, order_id, _line(values), at, **values) for order_id, values in changes.items()
            ]

    def with_invoice(self, invoice_id: str) -> OrderRow | None:
        """The order that has this invoice."""
        rows = self._rows(_SELECT.where(tables.orders.c.invoice_id == invoice_id).limit(1))
        return rows[0] if rows else None

    def claimed_by_another(self, key: OrderKey, order: Order) -> str | None:
        """What another invoiced order that holds a line or origin package of this one is called (see `order_label`).

        The same package of the same moment under another account is the same order of a shop that has moved. A package
        under the same order number that was invoiced, died or changed since, and held one of the same products, is
        where this one was split off: N11 and Hepsiburada give the parts new line ids and do not name their origin.
        """
        values = {
            "package": list(order.origin_ids),
            "piece": [piece for line in order.lines for piece in line.pieces],
            "line": [line.id for line in order.lines if line.id and not line.pieces],
        }
        own = {"of_connector": key.connector, "of_account": key.account, "of_package": key.package}
        with self._database.read() as connection:
            claimed = None
            for kind, named in values.items():
                if named and claimed is None:
                    claimed = connection.execute(_CLAIMED, {**own, "of_kind": kind, "named": named}).first()
            others = [account for account in _accounts(connection, key.connector) if account != key.account]
            if claimed is None and others:
                claimed = connection.execute(_MOVED, {**own, "others": others, "at": order.ordered_at}).first()
        return self._split_from(key, order) if claimed is None else order_label(*claimed)

    def _split_from(self, key: OrderKey, order: Order) -> str | None:
        own = {"of_connector": key.connector, "of_account": key.account, "of_package": key.package}
        with self._database.read() as connection:
            dead = [_row(row) for row in connection.execute(_DEAD, {**own, "of_number": order.number})]
        products = {(line.code, line.barcode, line.name) for line in order.lines}
        for row in dead:
            lines = row.order.lines if row.document is not None and row.hold_code != "order-changed" else ()
            # a changed one, or one that a platform empties when it dies, no longer shows what it held
            if not lines or products & {(one.code, one.barcode, one.name) for one in lines}:
                return order_label(row.number, row.package)
        return None

    def _rows(self, query: Any) -> list[OrderRow]:
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(query)]


def _accounts(connection: Connection, connector: str) -> list[str]:
    """The accounts of a connector that have orders: one look into the index for each, however many orders there are."""
    found: list[str] = []
    account: str | None = ""
    while account is not None:
        account = connection.execute(_NEXT_ACCOUNT, {"of_connector": connector, "after": account}).scalar()
        found += [account] if account is not None else []
    return found


def _line(values: Mapping[str, Any]) -> str:
    code, reason = values.get("hold_code"), str(values.get("reason", ""))
    return f"held ({code}): {reason}" if code else reason


def change_order(connection: Connection, order_id: int, text: str, at: datetime, **values: Any) -> OrderRow:
    """`OrderBook.change` inside a transaction of the caller's."""
    if values:
        connection.execute(_CHANGE, {"sought": order_id, "changed_at": at, **values})
    if text:
        connection.execute(_TELL, {"order_id": order_id, "at": at, "text": text})
    return _row(connection.execute(_BY_ID, {"sought": order_id}).one())


def give_invoice(
    connection: Connection, order_id: int, invoice_id: str | None, at: datetime, came: str = "made"
) -> None:
    """An order's invoice is made: note its id, and which of the platform's lines and packages it covers."""
    row = change_order(connection, order_id, f"invoice {invoice_id} {came}", at, invoice_id=invoice_id)
    lines = () if row.document is None else row.order.lines
    pieces = [("piece", piece) for line in lines for piece in line.pieces]
    claims = [("package", row.package), *(("line", line.id) for line in lines if line.id), *pieces]
    own = {"connector": row.connector, "account": row.account, "order_id": order_id}
    connection.execute(_CLAIM, [{**own, "kind": kind, "value": value} for kind, value in claims])


def take_invoice(connection: Connection, order_id: int, at: datetime, why: str) -> None:
    """An order has no invoice any more."""
    row = change_order(connection, order_id, "", at)
    change_order(connection, order_id, f"invoice {row.invoice_id} taken off: {why}", at, invoice_id=None)
    connection.execute(delete(tables.claims).where(tables.claims.c.order_id == order_id))
