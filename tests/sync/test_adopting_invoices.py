"""Invoices that Paraşüt holds and the ledger doesn't know: nothing is made twice, whatever became of the ledger."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from factories import a_rule
from worlds import World

from syncd.errors import UsageError
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import ADOPTED_BY_HAND, BY_BUYER, BY_MARK, BY_NUMBER
from syncd.sandbox.parasut.state import Record
from syncd.sync.adoption import read_new_invoices
from syncd.sync.decisions import resolve, retry
from syncd.sync.report import Report, Verdict

Make = Callable[..., World]


def lose_the_ledger(here: World) -> None:
    for file in here.folder.glob("ledger.db*"):
        file.unlink()


def back_up(here: World, to: Path) -> None:
    to.mkdir()
    for file in here.folder.glob("ledger.db*"):
        shutil.copy(file, to)


def put_back(here: World, backup: Path) -> None:
    lose_the_ledger(here)
    for file in backup.iterdir():
        shutil.copy(file, here.folder)


def sell(here: World, *numbers: int) -> None:
    """The first buyer orders the same again and again."""
    before = 15
    for number in numbers:
        here.again(before, number)
        before = number


def holds(report: Report) -> list[str]:
    return [result.hold.code for result in report.results if result.hold is not None]


def row(here: World, number: str) -> OrderRow:
    return next(row for row in here.rows() if row.number == number)


def answers(here: World, *numbers: str) -> list[str]:
    """How each order's sale came to be done."""
    with ExitStack() as stack:
        ledger = here.open(stack, network=False).ledger
        rows = {one.number: one for one in ledger.orders.newest(limit=1000)}
        return [ledger.steps.of_order(rows[number].ledger_id)[-1].answer for number in numbers]


def reads(here: World) -> list[str]:
    """Every list of invoices that was asked for."""
    return [
        exchange.path
        for exchange in here.sandbox.traffic
        if exchange.method == "GET" and exchange.path.endswith("/sales_invoices")
    ]


def by_hand(here: World, contact: Record, total: str, day: str = "2026-11-24", **attributes: Any) -> Record:
    """An invoice that somebody made in Paraşüt: one line, VAT of 20 % included in `total`."""
    books = here.sandbox.parasut
    net = (Decimal(total) / Decimal("1.2")).quantize(Decimal("0.01"))
    figures = {
        "net_total": Decimal(total),
        "gross_total": net,
        "before_taxes_total": net,
        "total_vat": Decimal(total) - net,
    }
    given = {"item_type": "invoice", "issue_date": day, "description": "Elle kesildi", "currency": "TRL"}
    links: dict[str, Any] = {"contact": contact.id, "category": None, "details": [], "payments": []}
    return books.add("sales_invoices", {**given, **figures, **attributes}, links)


def the_buyer(here: World, number: int = 15) -> Record:
    """The order's buyer as a contact that Paraşüt knows already."""
    truth = here.sandbox.shop.truth[number]
    order = here.sandbox.shop.orders[number]
    return here.sandbox.parasut.add_contact(
        "Elle Girilen", tax_number=truth.tax_number, email=order["billing"]["email"]
    )


def test_a_deleted_ledger_makes_nothing_twice_and_adopts_everything(world: Make) -> None:
    here = world(orders=3)
    here.apply()
    made = [invoice["order"] for invoice in here.invoices()]
    writes, contacts = here.writes(), len(here.sandbox.parasut.contacts)
    lose_the_ledger(here)
    report = here.apply()
    assert (report.count(Verdict.INVOICED), holds(report)) == (3, [])
    assert {one.state for one in here.rows()} == {State.INVOICED}
    assert answers(here, "15", "16", "17") == [BY_MARK] * 3
    assert [invoice["order"] for invoice in here.invoices()] == made
    assert (here.writes(), len(here.sandbox.parasut.contacts)) == (writes, contacts)


def test_an_adopted_order_knows_its_invoice_as_if_it_had_made_it(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    before = row(here, "15")
    lose_the_ledger(here)
    here.later(days=1)
    here.apply()
    after = row(here, "15")
    assert (after.invoice_id, after.contact_id, after.issue_date, after.payable) == (
        before.invoice_id,
        before.contact_id,
        before.issue_date,
        before.payable,
    )


def test_an_older_backup_adopts_what_was_made_since(world: Make, tmp_path: Path) -> None:
    here = world(orders=1)
    here.apply()
    back_up(here, tmp_path / "backup")
    sell(here, 500, 501)
    here.later(minutes=5)
    assert here.apply().count(Verdict.INVOICED) == 2
    writes = here.writes()
    put_back(here, tmp_path / "backup")
    here.later(minutes=5)
    report = here.apply()
    assert (report.count(Verdict.INVOICED), holds(report)) == (2, [])
    assert answers(here, "15", "500", "501") == ["", BY_MARK, BY_MARK]
    assert here.writes() == writes


def test_two_ledgers_beside_each_other_make_each_invoice_once(world: Make, tmp_path: Path) -> None:
    here = world(orders=1)
    other = World(here.sandbox, tmp_path / "other", here.rules, here.now)
    other.folder.mkdir()
    last = 15
    for number, turn in enumerate((here, other, other, here, other, here), 500):
        here.again(last, number)
        last = number
        turn.apply()
    here.apply()
    other.apply()
    counts = Counter(invoice["order"] for invoice in here.invoices())
    assert set(counts.values()) == {1}
    assert {one.state for world_ in (here, other) for one in world_.rows()} == {State.INVOICED}


@pytest.mark.parametrize("archived", [False, True])
def test_the_mark_is_found_on_an_archived_invoice_too(world: Make, archived: bool) -> None:
    here = world(orders=1)
    here.apply()
    for invoice in here.sandbox.parasut.invoices.values():
        invoice.attributes["archived"] = archived
    lose_the_ledger(here)
    assert (here.apply().count(Verdict.INVOICED), len(here.invoices())) == (1, 1)


def test_an_order_whose_invoice_was_cancelled_waits_for_a_person_after_a_loss(world: Make) -> None:
    here = world(orders=3)
    here.apply()
    first, *_ = here.sandbox.parasut.invoices.values()
    first.attributes |= {"item_type": "cancelled", "item_type_before_cancellation": "invoice"}
    lose_the_ledger(here)
    dry = here.plan()
    assert holds(dry) == ["maybe-invoiced"]
    report = here.apply()
    assert holds(report) == ["maybe-invoiced"]
    assert report.count(Verdict.INVOICED) == 2
    held = row(here, first["order_no"])
    assert held.state is State.HELD
    assert "before this ledger began" in held.reason
    assert len(here.invoices()) == 3
    here.later(minutes=5)
    assert (holds(here.apply()), len(here.invoices())) == ([], 3)


def test_orders_that_are_collected_later_are_doubted_after_a_loss_too(world: Make) -> None:
    """Also when the new ledger has made invoices meanwhile; orders of after its beginning are like any other."""
    here = world(orders=2)
    here.apply()
    lose_the_ledger(here)
    here.apply()
    here.later(minutes=5)
    sell(here, 500, 501)
    here.sandbox.shop.orders[501]["date_created_gmt"] = "2026-11-25T09:02:00"
    report = here.apply()
    assert {result.row.number: result.verdict for result in report.results} == {
        "500": Verdict.HELD,
        "501": Verdict.INVOICED,
    }


def test_an_order_that_still_waited_when_the_new_ledger_began_is_not_doubted(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    here.again(15, 500)
    here.sandbox.shop.orders[500]["status"] = "on-hold"
    lose_the_ledger(here)
    here.apply()
    assert row(here, "500").state is State.WAITING
    here.later(minutes=5)
    here.sandbox.shop.orders[500]["status"] = "processing"
    here.sandbox.shop.touch(500)
    assert here.apply().count(Verdict.INVOICED) == 1


def test_the_held_are_released_in_bulk(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    sell(here, *range(500, 508))
    lose_the_ledger(here)
    assert holds(here.apply()) == ["maybe-invoiced"] * 8
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        for held in workshop.ledger.orders.newest(hold_code="maybe-invoiced", limit=100):
            assert retry(held, workshop).state is State.DUE
    assert here.apply().count(Verdict.INVOICED) == 8
    assert len(here.invoices()) == 9


def test_a_first_installation_holds_nothing(world: Make) -> None:
    here = world(orders=3)
    by_hand(here, the_buyer(here), "9999.00")
    report = here.apply()
    assert (report.count(Verdict.INVOICED), holds(report)) == (3, [])


def test_an_invoice_with_the_order_number_day_and_total_is_adopted_without_a_mark(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    (invoice,) = here.sandbox.parasut.invoices.values()
    invoice.attributes["description"] = "Web Sitesi, elle düzeltildi"
    lose_the_ledger(here)
    assert here.plan().results[0].plan.adopts.how == BY_NUMBER  # type: ignore[union-attr]
    assert here.apply().count(Verdict.INVOICED) == 1
    assert answers(here, "15") == [BY_NUMBER]
    assert len(here.invoices()) == 1


def test_two_invoices_with_the_same_order_number_are_a_persons_matter(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    (invoice,) = here.sandbox.parasut.invoices.values()
    copied = {name: invoice[name] for name in ("order_no", "order_date")}
    twin = by_hand(here, the_buyer(here), str(invoice["net_total"]), invoice["issue_date"], **copied)
    invoice.attributes["description"] = "elle düzeltildi"
    lose_the_ledger(here)
    report = here.apply()
    assert holds(report) == ["maybe-invoiced"]
    assert all(one in report.results[0].message for one in (invoice.id, twin.id, "1559.30"))


def test_two_invoices_with_one_mark_are_a_persons_matter(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    (invoice,) = here.sandbox.parasut.invoices.values()
    twin = by_hand(here, the_buyer(here), "1559.30", description=invoice["description"])
    lose_the_ledger(here)
    report = here.apply()
    assert holds(report) == ["maybe-invoiced"]
    assert "2 invoices in Paraşüt end with its mark" in report.results[0].message
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        resolve(row(here, "15"), workshop, adopt=invoice.id)
    assert here.apply().count(Verdict.INVOICED) == 1
    assert twin.id in here.sandbox.parasut.invoices


def test_an_invoice_that_was_made_by_hand_holds_its_buyers_order(world: Make) -> None:
    here = world(orders=1)
    invoice = by_hand(here, the_buyer(here), "1559.30")
    for report in (here.plan(), here.apply()):
        assert holds(report) == ["maybe-invoiced"]
        assert f"{invoice.id} of 2026-11-24, 1559.30 TRL" in report.results[0].message
    assert len(here.invoices()) == 1


@pytest.mark.parametrize(
    ("day", "total", "attributes"),
    [
        ("2026-11-21", "1559.30", {}),  # before the order
        ("2026-11-24", "1559.31", {}),
        ("2026-11-24", "1559.30", {"currency": "USD"}),
        ("2026-11-24", "1559.30", {"item_type": "estimate"}),
        ("2026-11-24", "1559.30", {"description": "[sale woocommerce/baska.test/15]"}),
    ],
)
def test_an_invoice_that_can_not_be_this_sales_holds_nothing(
    world: Make, day: str, total: str, attributes: dict[str, Any]
) -> None:
    here = world(orders=1)
    by_hand(here, the_buyer(here), total, day, **attributes)
    assert here.apply().count(Verdict.INVOICED) == 1


def test_a_rule_may_adopt_what_was_made_by_hand(world: Make) -> None:
    here = world(orders=1, rules=(a_rule(adopt="automatic"),))
    invoice = by_hand(here, the_buyer(here), "1559.30")
    assert (
        here.plan().results[0].message
        == f"would adopt the invoice {invoice.id} of 2026-11-24, 1559.30 TRL ({BY_BUYER})"
    )
    assert here.apply().count(Verdict.INVOICED) == 1
    assert (row(here, "15").invoice_id, answers(here, "15")) == (invoice.id, [BY_BUYER])
    assert here.writes() == []


def test_one_invoice_made_by_hand_is_given_to_one_order_only(world: Make) -> None:
    here = world(orders=1, rules=(a_rule(adopt="automatic"),))
    here.again(15, 500)
    invoice = by_hand(here, the_buyer(here), "1559.30")
    plans = [result.plan for result in here.plan().results if result.plan is not None]
    assert [plan.adopts is not None for plan in plans] == [True, False]
    assert here.apply().count(Verdict.INVOICED) == 2
    assert sorted(one.invoice_id == invoice.id for one in here.rows()) == [False, True]


def test_a_person_may_adopt_what_was_made_by_hand(world: Make) -> None:
    here = world(orders=1)
    invoice = by_hand(here, the_buyer(here), "1559.30")
    here.apply()
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        assert resolve(row(here, "15"), workshop, adopt=invoice.id).state is State.DUE
    assert here.apply().count(Verdict.INVOICED) == 1
    assert answers(here, "15") == [ADOPTED_BY_HAND]
    assert here.writes() == []


def test_a_person_may_say_that_it_is_another_sale(world: Make) -> None:
    here = world(orders=1)
    by_hand(here, the_buyer(here), "1559.30")
    here.apply()
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        assert resolve(row(here, "15"), workshop, adopt=None).released_at == here.now
    assert here.apply().count(Verdict.INVOICED) == 1
    assert len(here.invoices()) == 2


def test_an_invoice_that_another_order_has_is_not_adopted(world: Make) -> None:
    here = world(orders=2)
    here.apply()
    here.again(15, 500)
    by_hand(here, the_buyer(here), "1559.30")
    here.later(minutes=5)
    assert holds(here.apply()) == ["maybe-invoiced"]
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        taken = row(here, "16").invoice_id
        with pytest.raises(UsageError, match="site/16"):
            resolve(row(here, "500"), workshop, adopt=taken)


def test_an_adopted_invoice_of_another_amount_is_held(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    (invoice,) = here.sandbox.parasut.invoices.values()
    invoice.attributes["net_total"] = Decimal("200.00")
    lose_the_ledger(here)
    assert holds(here.apply()) == ["invoice-amount-differs"]
    assert len(here.invoices()) == 1


def test_a_cancelled_order_whose_invoice_is_found_is_held_as_if_it_were_invoiced_here(world: Make) -> None:
    here = world(orders=2)
    here.apply()
    here.sandbox.shop.orders[15]["status"] = "cancelled"
    here.sandbox.shop.touch(15)
    lose_the_ledger(here)
    here.apply()
    cancelled = row(here, "15")
    assert (cancelled.state, cancelled.hold_code) == (State.HELD, "cancelled-after-invoice")
    assert cancelled.invoice_id is not None


def test_an_order_that_waits_is_given_its_invoice(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    here.again(15, 500)
    here.sandbox.shop.orders[15]["status"] = "on-hold"
    lose_the_ledger(here)
    here.apply()
    assert row(here, "15").invoice_id is not None
    here.later(minutes=5)
    here.apply()
    assert row(here, "15").state is State.INVOICED


def test_a_dry_run_says_what_would_be_adopted_and_changes_no_order(world: Make) -> None:
    here = world(orders=2)
    here.apply()
    lose_the_ledger(here)
    report = here.plan()
    assert [result.plan.adopts.how for result in report.results if result.plan and result.plan.adopts] == [BY_MARK] * 2
    assert here.rows() == []
    here.apply()
    before = here.rows()
    by_hand(here, the_buyer(here), "1559.30")
    here.plan()
    assert here.rows() == before


def test_reading_costs_one_call_when_nothing_is_new(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    here.later(hours=1)
    here.again(15, 500)
    here.plan()
    already = len(reads(here))
    here.plan()
    assert len(reads(here)) == already + 1


def test_a_run_without_due_orders_reads_no_invoice(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    already = len(reads(here))
    here.later(hours=1)
    here.apply()
    assert len(reads(here)) == already


def test_only_what_was_issued_since_the_rules_begin_is_read(world: Make) -> None:
    here = world(orders=1)
    buyer = the_buyer(here)
    for day in range(1, 29):
        by_hand(here, buyer, "50.00", f"2026-09-{day:02}")
    here.apply()
    assert len(reads(here)) == 3  # the live ones, the archived ones, and the newest id of all
    here.rules = (a_rule(since=date(2026, 9, 1)),)
    here.again(15, 500)
    here.later(minutes=5)
    here.apply()
    assert len(reads(here)) == 3 + 3


def test_a_reading_that_was_cut_off_begins_anew(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    sell(here, *range(500, 530))
    here.later(minutes=5)
    here.apply()
    lose_the_ledger(here)
    pages = iter(range(100))

    class Cut(Exception):
        pass

    def between() -> None:
        if next(pages) == 1:
            raise Cut

    with ExitStack() as stack, pytest.raises(Cut):
        read_new_invoices(replace(here.open(stack), between=between))
    assert here.apply().count(Verdict.INVOICED) == 31
    assert len(here.invoices()) == 31


def test_a_wrong_id_that_a_person_named_can_be_corrected(world: Make) -> None:
    here = world(orders=1)
    buyer = the_buyer(here)
    invoice = by_hand(here, buyer, "1559.30")
    estimate = by_hand(here, buyer, "1559.30", item_type="estimate")
    here.apply()
    for wrong in ("999", estimate.id):
        with ExitStack() as stack:
            resolve(row(here, "15"), here.open(stack, network=False), adopt=wrong)
        report = here.apply()
        assert holds(report) == ["maybe-invoiced"]
        assert f"The invoice {wrong} was to be adopted" in report.results[0].message
        assert row(here, "15").invoice_id is None
    with ExitStack() as stack:
        resolve(row(here, "15"), here.open(stack, network=False), adopt=invoice.id)
    assert here.apply().count(Verdict.INVOICED) == 1
    assert row(here, "15").invoice_id == invoice.id


def test_an_invoice_that_was_deleted_since_it_was_read_is_forgotten(world: Make) -> None:
    here = world(orders=1, rules=(a_rule(adopt="automatic"),))
    invoice = by_hand(here, the_buyer(here), "1559.30")
    here.plan()
    del here.sandbox.parasut.invoices[invoice.id]
    assert holds(here.apply()) == ["maybe-invoiced"]
    with ExitStack() as stack:
        assert retry(row(here, "15"), here.open(stack, network=False)).state is State.DUE
    assert here.apply().count(Verdict.INVOICED) == 1
    assert len(here.invoices()) == 1
