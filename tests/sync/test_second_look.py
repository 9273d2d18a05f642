"""The second look: what came late, after it was looked for in vain and sent again, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from factories import a_rule
from lost_writes import SECOND_LOOK, SETTLED, books, carry_out, doubled, looks_to_come, opened, row, unsettled
from worlds import World

from syncd.ledger.order_row import State
from syncd.parasut.client import ParasutClient
from syncd.parasut.lookups import invoice as read_invoice
from syncd.parasut.resources import SalesInvoice
from syncd.sandbox.faults import Fault
from syncd.sandbox.parasut.people import act
from syncd.sync import second_look
from syncd.sync.decisions import ignore, set_paused
from syncd.sync.report import Report

Make = Callable[..., World]


def look_again(here: World) -> Report:
    here.later(seconds=SECOND_LOOK)
    report = here.apply()
    assert looks_to_come(here) == []
    return report


def codes(report: Report) -> list[str]:
    return [result.hold.code for result in report.results if result.hold is not None]


def test_nothing_is_looked_at_before_its_time(world: Make) -> None:
    here, late = doubled(world, "sale")
    here.later(seconds=SECOND_LOOK - 2)
    assert here.apply().calls == 0
    assert late in here.sandbox.parasut.invoices


def test_an_equal_draft_that_came_late_is_deleted_and_the_orders_own_stays(world: Make) -> None:
    here, late = doubled(world, "sale")
    assert codes(look_again(here)) == []
    assert list(here.sandbox.parasut.invoices) == [row(here).invoice_id] != [late]


@pytest.mark.parametrize("doing", ["price", "contact", "official"])
def test_a_late_draft_that_a_person_worked_on_is_theirs_to_delete(
    world: Make, monkeypatch: pytest.MonkeyPatch, doing: str
) -> None:
    here, late = doubled(world, "sale")
    parasut = here.sandbox.parasut
    if doing == "price":
        act(parasut, {"act": "edit_line", "invoice": late, "line": 1, "attributes": {"unit_price": "12.5"}})
    elif doing == "contact":
        parasut.invoices[late].links["contact"] = parasut.add_contact("Başka Biri").id
    else:

        def with_document(client: ParasutClient, invoice_id: str) -> SalesInvoice:
            invoice = read_invoice(client, invoice_id)
            return replace(invoice, e_document_id="900001") if invoice_id == late else invoice

        monkeypatch.setattr(second_look, "read_invoice", with_document)
    assert codes(look_again(here)) == ["surplus-invoice"]
    held = row(here)
    assert (held.state, held.hold_code) == (State.HELD, "surplus-invoice")
    assert f"the invoice {late} for this order besides {held.invoice_id}" in held.reason
    assert set(parasut.invoices) == {held.invoice_id, late}
    act(parasut, {"act": "delete_invoice", "invoice": late})
    with opened(here) as workshop:
        assert ignore(held, workshop).state is State.INVOICED
    here.later(hours=1)
    assert here.apply().results == []


@pytest.mark.parametrize("name", ["contact with a tax number", "contact with an e-mail", "contact with a name only"])
def test_a_late_contact_that_nobody_uses_is_deleted(world: Make, name: str) -> None:
    here, late = doubled(world, name)
    look_again(here)
    assert late not in here.sandbox.parasut.contacts
    assert len([one for one in here.sandbox.parasut.contacts.values() if one["name"] == "Ayşe Yılmaz"]) == 1


@pytest.mark.parametrize("changed", [False, True])
def test_a_late_contact_that_is_used_or_was_changed_stays(world: Make, changed: bool) -> None:
    here, late = doubled(world, "contact with a tax number")
    parasut = here.sandbox.parasut
    if changed:
        act(parasut, {"act": "edit_contact", "contact": late, "attributes": {"name": "Ayşe Yılmaz Kaya"}})
    else:
        act(parasut, {"act": "hand_invoice", "contact": late, "total": "10.00", "vat_rate": 20, "description": "Elden"})
    look_again(here)
    assert late in parasut.contacts
    assert row(here).state is State.INVOICED


@pytest.mark.parametrize("doing", ["nothing", "renamed", "sold"])
def test_a_late_product_is_deleted_only_when_it_is_unused_and_equal(world: Make, doing: str) -> None:
    here, late = doubled(world, "product")
    parasut = here.sandbox.parasut
    if doing == "renamed":
        parasut.products[late].attributes["name"] = "Elle düzeltilen"
    elif doing == "sold":
        parasut.lines(next(iter(parasut.invoices.values())))[0].links["product"] = late
    look_again(here)
    assert (late in parasut.products) is (doing != "nothing")
    assert row(here).state is State.INVOICED


def test_a_payment_that_was_booked_twice_is_held_with_both(world: Make) -> None:
    here, late = doubled(world, "payment", over_payment="accept")
    assert codes(look_again(here)) == ["paid-twice"]
    held = row(here)
    assert late in held.reason
    assert len(here.sandbox.parasut.payments) == 2
    with opened(here) as workshop:
        assert ignore(held, workshop).state is State.INVOICED


def cancelled_while_it_settled(world: Make) -> tuple[World, Any]:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    here.apply()
    (lost,) = unsettled(here)
    here.sandbox.shop.set_status(15, "cancelled")
    return here, lost


def test_an_order_that_was_cancelled_while_it_settled_is_not_sent_again(world: Make) -> None:
    here, _ = cancelled_while_it_settled(world)
    here.later(seconds=SETTLED)
    here.apply()
    look_again(here)
    assert (here.invoices(), row(here).state) == ([], State.ENDED)


@pytest.mark.parametrize("settled", [False, True])
def test_an_invoice_that_came_late_for_a_cancelled_order_is_held_for_a_person(world: Make, settled: bool) -> None:
    here, lost = cancelled_while_it_settled(world)
    if settled:
        here.later(seconds=SETTLED)
        here.apply()
        assert row(here).state is State.ENDED
    assert carry_out(here, lost) == 201
    here.later(seconds=SETTLED if not settled else SECOND_LOOK)
    assert codes(here.apply()) == ["cancelled-after-invoice"]
    assert row(here).invoice_id == next(iter(here.sandbox.parasut.invoices))


@pytest.mark.parametrize("fault", ["close_after", "close_before"])
def test_a_lost_answer_to_the_deletion_of_a_surplus_draft_is_no_harm(world: Make, fault: str) -> None:
    here, late = doubled(world, "sale")
    here.sandbox.faults.add(Fault(fault, "DELETE", "sales_invoices/"))
    here.again(15, 500)
    here.later(seconds=SECOND_LOOK)
    report = here.apply()
    assert report.stopped is None
    assert [result.row.number for result in report.results if str(result.verdict) == "invoiced"] == ["500"]
    here.later(minutes=5)
    assert here.apply().stopped is None
    assert late not in here.sandbox.parasut.invoices
    assert looks_to_come(here) == []
    assert len(here.invoices()) == 2


def test_the_second_look_is_not_taken_while_syncd_is_paused(world: Make) -> None:
    here, late = doubled(world, "sale")
    with opened(here) as workshop:
        set_paused(None, True, workshop)
    here.later(seconds=SECOND_LOOK)
    here.apply()
    assert late in here.sandbox.parasut.invoices
    with opened(here) as workshop:
        set_paused(None, False, workshop)
    look_again(here)
    assert late not in here.sandbox.parasut.invoices


def test_several_late_records_are_removed_by_one_look(world: Make) -> None:
    here = world(orders=1, rules=(a_rule(),))
    here.sandbox.faults.add(Fault("close_before", "POST", "(contacts|sales_invoices)$", times=2))
    here.apply()
    lost = unsettled(here)
    here.later(seconds=SETTLED)
    here.apply()
    lost += unsettled(here)
    here.later(seconds=SETTLED)
    assert [str(result.verdict) for result in here.apply().results] == ["invoiced"]
    before = books(here)
    for step in lost:
        assert carry_out(here, step) == 201
    assert books(here) != before
    look_again(here)
    assert books(here) == before
