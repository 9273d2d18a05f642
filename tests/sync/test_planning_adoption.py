"""When a plan takes an invoice that is there instead of making one: without ledger or network."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from factories import KEY, VKN, FakeKnowledge, a_company_order, a_context, a_rule, an_order

from syncd.config.settings import Rule
from syncd.errors import Hold
from syncd.ledger.invoices import SeenInvoice
from syncd.ledger.steps import ADOPTED_BY_HAND, BY_BUYER, BY_MARK, BY_NUMBER
from syncd.orders.order import Order
from syncd.sync.existing import Adoption, Past
from syncd.sync.known import KnownContact
from syncd.sync.plan import InvoicePlan, plan_order
from syncd.sync.steps import Known, Unseen

BUYER = KnownContact(Known("7"), "Ayşe Yılmaz", "", "ayse@ornek.test")


def an_invoice(**changes: Any) -> SeenInvoice:
    """The invoice of `an_order()`, made by hand for the contact 7."""
    values: dict[str, Any] = {
        "id": "400001",
        "marker": "",
        "order_no": "",
        "order_date": None,
        "contact_id": "7",
        "issue_date": date(2026, 11, 23),
        "payable": Decimal("120.0"),
        "currency": "TRL",
    }
    return SeenInvoice(**{**values, **changes})


def plan(
    *invoices: SeenInvoice, rule: Rule | None = None, order: Order | None = None, past: Past | None = None, **known: Any
) -> InvoicePlan:
    knowledge = FakeKnowledge(**{"contacts": [BUYER], "invoices": list(invoices), **known})
    return plan_order(KEY, "site/1042", order or an_order(), a_context(rule), knowledge, past=past or Past())


def hold_of(*invoices: SeenInvoice, **more: Any) -> Hold:
    with pytest.raises(Hold) as caught:
        plan(*invoices, **more)
    return caught.value


def test_an_invoice_with_the_orders_mark_is_adopted_and_nothing_is_made() -> None:
    found = plan(an_invoice(marker=KEY.marker, contact_id="99"), contacts=[])
    assert found.adopts == Adoption(an_invoice(marker=KEY.marker, contact_id="99"), BY_MARK)
    assert [step.identity for step in found.steps] == [f"sale {KEY}#1"]
    assert (found.contact, found.issue_date, found.unseen) == (Known("99"), date(2026, 11, 23), ())


def test_the_mark_of_another_order_proves_nothing() -> None:
    assert plan(an_invoice(marker="[sale woocommerce/magaza.test/421]")).adopts is None


@pytest.mark.parametrize(("day", "adopted"), [(date(2026, 11, 23), BY_NUMBER), (date(2026, 11, 22), None)])
def test_the_order_number_counts_with_its_day(day: date, adopted: str | None) -> None:
    found = plan(an_invoice(order_no="1042", order_date=day, contact_id="99"))
    assert (found.adopts.how if found.adopts else None) == adopted


@pytest.mark.parametrize(
    ("day", "fits"),
    [(date(2026, 11, 21), False), (date(2026, 11, 22), True), (date(2026, 11, 24), True), (date(2026, 11, 25), False)],
)
def test_an_invoice_made_by_hand_fits_from_the_day_before_the_order_until_today(day: date, fits: bool) -> None:
    rule = a_rule(adopt="automatic")
    assert (plan(an_invoice(issue_date=day), rule=rule).adopts is not None) is fits


def test_it_is_asked_about_unless_the_rule_says_otherwise() -> None:
    hold = hold_of(an_invoice())
    assert (hold.code, "400001 of 2026-11-23, 120.00 TRL" in hold.message) == ("maybe-invoiced", True)
    assert "resolve site/1042 --adopt ID" in hold.remedy
    assert plan(an_invoice(), rule=a_rule(adopt="automatic")).adopts == Adoption(an_invoice(), BY_BUYER)


def test_of_two_that_fit_none_is_taken_by_itself() -> None:
    hold = hold_of(an_invoice(), an_invoice(id="400002"), rule=a_rule(adopt="automatic"))
    assert "2 invoices" in hold.message


def test_an_invoice_of_a_second_contact_with_the_buyers_email_fits_too() -> None:
    twin = KnownContact(Known("8"), BUYER.name, "", BUYER.email)
    assert hold_of(an_invoice(contact_id="8"), contacts=[BUYER, twin]).code == "maybe-invoiced"


def test_a_person_who_says_that_there_is_none_is_believed_except_against_the_mark() -> None:
    released = Past(doubtful=True, released=True)
    assert plan(an_invoice(), past=released).adopts is None
    found = plan(an_invoice(), an_invoice(id="400002", marker=KEY.marker), past=released).adopts
    assert found is not None
    assert found.how == BY_MARK


def test_an_order_with_a_doubt_is_held_when_nothing_is_found() -> None:
    assert "before this ledger began" in hold_of(past=Past(doubtful=True)).message
    number = an_invoice(order_no="1042", order_date=date(2026, 11, 23))
    assert plan(number, past=Past(doubtful=True)).adopts is not None


def test_an_order_that_has_its_invoice_is_not_looked_for() -> None:
    assert plan(an_invoice(), an_invoice(id="400002", marker=KEY.marker), past=Past(made=True)).adopts is None


def test_an_invoice_of_somebody_with_another_tax_number_is_not_adopted() -> None:
    other = KnownContact(Known("9"), "Başka Ltd. Şti.", "1000000026", "")
    marked = an_invoice(marker=KEY.marker, contact_id="9")
    assert hold_of(marked, order=a_company_order(), contacts=[other]).code == "contact-changed"
    same = KnownContact(Known("9"), "Demir Gıda", VKN, "")
    assert plan(marked, order=a_company_order(), contacts=[same]).contact == Known("9")


def test_of_an_invoice_that_a_person_named_and_nobody_read_the_contact_stays_open() -> None:
    unread = an_invoice(contact_id="", currency="", issue_date=None)
    found = plan(past=Past(adopts=Adoption(unread, ADOPTED_BY_HAND)))
    assert found.contact == Unseen("the contact of the invoice 400001")
    assert found.unseen == ()
