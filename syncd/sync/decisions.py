"""What a person decides about an order or a rule."""

from __future__ import annotations

from dataclasses import replace

from syncd.errors import UsageError
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import UNSETTLED, StepRow, StepState
from syncd.orders.status import SIDE_EXITS
from syncd.sync.executor import ADOPTED, STOP_SETTING, is_harmless
from syncd.sync.judge import decide, held, undone
from syncd.sync.workshop import Workshop


def retry(row: OrderRow, workshop: Workshop) -> OrderRow:
    """A person says: try a held order again. Its rule is found anew when it has none. Raises UsageError."""
    if row.state is not State.HELD:
        raise UsageError(f"{row.name} is not held; it is {row.state}.", "Only held orders can be retried.")
    unsettled = _open_questions(row, workshop)
    if unsettled:
        raise UsageError(
            f"{row.name} has a step whose outcome is not known: {unsettled[0].identity}.",
            f"Use `syncd orders resolve {row.name} --adopt ID` or `--send-again`.",
        )
    if row.document is None:
        raise UsageError(
            f"The record of {row.name} could not be read, so there is nothing to retry.",
            "Correct it at the platform, or the connector; syncd reads it again when it changes.",
        )
    return _judged(row, f"retried by hand; it was held for {row.hold_code}", workshop)


def ignore(row: OrderRow, workshop: Workshop) -> OrderRow:
    """A person says: syncd is done with this order. Its invoice, if it has one, stays. Raises UsageError."""
    if row.state is State.INVOICED:
        raise UsageError(f"{row.name} is invoiced ({row.invoice_id}), and nothing about it waits for a person.")
    state = State.INVOICED if row.invoice_id is not None else State.IGNORED
    reason = f"invoice {row.invoice_id}; settled by hand" if row.invoice_id is not None else "ignored by hand"
    text = reason + (f"; it was held for {row.hold_code}" if row.hold_code else "")
    return workshop.ledger.orders.change(
        row, text, workshop.clock(), state=state.value, reason=reason, hold_code=None, remedy=""
    )


def steps_of(row: OrderRow, workshop: Workshop) -> list[StepRow]:
    """The steps of an order, and the unsettled ones that all orders share (products, categories) and it waits for."""
    steps = workshop.ledger.steps
    shared = [step for step in steps.unsettled() if step.order_id is None and f"`{step.identity}`" in row.reason]
    return [*shared, *steps.of_order(row.ledger_id)]


def _open_questions(row: OrderRow, workshop: Workshop) -> list[StepRow]:
    """The steps that only a person can settle; a deletion is simply asked again."""
    return [step for step in steps_of(row, workshop) if step.state in UNSETTLED and not is_harmless(step)]


def resolve(row: OrderRow, workshop: Workshop, *, adopt: str | None) -> OrderRow:
    """A person looked in Paraşüt for the step whose outcome is not known.

    `adopt` is the id of the record it made; None says that it made none, so that it may be sent again. The order is due
    again; an adopted invoice is read and compared at the next run. Raises UsageError.
    """
    ledger, at = workshop.ledger, workshop.clock()
    if row.state is not State.HELD:
        raise UsageError(f"{row.name} is not held; it is {row.state}.", "`syncd orders show` tells how it is.")
    unsettled = _open_questions(row, workshop)
    if not unsettled:
        raise UsageError(f"{row.name} has no step whose outcome is not known.", "`syncd orders show` tells how it is.")
    step = unsettled[0]
    if adopt is not None:
        ledger.steps.finish(step.identity, StepState.DONE, at, remote_id=adopt, answer=ADOPTED)
        text = f"`{step.identity}` made {adopt}, found by hand"
    else:
        ledger.steps.finish(step.identity, StepState.DISMISSED, at, answer="not found by hand")
        text = f"`{step.identity}` made nothing, looked up by hand"
    return _judged(ledger.orders.by_id(row.ledger_id) or row, text, workshop)


def _judged(row: OrderRow, text: str, workshop: Workshop) -> OrderRow:
    """Let a held order go on from where it stands at the platform by now."""
    ledger, at = workshop.ledger, workshop.clock()
    if row.document is None:
        return ledger.orders.change(row, text, at)
    order = ledger.orders.whole(row)
    if row.invoice_id is None:
        decided = decide(row, order, workshop.judgement)
    elif order.status in SIDE_EXITS:
        decided = held(row, undone(order.status, row.invoice_id))
    else:
        reason = "its invoice is to be compared and completed"
        decided = replace(row, state=State.DUE, reason=reason, hold_code=None, remedy="")
    return ledger.orders.change(
        row,
        text,
        at,
        state=decided.state.value,
        reason=decided.reason,
        rule=decided.rule,
        hold_code=decided.hold_code,
        remedy=decided.remedy,
    )


def approve(rule: str, workshop: Workshop) -> None:
    """A person looked at a rule's first invoice: the others may follow. Raises UsageError for an unknown rule."""
    _known_rule(rule, workshop)
    workshop.ledger.set_rule(rule, approved=True)


def set_paused(rule: str | None, paused: bool, workshop: Workshop) -> None:
    """Stop everything, or one rule, before its next write; or let it go on. Raises UsageError for an unknown rule."""
    if rule is None:
        workshop.ledger.set_setting(STOP_SETTING, workshop.clock().isoformat() if paused else None)
        return
    _known_rule(rule, workshop)
    workshop.ledger.set_rule(rule, paused=paused)


def _known_rule(rule: str, workshop: Workshop) -> None:
    names = [known.name for known in workshop.settings.rules]
    if rule not in names:
        raise UsageError(f"There is no rule {rule!r}.", f"The rules are: {', '.join(names)}.")
