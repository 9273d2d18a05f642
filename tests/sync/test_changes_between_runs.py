"""What changes between two runs: the configuration, the shop, Paraşüt, and where the run before was cut off."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from factories import VKN, a_rule
from places import CONFIG, Place
from worlds import World

from syncd.config.settings import Limits, PaymentChoice, ProductPolicy
from syncd.ledger.ledger import RuleState
from syncd.ledger.mirror import MirrorState
from syncd.ledger.order_row import OrderRow, State
from syncd.orders.status import Status
from syncd.sandbox.faults import Fault
from syncd.sync import making, refresh, run
from syncd.sync.decisions import approve, ignore, retry, set_paused
from syncd.sync.explain import explain
from syncd.sync.report import Report, Result, Selection
from syncd.sync.run import work

Make = Callable[..., World]
PAID = {"*": PaymentChoice("iyzico")}
FIRM = "9990000013"  # a VKN that nobody in the sandbox has
ELSE = "5000000013"


@pytest.fixture(autouse=True)
def one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test can say which order comes first."""
    monkeypatch.setattr(run, "orders_at_once", lambda _: 1)


def verdicts(report: Report) -> dict[str, str]:
    return {result.row.number: str(result.verdict) for result in report.results}


def holds(report: Report) -> dict[str, str]:
    return {result.row.number: result.hold.code for result in report.results if result.hold is not None}


def row_of(world: World, number: str = "15") -> OrderRow:
    return next(row for row in world.rows() if row.number == number)


def standing(world: World, number: str = "15") -> tuple[State, str | None, str | None]:
    """Where an order stands: its state, why it is held, its invoice."""
    row = row_of(world, number)
    return row.state, row.hold_code, row.invoice_id


def decided(world: World, decide: Callable[..., OrderRow], number: str = "15", **how: Any) -> OrderRow:
    with ExitStack() as stack:
        workshop = world.open(stack, network=False)
        return decide(workshop.ledger.orders.named("site", number)[0], workshop, **how)


def only_invoice(world: World) -> str:
    (identity,) = world.sandbox.parasut.invoices
    return identity


def buyers(world: World) -> list[tuple[str, str]]:
    """Name and tax number on each invoice, oldest first."""
    books = world.sandbox.parasut
    contacts = [books.contacts[invoice.links["contact"]] for invoice in books.invoices.values()]
    return [(contact["name"], contact["tax_number"] or "") for contact in contacts]


def buys(world: World, order_id: int, *, tax_number: str = "", **billing: str) -> None:
    """The buyer of an order, changed at the shop now."""
    order = world.sandbox.shop.orders[order_id]
    meta = [{"id": 1, "key": "_billing_vergi_no", "value": tax_number}] if tax_number else []
    order |= {"billing": {**order["billing"], **billing}, "meta_data": meta}
    world.sandbox.shop.touch(order_id)


def killed_once_sent(world: World, path: str) -> None:
    """A run that dies after Paraşüt has done the first write to `path`, before its answer is kept."""
    with ExitStack() as stack:
        workshop = world.open(stack)
        assert workshop.client is not None
        send = workshop.client.send

        def dies(request: Any, place: Any = None) -> Any:
            answer = send(request, place)
            if request.is_write and request.path == path:
                raise KeyboardInterrupt
            return answer

        workshop.client.send = dies  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            work(workshop, Selection())


def waiting_for_its_payment(make: Make, orders: int) -> tuple[World, str]:
    """A world in which order 15 has its invoice and only the payment is missing; with the invoice's id."""
    here = make(orders=orders, rules=(a_rule(payment=PAID),), cash_sale="ignored")
    here.sandbox.faults.add(Fault("402", "POST", "payments$"))
    here.apply()
    identity = only_invoice(here)
    assert standing(here) == (State.DUE, None, identity)
    here.later(minutes=5)
    return here, identity


# A run that was cut off, and what the shop says afterwards.


def test_an_order_cancelled_after_a_crash_is_held_for_the_invoice_that_the_crash_left(world: Make) -> None:
    here = world(orders=1)
    killed_once_sent(here, "sales_invoices")
    identity = only_invoice(here)
    here.sandbox.shop.set_status(15, "cancelled")
    here.later(minutes=5)
    assert holds(here.apply()) == {"15": "cancelled-after-invoice"}
    assert standing(here) == (State.HELD, "cancelled-after-invoice", identity)
    assert decided(here, ignore).state is State.INVOICED
    assert [invoice["order"] for invoice in here.invoices()] == ["15"]


def test_an_order_cancelled_after_its_invoice_was_adopted_is_held(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("close_after", "POST", "sales_invoices$"))
    assert verdicts(here.apply()) == {"15": "invoiced"}
    here.sandbox.shop.set_status(15, "cancelled")
    here.later(minutes=5)
    assert holds(here.apply()) == {"15": "cancelled-after-invoice"}
    assert standing(here) == (State.HELD, "cancelled-after-invoice", only_invoice(here))


def test_a_crash_right_after_the_answer_was_kept_does_not_forget_the_invoice(
    world: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    here = world(orders=2)
    with monkeypatch.context() as patch:
        patch.setattr(making, "learn_from", dies)
        with pytest.raises(KeyboardInterrupt):
            here.apply()
    identity = only_invoice(here)
    assert standing(here) == (State.DUE, None, identity)
    here.sandbox.shop.set_status(15, "cancelled")
    here.later(minutes=5)
    assert verdicts(here.apply()) == {"15": "held", "16": "invoiced"}
    assert standing(here) == (State.HELD, "cancelled-after-invoice", identity)


def test_an_order_whose_run_was_killed_gets_the_invoice_that_the_run_made(world: Make) -> None:
    here = world(orders=1)
    killed_once_sent(here, "sales_invoices")
    here.later(seconds=5)
    planned, applied = here.plan(), here.apply()
    assert (verdicts(planned), verdicts(applied)) == ({"15": "waits"}, {"15": "invoiced"})
    assert "it is looked for" in planned.results[0].message
    assert standing(here) == (State.INVOICED, None, only_invoice(here))


def test_an_order_ignored_while_its_payment_was_unknown_stays_settled(world: Make) -> None:
    here = world(orders=1, rules=(a_rule(payment=PAID),), cash_sale="ignored")
    here.sandbox.faults.add(Fault("close_before", "POST", "payments$"))
    assert verdicts(here.apply()) == {"15": "waits"}
    assert decided(here, ignore).state is State.INVOICED
    writes = here.writes()
    here.later(minutes=5)
    assert here.apply().results == []
    assert (standing(here), here.writes()) == ((State.INVOICED, None, only_invoice(here)), writes)


def test_an_invoice_that_surely_was_not_made_is_dated_anew(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("402", "POST", "sales_invoices$"))
    here.apply()
    assert here.invoices() == []
    here.later(days=20)
    assert verdicts(here.apply()) == {"15": "invoiced"}
    assert [invoice["issue_date"] for invoice in here.sandbox.parasut.invoices.values()] == ["2026-12-15"]
    assert row_of(here).issue_date == "2026-12-15"


def test_a_canary_that_never_flew_does_not_block_its_rule(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(canary=True),))
    here.sandbox.faults.add(Fault("402", "POST", "sales_invoices$"))
    here.apply()
    assert here.invoices() == []
    here.later(minutes=5)
    assert verdicts(here.apply()) == {"15": "invoiced", "16": "waits", "17": "waits"}


def test_an_order_that_went_back_to_unpaid_while_its_request_was_looked_for_waits_again(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    assert verdicts(here.apply()) == {"15": "waits"}
    here.sandbox.shop.set_status(15, "pending")
    here.later(minutes=5)
    here.apply()
    assert row_of(here).state is State.WAITING
    assert here.apply().results == []
    here.sandbox.shop.set_status(15, "processing")
    here.later(minutes=5)
    assert verdicts(here.apply()) == {"15": "invoiced"}


# Rules and platforms that are written differently by now.


def test_an_earlier_since_reads_the_older_orders_too(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(since=date(2026, 11, 24)),))
    for order in here.sandbox.shop.orders.values():
        order["date_modified_gmt"] = order["date_modified"] = "2026-11-23T18:00:00"
    assert here.apply().results == []
    here.rules = (a_rule(since=date(2026, 11, 1)),)
    here.later(minutes=5)
    assert verdicts(here.plan()) == {"15": "invoiced", "16": "invoiced", "17": "invoiced"}
    assert verdicts(here.apply()) == {"15": "invoiced", "16": "invoiced", "17": "invoiced"}
    here.later(minutes=5)
    assert here.apply().collected[0].seen < 3  # read once; from here on by the mark


def test_a_status_word_that_is_mapped_reaches_orders_already_read(world: Make) -> None:
    here = world(orders=8, rules=(a_rule(status=Status.SHIPPED),))  # later orders have moved the mark on
    here.sandbox.shop.orders[15]["status"] = "kargoda"
    here.apply()
    assert (row_of(here).state, "map the word" in row_of(here).reason) == (State.WAITING, True)
    here.statuses = {"kargoda": Status.SHIPPED}
    here.later(minutes=5)
    assert verdicts(here.plan())["15"] == "invoiced"
    assert verdicts(here.apply())["15"] == "invoiced"
    assert standing(here)[0] is State.INVOICED


def test_an_unfinished_invoice_of_a_renamed_rule_is_held_until_the_name_is_back(world: Make) -> None:
    here, identity = waiting_for_its_payment(world, orders=1)
    here.rules = (a_rule(name="yeni-ad", payment=PAID),)
    assert holds(here.plan()) == holds(here.apply()) == {"15": "rule-gone"}
    assert standing(here) == (State.HELD, "rule-gone", identity)
    with ExitStack() as stack:
        reasons = explain(row_of(here), here.open(stack, network=False)).reasons
    assert reasons[0] == "Its rule, site-hazirlanan, is no longer in the configuration."
    assert "rule-gone" in reasons[1]
    here.later(minutes=5)
    assert here.apply().results == []
    here.rules = (a_rule(payment=PAID),)
    assert decided(here, retry).state is State.DUE
    assert verdicts(here.apply()) == {"15": "invoiced"}
    assert here.invoices() == [{"order": "15", "payable": Decimal("1559.30"), "paid": True}]


def test_an_unfinished_invoice_is_never_left_to_rules_that_do_not_want_its_order(world: Make) -> None:
    here, identity = waiting_for_its_payment(world, orders=8)
    here.rules = (a_rule(name="baska", payment=PAID, condition="order.total > 99999"),)
    assert holds(here.apply()) == {"15": "rule-gone"}
    assert standing(here) == (State.HELD, "rule-gone", identity)


def test_an_unfinished_invoice_is_finished_though_its_rule_fires_later_by_now(world: Make) -> None:
    here, identity = waiting_for_its_payment(world, orders=8)
    here.rules = (a_rule(payment=PAID, status=Status.DELIVERED),)
    assert verdicts(here.apply())["15"] == "invoiced"
    assert standing(here) == (State.INVOICED, None, identity)
    assert {"order": "15", "payable": Decimal("1559.30"), "paid": True} in here.invoices()


def test_a_plan_after_a_platform_was_renamed_shows_all_that_apply_does(world: Make) -> None:
    here = world(orders=8, rules=(a_rule(limits=Limits(per_run=1)),))
    here.apply()
    here.name = "dukkan"
    here.rules = (a_rule(platforms=("dukkan",)),)
    here.later(minutes=5)
    planned, applied = verdicts(here.plan()), verdicts(here.apply())
    assert planned == applied
    assert (planned["16"], "15" in planned) == ("invoiced", False)
    assert {row.name.split("/")[0] for row in here.rows()} == {"dukkan"}


def test_a_shop_that_is_renamed_and_moved_at_once_is_not_invoiced_again(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    here.name, here.account = "dukkan", "yeni.magaza.test"
    here.rules = (a_rule(platforms=("dukkan",)),)
    here.later(minutes=5)
    assert holds(here.plan()) == holds(here.apply()) == {"15": "already-invoiced"}
    assert len(here.invoices()) == 1


def test_orders_of_a_platform_that_could_not_be_read_wait(world: Make) -> None:
    here = world(orders=2, rules=(a_rule(limits=Limits(per_run=1)),))
    here.apply()
    here.sandbox.shop.set_status(16, "cancelled")
    here.sandbox.faults.add(Fault("401", "GET", "/orders", nth=0))
    here.later(days=2)
    for report in (here.plan(), here.apply()):
        assert verdicts(report) == {"16": "waits"}
        assert report.results[0].message == "site could not be read; the order may have changed there"
        assert report.failed
    here.sandbox.faults.clear()
    assert here.apply().results == []
    assert (standing(here, "16")[0], len(here.invoices())) == (State.ENDED, 1)


def test_a_payment_is_booked_though_the_platform_could_not_be_read(world: Make) -> None:
    here, identity = waiting_for_its_payment(world, orders=1)
    here.sandbox.faults.add(Fault("401", "GET", "/orders", nth=0))
    assert verdicts(here.apply()) == {"15": "invoiced"}
    assert standing(here) == (State.INVOICED, None, identity)


# Limits, pauses and retries of a rule.


def test_an_amount_limit_lets_an_order_in_a_foreign_currency_wait_for_a_person(world: Make) -> None:
    here = world(orders=2, rules=(a_rule(limits=Limits(amount=Decimal(2000))),))
    here.sandbox.shop.orders[15]["currency"] = "USD"
    for report in (here.plan(), here.apply()):
        assert verdicts(report) == {"15": "waits", "16": "invoiced"}
        assert report.results[0].message == (
            "limits.amount: the order is in USD; `syncd apply --order site/15` makes it all the same"
        )
    assert verdicts(here.apply(order=("site", "15"))) == {"15": "invoiced"}


def test_a_pause_in_the_middle_of_a_run_lasts_and_keeps_what_is_known_of_the_rule(world: Make) -> None:
    here = world(orders=3)

    def pause(_: Result) -> None:
        with ExitStack() as other:  # `syncd pause --rule` in another shell
            set_paused("site-hazirlanan", True, here.open(other, network=False))

    with ExitStack() as stack:
        workshop = here.open(stack)
        report = work(workshop, Selection(), pause)
        assert workshop.ledger.rule("site-hazirlanan") == RuleState(False, True, here.now)
    assert verdicts(report) == {"15": "invoiced", "16": "waits", "17": "waits"}
    assert len(here.invoices()) == 1


def test_pausing_and_resuming_a_rule_is_no_approval_of_its_first_invoice(world: Make) -> None:
    here = world(orders=3, rules=(a_rule(canary=True),))
    here.apply()
    first = here.now
    here.later(minutes=5)
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        for paused in (True, False):
            set_paused("site-hazirlanan", paused, workshop)
            assert workshop.ledger.rule("site-hazirlanan") == RuleState(False, paused, first)
    assert verdicts(here.apply()) == {"16": "waits", "17": "waits"}
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        approve("site-hazirlanan", workshop)
        assert workshop.ledger.rule("site-hazirlanan") == RuleState(True, False, first)


def test_all_orders_held_for_one_reason_are_retried_with_one_command(world: Make, tmp_path: Path) -> None:
    here = world(orders=3)
    place = Place(tmp_path, here.sandbox)
    place.config.write_text(CONFIG, encoding="utf-8")
    copy = here.sandbox.parasut.add_product("Termos kopya", code="TRM-500")
    here.sandbox.shop.orders[16]["line_items"][0]["sku"] = ""
    assert place.syncd("apply").code == 1
    copy.attributes["code"] = "TRM-500-K"
    retried = place.syncd("orders", "retry", "--hold", "product-code-ambiguous")
    assert (retried.code, sorted(line.partition(":")[0] for line in retried.out.splitlines())) == (
        0,
        ["site/15 is due", "site/17 is due"],
    )
    assert place.syncd("apply").code == 0
    assert sorted(invoice["order"] for invoice in here.invoices()) == ["15", "17"]
    assert "1 × product-code-missing" in place.syncd("status").out
    again = place.syncd("orders", "retry", "--hold", "product-code-ambiguous")
    assert (again.code, "No order is held for 'product-code-ambiguous'" in again.err) == (2, True)


# Buyers and products that changed meanwhile.


def test_a_buyer_corrected_after_the_contact_was_made_gets_a_contact_of_the_right_name(world: Make) -> None:
    here = world(orders=1)
    buys(here, 15, first_name="Ali", last_name="Kaya", email="ali@kaya.test")
    here.sandbox.faults.add(Fault("402", "POST", "sales_invoices$"))
    here.apply()
    assert here.invoices() == []
    buys(here, 15, company="Kaya Ltd. Şti.", tax_number=FIRM)
    here.later(minutes=5)
    assert verdicts(here.apply()) == {"15": "invoiced"}
    assert buyers(here) == [("Kaya Ltd. Şti.", FIRM)]


def test_an_invoice_found_after_its_buyer_was_corrected_is_held_with_the_old_buyers_contact(world: Make) -> None:
    here = world(orders=1)
    killed_once_sent(here, "sales_invoices")
    identity = only_invoice(here)
    buys(here, 15, company="Kaya Ltd. Şti.", tax_number=FIRM)
    here.later(minutes=5)
    assert holds(here.apply()) == {"15": "contact-changed"}
    assert standing(here) == (State.HELD, "contact-changed", identity)
    assert row_of(here).contact_id == here.sandbox.parasut.invoices[identity].links["contact"]
    assert buyers(here) == [("Ayşe Yılmaz", "10000000146")]


def test_one_shop_customer_who_buys_for_two_people_is_two_contacts(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.shop.orders[15]["customer_id"] = 7
    buys(here, 15)
    here.apply()
    here.again(15, 500)
    buys(here, 500, first_name="Mehmet", last_name="Öz", email="mehmet@oz.test")
    here.again(500, 600)
    buys(here, 600, email="baska@oz.test")
    here.later(minutes=5)
    assert verdicts(here.apply()) == {"500": "invoiced", "600": "invoiced"}
    assert [name for name, _ in buyers(here)] == ["Ayşe Yılmaz", "Mehmet Öz", "Mehmet Öz"]
    used = [invoice.links["contact"] for invoice in here.sandbox.parasut.invoices.values()]
    assert (used[1] == used[2], used[0] == used[1]) == (True, False)


def test_a_tax_number_entered_at_paraşüt_after_the_contact_was_mirrored_is_found(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    by_hand = here.sandbox.parasut.add_contact("Kaya Ltd. Şti.")
    here.again(15, 500)
    here.later(minutes=5)
    here.apply()  # the mirror learns of the contact, which has no number yet
    by_hand.attributes["tax_number"] = FIRM
    here.again(500, 600)
    buys(here, 600, company="Kaya Limited", email="muhasebe@kaya.test", tax_number=FIRM)
    here.later(minutes=5)
    assert verdicts(here.apply()) == {"600": "invoiced"}
    assert buyers(here)[-1] == ("Kaya Ltd. Şti.", FIRM)
    assert [contact.id for contact in here.sandbox.parasut.contacts.values() if contact["tax_number"] == FIRM] == [
        by_hand.id
    ]


def test_a_contact_that_was_given_to_somebody_else_at_paraşüt_holds_the_order_it_was_taken_for(world: Make) -> None:
    here = world(orders=1)
    buys(here, 15, tax_number=VKN)
    here.apply()
    books = here.sandbox.parasut
    contact = books.contacts[books.invoices[only_invoice(here)].links["contact"]]
    contact.attributes.update(tax_number=ELSE, name="Başka A.Ş.")
    here.again(15, 500)
    here.later(minutes=5)
    report = here.apply()
    assert holds(report) == {"500": "contact-changed"}
    assert report.results[0].hold is not None
    assert contact.id in report.results[0].message
    assert VKN not in report.results[0].message
    assert ELSE not in report.results[0].message
    assert standing(here, "500") == (State.HELD, "contact-changed", list(books.invoices)[1])
    assert decided(here, ignore, "500").state is State.INVOICED
    here.again(500, 600)
    here.later(minutes=5)
    assert verdicts(here.apply()) == {"600": "invoiced"}  # the contact is known for whose it is now
    assert buyers(here)[-1][1] == VKN


def test_a_contact_made_beside_a_reading_of_all_contacts_stays_known(world: Make) -> None:
    """`syncd plan` has read all contacts, `syncd apply` makes one, and only then does the plan store what it read."""
    here = world(orders=1)
    buys(here, 15, email="yeni@ornek.test")
    here.again(15, 500)
    before = len(here.sandbox.parasut.contacts)
    here.plan()
    with ExitStack() as stack:
        workshop = here.open(stack)
        mirror = workshop.ledger.mirror
        read = mirror.all("contacts")
        highest = mirror.state("contacts").highest_id

        def the_plan_stores_what_it_read(result: Result) -> None:
            if result.row.number == "15":
                mirror.replace("contacts", read, MirrorState(True, highest, here.now, here.now))

        report = work(workshop, Selection(), the_plan_stores_what_it_read)
    assert verdicts(report) == {"15": "invoiced", "500": "invoiced"}
    assert len(here.sandbox.parasut.contacts) == before + 1


def test_a_substitute_is_taken_only_after_paraşüt_was_asked_for_the_code(
    world: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large account's products are not read whole: the mirror can't tell that a code is missing."""
    monkeypatch.setattr(refresh, "CHEAP_PAGES", 0)
    here = world(orders=1, rules=(a_rule(product=ProductPolicy(use="KARGO")),))
    books = here.sandbox.parasut
    for number in range(150):
        books.add_product(f"Ürün {number}", code=f"U-{number}")
    present, absent = here.sandbox.shop.orders[15]["line_items"]
    present["sku"], absent["sku"] = "U-149", "YOK"
    assert verdicts(here.apply()) == {"15": "invoiced"}
    used = [books.products[line.links["product"]]["code"] for line in books.lines(only_invoice(here))]
    assert used[:2] == ["U-149", "KARGO"]
