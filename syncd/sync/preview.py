"""The dry run: the plans that a run would carry out now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from syncd.errors import Hold, LedgerError, ParasutError
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import OrderKey, OrderRow, State
from syncd.orders.order import Order
from syncd.sync.admission import Admission
from syncd.sync.adoption import read_new_invoices, with_doubts
from syncd.sync.collect import judge_again
from syncd.sync.executor import Unsettled
from syncd.sync.judge import held
from syncd.sync.knowledge import LedgerKnowledge
from syncd.sync.outgrown import kept_note, kept_since
from syncd.sync.plan import PlanContext
from syncd.sync.refresh import Refresher
from syncd.sync.report import Report, Result, Selection, Verdict, as_held
from syncd.sync.selection import collect_all, counted, due_rows, in_turn, must_know, not_yet, selected
from syncd.sync.standing import plan_row
from syncd.sync.workshop import Workshop


def preview(
    workshop: Workshop,
    selection: Selection,
    *,
    offline: bool = False,
    on_changed: Callable[[Iterable[OrderRow]], None] = lambda _: None,
) -> Report:
    """The dry run: what `work` would do now. Changes no order and no step, and writes nothing to the outside.

    With `offline` nothing is asked of anybody: the orders are those the ledger holds as due. `on_changed` is told of
    the orders that a run would find new or changed.
    """
    report = Report()
    judgement = workshop.judgement
    report.notes = kept_since(workshop.ledger, judgement)
    changed: dict[OrderKey, OrderRow] = {}
    raw: dict[OrderKey, Mapping[str, Any]] = {}
    if not offline:
        for collected in collect_all(workshop, selection, judgement, store=False):
            report.collected.append(collected)
            changed |= {row.key: row for row in collected.changed}
            raw |= collected.raw
        changed = {row.key: row for row in judge_again(workshop.ledger, judgement, workshop.clock())} | changed
    on_changed(changed.values())
    rows = due_rows(workshop, changed, selection)
    if rows and workshop.client is not None and not offline:
        try:
            read_new_invoices(workshop)
            Refresher(workshop.client, workshop.ledger, workshop.clock).refresh(len(rows))
        except (ParasutError, LedgerError) as error:
            report.stopped = error
    knowledge = LedgerKnowledge(workshop.ledger, looked_up=False)
    admission = Admission(workshop.ledger, named=selection.order is not None)
    obstacles, free = in_turn(rows, workshop, selection, report)
    for row, why in obstacles:
        if isinstance(why, Hold):
            report.add([as_held(held(row, why))])
        else:
            report.add([Result(row, Verdict.WAITS, why)])
    rules = [rule for rule, _ in free]
    for rule, row in zip(rules, with_doubts((row for _, row in free), workshop.ledger), strict=True):
        waits = admission.refusal(rule, row) or not_yet(row, workshop.clock(), workshop.settings.timezone)
        record = raw[row.key] if row.key in raw else workshop.ledger.orders.raw(row)
        order = replace(row.order, raw=record)
        context = workshop.context(rule, row.platform)
        result = plan_or_hold(row, order, context, workshop.ledger, knowledge)
        note = kept_note(rule, row, order, judgement)
        if note and result.plan is not None and result.plan.adopts is None and row.invoice_id is None:
            result = replace(result, plan=replace(result.plan, notes=(*result.plan.notes, note)))
        if result.verdict is Verdict.INVOICED and waits:
            result = replace(result, verdict=Verdict.WAITS, message=waits)
        elif result.verdict is Verdict.INVOICED:
            admission.count(rule, row)
        report.add([result])
    report.add([as_held(row) for row in changed.values() if row.state is State.HELD and selected(row, selection)])
    if selection.order is not None and not changed:
        must_know(workshop, selection, rows, report)
    return counted(report, workshop)


def plan_or_hold(
    row: OrderRow, order: Order, context: PlanContext, ledger: Ledger, knowledge: LedgerKnowledge
) -> Result:
    """Plan one order that counts as due; the next plan knows what this one would make."""
    try:
        plan = plan_row(row, order, context, ledger, knowledge)
    except Hold as hold:
        return Result(held(row, hold), Verdict.HELD, hold.message, hold=hold)
    except Unsettled as error:
        return Result(row, Verdict.WAITS, error.message)
    if plan.adopts is not None:
        knowledge.assume_adopted(plan.adopts.invoice.id)
    else:
        knowledge.assume(plan.steps)
    words = "would be invoiced"
    if plan.adopts is not None and row.invoice_id is None:
        words = f"would adopt the invoice {plan.adopts.invoice} ({plan.adopts.how})"
    if row.invoice_id is not None:
        words = f"its invoice {row.invoice_id} is there; it would be compared and completed"
    return Result(row, Verdict.INVOICED, words, plan)
