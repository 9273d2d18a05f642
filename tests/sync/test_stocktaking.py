"""`syncd adopt`: what is found is told in a dry run, and done in a real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from worlds import World

from syncd.cli.adopt import _lines
from syncd.ledger.order_row import State
from syncd.sync.commands import execute

Make = Callable[..., World]


def adopt(here: World, *, dry_run: bool = False) -> Mapping[str, Any]:
    with ExitStack() as stack:
        return execute("adopt", {"dry_run": dry_run}, here.open(stack))


@pytest.fixture
def lost(world: Make) -> World:
    """Three invoices made by a ledger that is gone: one cancelled since, one of an order that the shop deleted."""
    here = world(orders=3)
    here.apply()
    for file in here.folder.glob("ledger.db*"):
        file.unlink()
    first, second, _ = sorted(here.sandbox.parasut.invoices.values(), key=lambda one: str(one["order_no"]))
    first.attributes |= {"item_type": "cancelled", "item_type_before_cancellation": "invoice"}
    del here.sandbox.shop.orders[int(second["order_no"])]
    return here


def test_a_dry_run_and_the_real_one_find_the_same(lost: World) -> None:
    told = adopt(lost, dry_run=True)
    assert lost.rows() == []
    done = adopt(lost)
    assert {**told, "dry_run": False, "calls": 0} == {**done, "calls": 0}
    assert [one["order"] for one in done["adopted"]["orders"]] == ["site/17"]
    assert [one["order"] for one in done["maybe_invoiced"]["orders"]] == ["site/15"]
    assert done["strangers"]["count"] == 1
    assert done["strangers"]["invoices"][0]["mark"].endswith("/16]")
    assert {row.number: row.state for row in lost.rows()} == {"15": State.HELD, "17": State.DUE}
    assert len(lost.invoices()) == 3


def test_what_is_found_is_said_in_lines(lost: World) -> None:
    (invoice,) = [one.id for one in lost.sandbox.parasut.invoices.values() if one["order_no"] == "17"]
    lines = list(_lines(adopt(lost, dry_run=True)))
    assert lines[0] == f"site/17: invoice {invoice} would be adopted (found by its mark)"
    assert lines[1] == "site/15: would be held (maybe-invoiced)"
    assert lines[-1].startswith("1 would be adopted, 1 maybe invoiced, 1 invoice of syncd's without an order; ")


def test_orders_that_are_not_due_are_foretold_too(world: Make) -> None:
    here = world(orders=2)
    here.apply()
    for file in here.folder.glob("ledger.db*"):
        file.unlink()
    here.sandbox.shop.orders[15]["status"] = "on-hold"
    told = adopt(here, dry_run=True)
    assert sorted(one["order"] for one in told["adopted"]["orders"]) == ["site/15", "site/16"]
    assert told["strangers"]["count"] == 0


def test_with_nothing_to_find_it_says_so(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    here.later(minutes=5)
    assert list(_lines(adopt(here))) == [
        "0 adopted, 0 maybe invoiced, 0 invoices of syncd's without an order; 2 calls to Paraşüt"
    ]
