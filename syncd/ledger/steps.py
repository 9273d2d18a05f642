"""Every write to the outside world: the intent before it, the outcome after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from syncd.ledger import tables
from syncd.ledger.database import Database
from syncd.ledger.order_row import OrderRow
from syncd.ledger.orders import change_order, give_invoice, take_invoice


class StepState(StrEnum):
    """What is known of a step. `INTENDED` after a crash means the same as `UNKNOWN`."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"
    NOT_EXECUTED = "not_executed"
    UNKNOWN = "unknown"
    ABSENT = "absent"  # its record was looked for after all waiting, and is not there: the same body may be sent again
    DISMISSED = "dismissed"  # a person looked and said: it did not happen


@dataclass(frozen=True, slots=True)
class Promise:
    """What an invoice's intent fixes from then on: its day of issue and buyer, and that its rule has gone live.

    Day and buyer are None where they were fixed by an earlier attempt of the same body.
    """

    issue_date: str | None
    rule: str
    contact_id: str | None


UNSETTLED = frozenset({StepState.INTENDED, StepState.UNKNOWN})
_DID_NOT_HAPPEN = frozenset({StepState.REFUSED, StepState.NOT_EXECUTED, StepState.DISMISSED})
_MAY_BE_SENT = _DID_NOT_HAPPEN | {StepState.ABSENT}

ADOPTED: Final = "adopted by hand"
"""The `answer` of a step whose record a person named."""

INVOICE_FENCE: Final = "highest sales_invoices"
"""The setting that holds the highest id of an invoice that was ever seen."""

FOUND: Final = "found by looking"
"""The `answer` of a step whose answer was lost and whose record was found."""

BY_MARK: Final = "found by its mark"
BY_NUMBER: Final = "found by order number, date and total"
BY_BUYER: Final = "found by buyer, date and total"
ADOPTED_BY_HAND: Final = "made by hand, and named by a person"
ADOPTIONS: Final = frozenset({BY_MARK, BY_NUMBER, BY_BUYER, ADOPTED_BY_HAND})
"""The `answer` of a sale whose invoice this ledger didn't make: how it was found. Its contact is what it is."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step. `body` is the exact JSON text that was to be sent; `fence` the highest id of its kind seen before.

    `lost` counts the attempts whose answer was lost. `deadline_at` is when its request has surely ended on our side.
    While its outcome is unknown, `look_at` is when it is looked for next; `looked` says in words what was looked for,
    and where. `doubted_at` is when an attempt of it first had no outcome (the fence is that attempt's), and
    `second_look_at` when it has to be looked at once more.
    """

    identity: str
    kind: str
    order_id: int | None
    state: StepState
    method: str
    path: str
    query: list[list[str]]
    body: str
    fence: str
    attempts: int
    intended_at: datetime
    finished_at: datetime | None = None
    remote_id: str | None = None
    answer: str = ""
    lost: int = 0
    deadline_at: datetime | None = None
    look_at: datetime | None = None
    looked: str = ""
    doubted_at: datetime | None = None
    second_look_at: datetime | None = None


_COLUMNS = tuple(field.name for field in fields(StepRow))
_SELECT = select(*(tables.steps.c[name] for name in _COLUMNS))

# What is asked for every order: SQLAlchemy takes longer to build a statement than SQLite to answer it.
_BY_IDENTITY = _SELECT.where(tables.steps.c.identity == bindparam("sought"))
_OF_ORDER = _SELECT.where(tables.steps.c.order_id == bindparam("sought")).order_by(tables.steps.c.id)
_UNSETTLED = _SELECT.where(tables.steps.c.state.in_([state.value for state in UNSETTLED])).order_by(tables.steps.c.id)
_INSERT = upsert(tables.steps)
_INTEND = _INSERT.on_conflict_do_update(
    index_elements=["identity"],
    set_={name: _INSERT.excluded[name] for name in _COLUMNS},
    where=tables.steps.c.state.in_([state.value for state in _MAY_BE_SENT]),
)
_FINISH = update(tables.steps).where(tables.steps.c.identity == bindparam("sought"))


def _row(row: Row[Any]) -> StepRow:
    values = dict(row._mapping)
    values["state"] = StepState(values["state"])
    return StepRow(**values)


class StepLog:
    """The table of steps."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sold = False

    def get(self, identity: str) -> StepRow | None:
        """The step of that identity, if it was ever intended."""
        with self._database.read() as connection:
            row = connection.execute(_BY_IDENTITY, {"sought": identity}).one_or_none()
        return None if row is None else _row(row)

    def any_sale(self) -> bool:
        """Whether an invoice was ever made, or may have been."""
        if self._sold:
            return True
        states = [StepState.DONE.value, *(state.value for state in UNSETTLED)]
        maybe = tables.steps.c.state.in_(states) | tables.steps.c.doubted_at.is_not(None)
        query = select(tables.steps.c.id).where(tables.steps.c.kind == "sale", maybe)
        with self._database.read() as connection:
            self._sold = connection.execute(query.limit(1)).scalar() is not None
        return self._sold

    def of_order(self, order_id: int) -> list[StepRow]:
        """The steps of one order, in their order."""
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(_OF_ORDER, {"sought": order_id})]

    def unsettled(self, order_id: int | None = None) -> list[StepRow]:
        """Steps whose outcome is not known, of one order or of all."""
        query = _UNSETTLED if order_id is None else _UNSETTLED.where(tables.steps.c.order_id == order_id)
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(query)]

    def intend(self, step: StepRow, promise: Promise | None = None) -> None:
        """Commit the intent of a step before it is sent, and what is promised with it, in one transaction.

        A step that was refused, not executed or not found may be intended again; ValueError for one that is done or
        unsettled.
        """
        values: dict[str, Any] = {name: getattr(step, name) for name in _COLUMNS}
        values["state"] = StepState.INTENDED.value
        with self._database.write() as connection:
            if connection.execute(_INTEND, values).rowcount != 1:
                raise ValueError(f"step {step.identity} is done or unsettled and can't be intended again")
            if promise is not None:
                _keep(connection, promise, step)

    def finish(
        self,
        identity: str,
        state: StepState,
        at: datetime,
        *,
        remote_id: str | None = None,
        answer: str = "",
        noted: Mapping[str, datetime | str | int | None] = MappingProxyType({}),
    ) -> None:
        """Commit the outcome of a step and what follows from it for its order and rule, in one transaction.

        `noted` are other columns of the step that change with it: `look_at`, `looked`, `doubted_at`, `second_look_at`.

        A sale that is done gives the order its invoice and claims its lines; a deletion takes both back; a first sale
        that surely did not happen leaves its rule as new as it was.
        """
        with self._database.write() as connection:
            outcome = {"state": state.value, "finished_at": at, "remote_id": remote_id, "answer": answer, **noted}
            connection.execute(_FINISH, {"sought": identity, **outcome})
            step = _row(connection.execute(_BY_IDENTITY, {"sought": identity}).one())
            if step.kind == "sale" and state is StepState.DONE and step.order_id is not None:
                give_invoice(connection, step.order_id, remote_id, at)
                _raise_fence(connection, remote_id)
            if step.kind == "sale" and state in _MAY_BE_SENT:
                rules = tables.rules
                moments = [step.intended_at, *([step.doubted_at] if step.doubted_at is not None else [])]
                connection.execute(
                    update(rules).where(rules.c.first_invoice_at.in_(moments)).values(first_invoice_at=None)
                )
            if step.kind == "delete" and state is StepState.DONE and step.order_id is not None:
                take_invoice(connection, step.order_id, at, "it came out wrong and was deleted")
            if (
                step.kind in ("delete", "surplus")
                and state is StepState.DONE
                and step.path.startswith("sales_invoices/")
            ):
                gone = step.path.rsplit("/", 1)[-1]
                connection.execute(delete(tables.invoices).where(tables.invoices.c.id == int(gone)))

    def adopt(
        self,
        identity: str,
        order_id: int,
        invoice_id: str,
        at: datetime,
        how: str,
        *,
        text: str,
        contact_id: str = "",
        issue_date: str = "",
        **values: Any,
    ) -> OrderRow:
        """An order gets an invoice that this ledger didn't make, as if its sale were done, in one transaction.

        `how` (one of ADOPTIONS) becomes the step's answer; `text` a line of the order's history and `values` its other
        columns. A sale that is unsettled, or did not happen, is settled by it; what was noted of looking for it stays.
        Returns the order's row. Raises ValueError for a sale that is done (its invoice is another one), and for an
        invoice that another order has.
        """
        step = StepRow(
            identity=identity,
            kind="sale",
            order_id=order_id,
            state=StepState.DONE,
            method="POST",
            path="sales_invoices",
            query=[],
            body="",
            fence="0",
            attempts=0,
            intended_at=at,
            finished_at=at,
            remote_id=invoice_id,
            answer=how,
        )
        fresh: dict[str, Any] = {name: getattr(step, name) for name in _COLUMNS}
        outcome = {name: fresh[name] for name in ("state", "finished_at", "remote_id", "answer")}
        outcome["state"] = fresh["state"] = StepState.DONE.value
        outcome["look_at"] = None
        statement = upsert(tables.steps).values(**fresh)
        settled = statement.on_conflict_do_update(
            index_elements=["identity"], set_=outcome, where=tables.steps.c.state != StepState.DONE.value
        )
        buyer = {"contact_id": contact_id} if contact_id else {}
        day = {"issue_date": issue_date} if issue_date else {}
        with self._database.write() as connection:
            orders = tables.orders
            taken = select(orders.c.id).where(orders.c.invoice_id == invoice_id, orders.c.id != order_id)
            if connection.execute(taken.limit(1)).first() is not None:
                raise ValueError(f"another order has the invoice {invoice_id}")
            if connection.execute(settled).rowcount != 1:
                raise ValueError(f"step {identity} is done already")
            give_invoice(connection, order_id, invoice_id, at, "adopted")
            return change_order(connection, order_id, text, at, **buyer, **day, **values)

    def retract(self, identity: str, at: datetime, why: str) -> None:
        """An invoice that was adopted is not the order's: it has none again, in one transaction.

        Its sale is as it was before, of an unknown outcome if an attempt had none.
        """
        with self._database.write() as connection:
            step = _row(connection.execute(_SELECT.where(tables.steps.c.identity == identity)).one())
            state = StepState.DISMISSED if step.doubted_at is None else StepState.UNKNOWN
            connection.execute(
                update(tables.steps)
                .where(tables.steps.c.identity == identity)
                .values(state=state.value, finished_at=at, remote_id=None, answer=why)
            )
            if step.order_id is not None:
                take_invoice(connection, step.order_id, at, why)

    def note(self, identity: str, **noted: datetime | str | int | None) -> None:
        """Change what is remembered of looking for a step's record; its state stays."""
        with self._database.write() as connection:
            connection.execute(update(tables.steps).where(tables.steps.c.identity == identity).values(**noted))

    def have_made(self, kind: str, remote_id: str) -> bool:
        """Whether a record of that kind and id was made by a step."""
        table = tables.steps
        query = select(table.c.id).where(
            table.c.kind == kind, table.c.remote_id == remote_id, table.c.state == StepState.DONE.value
        )
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).scalar() is not None

    def open_to_all(self) -> list[StepRow]:
        """The steps of no single order (products, categories) that are not known to be done."""
        table = tables.steps
        states = [*(state.value for state in UNSETTLED), StepState.ABSENT.value]
        with self._database.read() as connection:
            query = _SELECT.where(table.c.order_id.is_(None), table.c.state.in_(states))
            return [_row(row) for row in connection.execute(query.order_by(table.c.id))]

    def pull_back(self, now: datetime) -> None:
        """Let nothing wait longer than until now: the clock was ahead when its time was set."""
        table = tables.steps
        with self._database.write() as connection:
            for column in (table.c.look_at, table.c.second_look_at, table.c.deadline_at, table.c.finished_at):
                connection.execute(update(table).where(column > now).values({column.name: now}))

    def next_second_look(self, kind: str) -> datetime | None:
        """When the next second look at a step of that kind is due; None when there is none."""
        table = tables.steps
        query = select(func.min(table.c.second_look_at)).where(
            table.c.second_look_at.is_not(None), table.c.kind == kind
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def second_looks(self, until: datetime) -> list[StepRow]:
        """The steps that have to be looked at once more by then, and whose outcome is known."""
        table = tables.steps
        query = _SELECT.where(
            table.c.second_look_at <= until, table.c.state.not_in([state.value for state in UNSETTLED])
        )
        with self._database.read() as connection:  # by the number alone SQLite would walk through all steps
            return [_row(row) for row in connection.execute(query.order_by(table.c.second_look_at, table.c.id))]

    def doubt(self, identity: str, at: datetime) -> None:
        """A step that was called done is not: its outcome is unknown again, and its order has no invoice of it."""
        with self._database.write() as connection:
            connection.execute(
                update(tables.steps)
                .where(tables.steps.c.identity == identity)
                .values(state=StepState.UNKNOWN.value, remote_id=None, finished_at=at)
            )
            step = _row(connection.execute(_SELECT.where(tables.steps.c.identity == identity)).one())
            if step.order_id is not None:
                take_invoice(connection, step.order_id, at, "it was not this order's")

    def retire(self, kind: str, remote_id: str) -> None:
        """Set a done step aside whose record turned out to be gone, so that the record may be made again."""
        table = tables.steps
        self._set_aside((table.c.kind == kind) & (table.c.remote_id == remote_id))

    def retire_identity(self, identity: str) -> None:
        """The same for a step that is known by its identity: what it made can't be found any more."""
        self._set_aside(tables.steps.c.identity == identity)

    def _set_aside(self, which: ColumnElement[bool]) -> None:
        table = tables.steps
        with self._database.write() as connection:
            connection.execute(
                update(table)
                .where(which, table.c.state == StepState.DONE.value)
                .values(identity=table.c.identity + " (gone) " + table.c.remote_id)
            )


def _raise_fence(connection: Connection, remote_id: str | None) -> None:
    table = tables.settings
    known = connection.execute(select(table.c.value).where(table.c.name == INVOICE_FENCE)).scalar()
    made = int(remote_id) if remote_id is not None and remote_id.isdigit() else 0
    highest = str(max(int(known or 0), made))
    if highest != known:
        statement = upsert(table).values(name=INVOICE_FENCE, value=highest)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": highest}))


def _keep(connection: Connection, promise: Promise, step: StepRow) -> None:
    orders, rules = tables.orders, tables.rules
    if promise.issue_date is not None:
        connection.execute(
            update(orders)
            .where(orders.c.id == step.order_id)
            .values(issue_date=promise.issue_date, contact_id=promise.contact_id)
        )
    first = upsert(rules).values(name=promise.rule, approved=False, paused=False, first_invoice_at=step.intended_at)
    connection.execute(
        first.on_conflict_do_update(
            index_elements=["name"],
            set_={"first_invoice_at": step.intended_at},
            where=rules.c.first_invoice_at.is_(None),
        )
    )
