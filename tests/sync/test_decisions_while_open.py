"""What a person may decide while the outcome of a request is not known, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from lost_writes import SECOND_LOOK, SETTLED, WRITES, carry_out, live, opened, row, steps, unsettled, while_asked
from worlds import World

from syncd.errors import UsageError
from syncd.ledger.order_row import OrderRow, State
from syncd.sandbox.faults import Fault
from syncd.sandbox.parasut.people import act
from syncd.sync.decisions import ignore, resolve, retry
from syncd.sync.report import Selection
from syncd.sync.run import work
from syncd.sync.workshop import Workshop

Make = Callable[..., World]


def settling(world: Make, name: str = "sale") -> World:
    """The answer to such a request was lost, and nothing was found yet."""
    write = WRITES[name]
    here = world(orders=1, rules=(write.rule,), **write.options)
    write.prepare(here)
    here.sandbox.faults.add(Fault("close_before", write.method, write.path))
    here.apply()
    assert len(unsettled(here)) == 1
    return here


def decided(here: World, decide: Callable[[OrderRow, Workshop], OrderRow]) -> OrderRow:
    with opened(here) as workshop:
        return decide(row(here), workshop)


def adopts(remote_id: str) -> Callable[[OrderRow, Workshop], OrderRow]:
    return lambda found, workshop: resolve(found, workshop, adopt=remote_id)


def sends_again(found: OrderRow, workshop: Workshop) -> OrderRow:
    return resolve(found, workshop, adopt=None)


# ignore


def test_an_order_is_not_ignored_while_its_invoice_may_be_made(world: Make) -> None:
    here = settling(world)
    with pytest.raises(UsageError, match=r"an invoice of site/15 was made is not known yet"):
        decided(here, ignore)
    assert row(here).state is State.SETTLING


def test_an_order_that_was_given_up_is_not_ignored_before_somebody_has_looked(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("500", "POST", "sales_invoices$", nth=0))
    for _ in range(6):
        here.apply()
        here.later(seconds=SETTLED)
    assert row(here).hold_code == "outcome-unknown"
    with pytest.raises(UsageError, match="is not known yet"):
        decided(here, ignore)
    here.sandbox.faults.clear()
    assert decided(here, sends_again).state is State.DUE
    assert decided(here, ignore).state is State.IGNORED
    here.later(minutes=5)
    here.apply()
    assert live(here) == []


def test_an_order_whose_invoice_is_there_may_be_ignored_while_its_payment_settles(world: Make) -> None:
    here = settling(world, "payment")
    assert decided(here, ignore).state is State.INVOICED
    for _ in range(2):
        here.later(seconds=SETTLED)
        here.apply()
    assert row(here).state is State.INVOICED
    assert here.sandbox.parasut.payments == {}


def test_an_order_that_was_ignored_while_its_contact_settles_stays_so_and_keeps_nobody_waiting(world: Make) -> None:
    here = settling(world, "contact with a tax number")
    assert decided(here, ignore).state is State.IGNORED
    here.again(15, 500)
    for _ in range(2):
        here.later(seconds=SETTLED)
        here.apply()
    assert row(here).state is State.IGNORED
    assert row(here, "500").state is State.INVOICED
    assert [one["order"] for one in here.invoices()] == ["500"]


@pytest.mark.parametrize("late", ["before the look", "after it"])
def test_an_invoice_that_came_late_for_an_ignored_order_is_told(world: Make, late: str) -> None:
    here = settling(world)
    (lost,) = unsettled(here)
    here.later(seconds=SETTLED)
    decided(here, sends_again)
    decided(here, ignore)
    if late == "after it":
        here.later(seconds=SETTLED)
        here.apply()
    assert carry_out(here, lost) == 201
    here.later(seconds=SECOND_LOOK)
    here.apply()
    found = row(here)
    assert len(live(here)) == 1
    assert (found.state, found.hold_code) == (State.HELD, "surplus-invoice")


# resolve


@pytest.mark.parametrize("name", ["contact with a tax number", "product", "category"])
def test_what_looking_finds_by_itself_is_not_believed_from_a_person(world: Make, name: str) -> None:
    """A mistyped id would put the invoice on somebody else."""
    here = settling(world, name)
    with pytest.raises(UsageError, match="which syncd finds by itself") as caught:
        decided(here, adopts("200001"))
    assert "--send-again" in str(caught.value.remedy)
    assert decided(here, sends_again).state is State.DUE
    here.later(seconds=5)
    here.apply()
    assert row(here).state is State.INVOICED


@pytest.mark.parametrize("name", ["sale", "payment"])
def test_nothing_is_sent_again_by_hand_while_the_first_may_still_be_carried_out(world: Make, name: str) -> None:
    here = settling(world, name)
    with pytest.raises(UsageError, match="Paraşüt may still be carrying out") as caught:
        decided(here, sends_again)
    assert "looks for it again at 2026-11-25 12:02:10" in str(caught.value.remedy)
    here.later(seconds=SETTLED)
    assert decided(here, sends_again).state is State.DUE
    here.apply()
    assert row(here).state is State.INVOICED
    assert len(live(here)) == 1


@pytest.mark.parametrize("edited", [{"description": "elle düzeltildi"}, {"description": "elle", "order_no": "ELLE-1"}])
def test_an_invoice_that_is_not_the_orders_holds_it_until_a_person_says_otherwise(
    world: Make, edited: dict[str, str]
) -> None:
    """Its mark was taken off by hand, so looking finds nothing; nothing is sent again without a person."""
    here = settling(world)
    (lost,) = unsettled(here)
    assert carry_out(here, lost) == 201
    (made,) = live(here)
    parasut = here.sandbox.parasut
    act(parasut, {"act": "edit_invoice", "invoice": made, "attributes": edited})
    price = {"act": "edit_line", "invoice": made, "line": 1, "attributes": {"unit_price": "900"}}
    act(parasut, price)
    decided(here, adopts(made))
    for seconds in (5, 30, SETTLED, SETTLED):
        here.later(seconds=seconds)
        here.apply()
        assert (row(here).state, row(here).hold_code) == (State.HELD, "adopted-not-ours")
    assert live(here) == [made]


# an order in hand


@pytest.mark.parametrize("decide", [ignore, sends_again, retry])
def test_nothing_is_decided_about_an_order_that_is_being_worked_on(
    world: Make, decide: Callable[[OrderRow, Workshop], OrderRow]
) -> None:
    here = world(orders=1)
    refused: list[str] = []
    with ExitStack() as stack:
        workshop = here.open(stack)

        def person() -> None:
            try:
                decide(workshop.ledger.orders.named("site", "15")[0], workshop)
            except UsageError as error:
                refused.append(error.message)

        while_asked(here, "POST", "contacts", person)
        with workshop.ledger.company.lease():
            work(workshop, Selection())
    assert len(refused) == 1
    assert decide is retry or "is being worked on just now" in refused[0]
    assert row(here).state is State.INVOICED
    assert [step.state for step in steps(here, "sale")] == ["done"]
