"""Orders whose data are gone: told of again, changed, cancelled, under other rules. None is invoiced again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta

import pytest
from factories import a_rule
from worlds import World

from syncd.errors import UsageError
from syncd.ledger.order_row import OrderRow, State
from syncd.orders.status import Status
from syncd.sync.decisions import retry
from syncd.sync.explain import explain

Make = Callable[..., World]
RETENTION = timedelta(days=400)


def pruned(world: World) -> int:
    with ExitStack() as stack:
        ledger = world.open(stack, network=False).ledger
        return ledger.pruning.prune(world.now - RETENTION, world.now)


def row_of(world: World, number: str = "15") -> OrderRow:
    return next(row for row in world.rows() if row.number == number)


def raw_of(world: World, row: OrderRow) -> object:
    with ExitStack() as stack:
        return world.open(stack, network=False).ledger.orders.raw(row)


@pytest.fixture
def old(world: Make) -> World:
    """A shop whose one order was invoiced long ago, and has lost its data."""
    here = world(orders=1)
    here.apply()
    assert row_of(here).state is State.INVOICED
    here.later(days=401)
    assert pruned(here) == 1
    return here


def test_the_platform_may_tell_of_it_again_and_again(old: World) -> None:
    made = old.invoices()
    before = row_of(old)
    for _ in range(2):
        old.sandbox.shop.touch(15)
        old.later(days=1)
        old.apply()
    assert old.invoices() == made
    assert row_of(old) == before
    assert raw_of(old, before) == {}


def test_a_change_that_nobody_has_to_see_brings_no_data_back(old: World) -> None:
    made = old.invoices()
    old.sandbox.shop.orders[15]["customer_note"] = "Ayşe'ye selam"
    old.sandbox.shop.touch(15)
    old.later(days=1)
    old.apply()
    row = row_of(old)
    assert (row.state, old.invoices()) == (State.INVOICED, made)
    assert row.pruned_at == old.now
    assert raw_of(old, row) == {}
    assert (row.order.buyer.name, row.order.billing.address, row.order.note) == ("", "", "")


def test_a_cancellation_is_still_held_for_a_person_with_what_they_need(old: World) -> None:
    old.sandbox.shop.orders[15]["status"] = "cancelled"
    old.sandbox.shop.touch(15)
    old.later(days=1)
    old.apply()
    row = row_of(old)
    assert (row.state, row.hold_code, row.pruned_at) == (State.HELD, "cancelled-after-invoice", None)
    assert row.order.buyer.name
    assert len(old.invoices()) == 1
    assert pruned(old) == 0  # it waits for somebody


def test_it_is_explained_and_nothing_is_planned_from_what_is_left(old: World) -> None:
    with ExitStack() as stack:
        workshop = old.open(stack, network=False)
        told = explain(row_of(old), workshop)
        with pytest.raises(UsageError, match="is not held"):
            retry(row_of(old), workshop)
    assert "data were removed on 2027-12-31" in told.reasons[0]
    assert told.fields == ()


def test_a_rule_that_comes_later_does_not_take_orders_whose_data_are_gone(world: Make) -> None:
    here = world(rules=(a_rule(condition="false"),), orders=2)
    here.apply()
    assert {row.state for row in here.rows()} == {State.LEFT}
    here.later(days=401)
    assert pruned(here) == 2
    here.rules = (a_rule(),)
    here.sandbox.shop.orders.clear()  # what the shop tells of again is whole again
    here.apply()
    assert here.invoices() == []
    assert {row.state for row in here.rows()} == {State.LEFT}


def test_an_order_nobody_wanted_may_be_taken_when_the_platform_tells_all_of_it_again(world: Make) -> None:
    here = world(rules=(a_rule(condition="false"),), orders=1)
    here.apply()
    here.later(days=401)
    assert pruned(here) == 1
    here.rules = (a_rule(status=Status.PREPARING, since=date(2026, 11, 1)),)
    here.sandbox.shop.touch(15)
    here.later(days=1)
    here.apply()
    row = row_of(here)
    assert (row.state, row.pruned_at) == (State.INVOICED, None)
    assert len(here.invoices()) == 1


def test_waiting_orders_keep_their_data_however_old_they_are(world: Make) -> None:
    here = world(rules=(a_rule(status=Status.DELIVERED),), orders=1)
    here.apply()
    assert row_of(here).state is State.WAITING
    here.later(days=1000)
    assert pruned(here) == 0
    assert row_of(here).order.buyer.name
