"""Which rule owns an order, and whether it is to be invoiced now: pure functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any

from syncd.config.settings import Rule
from syncd.errors import Hold, TemplateFailure
from syncd.ledger.order_row import OrderKey, OrderRow, State
from syncd.orders.json import order_to_json
from syncd.orders.order import Order
from syncd.orders.status import SIDE_EXITS, Status, has_reached
from syncd.words import counted

UNREADABLE_STATUS = "unreadable"
_UNREADABLE = "record-unreadable"
ORDER_CHANGED = "order-changed"
MAP_THE_WORD = "map the word with the platform's `statuses` if it means more"
_NO_WAY = frozenset({Status.OTHER, Status.CANCELLED})
OPEN_STATES = frozenset({State.LEFT, State.WAITING, State.DUE})  # judged anew when the rules change


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as a platform showed it at a moment; `order` is None and `problem` says why when it can't be read."""

    key: OrderKey
    platform: str
    number: str
    raw: Mapping[str, Any]
    at: datetime
    order: Order | None = None
    problem: Hold | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The rules of today, ready to judge orders by. `variables` are what templates see as `platform`, by name."""

    rules: Sequence[Rule]
    zone: tzinfo
    variables: Mapping[str, Mapping[str, Any]]

    @property
    def fingerprint(self) -> str:
        """Changes when any rule's claim on orders changes."""
        claims = [
            (
                rule.name,
                rule.platforms,
                str(rule.trigger.status),
                rule.trigger.since.isoformat(),
                rule.trigger.condition.text if rule.trigger.condition else "",
            )
            for rule in self.rules
        ]
        return _digest(claims)

    def owner(self, platform: str, order: Order) -> tuple[Rule | None, str]:
        """The first rule that wants an order, or None with the reason of each rule that doesn't.

        Raises Hold `template-failed` when a rule's `if` can't be told.
        """
        reasons: list[str] = []
        ordered_on = self.ordered_on(order)
        for rule in self.rules:
            if platform not in rule.platforms:
                continue
            if ordered_on < rule.trigger.since:
                reasons.append(f"{rule.name}: ordered on {ordered_on}, before `since: {rule.trigger.since}`")
                continue
            if not self.fits(rule, platform, order):
                condition = "" if rule.trigger.condition is None else rule.trigger.condition.text
                reasons.append(f"{rule.name}: `if: {condition}` is not true")
                continue
            return rule, ""
        return None, "; ".join(reasons) or f"no rule is for {platform}"

    def ordered_on(self, order: Order) -> date:
        """The day of the order, where the rules live."""
        return order.ordered_at.astimezone(self.zone).date()

    def fits(self, rule: Rule, platform: str, order: Order) -> bool:
        """Whether a rule's `if` is true of an order; it is where there is none.

        Raises Hold `template-failed` when it can't be told.
        """
        if rule.trigger.condition is None:
            return True
        variables = {"order": order, "platform": self.variables[platform], "rule": {"name": rule.name}}
        try:
            return bool(rule.trigger.condition.render(variables))
        except TemplateFailure as failure:
            raise Hold("template-failed", str(failure), "Correct the rule's `if`, then retry the order.") from failure


def judge(seen: Seen, row: OrderRow | None, judgement: Judgement) -> OrderRow | None:
    """The order's row after it was seen again, or None when there is nothing new to remember.

    The owner of an order stays its owner. What a person decided (held, ignored), what waits for the outcome of a
    request and what was invoiced stays so; an invoiced order that was cancelled or returned since is held, once, if its
    rule says so, and one whose lines or amounts changed always is. A record without lines that is on no way to an
    invoice (a package that went into another one) is worth remembering only when the ledger knows it.
    """
    if row is None and seen.order is not None and not seen.order.lines and seen.order.status in _NO_WAY:
        return None
    fingerprint = _fingerprint(seen)
    known_by = judgement.fingerprint
    settled = row is not None and (row.state not in OPEN_STATES or row.judged_by == known_by)
    if row is not None and row.fingerprint == fingerprint and settled:
        return None
    updated = described(seen, row, fingerprint, known_by)
    if seen.order is None:
        return _unreadable(seen, updated)
    if row is not None and row.state in (State.IGNORED, State.SETTLING):
        return updated
    if row is not None and row.invoice_id is not None:
        if row.state is State.HELD and row.hold_code == _UNREADABLE:
            updated = replace(updated, state=State.INVOICED, hold_code=None, reason="can be read again", remedy="")
        return _after_invoice(row, updated, seen.order, judgement)
    if row is not None and row.state is State.HELD and row.document is not None:
        return updated
    return decide(updated, seen.order, judgement)


def decide(row: OrderRow, order: Order, judgement: Judgement) -> OrderRow:
    """Give an order that is not invoiced its owner and its state by today's rules."""
    row = replace(row, hold_code=None, remedy="", judged_by=judgement.fingerprint)
    rule = next((rule for rule in judgement.rules if rule.name == row.rule and row.platform in rule.platforms), None)
    if rule is not None and judgement.ordered_on(order) < rule.trigger.since:
        rule = None  # `since` is a promise that outlasts ownership: nothing ordered earlier is ever invoiced
    if rule is None:
        try:
            rule, reason = judgement.owner(row.platform, order)
        except Hold as hold:
            return held(row, hold)
        if rule is None:
            return replace(row, rule=None, state=State.LEFT, reason=reason)
    due = row.state in (State.DUE, State.SETTLING) and row.rule == rule.name
    row = replace(row, rule=rule.name)
    if order.status is Status.RETURNED and due:
        return held(
            row,
            Hold(
                "returned-before-invoice",
                f"The order had reached {rule.trigger.status}, and was returned before its invoice was made.",
                "Ask your accountant whether the sale and its return both need a document; make them by hand, and "
                f"`syncd orders ignore {row.name}`.",
            ),
        )
    if order.status in SIDE_EXITS:
        return replace(row, state=State.ENDED, reason=f"{order.status} before it was invoiced")
    if has_reached(order.status, rule.trigger.status):
        return replace(row, state=State.DUE, reason=f"reached {rule.trigger.status}")
    hint = f"; {MAP_THE_WORD}" if order.status is Status.OTHER else ""
    return replace(row, state=State.WAITING, reason=f"waits for {rule.trigger.status}; is {status_words(order)}{hint}")


def held(row: OrderRow, hold: Hold) -> OrderRow:
    """The row of an order that needs a person."""
    return replace(row, state=State.HELD, hold_code=hold.code, reason=hold.message, remedy=hold.remedy)


def described(seen: Seen, row: OrderRow | None, fingerprint: str, judged_by: str) -> OrderRow:
    """The order's row with what its platform tells of it; a new one is left."""
    order = seen.order
    fresh = row or OrderRow(
        connector=seen.key.connector,
        account=seen.key.account,
        package=seen.key.package,
        platform=seen.platform,
        number=seen.number,
        status=UNREADABLE_STATUS,
        fingerprint="",
        seen_at=seen.at,
        changed_at=seen.at,
        state=State.LEFT,
    )
    fresh = replace(
        fresh, platform=seen.platform, fingerprint=fingerprint, seen_at=seen.at, changed_at=seen.at, judged_by=judged_by
    )
    if order is None:
        return fresh
    return replace(
        fresh,
        number=order.number,
        status=str(order.status),
        status_text=order.status_text,
        customer=order.customer_id,
        ordered_at=order.ordered_at,
        updated_at=order.updated_at,
        total=order.total,
        currency=order.currency,
        document=order_to_json(order),
    )


def _unreadable(seen: Seen, row: OrderRow) -> OrderRow:
    """Nothing can be told of such an order; an invoiced one keeps what is known, but may have been cancelled."""
    if row.state in (State.IGNORED, State.SETTLING) or (row.invoice_id is not None and row.state is State.HELD):
        return row
    problem = seen.problem or Hold("record-unreadable", "The platform's record can't be read.")
    return held(row if row.invoice_id is not None else replace(row, document=None), problem)


def _after_invoice(row: OrderRow, updated: OrderRow, order: Order, judgement: Judgement) -> OrderRow:
    rule = next((rule for rule in judgement.rules if rule.name == row.rule), None)
    before = row.order if row.document is not None else None
    if order.status is Status.CANCELLED and row.status != Status.CANCELLED:
        hold = rule is None or rule.cancelled == "hold"
        return held(updated, undone(Status.CANCELLED, row.invoice_id)) if hold else updated
    gave_back_more = before is not None and len(order.returns) > len(before.returns)
    returned_now = order.status is Status.RETURNED and row.status != Status.RETURNED
    if (gave_back_more or returned_now) and (rule is None or rule.returned == "hold"):
        return held(updated, undone(Status.RETURNED, row.invoice_id))
    on_its_way = order.status not in SIDE_EXITS and order.status is not Status.OTHER
    if before is not None and on_its_way and sold(order) != sold(before):
        return held(updated, _changed(before, order, row.invoice_id))
    return updated


def sold(order: Order) -> tuple[Any, ...]:
    """What an invoice is made of."""
    lines = sorted((line.id, line.quantity, line.total, line.vat_rate) for line in order.lines)
    return (order.total, order.currency, tuple(lines))


def _changed(before: Order, order: Order, invoice_id: str | None) -> Hold:
    return Hold(
        ORDER_CHANGED,
        f"The order changed at the platform after its invoice {invoice_id} was made: its total was {before.total}, and "
        f"is {order.total}; it had {counted(len(before.lines), 'line')}, and has {len(order.lines)}.",
        "Correct the invoice in Paraşüt, or make the missing document by hand; then `syncd orders ignore` the order.",
    )


def undone(status: Status, invoice_id: str | None) -> Hold:
    """The hold of an order that was cancelled, or of which something was returned, after its invoice was made."""
    if status is Status.CANCELLED:
        return Hold(
            "cancelled-after-invoice",
            f"The order was cancelled after its invoice {invoice_id} was made.",
            "Cancel the invoice in Paraşüt if need be, then `syncd orders ignore` the order.",
        )
    return Hold(
        "returned-after-invoice",
        f"Something of the order was returned after its invoice {invoice_id} was made.",
        "Make the return document in Paraşüt, then `syncd orders ignore` the order.",
    )


def status_words(order: Order) -> str:
    """Our word for its status, and the platform's: `other (beklemede)`."""
    return f"{order.status} ({order.status_text})" if order.status_text else str(order.status)


def _fingerprint(seen: Seen) -> str:
    if seen.order is None:
        return _digest(["unreadable", seen.problem.code if seen.problem else "", seen.raw])
    document = order_to_json(seen.order)
    document.pop("updated_at", None)  # our own notes at the platform move it, and nothing else
    return _digest(document)


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
