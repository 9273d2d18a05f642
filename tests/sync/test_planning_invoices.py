"""The plan of one order: what would be sent, compared as whole objects."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from factories import (
    KEY,
    LIKELY,
    TODAY,
    VKN,
    FakeKnowledge,
    a_company_order,
    a_context,
    a_line,
    a_mapping,
    a_rule,
    a_shipping_line,
    an_order,
    template,
)

from syncd.config.settings import Categories, Missing, PaymentChoice, ProductPolicy
from syncd.errors import Hold
from syncd.orders.amounts import ALL_PROFILES, PricedLine
from syncd.orders.order import LineKind, Order, Return, ReturnLine
from syncd.sync.known import KnownAccount, KnownContact, KnownProduct
from syncd.sync.plan import DESCRIPTION_BYTES, InvoicePlan, plan_order
from syncd.sync.steps import CreateContact, CreateInvoice, CreateProduct, InvoiceLine, Known, Made, PaidFrom

PRODUCTS = [KnownProduct(Known("8"), "Termos", "TRM-500"), KnownProduct(Known("9"), "Kargo", "KARGO")]


def plan(
    order: Order | None = None, rule: Any = None, knowledge: FakeKnowledge | None = None, **changes: Any
) -> InvoicePlan:
    context = a_context(rule or a_rule(), changes.pop("today", TODAY))
    return plan_order(
        KEY, "site/1042", order or an_order(), context, knowledge or FakeKnowledge(products=PRODUCTS), **changes
    )


def test_a_plain_order_becomes_a_contact_and_an_invoice() -> None:
    assert plan().steps == (
        CreateContact(
            "contact woocommerce/magaza.test/42",
            {"account_type": "customer", "name": "Ayşe Yılmaz", "email": "ayse@ornek.test"},
            None,
        ),
        CreateInvoice(
            identity="sale woocommerce/magaza.test/42#1",
            attributes={
                "item_type": "invoice",
                "currency": "TRL",
                "issue_date": "2026-11-24",
                "due_date": "2026-11-24",
                "description": "Web Sitesi 1042 [sale woocommerce/magaza.test/42]",
                "order_no": "1042",
                "order_date": "2026-11-23",
            },
            contact=Made("contact woocommerce/magaza.test/42"),
            category=None,
            lines=(InvoiceLine(Known("8"), PricedLine(0, Decimal(1), Decimal("100.00"), Decimal(0), Decimal(20)), ""),),
            payment=None,
            target=Decimal("120.00"),
        ),
    )


def test_the_same_order_always_gives_the_same_plan() -> None:
    assert plan() == plan()


def test_a_known_buyer_is_not_made_again() -> None:
    contact = KnownContact(Known("3"), "Demir Gıda", VKN, "")
    result = plan(a_company_order(), knowledge=FakeKnowledge([contact], PRODUCTS))
    assert (result.contact, result.contact_match) == (Known("3"), "found by tax number")
    assert [type(step) for step in result.steps] == [CreateInvoice]


def test_shipping_and_fees_become_lines_with_products_of_their_own() -> None:
    gift = a_line("24.00", id="7", name="Hediye paketi", code="", kind=LineKind.GIFT_WRAP)
    result = plan(an_order(lines=(a_line(), a_shipping_line(), gift)))
    assert [(line.code, line.gross) for line in result.lines] == [
        ("TRM-500", Decimal("120.00")),
        ("KARGO", Decimal("60.00")),
        ("HEDIYE", Decimal("24.00")),
    ]
    assert [step.identity for step in result.steps if isinstance(step, CreateProduct)] == ["product HEDIYE"]


def test_a_code_on_two_lines_is_made_once() -> None:
    lines = (a_line(id="1", code="YENİ"), a_line(id="2", code="YENİ"))
    made = [step for step in plan(an_order(lines=lines)).steps if isinstance(step, CreateProduct)]
    assert [step.identity for step in made] == ["product YENİ"]


def test_categories_are_templates_and_go_to_invoice_contact_and_product() -> None:
    rule = a_rule(
        categories=Categories(
            invoice=template("{{ platform.title }} > {{ order.payment.method }}"),
            contact=template("Müşteriler"),
            product=template("E-ticaret"),
        )
    )
    result = plan(an_order(lines=(a_line(code="YENİ"),)), rule)
    assert result.category == "Web Sitesi > iyzico"
    identities = [step.identity for step in result.steps]
    assert identities == [
        "category SalesInvoice Web Sitesi",
        "category SalesInvoice Web Sitesi > iyzico",
        "category Contact Müşteriler",
        "contact woocommerce/magaza.test/42",
        "category Product E-ticaret",
        "product YENİ",
        "sale woocommerce/magaza.test/42#1",
    ]
    product = next(step for step in result.steps if isinstance(step, CreateProduct))
    assert product.category == Made("category Product E-ticaret")


def test_a_category_for_products_is_not_needed_when_none_is_made() -> None:
    rule = a_rule(categories=Categories(product=template("E-ticaret"), missing=Missing.ERROR))
    assert plan(rule=rule).invoice.category is None


def test_a_paid_order_is_booked_in_the_same_step() -> None:
    rule = a_rule(payment={"*": PaymentChoice("iyzico")})
    knowledge = FakeKnowledge(products=PRODUCTS, account_list=[KnownAccount(Known("2"), "iyzico", "TRL")])
    assert plan(rule=rule, knowledge=knowledge).invoice.payment == PaidFrom(
        Known("2"), date(2026, 11, 23), "Kredi kartı IYZ-1"
    )


def test_the_marker_is_whole_however_long_the_description_is() -> None:
    mapping = a_mapping(invoice={"description": "{{ 'ğüşıöç' * 60 }}"})
    text = plan(rule=a_rule(mapping=mapping)).invoice.attributes["description"]
    assert len(text.encode()) <= DESCRIPTION_BYTES
    assert text.endswith(" [sale woocommerce/magaza.test/42]")


def test_refunded_parts_are_left_out_before_the_invoice() -> None:
    lines = (a_line("240.00", id="1", quantity=Decimal(2)),)
    order = an_order(
        lines=lines, returns=(Return("r", Decimal("120.00"), lines=(ReturnLine("1", Decimal(1), Decimal("120.00")),)),)
    )
    result = plan(order)
    assert (result.total, result.payable, result.lines[0].quantity) == (
        Decimal("120.00"),
        Decimal("120.00"),
        Decimal(1),
    )
    assert result.notes == ("120.00 was refunded before the invoice and is left out",)
    assert plan(order, a_rule(refunded_before="full")).payable == Decimal("240.00")
    with pytest.raises(Hold) as caught:
        plan(order, a_rule(refunded_before="hold"))
    assert caught.value.code == "refunded-before-invoice"


def test_an_issue_date_that_was_promised_is_kept() -> None:
    result = plan(issue_date=date(2026, 11, 20))
    assert (result.issue_date, result.due_date) == (date(2026, 11, 20), "2026-11-20")


def test_the_issue_date_follows_the_shipment_when_the_rule_says_so() -> None:
    rule = a_rule(issue_date="shipped_at")
    shipped = an_order(shipped_at=datetime(2026, 11, 21, 22, 30, tzinfo=UTC))
    assert plan(shipped, rule).issue_date == date(2026, 11, 22)  # 01:30 in Istanbul
    assert plan(shipped, rule).last_legal_day == date(2026, 11, 29)
    with pytest.raises(Hold) as caught:
        plan(an_order(), rule)
    assert caught.value.code == "issue-date-missing"
    with pytest.raises(Hold) as caught:
        plan(replace(shipped, shipped_at=datetime(2026, 11, 26, tzinfo=UTC)), rule)
    assert caught.value.code == "issue-date-in-future"


def test_a_total_without_an_exact_net_is_taken_or_held_as_the_rule_says() -> None:
    order = an_order(lines=(a_line("100.05"),))  # 10005 mod 6 = 3
    result = plan(order)
    assert (result.exact, abs(result.difference)) == (False, Decimal("0.01"))
    with pytest.raises(Hold, match=r"100\.05") as caught:
        plan(order, a_rule(inexact="hold"))
    assert caught.value.code == "totals-inexact"


def test_an_unknown_way_of_rounding_is_said() -> None:
    lines = (a_line("99.99", quantity=Decimal(7)), a_line("10.01", id="2", vat_rate=Decimal(10), quantity=Decimal(3)))
    unknown = plan(an_order(lines=lines), knowledge=FakeKnowledge(products=PRODUCTS, profiles=ALL_PROFILES))
    assert (unknown.payable, unknown.certain) == (Decimal("110.00"), False)
    known = plan(an_order(lines=lines), knowledge=FakeKnowledge(products=PRODUCTS, profiles=(LIKELY,)))
    assert (known.payable, known.certain) == (Decimal("110.00"), True)


def test_figures_that_every_way_of_rounding_agrees_on_are_certain() -> None:
    result = plan(an_order(), knowledge=FakeKnowledge(products=PRODUCTS, profiles=ALL_PROFILES))
    assert (result.payable, result.certain) == (Decimal("120.00"), True)


@pytest.mark.parametrize(
    ("order", "rule", "knowledge", "code"),
    [
        (an_order(currency="CHF"), None, None, "currency-unsupported"),
        (an_order(lines=(a_line("0.00"),)), None, None, "nothing-to-invoice"),
        (an_order(total=Decimal("150.00")), None, None, "order-sums-differ"),
        (an_order(), None, FakeKnowledge(products=PRODUCTS, claimed="1041"), "already-invoiced"),
        (an_order(), a_rule(product=ProductPolicy(Missing.HOLD)), FakeKnowledge(), "product-missing"),
        (
            an_order(),
            a_rule(mapping=a_mapping(invoice={"invoice_note": "{{ order.note.foo }}"})),
            None,
            "template-failed",
        ),
    ],
)
def test_what_needs_a_person_is_a_hold_with_a_remedy(order: Order, rule: Any, knowledge: Any, code: str) -> None:
    with pytest.raises(Hold) as caught:
        plan(order, rule, knowledge)
    assert caught.value.code == code
    assert caught.value.remedy


def test_other_currencies_keep_their_name_and_rate() -> None:
    attributes = plan(an_order(currency="EUR", exchange_rate=Decimal("48.2"))).invoice.attributes
    assert (attributes["currency"], attributes["exchange_rate"]) == ("EUR", Decimal("48.2"))


def test_every_field_knows_who_made_it() -> None:
    assert {"contact.name", "invoice.description", "line.code"} <= plan().origins.keys()
