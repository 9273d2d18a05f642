"""What the page about holds says to do where sending, or what comes after the invoice, is the trouble, done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from factories import VKN
from held_cases import Held, each_remedy
from hold_desk import TOTAL, Desk, Ending, Invoiced, Remedy, Settled

from syncd.ledger.order_row import State
from syncd.sandbox.parasut.refusal import unprocessable

RETRY, IGNORE = "orders retry site/15", "orders ignore site/15"
SMALL = Decimal("100.10")
PAID = {"payment": {"*": {"account": "iyzico"}}}
OUR_WORDS = {"cancelled": "cancelled", "refunded": "returned"}
TWO_CALLS = {"cash_sale": "ignored"}
"""Options of the sandbox: the invoice comes back unpaid, and its payment is a request of its own."""


def settled(act: Callable[[Desk], object], payable: Decimal | None = TOTAL, order: str = "site/15") -> Remedy:
    """Put it right by hand, then `ignore`."""

    def remedy(desk: Desk) -> Ending:
        act(desk)
        desk.syncd(f"orders ignore {order}")
        return Settled(payable)

    return remedy


def done(act: Callable[[Desk], object] = lambda desk: desk.mend(), payable: Decimal = TOTAL) -> Remedy:
    """Put it right, then `retry`."""

    def remedy(desk: Desk) -> Ending:
        act(desk)
        desk.syncd(RETRY)
        return Invoiced(payable)

    return remedy


def invoice(desk: Desk, order: str = "site/15") -> str:
    """The id of the order's invoice."""
    (made,) = desk.invoices_of(order)
    return str(made.id)


def delete_it(desk: Desk, order: str = "site/15") -> None:
    desk.in_parasut("DELETE", f"sales_invoices/{invoice(desk, order)}")


def replace_it(desk: Desk, order: str = "site/15") -> None:
    delete_it(desk, order)
    desk.by_hand()


def is_paid(desk: Desk) -> bool:
    books = desk.sandbox.parasut
    return bool(books.derived(books.invoices[invoice(desk)])["payment_status"] == "paid")


# refused, unusable, wrong


def a_rate_that_paraşüt_refuses(desk: Desk) -> None:
    one_line(desk, "100.00", "150.00", 150)


def the_right_rate(desk: Desk) -> None:
    one_line(desk, "100.00", "20.00", 20)


def one_line(desk: Desk, net: str, vat: str, percent: int) -> None:
    order = desk.order()
    for rate in order["tax_lines"]:
        rate["rate_percent"] = percent
    amounts = {"quantity": 1, "subtotal": net, "subtotal_tax": vat, "total": net, "total_tax": vat}
    desk.at_shop(
        line_items=[order["line_items"][0] | amounts], shipping_lines=[], total=str(Decimal(net) + Decimal(vat))
    )


def options(desk: Desk, **changes: Any) -> None:
    """Paraşüt is otherwise from now on."""
    desk.sandbox.parasut.options = replace(desk.sandbox.parasut.options, **changes)


def give_the_right(desk: Desk) -> Ending:
    options(desk, user_role="rw")
    desk.syncd("orders retry --hold refused")
    return Invoiced()


def figures_in_words(desk: Desk) -> None:
    books = desk.sandbox.parasut
    derived = books.derived
    desk.monkeypatch.setattr(books, "derived", lambda record: {**derived(record), "remaining": "çok"})
    desk.mend = lambda: desk.monkeypatch.setattr(books, "derived", derived)


def in_whole_lira(desk: Desk) -> None:
    """Prices are kept in whole lira, which fits no way of rounding that syncd knows: both drafts come out wrong."""
    one_line(desk, "83.42", "16.68", 20)


def correct_the_amount(desk: Desk) -> None:
    options(desk, price_decimals=6)
    desk.reprice(invoice(desk), str(SMALL))


def unlooked(desk: Desk) -> None:
    """A mistake of syncd's own: it takes for granted that it has looked."""
    from syncd.sync.knowledge import LedgerKnowledge

    complete = LedgerKnowledge.complete
    desk.order()["line_items"][0]["sku"] = "YENI-01"
    desk.monkeypatch.setattr(LedgerKnowledge, "complete", lambda *_: False)
    desk.mend = lambda: desk.monkeypatch.setattr(LedgerKnowledge, "complete", complete)


def mistaken(desk: Desk) -> None:
    """Another mistake of syncd's own."""
    import syncd.sync.plan

    right = syncd.sync.plan.invoiceable

    def wrong(*_: Any) -> None:
        raise ZeroDivisionError

    desk.monkeypatch.setattr(syncd.sync.plan, "invoiceable", wrong)
    desk.mend = lambda: desk.monkeypatch.setattr(syncd.sync.plan, "invoiceable", right)


# the payment


def closed_to(desk: Desk, account: str = "iyzico") -> None:
    """Paraşüt refuses payments to the account until `desk.mend()`."""
    import syncd.sandbox.parasut.app as app

    pay = app.create_payment
    books = desk.sandbox.parasut
    closed = next(one.id for one in books.accounts.values() if one["name"] == account)

    def refusing(state: Any, record: Any, form: Any) -> Any:
        if str(form.attributes["account_id"]) == closed:
            raise unprocessable("Hesap kapalı bir dönemde")
        return pay(state, record, form)

    desk.monkeypatch.setattr(app, "create_payment", refusing)
    desk.mend = lambda: desk.monkeypatch.setattr(app, "create_payment", pay)


def book_it(desk: Desk) -> None:
    """A person books the payment in Paraşüt, to another account."""
    account = next(one.id for one in desk.sandbox.parasut.accounts.values() if one["name"] == "Garanti TL")
    payment = {"account_id": int(account), "date": "2026-11-25", "amount": str(TOTAL)}
    desk.in_parasut("POST", f"sales_invoices/{invoice(desk)}/payments", {"type": "payments", "attributes": payment})
    assert is_paid(desk)


def paid_elsewhere(desk: Desk) -> None:
    desk.edit(payment={"*": {"account": "Garanti TL"}})


def under_another_name(desk: Desk) -> None:
    closed_to(desk)
    desk.apply()
    assert desk.row("site/15").hold_code == "payment-refused"
    desk.mend()
    desk.edit(name="baska")
    desk.syncd(RETRY)


def its_name_again(desk: Desk) -> Ending:
    desk.edit(name="satis")
    desk.syncd(RETRY)
    return Invoiced()


def gone_before_it_was_finished(desk: Desk) -> None:
    closed_to(desk)
    desk.apply()
    delete_it(desk)
    desk.mend()
    desk.syncd(RETRY)


# after the invoice


def given_to_somebody_else(desk: Desk) -> None:
    """The contact that syncd remembers is another company's by the time of the buyer's third order."""
    desk.apply()
    desk.copy(20)
    desk.apply()
    contact = desk.row("site/15").contact_id
    assert contact is not None
    desk.correct("contacts", contact, tax_number=VKN, name="Başka Ltd. Şti.")
    desk.copy(21)


def name_the_right_buyer(desk: Desk) -> None:
    contact = desk.enter("contacts", name="Ayşe Yılmaz", account_type="customer", contact_type="person")
    id_ = invoice(desk, "site/21")
    to = {"contact": {"data": {"type": "contacts", "id": contact}}}
    data = {"type": "sales_invoices", "id": id_, "attributes": {}, "relationships": to}
    desk.in_parasut("PUT", f"sales_invoices/{id_}", data)


def shrunk(desk: Desk) -> None:
    desk.apply()
    desk.later()
    desk.at_shop(line_items=desk.order()["line_items"][:1], total="1259.80")


def becomes(status: str) -> Callable[[Desk], None]:
    """The invoice is made, then the order gets that status in the shop."""

    def change(desk: Desk) -> None:
        desk.apply()
        desk.later()
        desk.sandbox.shop.set_status(15, status)

    return change


def cancel_it(desk: Desk) -> None:
    desk.in_parasut("DELETE", f"sales_invoices/{invoice(desk)}/cancel")


def not_held_any_more(status: str, **keys: Any) -> Remedy:
    """The rule says `ignore`: later ones go by; this one is for a person."""

    def remedy(desk: Desk) -> Ending:
        desk.edit(**keys)
        desk.copy(21, status="processing")
        desk.apply()
        desk.later()
        desk.sandbox.shop.set_status(21, status)
        desk.apply()
        assert (desk.row("site/21").state, desk.row("site/21").status) == (State.INVOICED, OUR_WORDS[status])
        desk.syncd(IGNORE)
        return Settled()

    return remedy


CASES = (
    Held(
        "refused",
        a_rate_that_paraşüt_refuses,
        {"correct what it names": done(the_right_rate, Decimal("120.00"))},
    ),
    Held("refused", lambda desk: None, {"give the right": give_the_right}, options={"user_role": "ro"}),
    Held("answer-unusable", figures_in_words, {"retry": done()}),
    Held(
        "invoice-amount-differs",
        in_whole_lira,
        {
            "correct it and retry": done(correct_the_amount, SMALL),
            "correct it and ignore": settled(correct_the_amount, SMALL),
            "replace it": settled(replace_it, None),
        },
        rule={"product": {"use": "KARGO"}},
        options={"price_decimals": 0},
    ),
    Held("not-looked-up", unlooked, {"retry": done()}),
    Held("unexpected", mistaken, {"report it and retry": done()}),
    Held(
        "payment-refused",
        closed_to,
        {
            "book it and retry": done(book_it),
            "book it and ignore": settled(book_it),
            "another account": done(paid_elsewhere),
        },
        rule=PAID,
        options=TWO_CALLS,
    ),
    Held(
        "rule-gone",
        under_another_name,
        {"give it its name back": its_name_again, "finish by hand": settled(book_it)},
        rule=PAID,
        options=TWO_CALLS,
    ),
    Held(
        "invoice-gone",
        gone_before_it_was_finished,
        {
            "none is wanted": settled(lambda desk: None, None),
            "replaced by hand": settled(lambda desk: desk.by_hand(), None),
        },
        rule=PAID,
        options=TWO_CALLS,
    ),
    Held(
        "contact-changed",
        given_to_somebody_else,
        {
            "correct it": settled(name_the_right_buyer, order="site/21"),
            "replace it": settled(lambda desk: replace_it(desk, "site/21"), None, "site/21"),
        },
        "site/21",
    ),
    Held(
        "order-changed",
        shrunk,
        {
            "correct the draft": settled(lambda desk: desk.reprice(invoice(desk), "1259.80"), Decimal("1259.80")),
            "a document besides": settled(lambda desk: desk.by_hand()),
        },
    ),
    Held(
        "cancelled-after-invoice",
        becomes("cancelled"),
        {
            "cancel the invoice": settled(cancel_it, None),
            "cancelled: ignore": not_held_any_more("cancelled", cancelled="ignore"),
        },
    ),
    Held(
        "returned-after-invoice",
        becomes("refunded"),
        {
            "a return document": settled(lambda desk: desk.by_hand()),
            "returned: ignore": not_held_any_more("refunded", returned="ignore"),
        },
    ),
)  # fmt: skip


@pytest.mark.parametrize(("case", "remedy"), each_remedy(CASES))
def test_what_the_page_says_to_do_about_sending_and_after_works(
    case: Held, remedy: Remedy, played: Callable[[Held, Remedy], None]
) -> None:
    played(case, remedy)
