"""A Paraşüt that refuses a second contact of one tax number and a second product of one code never has to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from factories import a_rule
from worlds import World

from syncd.config.settings import ContactPolicy, Missing, ProductPolicy
from syncd.orders.status import Status
from syncd.sync.report import Verdict

Make = Callable[..., World]
STRICT = {"refuse_duplicate_contacts": True, "refuse_duplicate_products": True}


def strict(world: World) -> World:
    del world.sandbox.parasut.products["300005"]  # the twin of a code
    return world


def refused(world: World) -> list[tuple[str, int]]:
    return [(exchange.path, exchange.status) for exchange in world.sandbox.traffic if exchange.status >= 400]


def doubled(values: list[str]) -> list[str]:
    return [value for value, count in Counter(filter(None, values)).items() if count > 1]


@pytest.mark.parametrize("orders", [8, 60])
def test_buyers_and_products_that_come_again_are_never_made_twice(world: Make, orders: int) -> None:
    rule = a_rule(status=Status.AWAITING_APPROVAL, condition="order.total > 0")
    here = strict(world(orders=orders, rules=(rule,), **STRICT))
    shop, books = here.sandbox.shop, here.sandbox.parasut
    report = here.apply()
    assert report.count(Verdict.INVOICED) >= orders // 3
    assert {result.hold.code for result in report.results if result.hold} <= {"product-code-missing", "fully-refunded"}
    bought = [item["sku"] for order in shop.orders.values() for item in order["line_items"]]
    assert doubled(bought)
    assert refused(here) == []
    fillers = {"11111111111", "2222222222"}
    numbers = [contact["tax_number"] or "" for contact in books.contacts.values()]
    assert doubled([number for number in numbers if number not in fillers]) == []
    assert doubled([product["code"] or "" for product in books.products.values()]) == []


def test_the_same_buyer_in_later_runs_is_the_same_contact(world: Make) -> None:
    here = strict(world(orders=3, **STRICT))
    here.apply()
    books = here.sandbox.parasut
    contacts, products = len(books.contacts), len(books.products)
    for before, now in ((15, 500), (500, 600)):
        for offset in range(3):
            here.again(before + offset, now + offset)
        here.later(minutes=5)
        assert here.apply().count(Verdict.INVOICED) == 3
    assert (len(books.contacts), len(books.products)) == (contacts, products)
    assert refused(here) == []


def test_a_buyer_whom_paraşüt_has_under_another_name_and_email_is_known_by_tax_number(world: Make) -> None:
    rule = a_rule(contact=ContactPolicy(match=("tax_number",)))
    here = strict(world(orders=1, rules=(rule,), **STRICT))
    number = here.sandbox.shop.truth[15].tax_number
    known = here.sandbox.parasut.add_contact("Elle Girilen", tax_number=number, email="baska@ornek.test")
    assert here.apply().count(Verdict.INVOICED) == 1
    assert [invoice.links["contact"] for invoice in here.sandbox.parasut.invoices.values()] == [known.id]
    assert refused(here) == []


@pytest.mark.parametrize("switch", ["refuse_duplicate_contacts", "refuse_duplicate_products"])
def test_a_duplicate_that_is_refused_holds_its_order(world: Make, switch: str) -> None:
    """The switches bite: what somebody enters while an order is worked on is not doubled."""
    here = strict(world(orders=1, rules=(a_rule(product=ProductPolicy(Missing.CREATE)),), **{switch: True}))
    books, order = here.sandbox.parasut, here.sandbox.shop.orders[15]
    order["line_items"][0]["sku"] = "YENI-1"
    here.sandbox.shop.touch(15)
    number = here.sandbox.shop.truth[15].tax_number
    assert number

    def meanwhile(method: str, path: str) -> None:
        kind = "contacts" if switch == "refuse_duplicate_contacts" else "products"
        if method == "POST" and path.endswith(f"/{kind}"):
            books.add_contact("Elle Girilen", tax_number=number)
            books.add_product("Elle Girilen", code="YENI-1")

    due = here.sandbox.faults.due
    here.sandbox.faults.due = lambda method, path, stand="": (meanwhile(method, path), due(method, path, stand))[1]  # type: ignore[method-assign]
    report = here.apply()
    assert [result.hold.code for result in report.results if result.hold] == ["refused"]
    assert [status for _, status in refused(here)] == [422]
    assert here.invoices() == []
