"""Figures over the whole ledger, for metrics: read often, so each is cheap with a hundred thousand orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from syncd.ledger import tables
from syncd.ledger.database import Database
from syncd.ledger.order_row import UNFINISHED, State
from syncd.orders.status import SIDE_EXITS

_MINUTE = len("2026-11-24T09:30")


@dataclass(frozen=True, slots=True)
class PutOff:
    """How many due orders of a rule wait for the same, and until when the last of them does."""

    rule: str
    reason: str
    orders: int
    until: datetime


class Overview:
    """Counts and moments, no single orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def oldest_changes(self) -> dict[tuple[str | None, State], datetime]:
        """When the unfinished order last changed that has not changed for the longest time, by rule and state."""
        table = tables.orders
        query = (
            select(table.c.rule, table.c.state, func.min(table.c.changed_at, type_=table.c.changed_at.type))
            .where(table.c.state.in_([state.value for state in UNFINISHED]))
            .group_by(table.c.rule, table.c.state)
        )
        with self._database.read() as connection:
            return {(rule, State(state)): moment for rule, state, moment in connection.execute(query)}

    def fulfilled(self) -> list[tuple[str | None, datetime, int]]:
        """Orders on their main way without an invoice, by rule and the minute when they were delivered.

        Where that is unknown it is the minute when they were shipped.
        """
        table = tables.orders
        moments = [
            func.json_extract(table.c.document, path)
            for path in ("$.delivered_at", "$.shipped_at", "$.shipment.shipped_at")
        ]
        minute = func.substr(func.coalesce(*moments), 1, _MINUTE)
        # Only unfinished orders are looked into, and they are few: the index passes over the invoiced ones.
        awaited = table.c.state.in_([state.value for state in UNFINISHED]) & table.c.invoice_id.is_(None)
        awaited &= table.c.status.not_in([status.value for status in SIDE_EXITS])
        query = select(table.c.rule, minute, func.count()).where(awaited, minute.is_not(None))
        query = query.group_by(table.c.rule, minute)
        with self._database.read() as connection:
            return [
                (rule, datetime.fromisoformat(text).replace(tzinfo=UTC), count)
                for rule, text, count in connection.execute(query)
            ]

    def put_off(self, now: datetime) -> list[PutOff]:
        """The due orders whose next try is later than now, by rule and reason; the most first."""
        table = tables.orders
        until = func.max(table.c.next_at, type_=table.c.next_at.type)
        query = (
            select(table.c.rule, table.c.reason, func.count(), until)
            .where(table.c.state == State.DUE.value, table.c.next_at > now)
            .group_by(table.c.rule, table.c.reason)
        )
        with self._database.read() as connection:
            found = [PutOff(rule or "", reason, count, last) for rule, reason, count, last in connection.execute(query)]
        return sorted(found, key=lambda one: (-one.orders, one.rule, one.reason))

    def platform_of(self, connector: str, account: str) -> str | None:
        """The name in the configuration that orders of an account were read under last."""
        table = tables.orders
        query = select(table.c.platform).where(table.c.connector == connector, table.c.account == account).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def newest_moment(self) -> datetime | None:
        """The newest moment at which an order changed or a platform was read; None for a ledger without either."""
        orders, marks = tables.orders, tables.marks
        with self._database.read() as connection:
            moments = [
                connection.execute(select(func.max(column, type_=column.type))).scalar()
                for column in (orders.c.changed_at, marks.c.read_at)
            ]
        return max((moment for moment in moments if moment is not None), default=None)

    def paused_rules(self) -> frozenset[str]:
        """The rules that a person has paused."""
        query = select(tables.rules.c.name).where(tables.rules.c.paused.is_(True))
        with self._database.read() as connection:
            return frozenset(connection.execute(query).scalars())

    def pending(self) -> tuple[int, int]:
        """How many notices nobody was told of yet, and how many commands wait for their answer."""
        notices = select(func.count()).select_from(tables.notices).where(tables.notices.c.told_at.is_(None))
        commands = select(func.count()).select_from(tables.commands).where(tables.commands.c.finished_at.is_(None))
        with self._database.read() as connection:
            return connection.execute(notices).scalar_one(), connection.execute(commands).scalar_one()
