"""What the second look leaves alone: an order's only invoice, what people worked on, and what it can't tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from lost_writes import (
    SECOND_LOOK,
    SETTLED,
    WRITES,
    carry_out,
    doubled,
    live,
    looks_to_come,
    opened,
    row,
    steps,
    unsettled,
)
from worlds import World

from syncd.ledger.order_row import OrderRow, State
from syncd.sandbox.faults import Fault
from syncd.sandbox.parasut.people import act
from syncd.sync.report import Report
from syncd.sync.settling import Settling

Make = Callable[..., World]


def look_again(here: World) -> Report:
    here.later(seconds=SECOND_LOOK)
    return here.apply()


def amend(here: World) -> None:
    """The buyer takes less: one piece for 120.00."""
    order = here.sandbox.shop.orders[15]
    figures = {"total": "100.00", "total_tax": "20.00", "subtotal": "100.00", "subtotal_tax": "20.00"}
    order["line_items"] = [order["line_items"][0] | {"quantity": 1} | figures]
    order |= {"shipping_lines": [], "total": "120.00"}
    here.sandbox.shop.touch(15)


# an order's only invoice


def test_the_invoice_that_replaced_a_draft_of_an_amended_order_stays(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    here.apply()
    amend(here)
    here.later(seconds=SETTLED)
    here.apply()
    assert row(here).state is State.INVOICED
    only = row(here).invoice_id
    assert [one["payable"] for one in here.invoices()] == [Decimal("120.00")]
    look_again(here)
    assert live(here) == [only]


def test_the_invoice_that_replaced_a_wrong_draft_found_by_looking_stays(world: Make) -> None:
    write = WRITES["deletion"]
    here = world(orders=1, rules=(write.rule,), **write.options)
    write.prepare(here)
    here.sandbox.faults.add(Fault("close_after", "POST", "sales_invoices$"))
    here.apply()
    only = row(here).invoice_id
    assert [one.state for one in steps(here, "delete")] == ["done"]
    look_again(here)
    assert live(here) == [only]
    assert looks_to_come(here) == []


def test_the_late_one_stays_when_a_person_cancelled_the_other(world: Make) -> None:
    here, late = doubled(world, "sale")
    act(here.sandbox.parasut, {"act": "cancel_invoice", "invoice": row(here).invoice_id})
    look_again(here)
    assert live(here) == [late]
    assert row(here).hold_code == "surplus-invoice"


@pytest.mark.parametrize("answer", ["404", "410", "kept"])
def test_the_late_one_stays_when_a_person_deleted_the_other(world: Make, answer: str) -> None:
    """`kept`: Paraşüt still shows by its id what was deleted."""
    here, late = doubled(world, "sale", deleted_answer=answer)
    act(here.sandbox.parasut, {"act": "delete_invoice", "invoice": row(here).invoice_id})
    here.again(15, 500)
    report = look_again(here)
    assert report.stopped is None
    assert late in live(here)
    assert row(here).hold_code == "surplus-invoice"
    assert row(here, "500").state is State.INVOICED


@pytest.mark.parametrize("late_ones", [1, 2])
def test_of_several_late_ones_of_an_order_that_was_given_up_one_stays(world: Make, late_ones: int) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$", times=5))
    for _ in range(6):
        here.apply()
        here.later(seconds=SETTLED)
    assert row(here).hold_code == "outcome-unknown"
    (given_up,) = steps(here, "sale")
    for _ in range(late_ones):
        assert carry_out(here, given_up) == 201
    for _ in range(2):
        look_again(here)
    assert live(here) == [row(here).invoice_id]
    assert row(here).state is State.INVOICED
    assert looks_to_come(here) == []


# what people worked on


def pay(here: World, late: str) -> None:
    act(here.sandbox.parasut, {"act": "pay_invoice", "invoice": late, "amount": "10"})


def describe(here: World, late: str) -> None:
    written = here.sandbox.parasut.invoices[late]["description"]
    attributes = {"description": f"Elden teslim edildi; {written}"}
    act(here.sandbox.parasut, {"act": "edit_invoice", "invoice": late, "attributes": attributes})


def edit(**attributes: str) -> Callable[[World, str], None]:
    return lambda here, late: act(
        here.sandbox.parasut, {"act": "edit_invoice", "invoice": late, "attributes": attributes}
    )


def swap_prices(here: World, late: str) -> None:
    """The same total of other lines."""
    first, second, *_ = here.sandbox.parasut.lines(here.sandbox.parasut.invoices[late])
    for name in ("quantity", "unit_price", "net_total"):
        first.attributes[name], second.attributes[name] = second.attributes[name], first.attributes[name]


@pytest.mark.parametrize(
    "work_on",
    [
        pytest.param(pay, id="paid"),
        pytest.param(describe, id="described"),
        pytest.param(edit(issue_date="2026-11-20"), id="dated"),
        pytest.param(edit(order_no="ELLE-9"), id="numbered"),
        pytest.param(swap_prices, id="other lines"),
    ],
)
def test_a_late_draft_that_differs_in_anything_stays(world: Make, work_on: Callable[[World, str], None]) -> None:
    here, late = doubled(world, "sale")
    work_on(here, late)
    look_again(here)
    assert set(live(here)) == {row(here).invoice_id, late}
    assert row(here).hold_code == "surplus-invoice"


def test_a_late_contact_whose_address_somebody_filled_in_stays(world: Make) -> None:
    here, late = doubled(world, "contact with a tax number")
    attributes = {"address": "Yeni Mah. 5"}
    here.sandbox.parasut.contacts[late].attributes["created_at"] = "2026-11-25T09:00:00.000Z"
    act(here.sandbox.parasut, {"act": "edit_contact", "contact": late, "attributes": attributes})
    look_again(here)
    assert late in here.sandbox.parasut.contacts


def test_a_product_that_a_person_made_with_the_same_code_stays(world: Make) -> None:
    write = WRITES["product"]
    here = world(orders=1, rules=(write.rule,))
    write.prepare(here)
    here.sandbox.faults.add(Fault("close_before", "POST", "products$"))
    here.apply()
    here.later(seconds=SETTLED)
    here.apply()
    parasut = here.sandbox.parasut
    (ours,) = [one for one in parasut.products.values() if one["code"] == "YENI-1"]
    theirs = {"name": ours["name"], "code": "YENI-1", "list_price": "250"}
    act(parasut, {"act": "make_product", "attributes": theirs})
    by_hand = list(parasut.products)[-1]
    look_again(here)
    assert by_hand in parasut.products
    assert row(here).state is State.INVOICED


def test_a_late_category_stays(world: Make) -> None:
    """What bears it can't be asked for."""
    here, late = doubled(world, "category")
    look_again(here)
    assert late in here.sandbox.parasut.item_categories
    assert looks_to_come(here) == []


# payments


def test_a_payment_that_came_late_beside_one_by_hand_is_told(world: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    write = WRITES["payment"]
    here = world(orders=1, rules=(write.rule,), **{**write.options, "over_payment": "accept"})
    here.sandbox.faults.add(Fault("close_before", "POST", "payments$"))
    here.apply()
    (lost,) = unsettled(here)
    here.later(seconds=SETTLED)
    (invoice,) = live(here)
    paid = {"act": "pay_invoice", "invoice": invoice, "date": "2026-11-25"}
    settle = Settling.settle_due

    def settled_and_then_paid(settling: Settling) -> list[OrderRow]:
        """It is looked for in vain, and then the whole is booked by hand, before anything is sent again."""
        changed = settle(settling)
        act(here.sandbox.parasut, paid)
        return changed

    with monkeypatch.context() as patched:
        patched.setattr(Settling, "settle_due", settled_and_then_paid)
        here.apply()
    assert (row(here).state, len(here.sandbox.parasut.payments)) == (State.INVOICED, 1)
    assert [step.state for step in steps(here, "payment")] == ["absent"]
    assert carry_out(here, lost) == 201
    look_again(here)
    assert (row(here).state, row(here).hold_code) == (State.HELD, "paid-twice")


# nothing stands in the way of other orders


@pytest.mark.parametrize("name", ["contact with a tax number", "payment", "sale", "product"])
def test_what_retention_has_emptied_ends_its_second_look(world: Make, name: str) -> None:
    """A company that was locked out, or a machine that was off, for longer than data are kept."""
    write = WRITES[name]
    here = world(orders=1, rules=(write.rule,), **write.options)
    write.prepare(here)
    here.sandbox.faults.add(Fault("close_after", write.method, write.path))
    here.apply()
    assert row(here).state is State.INVOICED
    here.later(days=40)
    with opened(here) as workshop:
        workshop.ledger.pruning.prune(here.now - timedelta(days=30), here.now)
    here.again(15, 500)
    for _ in range(2):
        assert here.apply().stopped is None
        here.later(minutes=5)
    assert row(here, "500").state is State.INVOICED
    assert looks_to_come(here) == []


def test_a_second_look_that_is_refused_is_taken_later(world: Make) -> None:
    here, late = doubled(world, "sale")
    here.sandbox.faults.add(Fault("403", "GET", rf"sales_invoices/{late}$"))
    here.again(15, 500)
    report = look_again(here)
    assert report.stopped is None
    assert row(here, "500").state is State.INVOICED
    assert late in live(here)
    here.later(minutes=5)
    here.apply()
    assert late not in live(here)


def test_a_surplus_that_can_not_be_deleted_for_long_stops_no_other_order(world: Make) -> None:
    """Five lost answers, then a refusal of everything: what is harmless to ask again is asked again."""
    here, late = doubled(world, "sale")
    here.sandbox.faults.add(Fault("close_before", "DELETE", "sales_invoices/", times=5))
    here.sandbox.faults.add(Fault("402", "DELETE", "sales_invoices/", nth=6))
    here.again(15, 500)
    here.later(seconds=SECOND_LOOK)
    for _ in range(8):
        here.apply()
        here.later(minutes=5)
    assert row(here, "500").state is State.INVOICED
    assert late not in here.sandbox.parasut.invoices
