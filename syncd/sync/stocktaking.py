"""What of Paraşüt's invoices belongs to which order: given to them, or left to a person. Nothing is written there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from syncd.errors import Hold
from syncd.ledger.order_row import OrderKey, OrderRow, State
from syncd.ledger.steps import BY_MARK
from syncd.sync.adoption import adopt, adopt_known, foretold, read_new_invoices, strangers
from syncd.sync.collect import judge_again
from syncd.sync.existing import MAYBE, by_mark
from syncd.sync.judge import held
from syncd.sync.knowledge import LedgerKnowledge
from syncd.sync.preview import plan_or_hold, preview
from syncd.sync.refresh import Refresher
from syncd.sync.report import Report, Selection
from syncd.sync.selection import calls_of, collect_all, due_rows, in_turn
from syncd.sync.workshop import Workshop

_SHOWN: Final = 20
"""How many of a kind are named; all are counted."""


@dataclass
class _Stock:
    report: Report = field(default_factory=Report)
    adopted: list[dict[str, str]] = field(default_factory=list)
    maybe: list[dict[str, str]] = field(default_factory=list)
    accounted: set[str] = field(default_factory=set)  # marks of orders that are known

    def adopts(self, row: OrderRow, invoice_id: str, how: str) -> None:
        self.adopted.append({"order": row.name, "invoice": invoice_id, "how": how})

    def doubts(self, row: OrderRow) -> None:
        self.maybe.append({"order": row.name, "why": row.reason, "remedy": row.remedy})


def take_stock(workshop: Workshop, *, dry_run: bool) -> Mapping[str, Any]:
    """Read platforms and invoices, and give each order the invoice that is its own; with `dry_run` only tell.

    The answer, for programs: `adopted` and `maybe_invoiced` (`{count, orders: [{order, …}]}`), `strangers`: invoices
    with a mark of ours whose order is not known (`{count, invoices: [{id, mark}]}`), `not_read`: why a platform could
    not be read, `calls`. Raises as the client does, Stopped, UsageError and LedgerError.
    """
    before = calls_of(workshop)[0]
    stock = _foretell(workshop) if dry_run else _give(workshop)
    left = [one for one in strangers(workshop.ledger) if one.marker not in stock.accounted]
    errors = [str(collected.error) for collected in stock.report.collected if collected.error is not None]
    return {
        "dry_run": dry_run,
        "adopted": {"count": len(stock.adopted), "orders": stock.adopted[:_SHOWN]},
        "maybe_invoiced": {"count": len(stock.maybe), "orders": stock.maybe[:_SHOWN]},
        "strangers": {"count": len(left), "invoices": [{"id": one.id, "mark": one.marker} for one in left[:_SHOWN]]},
        "not_read": errors + ([] if stock.report.stopped is None else [str(stock.report.stopped)]),
        "calls": calls_of(workshop)[0] - before,
    }


def _foretell(workshop: Workshop) -> _Stock:
    stock = _Stock()
    changed: dict[OrderKey, OrderRow] = {}

    def note(rows: Iterable[OrderRow]) -> None:
        changed.update({row.key: row for row in rows})

    read_new_invoices(workshop)
    stock.report = preview(workshop, Selection(), on_changed=note)
    planned = set()
    for result in stock.report.results:
        planned.add(result.row.key)
        if result.plan is not None and result.plan.adopts is not None and result.row.invoice_id is None:
            stock.adopts(result.row, result.plan.adopts.invoice.id, result.plan.adopts.how)
        elif result.hold is not None and result.hold.code == MAYBE:
            stock.doubts(result.row)
    for row, found in foretold(workshop.ledger, changed):
        stock.accounted.add(row.key.marker)
        if row.key in planned and row.state is State.DUE:
            continue
        try:
            if by_mark(row.key, row.name, found) is not None:
                stock.adopts(row, found[0].id, BY_MARK)
        except Hold as hold:
            stock.doubts(held(row, hold))
    return stock


def _give(workshop: Workshop) -> _Stock:
    ledger, stock = workshop.ledger, _Stock()
    stock.report.collected += collect_all(workshop, Selection(), workshop.judgement, store=True)
    with ledger.orders.alone:
        ledger.orders.save((row, None) for row in judge_again(ledger, workshop.judgement, workshop.clock()))
    read_new_invoices(workshop)
    for row in adopt_known(workshop).adopted:
        stock.adopts(row, row.invoice_id or "", BY_MARK)
    _give_without_mark(workshop, stock)
    for row in ledger.orders.newest(state=State.HELD, hold_code=MAYBE, limit=1_000_000):
        stock.doubts(row)
        stock.accounted.add(row.key.marker)
    return stock


def _give_without_mark(workshop: Workshop, stock: _Stock) -> None:
    """The due orders whose invoice only their plan can tell: by number, or by buyer."""
    ledger = workshop.ledger
    rows = [row for row in due_rows(workshop, {}, Selection()) if row.state is State.DUE and row.invoice_id is None]
    if not rows or workshop.client is None:
        return
    Refresher(workshop.client, ledger, workshop.clock).refresh(len(rows))
    knowledge = LedgerKnowledge(ledger, looked_up=False)
    for rule, row in in_turn(rows, workshop, Selection(), stock.report)[1]:
        workshop.breathe()
        result = plan_or_hold(row, ledger.orders.whole(row), workshop.context(rule, row.platform), ledger, knowledge)
        with ledger.orders.alone:
            if result.plan is not None and result.plan.adopts is not None:
                adopt(row, result.plan.adopts, ledger, (rule,), workshop.clock())
                stock.adopts(row, result.plan.adopts.invoice.id, result.plan.adopts.how)
            elif result.hold is not None and result.hold.code == MAYBE:
                hold = result.hold
                values = {"hold_code": hold.code, "reason": hold.message, "remedy": hold.remedy}
                ledger.orders.change_all({row.ledger_id: {"state": State.HELD.value, **values}}, workshop.clock())
