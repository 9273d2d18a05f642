"""What the page about holds says to do where Paraşüt may have done something that nobody saw, done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from factories import TCKN
from held_cases import Held, each_remedy, ignored
from hold_desk import TOTAL, Desk, Ending, Invoiced, Remedy, Settled

from syncd.ledger.order_row import State
from syncd.ledger.steps import StepRow
from syncd.sandbox.faults import Fault

RETRY, IGNORE, RESOLVE = "orders retry site/15", "orders ignore site/15", "orders resolve site/15"
PAID = {"payment": {"*": {"account": "iyzico"}}}
TWO_CALLS = {"cash_sale": "ignored", "over_payment": "accept"}


@dataclass(frozen=True)
class Adopted:
    """The order has that invoice, made by hand; there is no other of it."""

    def see(self, desk: Desk, name: str) -> None:
        row = desk.row(name)
        assert (row.state, row.hold_code) == (State.INVOICED, None), (row.hold_code, row.reason)
        (theirs,) = [one for one in desk.sandbox.parasut.invoices.values() if one["description"] == "Elle"]
        assert row.invoice_id == theirs.id
        assert desk.invoices_of(name) == []


# requests whose answers were lost


def step_of(desk: Desk, kind: str) -> StepRow:
    """The newest step of that kind."""
    with desk.workshop() as workshop:
        (row,) = workshop.ledger.orders.named("site", "15")
        return next(step for step in reversed(workshop.ledger.steps.of_order(row.ledger_id)) if step.kind == kind)


def comes_late(desk: Desk, kind: str) -> str:
    """Paraşüt carries out a request that was given up; the id of what it made."""
    step = step_of(desk, kind)
    return desk.in_parasut(step.method, step.path, json.loads(step.body)["data"])


def never_answered(path: str) -> Callable[[Desk], None]:
    """Five requests for it get no answer."""

    def arises(desk: Desk) -> None:
        desk.sandbox.faults.add(Fault("close_before", "POST", path, times=5))
        for _ in range(5):
            desk.apply()

    return arises


def it_is_there(kind: str) -> Remedy:
    def remedy(desk: Desk) -> Ending:
        desk.syncd(f"{RESOLVE} --adopt {comes_late(desk, kind)}")
        return Invoiced()

    return remedy


def it_is_not_there(desk: Desk) -> Ending:
    desk.syncd(f"{RESOLVE} --send-again")
    return Invoiced()


def twice(path: str, kind: str, then: Callable[[Desk, str], object] = lambda *_: None) -> Callable[[Desk], None]:
    """A request is carried out long after it was sent again; then somebody does something to what it made."""

    def arises(desk: Desk) -> None:
        desk.sandbox.faults.add(Fault("close_before", "POST", path))
        desk.apply()
        desk.apply()
        then(desk, comes_late(desk, kind))
        desk.later(minutes=10)

    return arises


def reprice(desk: Desk, surplus: str) -> None:
    desk.reprice(surplus, "10.00")


def the_surplus(desk: Desk) -> str:
    """The id of the invoice of the order that the ledger doesn't call its own."""
    ours = desk.row("site/15").invoice_id
    (surplus,) = [one.id for one in desk.invoices_of("site/15") if one.id != ours]
    return surplus


def without(path: str) -> Remedy:
    """Delete, or cancel, the invoice too many, then `ignore`."""

    def remedy(desk: Desk) -> Ending:
        desk.in_parasut("DELETE", path.format(the_surplus(desk)))
        desk.syncd(IGNORE)
        return Settled()

    return remedy


def one_payment(desk: Desk) -> Ending:
    """The stand-in's API deletes no payments; its web pages do."""
    payments = desk.sandbox.parasut.payments
    del payments[max(payments, key=int)]
    desk.syncd(IGNORE)
    return Settled()


def partly_paid(desk: Desk) -> None:
    """Somebody books a part while the outcome of syncd's payment is not known."""
    desk.sandbox.faults.add(Fault("close_before", "POST", "payments$"))
    desk.apply()
    pay(desk, "500")


def pay(desk: Desk, amount: str) -> None:
    (made,) = desk.invoices_of("site/15")
    account = next(iter(desk.sandbox.parasut.accounts))
    payment = {"account_id": int(account), "date": "2026-11-25", "amount": amount}
    desk.in_parasut("POST", f"sales_invoices/{made.id}/payments", {"type": "payments", "attributes": payment})


def the_rest_is_booked(desk: Desk) -> Ending:
    pay(desk, str(TOTAL - 500))
    desk.syncd(IGNORE)
    return Settled()


def ignored_before_it_came(desk: Desk) -> None:
    """The order was ignored by hand, and then its invoice came late."""
    desk.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    desk.apply()
    desk.later(minutes=3)
    desk.syncd(f"{RESOLVE} --send-again")
    desk.syncd(IGNORE)
    comes_late(desk, "sale")
    desk.later(minutes=10)


def it_must_have_none(desk: Desk) -> Ending:
    (late,) = desk.invoices_of("site/15")
    desk.in_parasut("DELETE", f"sales_invoices/{late.id}")
    desk.syncd(IGNORE)
    return Settled(None)


def it_may_stay(desk: Desk) -> Ending:
    desk.syncd(IGNORE)
    return Settled()


# an invoice named by a person


def wrongly_named(desk: Desk) -> None:
    desk.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    desk.apply()
    assert desk.row("site/15").state is State.SETTLING
    desk.syncd(f"{RESOLVE} --adopt {desk.by_hand()}")


# invoices that the ledger doesn't know


def made_by_hand(desk: Desk) -> None:
    """Somebody made an invoice of the same total for the buyer, before the order came over."""
    buyer = {"name": "Ayşe Yılmaz", "tax_number": TCKN, "email": "ayse@ornek.test"}
    contact = desk.enter("contacts", account_type="customer", contact_type="person", **buyer)
    theirs = desk.by_hand(str(TOTAL))
    names = {"contact": {"data": {"type": "contacts", "id": contact}}}
    data = {"type": "sales_invoices", "id": theirs, "attributes": {}, "relationships": names}
    desk.in_parasut("PUT", f"sales_invoices/{theirs}", data)


def theirs(desk: Desk) -> str:
    (only,) = [one.id for one in desk.sandbox.parasut.invoices.values() if one["description"] == "Elle"]
    return only


def it_is_this_sale(desk: Desk) -> Ending:
    desk.syncd(f"{RESOLVE} --adopt {theirs(desk)}")
    return Adopted()


def after(words: str) -> Remedy:
    def remedy(desk: Desk) -> Ending:
        desk.syncd(words)
        return Invoiced()

    return remedy


def lose_the_ledger(desk: Desk) -> None:
    for file in desk.folder.glob("ledger.db*"):
        file.unlink()


def lost_and_cancelled(desk: Desk) -> None:
    """The ledger is lost; of the orders that it had invoiced, one's invoice was cancelled in Paraşüt."""
    desk.copy(21)
    desk.apply()
    first = next(one for one in desk.sandbox.parasut.invoices.values() if one["order_no"] == "15")
    desk.in_parasut("DELETE", f"sales_invoices/{first.id}/cancel")
    lose_the_ledger(desk)


def several_with_its_mark(desk: Desk) -> None:
    """Its invoice was doubled, and then the ledger was lost."""
    desk.apply()
    comes_late(desk, "sale")
    lose_the_ledger(desk)


def all_but_one_cancelled(desk: Desk) -> Ending:
    first, second = desk.invoices_of("site/15")
    desk.in_parasut("DELETE", f"sales_invoices/{second.id}/cancel")
    desk.syncd(f"{RESOLVE} --adopt {first.id}")
    return Invoiced()


def no_invoice(desk: Desk) -> None:
    """A person names an id that is none of an invoice."""
    made_by_hand(desk)
    desk.apply()
    desk.syncd(f"{RESOLVE} --adopt 123456789")


# data that are gone


def forgotten(desk: Desk) -> None:
    """An old order whose data were removed comes back to life; its invoice is gone."""
    desk.apply()
    made = desk.row("site/15").invoice_id
    desk.in_parasut("DELETE", f"sales_invoices/{made}")
    desk.later(days=401)
    with desk.workshop() as workshop, workshop.ledger.company.lease():
        ledger = workshop.ledger
        assert ledger.pruning.prune(desk.now - timedelta(days=400), desk.now) == 1
        (row,) = ledger.orders.named("site", "15")
        ledger.orders.change(row, "due again", desk.now, state=State.DUE.value)


def looked_at_and_ignored(desk: Desk) -> Ending:
    """It was cancelled for good; nothing is missing."""
    desk.syncd(IGNORE)
    return Settled(None)


CASES: tuple[Held, ...] = (
    Held(
        "outcome-unknown",
        never_answered("sales_invoices$"),
        {"it is there": it_is_there("sale"), "it is not there": it_is_not_there},
    ),
    Held(
        "outcome-unknown",
        never_answered("payments$"),
        {"a payment that is there": it_is_there("payment"), "a payment that is not there": it_is_not_there},
        rule=PAID,
        options=TWO_CALLS,
    ),
    Held("outcome-unknown", never_answered("contacts$"), {"a contact that is not there": it_is_not_there}),
    Held(
        "surplus-invoice",
        twice("sales_invoices$", "sale", reprice),
        {"delete it": without("sales_invoices/{}"), "cancel it": without("sales_invoices/{}/cancel")},
    ),
    Held(
        "surplus-invoice",
        ignored_before_it_came,
        {"it must have none": it_must_have_none, "it may stay": it_may_stay},
    ),
    Held("paid-twice", partly_paid, {"book the rest": the_rest_is_booked}, rule=PAID, options=TWO_CALLS),
    Held("paid-twice", twice("payments$", "payment"), {"delete one": one_payment}, rule=PAID, options=TWO_CALLS),
    Held(
        "adopted-not-ours",
        wrongly_named,
        {"the right id": it_is_there("sale"), "it has none": it_is_not_there},
    ),
    Held(
        "maybe-invoiced",
        made_by_hand,
        {
            "it is this sale": it_is_this_sale,
            "it is another sale": after(RETRY),
            "it is another sale, in other words": it_is_not_there,
        },
    ),
    Held("maybe-invoiced", no_invoice, {"the right id": it_is_this_sale, "it needs a new one": after(RETRY)}),
    Held("maybe-invoiced", several_with_its_mark, {"cancel all but one": all_but_one_cancelled}),
    Held(
        "maybe-invoiced",
        lost_and_cancelled,
        {
            "it needs none": ignored(),
            "it needs one": after(RETRY),
            "all others after a loss": after("orders retry --hold maybe-invoiced"),
        },
    ),
    Held("data-removed", forgotten, {"look at it and ignore": looked_at_and_ignored}),
)


@pytest.mark.parametrize(("case", "remedy"), each_remedy(CASES))
def test_what_the_page_says_to_do_about_what_nobody_saw_works(
    case: Held, remedy: Remedy, played: Callable[[Held, Remedy], None]
) -> None:
    played(case, remedy)
