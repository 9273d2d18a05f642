"""A ledger file with orders in it, for the tests of what happens to the file as a whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from factories import an_order

from syncd.ledger.ledger import Ledger, open_ledger
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import StepRow, StepState
from syncd.orders.json import order_to_json
from syncd.orders.order import Order

COMPANY = "api.parasut.com/115"
THEN = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def opened(folder: Path) -> Ledger:
    return open_ledger(f"sqlite:///{folder}/ledger.db", COMPANY)


def a_row(order: Order | None = None, package: str = "42", **changes: Any) -> OrderRow:
    """The row of an order that was invoiced on that day."""
    order = replace(order or an_order(), id=package)
    row = OrderRow(
        connector="woocommerce",
        account="magaza.test",
        package=package,
        platform="site",
        number=order.number,
        status=str(order.status),
        status_text=order.status_text,
        fingerprint="f",
        seen_at=THEN,
        changed_at=THEN,
        state=State.INVOICED,
        customer=order.customer_id,
        ordered_at=order.ordered_at,
        total=order.total,
        currency=order.currency,
        document=order_to_json(order),
        rule="site-hazirlanan",
        reason="invoice 900",
        contact_id="70",
        issue_date="2026-11-24",
        payable=order.total,
        invoiced_at=THEN,
    )
    return replace(row, **changes)


def saved(ledger: Ledger, row: OrderRow, raw: dict[str, Any] | None = None) -> OrderRow:
    """The row as the ledger has it then."""
    ledger.orders.save([(row, {"billing": {"first_name": "Ayşe"}} if raw is None else raw)])
    found = ledger.orders.get(row.key)
    assert found is not None
    return found


def a_step(row: OrderRow, kind: str = "sale", state: StepState = StepState.DONE, **changes: Any) -> StepRow:
    """A step of that order."""
    step = StepRow(
        identity=f"{kind} {row.key}",
        kind=kind,
        order_id=row.id,
        state=state,
        method="POST",
        path=f"{kind}s",
        query=[],
        body='{"name":"Ayşe Yılmaz"}',
        fence="899",
        attempts=1,
        intended_at=THEN,
    )
    return replace(step, **changes)


def stepped(ledger: Ledger, step: StepRow, answer: str = "") -> None:
    """Put the step into the ledger the way runs do: intended, then finished unless it is open."""
    ledger.steps.intend(step)
    if step.state is not StepState.INTENDED:
        done = step.state is StepState.DONE
        ledger.steps.finish(step.identity, step.state, THEN, remote_id="900" if done else None, answer=answer)
