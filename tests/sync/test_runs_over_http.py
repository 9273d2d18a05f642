"""Whole runs over real HTTP: shop and Paraşüt are the sandbox, the ledger is a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from factories import ROOT, a_mapping, a_rule, template
from worlds import World

from syncd.config.settings import Categories, Limits, PaymentChoice, ProductPolicy
from syncd.errors import CompanyStopped, UsageError
from syncd.ledger.order_row import State
from syncd.ledger.steps import StepState
from syncd.orders.status import Status
from syncd.sandbox.faults import Fault
from syncd.sync import run
from syncd.sync.decisions import approve, ignore, resolve, retry, set_paused
from syncd.sync.report import Report, Selection, Verdict
from syncd.sync.run import work

Make = Callable[..., World]
PAID = {"cod": PaymentChoice(), "*": PaymentChoice("iyzico")}
SUBSTITUTE = ProductPolicy(use="KARGO")
RECORDED = ROOT / "tests" / "platforms" / "data"


def payables(world: World) -> dict[str, Decimal]:
    return {invoice["order"]: invoice["payable"] for invoice in world.invoices()}


@pytest.fixture(autouse=True)
def one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test can say which order comes first."""
    monkeypatch.setattr(run, "orders_at_once", lambda _: 1)


def verdicts(report: Report) -> dict[str, str]:
    return {result.row.number: str(result.verdict) for result in report.results}


@pytest.fixture
def recorded(tmp_path: Path) -> dict[str, Path]:
    """Three orders as WooCommerce 11.0.1 gave them, byte for byte, and the refund of the third."""
    refunds = tmp_path / "refunds.json"
    refunds.write_text(f'{{"17": {(RECORDED / "woocommerce_order_refunds.json").read_text(encoding="utf-8")}}}')
    return {"seed_file": RECORDED / "woocommerce_orders.json", "refunds_file": refunds}


def test_three_real_orders_become_three_invoices_less_what_was_refunded(world: Make, recorded: dict[str, Path]) -> None:
    here = world(rules=(a_rule(payment=PAID),), **recorded)
    report = here.apply()
    assert here.invoices() == [
        {"order": "15", "payable": Decimal("1559.30"), "paid": True},
        {"order": "16", "payable": Decimal("226.47"), "paid": False},
        {"order": "17", "payable": Decimal("1498.40"), "paid": True},
    ]
    assert report.failed is False


def test_refunds_can_be_left_to_the_accountant(world: Make, recorded: dict[str, Path]) -> None:
    here = world(rules=(a_rule(refunded_before="full"),), **recorded)
    here.apply()
    assert payables(here)["17"] == Decimal("1797.90")


def test_the_vat_of_each_rate_is_right(world: Make, recorded: dict[str, Path]) -> None:
    here = world(**recorded)
    here.apply()
    by_order: dict[str, dict[Decimal, Decimal]] = {}
    for invoice in here.sandbox.parasut.invoices.values():
        rates = by_order.setdefault(invoice["order_no"], {})
        for line in here.sandbox.parasut.lines(invoice):
            rates[line["vat_rate"]] = rates.get(line["vat_rate"], Decimal(0)) + line["vat"]
    assert by_order == {
        "15": {Decimal(20): Decimal("209.97"), Decimal(1): Decimal("2.97")},
        "16": {Decimal(10): Decimal("18.41"), Decimal(20): Decimal("4.00")},
        "17": {Decimal(20): Decimal("99.98"), Decimal(1): Decimal("8.90")},
    }


def test_a_second_run_makes_nothing_and_costs_almost_nothing(world: Make) -> None:
    here = world(orders=8)
    here.apply()
    made, writes = here.invoices(), here.writes()
    here.later(minutes=5)
    report = here.apply()
    assert (here.invoices(), here.writes()) == (made, writes)
    assert report.calls == 0


def test_a_plan_writes_nothing_anywhere_and_says_what_apply_then_does(world: Make) -> None:
    here = world(rules=(a_rule(payment=PAID, product=SUBSTITUTE),), orders=12)
    planned = here.plan()
    assert here.writes() == []
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        assert workshop.ledger.orders.newest() == []
        assert workshop.ledger.steps.unsettled() == []
    applied = here.apply()
    assert verdicts(applied) == verdicts(planned)
    expected = {result.row.number: result.plan.payable for result in planned.results if result.plan is not None}
    assert payables(here) == expected


def test_two_orders_of_one_new_buyer_make_one_contact(world: Make) -> None:
    here = world(orders=8, rules=(a_rule(status=Status.AWAITING_APPROVAL, product=SUBSTITUTE),))
    before = len(here.sandbox.parasut.contacts)
    here.apply()
    made = [(one["email"], one["name"]) for one in list(here.sandbox.parasut.contacts.values())[before:]]
    assert len(set(made)) == len(made)
    repeated = [order["billing"]["email"] for order in here.sandbox.shop.orders.values()]
    assert len(set(repeated)) < len(repeated)


def test_a_bad_record_holds_itself_and_no_other(world: Make) -> None:
    here = world(orders=3)
    here.sandbox.shop.orders[16]["line_items"][0]["total"] = "abc"
    report = here.apply()
    assert verdicts(report) == {"15": "invoiced", "16": "held", "17": "invoiced"}


def test_an_order_fires_when_it_reaches_its_status_and_not_before(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(status=Status.SHIPPED),))
    assert verdicts(here.apply()) == {"17": "invoiced"}
    here.sandbox.shop.set_status(15, "completed")
    here.later(minutes=5)
    assert verdicts(here.apply()) == {"15": "invoiced"}


def test_our_own_note_in_the_shop_makes_nothing_new(world: Make) -> None:
    here = world(orders=3)
    here.apply()
    here.sandbox.shop.orders[15]["meta_data"].append({"id": 9, "key": "_parasut_invoice_id", "value": "1"})
    here.sandbox.shop.touch(15)
    here.later(minutes=5)
    assert here.apply().results == []


def test_when_a_cash_sale_is_not_paid_the_payment_follows(world: Make) -> None:
    here = world(rules=(a_rule(payment={"*": PaymentChoice("iyzico")}),), orders=1, cash_sale="ignored")
    here.apply()
    assert here.invoices() == [{"order": "15", "payable": Decimal("1559.30"), "paid": True}]
    assert [write for write in here.writes() if "payments" in write] != []


@pytest.mark.parametrize(
    ("vat", "line_net", "price_decimals", "discount"),
    list(product(("line", "rate", "invoice"), ("rounded", "exact"), (2, 4, 6), ("line", "unit"))),
)
def test_every_way_of_rounding_ends_in_the_orders_totals(
    world: Make, vat: str, line_net: str, price_decimals: int, discount: str
) -> None:
    rules = (a_rule(status=Status.AWAITING_APPROVAL, product=SUBSTITUTE, condition="order.total > 0"),)
    here = world(rules=rules, orders=20, vat=vat, line_net=line_net, price_decimals=price_decimals, discount=discount)
    del here.sandbox.parasut.products["300005"]  # the twin of a code
    report = here.apply()
    assert report.count(Verdict.INVOICED) >= 10
    for result in report.results:
        if result.verdict is Verdict.INVOICED:
            assert result.plan is not None
            if result.plan.exact:
                assert result.row.payable == result.plan.total
            assert abs((result.row.payable or Decimal(0)) - result.plan.total) <= Decimal("0.01")
    assert [result.hold.code for result in report.results if result.hold and "differ" in result.hold.code] == []


def test_a_draft_that_came_out_wrong_is_made_anew_once(world: Make) -> None:
    here = world(orders=1, rules=(a_rule(product=SUBSTITUTE),), price_decimals=2, discount="unit")
    order = here.sandbox.shop.orders[15]
    order["line_items"][0] |= {"quantity": 3, "total": "83.42", "total_tax": "16.68"}
    order["line_items"] = order["line_items"][:1]
    order["shipping_lines"] = []
    order["total"] = "100.10"
    here.sandbox.shop.touch(15)
    report = here.apply()
    assert payables(here) == {"15": Decimal("100.10")}
    assert verdicts(report) == {"15": "invoiced"}
    assert here.writes()[1:] == ["POST sales_invoices", "DELETE sales_invoices/400001", "POST sales_invoices"]


def test_an_invoice_whose_answer_was_lost_is_found_and_never_sent_twice(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("close_after", "POST", "sales_invoices$"))
    assert verdicts(here.apply()) == {"15": "invoiced"}
    assert [row.state for row in here.rows()] == [State.INVOICED]
    here.later(minutes=5)
    assert here.apply().results == []
    assert len(here.invoices()) == 1


def test_a_request_that_was_not_carried_out_is_sent_again_after_the_time_to_settle(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    report = here.apply()
    assert verdicts(report) == {"15": "waits"}
    assert "it is looked for" in report.results[0].message
    here.later(seconds=100)
    assert verdicts(here.apply()) == {"15": "waits"}
    assert here.invoices() == []
    with ExitStack() as stack:
        row = here.open(stack, network=False).ledger.orders.named("site", "15")[0]
        with pytest.raises(Exception, match="not held; it is settling"):
            retry(row, here.open(stack, network=False))
    here.later(seconds=100)
    assert verdicts(here.apply()) == {"15": "invoiced"}
    assert len(here.invoices()) == 1


def test_a_request_that_may_still_be_carried_out_is_not_sent_again_for_a_person(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    here.apply()
    assert here.invoices() == []
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        with pytest.raises(UsageError, match="may still be carrying out"):
            resolve(workshop.ledger.orders.named("site", "15")[0], workshop, adopt=None)
    here.later(minutes=4)
    assert verdicts(here.apply()) == {"15": "invoiced"}
    assert len(here.invoices()) == 1


def test_a_contact_whose_answer_was_lost_is_found_too(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("close_after", "POST", "contacts$"))
    assert verdicts(here.apply()) == {"15": "invoiced"}
    contact = list(here.sandbox.parasut.contacts)[-1]
    assert [invoice.links["contact"] for invoice in here.sandbox.parasut.invoices.values()] == [contact]
    assert here.writes().count("POST contacts") == 1


def test_a_refusal_is_held_with_paraşüts_own_words_and_retried_anew(world: Make) -> None:
    here = world(orders=1, rules=(a_rule(mapping=a_mapping(invoice={"order_date": "0000-00-00"})),))
    report = here.apply()
    assert [result.hold.code for result in report.results if result.hold] in (["refused"], ["template-failed"])
    here.rules = (a_rule(),)
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        assert retry(workshop.ledger.orders.named("site", "15")[0], workshop).state is State.DUE
    assert verdicts(here.apply()) == {"15": "invoiced"}


def test_a_contact_that_was_deleted_at_paraşüt_is_made_again(world: Make) -> None:
    here = world(orders=3)
    here.plan()
    here.apply(order=("site", "15"))
    contact = next(iter(here.sandbox.parasut.invoices.values())).links["contact"]
    del here.sandbox.parasut.contacts[contact]
    here.again(15, 500)
    here.later(minutes=5)
    report = here.apply(order=("site", "500"))
    assert verdicts(report) == {"500": "invoiced"}
    assert list(here.sandbox.parasut.invoices.values())[-1].links["contact"] != contact


def test_two_products_with_one_code_hold_the_order_and_name_both(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.parasut.add_product("Termos kopya", code="TRM-500")
    report = here.apply()
    assert [result.hold.code for result in report.results if result.hold] == ["product-code-ambiguous"]
    assert "'Çelik Termos 500 ml'" in report.results[0].message
    assert "'Termos kopya'" in report.results[0].message


def test_the_canary_waits_for_approval_after_one_invoice(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(canary=True),))
    assert verdicts(here.plan()) == {"15": "invoiced", "16": "waits", "17": "waits"}
    assert verdicts(here.apply()) == {"15": "invoiced", "16": "waits", "17": "waits"}
    here.later(minutes=5)
    assert verdicts(here.apply()) == {"16": "waits", "17": "waits"}
    with ExitStack() as stack:
        approve("site-hazirlanan", here.open(stack, network=False))
    assert verdicts(here.apply()) == {"16": "invoiced", "17": "invoiced"}


def test_limits_let_the_rest_wait_for_the_next_run(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(limits=Limits(per_run=2)),))
    assert list(verdicts(here.apply()).values()) == ["invoiced", "invoiced", "waits"]
    here.later(minutes=5)
    assert list(verdicts(here.apply()).values()) == ["invoiced"]


def test_an_amount_limit_counts_the_sum_of_a_run_and_gives_way_to_a_named_order(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(limits=Limits(amount=Decimal(300))),))
    report = here.apply()
    assert verdicts(report) == {"15": "waits", "16": "invoiced", "17": "waits"}
    assert "`syncd apply --order site/15`" in report.results[0].message
    assert verdicts(here.apply(order=("site", "15"))) == {"15": "invoiced"}


def test_the_emergency_stop_is_read_before_every_write(world: Make) -> None:
    here = world(orders=3)
    with ExitStack() as stack:
        set_paused(None, True, here.open(stack, network=False))
    report = here.apply()
    assert (str(report.stopped), here.writes()) == (
        "syncd is paused; nothing was sent. `syncd resume` lets it go on.",
        [],
    )
    with ExitStack() as stack:
        set_paused(None, False, here.open(stack, network=False))
    assert here.apply().count(Verdict.INVOICED) == 3


def test_a_paused_rule_waits_and_the_others_go_on(world: Make) -> None:
    rules = (a_rule(name="cod", condition="order.payment.method == 'cod'"), a_rule(name="rest", otherwise=True))
    here = world(orders=3, rules=rules)
    with ExitStack() as stack:
        set_paused("cod", True, here.open(stack, network=False))
    assert verdicts(here.apply()) == {"16": "waits", "15": "invoiced", "17": "invoiced"}


def test_an_ended_subscription_stops_the_run_and_loses_nothing(world: Make) -> None:
    here = world(orders=3)
    here.sandbox.faults.add(Fault("402", "POST", "sales_invoices$", nth=2, times=100))
    report = here.apply()
    assert isinstance(report.stopped, CompanyStopped)
    assert (report.count(Verdict.INVOICED), report.count(Verdict.HELD)) == (1, 0)
    here.sandbox.faults.clear()
    assert here.apply().count(Verdict.INVOICED) == 2
    assert len(here.invoices()) == 3


def test_a_shop_that_does_not_answer_leaves_the_mark_where_it_was(world: Make) -> None:
    here = world(orders=3)
    here.sandbox.faults.add(Fault("500", "GET", "/orders", nth=1, times=50))
    report = here.apply()
    assert report.collected[0].error is not None
    here.sandbox.faults.clear()
    assert here.apply().count(Verdict.INVOICED) == 3


def test_an_ignored_order_is_never_invoiced(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(status=Status.SHIPPED),))
    here.apply()
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        ignore(workshop.ledger.orders.named("site", "15")[0], workshop)
    here.sandbox.shop.set_status(15, "completed")
    here.later(minutes=5)
    assert here.apply().results == []


def test_an_invoiced_order_about_which_nothing_waits_is_not_ignored(world: Make) -> None:
    here = world(orders=3)
    here.apply()
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        with pytest.raises(UsageError, match="site/15 is invoiced"):
            ignore(workshop.ledger.orders.named("site", "15")[0], workshop)


def test_every_write_has_its_intent_and_its_outcome_in_the_ledger(world: Make) -> None:
    here = world(orders=3)
    here.apply()
    with ExitStack() as stack:
        ledger = here.open(stack, network=False).ledger
        steps = ledger.steps.of_order(ledger.orders.named("site", "15")[0].ledger_id)
    assert [(step.identity.split()[0], step.state) for step in steps] == [
        ("contact", StepState.DONE),
        ("sale", StepState.DONE),
    ]
    assert '"order_no":"15"' in steps[1].body
    assert steps[0].remote_id == next(iter(here.sandbox.parasut.invoices.values())).links["contact"]


def killed_while_sending(here: World, path: str) -> None:
    """A run that dies after the intent of the first write to `path`, before anything is sent."""
    with ExitStack() as stack:
        workshop = here.open(stack)
        assert workshop.client is not None
        send = workshop.client.send

        def dies(request: Any, place: Any = None) -> Any:
            if request.is_write and request.path == path:
                raise KeyboardInterrupt
            return send(request, place)

        workshop.client.send = dies  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            work(workshop, Selection())


@pytest.mark.parametrize("path", ["contacts", "sales_invoices", "products"])
def test_an_intent_without_an_outcome_is_a_lost_answer(world: Make, path: str) -> None:
    here = world(orders=2)
    killed_while_sending(here, path)
    assert "waits" in verdicts(here.plan()).values() or path == "products"
    report = here.apply()
    assert "waits" in verdicts(report).values()
    assert not [row for row in here.rows() if row.state is State.HELD]
    here.later(minutes=4)
    here.apply()
    assert sorted(invoice["order"] for invoice in here.invoices()) == ["15", "16"]
    assert here.writes().count(f"POST {path}") == {"contacts": 2, "sales_invoices": 2, "products": 2}[path]


def test_an_order_cancelled_after_its_lost_answer_is_not_called_ended_before_it_was_looked_for(world: Make) -> None:
    here = world(orders=1)
    killed_while_sending(here, "sales_invoices")
    here.sandbox.shop.set_status(15, "cancelled")
    here.later(seconds=10)
    here.apply()
    assert [(row.state, row.hold_code) for row in here.rows()] == [(State.SETTLING, None)]
    here.later(minutes=5)
    here.apply()
    assert [(row.state, row.hold_code) for row in here.rows()] == [(State.ENDED, None)]


def test_the_canary_counts_invoices_whose_answer_was_lost(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(canary=True),))
    here.sandbox.faults.add(Fault("close_after", "POST", "sales_invoices$", nth=0))
    here.apply()
    here.later(minutes=5)
    here.apply()
    assert len(here.invoices()) == 1


def test_a_product_that_was_given_another_code_is_not_taken_for_its_old_one(world: Make) -> None:
    here = world(orders=2, rules=(a_rule(limits=Limits(per_run=1), condition="order.payment.method == 'cod'"),))
    here.apply()
    books = here.sandbox.parasut
    fee = next(product for product in books.products.values() if product["code"] == "HIZMET")
    fee.attributes["code"] = "BASKA"
    here.again(16, 500)
    here.later(days=8)
    here.apply()
    assert len(here.invoices()) == 2
    used = books.lines(list(books.invoices.values())[-1])[-1].links["product"]
    assert (books.products[used]["code"], used != fee.id) == ("HIZMET", True)


def test_a_category_that_was_deleted_at_paraşüt_is_made_again(world: Make) -> None:
    categories = Categories(invoice=template("Web Satışları"))
    here = world(orders=1, rules=(a_rule(categories=categories),))
    here.apply()
    books = here.sandbox.parasut
    first = next(iter(books.invoices.values())).links["category"]
    del books.item_categories[first]
    here.again(15, 500)
    here.later(minutes=5)
    assert verdicts(here.apply()) == {"500": "invoiced"}
    second = list(books.invoices.values())[-1].links["category"]
    assert (second != first, books.item_categories[second]["name"]) == (True, "Web Satışları")


def test_an_invoice_that_a_person_has_changed_is_not_repaired(world: Make) -> None:
    here = world(rules=(a_rule(payment={"*": PaymentChoice("iyzico")}),), orders=1, cash_sale="ignored")
    here.sandbox.faults.add(Fault("close_before", "POST", "payments$"))
    here.apply()
    invoice = next(iter(here.sandbox.parasut.invoices.values()))
    invoice.attributes["net_total"] = Decimal("1500.00")
    here.later(minutes=5)
    report = here.apply()
    assert [result.hold.code for result in report.results if result.hold] == ["invoice-amount-differs"]
    assert here.writes().count("POST sales_invoices") == 1
    assert not [write for write in here.writes() if write.startswith("DELETE")]


def test_an_invoice_that_is_gone_is_not_made_again_behind_a_persons_back(world: Make) -> None:
    here = world(rules=(a_rule(payment={"*": PaymentChoice("iyzico")}),), orders=1, cash_sale="ignored")
    here.sandbox.faults.add(Fault("close_before", "POST", "payments$"))
    here.apply()
    here.sandbox.parasut.invoices.clear()
    here.later(minutes=5)
    report = here.apply()
    assert [result.hold.code for result in report.results if result.hold] == ["invoice-gone"]
    assert here.invoices() == []


def test_five_hundred_orders_cost_at_most_two_point_two_calls_each(world: Make) -> None:
    rules = (a_rule(status=Status.AWAITING_APPROVAL, product=SUBSTITUTE, condition="order.total > 0"),)
    here = world(rules=rules, orders=500, rate_requests=200, rate_seconds=1)
    del here.sandbox.parasut.products["300005"]  # the twin of a code
    report = here.apply()
    made = report.count(Verdict.INVOICED)
    assert made > 250
    assert report.calls / made <= 2.2
    assert report.throttled == 0


def test_a_later_since_is_obeyed_for_orders_that_were_due_already(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(canary=True),))
    here.apply()
    here.rules = (a_rule(since=date(2026, 11, 24)),)
    assert here.plan().results == []
    assert here.apply().results == []
    assert len(here.invoices()) == 1


def test_a_shop_that_has_moved_is_not_invoiced_again(world: Make) -> None:
    here = world(orders=3)
    here.apply()
    before = here.sandbox.shop_url.removeprefix("http://")
    here.account = "yeni.magaza.test"
    here.later(minutes=5)
    moved = here.apply()
    assert f"add `account: {before}`" in str(moved.collected[0].error)
    assert len(here.invoices()) == 3
    here.account = before
    assert here.apply().failed is False


def test_a_platform_may_be_renamed(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(canary=True),))
    here.apply()
    here.name = "dukkan"
    here.rules = (a_rule(platforms=("dukkan",)),)
    here.later(minutes=5)
    assert here.apply().count(Verdict.INVOICED) == 2
    assert len(here.invoices()) == 3


def test_a_platform_that_is_gone_from_the_configuration_leaves_its_orders_alone(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(canary=True),))
    here.apply()
    here.name = "dukkan"
    here.account = "baska.test"
    here.rules = (a_rule(platforms=("dukkan",)),)
    report = here.plan(offline=True)
    assert {result.message for result in report.results} == {"the platform site is no longer in the configuration"}
    assert report.count(Verdict.WAITS) == 2


def test_five_holds_of_one_kind_in_a_row_stop_the_rule_for_this_run(world: Make) -> None:
    here = world(orders=40, user_role="ro", rules=(a_rule(status=Status.SHIPPED, product=SUBSTITUTE),))
    del here.sandbox.parasut.products["300005"]  # the twin of a code
    report = here.apply()
    assert [result.hold.code for result in report.results if result.hold] == ["refused"] * 5
    assert "stopped after 5 holds" in report.results[-1].message
    assert "Satışlar" in report.results[0].hold.remedy if report.results[0].hold else False


def test_a_plan_shows_what_waits_for_the_canary_too(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(canary=True),))
    waiting = here.plan().results[1]
    assert waiting.verdict is Verdict.WAITS
    assert waiting.plan is not None
    assert waiting.plan.payable == Decimal("226.47")


@pytest.mark.parametrize("kind", ["close_before", "close_after"])
def test_a_deletion_whose_answer_was_lost_is_asked_again(world: Make, kind: str) -> None:
    here = world(orders=1, rules=(a_rule(product=SUBSTITUTE),), price_decimals=2, discount="unit")
    order = here.sandbox.shop.orders[15]
    order["line_items"][0] |= {"quantity": 3, "total": "83.42", "total_tax": "16.68"}
    order |= {"line_items": order["line_items"][:1], "shipping_lines": [], "total": "100.10"}
    here.sandbox.faults.add(Fault(kind, "DELETE", "sales_invoices/"))
    assert verdicts(here.apply()) == {"15": "waits"}
    with ExitStack() as stack:  # a person who holds the id of the draft must not be able to call it deleted
        workshop = here.open(stack, network=False)
        ledger, row = workshop.ledger, here.rows()[0]
        held = ledger.orders.change(row, "held for a test", here.now, state=State.HELD.value, hold_code="unexpected")
        with pytest.raises(UsageError, match="no step whose outcome is not known"):
            resolve(held, workshop, adopt="400001")
        assert retry(held, workshop).state is State.DUE
    assert verdicts(here.apply()) == {"15": "invoiced"}
    assert payables(here) == {"15": Decimal("100.10")}
    assert len(here.invoices()) == 1


def test_a_wrong_id_is_not_adopted(world: Make) -> None:
    here = world(orders=2)
    here.sandbox.faults.add(Fault("close_after", "POST", "sales_invoices$"))
    here.sandbox.faults.add(Fault("empty", "GET", "sales_invoices$", nth=0))
    here.apply()
    here.sandbox.faults.clear()
    own, other = list(here.sandbox.parasut.invoices)
    for wrong in (other, "999"):
        with ExitStack() as stack:
            workshop = here.open(stack, network=False)
            resolve(workshop.ledger.orders.named("site", "15")[0], workshop, adopt=wrong)
        report = here.apply()
        assert [result.hold.code for result in report.results if result.hold] == ["adopted-not-ours"]
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        resolve(workshop.ledger.orders.named("site", "15")[0], workshop, adopt=own)
    assert verdicts(here.apply()) == {"15": "invoiced"}
    assert list(here.sandbox.parasut.invoices) == [own, other]


def test_a_named_order_that_can_not_be_worked_on_says_why(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(status=Status.SHIPPED),))
    with pytest.raises(UsageError, match="shows no order 9999"):
        here.apply(order=("site", "9999"))
    with pytest.raises(UsageError, match="no platform 'foo'"):
        here.apply(order=("foo", "17"))
    with pytest.raises(UsageError, match="not due; it is waiting: waits for shipped"):
        here.apply(order=("site", "15"))
