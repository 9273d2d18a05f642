"""Retention: finished orders lose the platform's record and all personal data, and stay known.

What keeps an order from being invoiced twice is kept for good: who it is, its fingerprint, lines and claims, its
invoice, and of its steps identity, outcome and the id that came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, null, select, update

from syncd.ledger import tables
from syncd.ledger.database import Database
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import UNSETTLED, StepState
from syncd.orders.json import OrderFormatError, order_from_json, order_to_json
from syncd.orders.personal import without_personal_data

FINISHED: Final = (State.INVOICED, State.IGNORED, State.ENDED, State.LEFT)
"""The states in which nothing waits for an order any more."""

BATCH: Final = 200
_HELD: Final = "held ("


class Pruning:
    """What retention removes, and removing it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, before: datetime) -> int:
        """How many orders would lose their personal data: finished, and unchanged since before that moment."""
        query = select(func.count()).select_from(tables.orders).where(_old(before))
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def prune(self, before: datetime, at: datetime, limit: int = BATCH) -> int:
        """Remove the data of the oldest such orders, at most `limit`, in one transaction; returns how many it were."""
        orders, steps, history = tables.orders, tables.steps, tables.history
        # Asked for in the same transaction: an order that comes back to life meanwhile keeps what it needs.
        query = select(orders.c.id, orders.c.document).where(_old(before)).order_by(orders.c.changed_at).limit(limit)
        with self._database.write() as connection:
            found = connection.execute(query).all()
            ids = [number for number, _ in found]
            for number, document in found:
                values = {"raw": null(), "document": pruned_document(document), "pruned_at": at}
                if document is None or values["document"] is None:
                    values["document"] = null()
                connection.execute(update(orders).where(orders.c.id == number).values(**values))
            if ids:
                of_these = steps.c.order_id.in_(ids)
                connection.execute(update(steps).where(of_these).values(body="", looked=""))
                # A refusal may quote what was sent; the word on a step that is done says how it came to be so.
                failed = of_these & (steps.c.state != StepState.DONE.value)
                connection.execute(update(steps).where(failed).values(answer=""))
                # Why an order was held may quote what its buyer wrote; that it was stays.
                short = func.substr(history.c.text, 1, func.instr(history.c.text, ":") - 1)
                quoting = history.c.text.startswith(_HELD, autoescape=True) & history.c.text.contains(":")
                connection.execute(update(history).where(history.c.order_id.in_(ids), quoting).values(text=short))
        return len(ids)


def pruned_document(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An order's document without personal data; None for one that can't be read."""
    if document is None:
        return None
    try:
        return order_to_json(without_personal_data(order_from_json(document)))
    except OrderFormatError:
        return None


def still_pruned(row: OrderRow, at: datetime) -> OrderRow:
    """How a pruned order is kept that the platform told of again: pruned, unless something waits for it now."""
    if row.pruned_at is None:
        return row
    if row.state in FINISHED:
        return replace(row, document=pruned_document(row.document), pruned_at=at)
    return replace(row, pruned_at=None)


def _old(before: datetime) -> ColumnElement[bool]:
    orders, steps = tables.orders, tables.steps
    open_states = [state.value for state in UNSETTLED]
    unsettled = exists().where(
        steps.c.order_id == orders.c.id, steps.c.state.in_(open_states) | steps.c.second_look_at.is_not(None)
    )
    # Spelled out for the index, which holds only what is not pruned yet.
    return and_(
        orders.c.pruned_at.is_(None),
        orders.c.changed_at < before,
        orders.c.state.in_([state.value for state in FINISHED]),
        ~unsettled,
    )
