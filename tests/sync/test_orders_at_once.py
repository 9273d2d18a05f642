"""Several orders are worked on at once: nothing is made twice, and no limit is passed by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest
from factories import a_rule, template
from worlds import World

from syncd.config.settings import Categories, Limits, Missing, ParasutSettings, ProductPolicy, Secret
from syncd.errors import CompanyStopped
from syncd.ledger.order_row import State
from syncd.sandbox.faults import Fault
from syncd.sync.decisions import set_paused
from syncd.sync.dispatch import Dispatch, orders_at_once
from syncd.sync.executor import Stopped
from syncd.sync.report import Report

Make = Callable[..., World]
EASY = a_rule(condition="order.payment.method != 'cod'")


@pytest.fixture(autouse=True)
def the_rounding_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the first order goes alone, and the others find what it has made."""
    monkeypatch.setattr(Dispatch, "_knows_the_rounding", lambda _: True)


def crowd(world: Make, many: int, **options: Any) -> World:
    """So many orders of as many buyers, of order 15's lines, at a Paraşüt whose answers take a moment."""
    here = world(orders=1, **options)
    shop = here.sandbox.shop
    for number in range(500, 500 + many - 1):
        here.again(15 if number == 500 else number - 1, number)
        shop.orders[number]["billing"] = {
            **shop.orders[15]["billing"],
            "first_name": f"Alıcı {number}",
            "email": f"alici{number}@ornek.test",
        }
        meta = [one for one in shop.orders[number]["meta_data"] if "kimlik" not in one["key"]]
        shop.orders[number]["meta_data"] = meta
        shop.touch(number)
    here.sandbox.faults.add(Fault("slow", stand="parasut", nth=0, seconds=0.02))
    return here


def same_buyer(here: World) -> None:
    for order in here.sandbox.shop.orders.values():
        order["billing"] = here.sandbox.shop.orders[15]["billing"]
        order["meta_data"] = here.sandbox.shop.orders[15]["meta_data"]


def verdicts(report: Report) -> Counter[str]:
    return Counter(str(result.verdict) for result in report.results)


def codes(report: Report) -> Counter[str]:
    return Counter(result.hold.code for result in report.results if result.hold is not None)


def busiest(here: World) -> list[int]:
    """How many requests Paraşüt was working on, at each that came."""
    due, open_at = here.sandbox.faults.due, []

    def noted(method: str, path: str, *more: Any) -> Fault | None:
        open_at.append(here.sandbox.audit.counts()["open"])
        return due(method, path, *more)

    here.sandbox.faults.due = noted  # type: ignore[method-assign]
    return open_at


def settings(requests: int, seconds: int) -> ParasutSettings:
    nobody = Secret("x")
    return ParasutSettings(
        company_id=1,
        client_id=nobody,
        client_secret=nobody,
        username=nobody,
        password=nobody,
        base_url="https://api.parasut.com",
        rate_requests=requests,
        rate_seconds=seconds,
        timeout_seconds=60,
    )


@pytest.mark.parametrize(("rate", "many"), [((10, 10), 6), ((1, 10), 4), ((100, 10), 32), ((20, 10), 12)])
def test_as_many_orders_are_worked_on_as_the_budget_feeds(rate: tuple[int, int], many: int) -> None:
    assert orders_at_once(settings(*rate)) == many


def test_orders_are_really_worked_on_at_once(world: Make) -> None:
    here = crowd(world, 8)
    open_at = busiest(here)
    assert verdicts(here.apply()) == {"invoiced": 8}
    assert max(open_at) >= 3


def test_orders_of_one_new_buyer_at_once_make_one_contact(world: Make) -> None:
    here = crowd(world, 6)
    same_buyer(here)
    contacts = len(here.sandbox.parasut.contacts)
    assert verdicts(here.apply()) == {"invoiced": 6}
    assert len(here.sandbox.parasut.contacts) == contacts + 1
    assert len({invoice.links["contact"] for invoice in here.sandbox.parasut.invoices.values()}) == 1


def test_a_lost_contact_of_a_buyer_with_several_orders_is_still_one(world: Make) -> None:
    here = crowd(world, 4)
    same_buyer(here)
    contacts = len(here.sandbox.parasut.contacts)
    here.sandbox.faults.add(Fault("close_before", "POST", "contacts$"))
    here.apply()
    here.later(seconds=131)
    here.apply()
    assert (len(here.invoices()), len(here.sandbox.parasut.contacts)) == (4, contacts + 1)


def test_orders_with_one_new_product_and_category_at_once_make_one_of_each(world: Make) -> None:
    here = crowd(world, 6, rules=(a_rule(categories=Categories(invoice=template("Pazar yeri"))),))
    for order in here.sandbox.shop.orders.values():
        order["line_items"][0]["sku"] = "YENI-1"
    assert verdicts(here.apply()) == {"invoiced": 6}
    parasut = here.sandbox.parasut
    assert [one["code"] for one in parasut.products.values()].count("YENI-1") == 1
    assert [one["name"] for one in parasut.item_categories.values()].count("Pazar yeri") == 1


def test_of_two_packages_with_one_line_only_one_is_invoiced(world: Make) -> None:
    here = crowd(world, 2)
    orders = here.sandbox.shop.orders
    orders[500]["line_items"][0]["id"] = orders[15]["line_items"][0]["id"]
    report = here.apply()
    assert (verdicts(report), codes(report)) == ({"invoiced": 1, "held": 1}, {"already-invoiced": 1})
    assert len(here.invoices()) == 1


def test_a_canary_is_one_invoice_however_many_orders_wait(world: Make) -> None:
    here = crowd(world, 8, rules=(a_rule(canary=True),))
    assert verdicts(here.apply()) == {"invoiced": 1, "waits": 7}
    assert len(here.invoices()) == 1


def test_a_canary_that_is_held_gives_its_place_to_the_next(world: Make) -> None:
    here = crowd(world, 4, rules=(a_rule(canary=True, product=ProductPolicy(missing=Missing.HOLD)),))
    here.sandbox.shop.orders[15]["line_items"][0]["sku"] = "YOK-1"
    assert verdicts(here.apply()) == {"held": 1, "invoiced": 1, "waits": 2}
    assert len(here.invoices()) == 1


@pytest.mark.parametrize("held", [0, 2])
def test_a_limit_of_invoices_is_kept_to_the_number_and_used_up(world: Make, held: int) -> None:
    rule = a_rule(limits=Limits(per_run=3), product=ProductPolicy(missing=Missing.HOLD))
    here = crowd(world, 9, rules=(rule,))
    for number in (15, 500)[:held]:
        here.sandbox.shop.orders[number]["line_items"][0]["sku"] = "YOK-1"
    report = here.apply()
    assert verdicts(report) == {"invoiced": 3, "waits": 6 - held, **({"held": held} if held else {})}
    assert len(here.invoices()) == 3


def test_a_limit_of_the_amount_is_never_passed(world: Make) -> None:
    here = crowd(world, 8, rules=(a_rule(limits=Limits(amount=Decimal(5000))),))
    assert verdicts(here.apply()) == {"invoiced": 3, "waits": 5}  # of 1559.30 each
    assert sum(invoice["payable"] for invoice in here.invoices()) <= 5000


def test_five_equal_holds_stop_the_rule_with_no_sixth(world: Make) -> None:
    here = crowd(world, 14, rules=(a_rule(product=ProductPolicy(missing=Missing.HOLD)),))
    for order in here.sandbox.shop.orders.values():
        order["line_items"][0]["sku"] = "YOK-1"
    report = here.apply()
    assert verdicts(report) == {"held": 5, "waits": 9}
    assert "5 holds of one kind in a row (product-missing)" in report.stopped_rules["site-hazirlanan"]


def pause_at_the_first(here: World, path: str) -> None:
    """A person stops everything while the first request to that path is under way."""
    due, done = here.sandbox.faults.due, []

    def meanwhile(method: str, asked: str, *more: Any) -> Fault | None:
        if method == "POST" and asked.endswith(path) and not done:
            done.append(True)
            with ExitStack() as stack:
                set_paused(None, True, here.open(stack, network=False))
        return due(method, asked, *more)

    here.sandbox.faults.due = meanwhile  # type: ignore[method-assign]


def test_an_emergency_stop_ends_all_orders_in_hand_before_their_next_write(world: Make) -> None:
    here = crowd(world, 8)
    pause_at_the_first(here, "/contacts")
    report = here.apply()
    assert isinstance(report.stopped, Stopped)
    assert here.invoices() == []
    assert 1 <= here.writes().count("POST contacts") <= 8
    assert {row.state for row in here.rows()} == {State.DUE}
    with ExitStack() as stack:
        set_paused(None, False, here.open(stack, network=False))
    assert verdicts(here.apply()) == {"invoiced": 8}
    names = [one["name"] for one in here.sandbox.parasut.contacts.values()]
    assert len(set(names)) == len(names)


def test_a_locked_company_ends_the_run_and_loses_no_order(world: Make) -> None:
    here = crowd(world, 8)
    here.sandbox.faults.add(Fault("402", "POST", "sales_invoices$", nth=3, times=100))
    report = here.apply()
    assert isinstance(report.stopped, CompanyStopped)
    made = len(here.invoices())
    assert {row.state for row in here.rows()} == {State.DUE, State.INVOICED}
    here.sandbox.faults.clear()
    assert verdicts(here.apply()) == {"invoiced": 8 - made}
    assert Counter(invoice["order"] for invoice in here.invoices()).most_common(1)[0][1] == 1


def test_the_numbers_of_a_run_are_those_of_its_orders(world: Make) -> None:
    here = crowd(world, 6)
    report = here.apply()
    assert sorted(result.row.number for result in report.results) == sorted(["15", *map(str, range(500, 505))])
    assert report.calls == len(here.sandbox.traffic)


def test_answers_that_get_lost_all_at_once_end_in_one_invoice_each(world: Make) -> None:
    here = crowd(world, 10)
    here.sandbox.faults.add(Fault("mixed", "POST", rate=0.5, seed=3, of=("close_before", "close_after", "500_after")))
    for _ in range(12):
        here.apply()
        here.later(minutes=12)
    here.sandbox.faults.clear()
    here.apply()
    here.later(minutes=12)
    here.apply()
    assert Counter(invoice["order"] for invoice in here.invoices()) == Counter(row.number for row in here.rows())
    names = [one["name"] for one in here.sandbox.parasut.contacts.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("alone", [True, False])
def test_the_first_invoice_goes_alone_to_teach_how_the_account_rounds(
    world: Make, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    if alone:
        monkeypatch.undo()
    here = crowd(world, 8)
    here.apply()
    writes = here.writes()
    assert writes.count("POST sales_invoices") == 8
    before_the_first = writes[: writes.index("POST sales_invoices")]
    assert (before_the_first.count("POST contacts") == 1) is alone
