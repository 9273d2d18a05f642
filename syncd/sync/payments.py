"""Which account an order's payment is booked to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, tzinfo

from syncd.config.settings import PaymentChoice
from syncd.errors import Hold
from syncd.orders.order import Order
from syncd.orders.status import Status
from syncd.sync.known import Knowledge
from syncd.sync.steps import PaidFrom, Unseen

ANY = "*"


def resolve_payment(
    order: Order,
    choices: Mapping[str, PaymentChoice],
    currency: str,
    issue_date: date,
    zone: tzinfo,
    knowledge: Knowledge,
) -> tuple[PaidFrom | None, str]:
    """Where the money went, or None for an invoice that stays open; and why, in words.

    Without any choice in the rule all invoices stay open. An order that still waits for its money (Onay Bekleyen and
    not paid) stays open, too. Raises Hold `payment-method-unknown`, `account-missing`, `account-ambiguous`,
    `account-currency`.
    """
    if not choices:
        return None, "open: the rule books no payments"
    method = order.payment.method
    choice = choices.get(method) or choices.get(ANY)
    if choice is None:
        raise Hold(
            "payment-method-unknown",
            f"The rule doesn't say how to book the payment method {method!r}.",
            f'Add `{method or chr(34) + chr(34)}` or `"*"` to the rule\'s `payment`, then retry the order.',
        )
    if choice.account is None:
        return None, f"open: {method or 'no method'} is collected later"
    if order.payment.paid_at is None and order.status is Status.AWAITING_APPROVAL:
        return None, "open: the platform doesn't call it paid yet"
    accounts = [account for account in knowledge.accounts() if account.name == choice.account]
    if len(accounts) > 1:
        raise Hold(
            "account-ambiguous",
            f"Paraşüt has {len(accounts)} accounts called {choice.account!r}.",
            "Rename one of them in Paraşüt, then retry the order.",
        )
    paid_at = order.payment.paid_at
    day = min(paid_at.astimezone(zone).date(), issue_date) if paid_at else issue_date
    description = " ".join(part for part in (order.payment.title or method, order.payment.transaction) if part)
    if not accounts:
        if knowledge.complete("accounts"):
            raise Hold(
                "account-missing",
                f"Paraşüt has no account {choice.account!r}.",
                "Make it in Paraşüt, or correct the rule's `payment`, then retry the order.",
            )
        return PaidFrom(Unseen(choice.account), day, description), f"paid, {choice.account}, {day}"
    if accounts[0].currency != currency:
        raise Hold(
            "account-currency",
            f"The account {choice.account!r} is in {accounts[0].currency}, the order in {currency}.",
            "Name an account of that currency in the rule's `payment`, then retry the order.",
        )
    return PaidFrom(accounts[0].ref, day, description), f"paid, {choice.account}, {day}"
