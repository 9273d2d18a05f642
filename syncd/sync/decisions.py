"""What a person decides about an order or a rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from syncd.errors import UsageError
from syncd.ledger.invoices import unread_invoice
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import ADOPTED, ADOPTED_BY_HAND, StepRow, StepState
from syncd.sync.adoption import adopt as adopt_invoice
from syncd.sync.executor import STOP_SETTING
from syncd.sync.existing import MAYBE, Adoption
from syncd.sync.going_on import go_on
from syncd.sync.settling import OUTCOME_UNKNOWN, is_unsettled
from syncd.sync.step_words import not_known_yet
from syncd.sync.workshop import Workshop

_ADOPTABLE: Final = frozenset({"sale", "payment"})
_GIVEN_UP: Final = frozenset({StepState.ABSENT, StepState.NOT_EXECUTED})


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
    if row.hold_code == MAYBE:
        return _release(row, workshop)
    return _judged(row, f"retried by hand; it was held for {row.hold_code}", workshop)


def ignore(row: OrderRow, workshop: Workshop) -> OrderRow:
    """A person says: syncd is done with this order. Its invoice, if it has one, stays. Raises UsageError."""
    _refuse_while_in_hand(row, workshop)
    if row.invoice_id is None and any(step.kind == "sale" for step in _open_questions(row, workshop)):
        raise UsageError(
            f"Whether an invoice of {row.name} was made is not known yet.",
            f"Wait until it is (`syncd orders show {row.name}` tells when), or look yourself and "
            f"`syncd orders resolve {row.name}` first.",
        )
    if row.state is State.INVOICED:
        raise UsageError(f"{row.name} is invoiced ({row.invoice_id}), and nothing about it waits for a person.")
    state = State.INVOICED if row.invoice_id is not None else State.IGNORED
    reason = f"invoice {row.invoice_id}; settled by hand" if row.invoice_id is not None else "ignored by hand"
    text = reason + (f"; it was held for {row.hold_code}" if row.hold_code else "")
    return workshop.ledger.orders.change(
        row, text, workshop.clock(), state=state.value, reason=reason, hold_code=None, remedy=""
    )


def steps_of(row: OrderRow, workshop: Workshop) -> list[StepRow]:
    """The steps of an order, and the open ones that all orders share (products, categories) and it waits for."""
    steps = workshop.ledger.steps
    shared = [
        step for step in steps.open_to_all() if row.reason == not_known_yet(step) or f"`{step.identity}`" in row.reason
    ]
    return [*shared, *steps.of_order(row.ledger_id)]


def _open_questions(row: OrderRow, workshop: Workshop) -> list[StepRow]:
    """The steps that a person can settle; a deletion is simply asked again."""
    given_up = row.hold_code == OUTCOME_UNKNOWN
    return [
        step
        for step in steps_of(row, workshop)
        if is_unsettled(step) or (given_up and step.doubted_at is not None and step.state in _GIVEN_UP)
    ]


def _refuse_while_in_hand(row: OrderRow, workshop: Workshop) -> None:
    if row.id in workshop.in_hand:
        raise UsageError(f"{row.name} is being worked on just now.", "Ask again in a moment.")


def resolve(row: OrderRow, workshop: Workshop, *, adopt: str | None) -> OrderRow:
    """A person looked in Paraşüt for the step whose outcome is not known, or for the invoice that an order may have.

    `adopt` is the id of the record; None says that there is none, so that it may be sent, or made. The order is due
    again; an adopted invoice is read and compared at the next run. Raises UsageError.
    """
    ledger, at = workshop.ledger, workshop.clock()
    _refuse_while_in_hand(row, workshop)
    if row.state not in (State.HELD, State.SETTLING, State.DUE):
        raise UsageError(f"{row.name} is not held; it is {row.state}.", "`syncd orders show` tells how it is.")
    unsettled = _open_questions(row, workshop)
    if not unsettled and row.hold_code == MAYBE:
        return _release(row, workshop) if adopt is None else _adopt(row, adopt, workshop)
    if not unsettled:
        raise UsageError(f"{row.name} has no step whose outcome is not known.", "`syncd orders show` tells how it is.")
    step = unsettled[0]
    ends = (step.deadline_at or step.intended_at) + timedelta(seconds=workshop.settings.parasut.recovery.settle)
    if adopt is None and is_unsettled(step) and step.kind in _ADOPTABLE and at < ends:
        until = max(step.look_at or at, at).astimezone(workshop.settings.timezone)
        raise UsageError(
            f"Paraşüt may still be carrying out `{step.identity}`.",
            f"syncd looks for it again at {until:%Y-%m-%d %H:%M:%S}, and sends it again by itself if it is not there.",
        )
    if adopt is not None and step.kind not in _ADOPTABLE:
        raise UsageError(
            f"`{step.identity}` makes a {step.kind}, which syncd finds by itself when it is there.",
            f"`syncd orders resolve {row.name} --send-again`: it is looked for once more before anything is sent.",
        )
    second = at + timedelta(seconds=workshop.settings.parasut.recovery.second_look)
    noted = {"look_at": None, "doubted_at": step.doubted_at or step.intended_at, "second_look_at": second}
    if adopt is not None:
        ledger.steps.finish(step.identity, StepState.DONE, at, remote_id=adopt, answer=ADOPTED, noted=noted)
        text = f"`{step.identity}` made {adopt}, found by hand"
    else:
        ledger.steps.finish(step.identity, StepState.DISMISSED, at, answer="not found by hand", noted=noted)
        text = f"`{step.identity}` made nothing, looked up by hand"
    return _judged(ledger.orders.by_id(row.ledger_id) or row, text, workshop)


def _release(row: OrderRow, workshop: Workshop) -> OrderRow:
    """It has no invoice, whatever looks like one: it may be made."""
    at = workshop.clock()
    row = workshop.ledger.orders.change(row, "", at, released_at=at)
    return _judged(row, "released by hand: it has no invoice yet", workshop)


def _adopt(row: OrderRow, invoice_id: str, workshop: Workshop) -> OrderRow:
    """An invoice that this ledger didn't make is the order's. Raises UsageError when it is another order's."""
    ledger = workshop.ledger
    other = ledger.orders.with_invoice(invoice_id)
    if other is not None:
        raise UsageError(f"The invoice {invoice_id} is that of {other.name}.", "`syncd orders show` tells of both.")
    invoice = ledger.invoices.get(invoice_id) or unread_invoice(invoice_id)
    if invoice.marker not in ("", row.key.marker):
        raise UsageError(
            f"The invoice {invoice_id} ends with the mark of another order, {invoice.marker}.",
            "Look at it in Paraşüt again.",
        )
    return adopt_invoice(row, Adoption(invoice, ADOPTED_BY_HAND), ledger, workshop.settings.rules, workshop.clock())


def _judged(row: OrderRow, text: str, workshop: Workshop) -> OrderRow:
    """Let a held order go on from where it stands at the platform by now."""
    return go_on(row, text, workshop.ledger, workshop.judgement, workshop.clock())


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
    settings = workshop.settings
    names = [*(known.name for known in settings.rules), *(settings.unread.rules if settings.unread else ())]
    if rule not in names:
        raise UsageError(f"There is no rule {rule!r}.", f"The rules are: {', '.join(names)}.")
