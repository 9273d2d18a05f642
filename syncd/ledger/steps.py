"""Every write to the outside world: the intent before it, the outcome after it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from syncd.ledger import tables
from syncd.ledger.database import Database
from syncd.ledger.orders import give_invoice, take_invoice


class StepState(StrEnum):
    """What is known of a step. `INTENDED` after a crash means the same as `UNKNOWN`."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"
    NOT_EXECUTED = "not_executed"
    UNKNOWN = "unknown"
    DISMISSED = "dismissed"  # a person looked and said: it did not happen


@dataclass(frozen=True, slots=True)
class Promise:
    """What an invoice's intent fixes from then on: its day of issue and buyer, and that its rule has gone live."""

    issue_date: str
    rule: str
    contact_id: str


UNSETTLED = frozenset({StepState.INTENDED, StepState.UNKNOWN})
_DID_NOT_HAPPEN = frozenset({StepState.REFUSED, StepState.NOT_EXECUTED, StepState.DISMISSED})


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step. `body` is the exact JSON text that was to be sent; `fence` the highest id of its kind seen before."""

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


_COLUMNS = tuple(field.name for field in fields(StepRow))
_SELECT = select(*(tables.steps.c[name] for name in _COLUMNS))


def _row(row: Row[Any]) -> StepRow:
    values = dict(row._mapping)
    values["state"] = StepState(values["state"])
    return StepRow(**values)


class StepLog:
    """The table of steps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, identity: str) -> StepRow | None:
        """The step of that identity, if it was ever intended."""
        with self._database.read() as connection:
            row = connection.execute(_SELECT.where(tables.steps.c.identity == identity)).one_or_none()
        return None if row is None else _row(row)

    def any_sale(self) -> bool:
        """Whether an invoice was ever made, or may have been."""
        states = [StepState.DONE.value, *(state.value for state in UNSETTLED)]
        query = select(tables.steps.c.id).where(tables.steps.c.kind == "sale", tables.steps.c.state.in_(states))
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).scalar() is not None

    def of_order(self, order_id: int) -> list[StepRow]:
        """The steps of one order, in their order."""
        query = _SELECT.where(tables.steps.c.order_id == order_id).order_by(tables.steps.c.id)
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(query)]

    def unsettled(self, order_id: int | None = None) -> list[StepRow]:
        """Steps whose outcome is not known, of one order or of all."""
        query = _SELECT.where(tables.steps.c.state.in_([state.value for state in UNSETTLED]))
        if order_id is not None:
            query = query.where(tables.steps.c.order_id == order_id)
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(query.order_by(tables.steps.c.id))]

    def intend(self, step: StepRow, promise: Promise | None = None) -> None:
        """Commit the intent of a step before it is sent, and what is promised with it, in one transaction.

        A step that was refused or not executed may be intended again; ValueError for one that is done or unsettled.
        """
        values: dict[str, Any] = {name: getattr(step, name) for name in _COLUMNS}
        values["state"] = StepState.INTENDED.value
        statement = upsert(tables.steps).values(**values)
        again = statement.on_conflict_do_update(
            index_elements=["identity"],
            set_=values,
            where=tables.steps.c.state.in_([state.value for state in _DID_NOT_HAPPEN]),
        )
        with self._database.write() as connection:
            if connection.execute(again).rowcount != 1:
                raise ValueError(f"step {step.identity} is done or unsettled and can't be intended again")
            if promise is not None:
                _keep(connection, promise, step)

    def finish(
        self, identity: str, state: StepState, at: datetime, *, remote_id: str | None = None, answer: str = ""
    ) -> None:
        """Commit the outcome of a step and what follows from it for its order and rule, in one transaction.

        A sale that is done gives the order its invoice and claims its lines; a deletion takes both back; a first sale
        that surely did not happen leaves its rule as new as it was.
        """
        with self._database.write() as connection:
            connection.execute(
                update(tables.steps)
                .where(tables.steps.c.identity == identity)
                .values(state=state.value, finished_at=at, remote_id=remote_id, answer=answer)
            )
            step = _row(connection.execute(_SELECT.where(tables.steps.c.identity == identity)).one())
            if step.kind == "sale" and state is StepState.DONE and step.order_id is not None:
                give_invoice(connection, step.order_id, remote_id, at)
            if step.kind == "sale" and state in _DID_NOT_HAPPEN:
                rules = tables.rules
                connection.execute(
                    update(rules).where(rules.c.first_invoice_at == step.intended_at).values(first_invoice_at=None)
                )
            if step.kind == "delete" and state is StepState.DONE and step.order_id is not None:
                take_invoice(connection, step.order_id, at, "it came out wrong and was deleted")

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


def _keep(connection: Connection, promise: Promise, step: StepRow) -> None:
    orders, rules = tables.orders, tables.rules
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
