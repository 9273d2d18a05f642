"""What a turn of the daemon costs, with a short past and with a long one.

Whatever passes over all orders, or over an index of them, takes at least three of SQLite's steps for each.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from history import STEPS, Cost, counted, lengthen
from household import QUIET, Household
from places import CONFIG

OFTEN = QUIET + CONFIG.replace("    mapping", "    every: 2m\n    mapping")
MANY = 1500
Daemon = Callable[..., Household]


def a_turn(here: Household) -> Cost:
    """The next turn of the rule."""
    with counted() as cost:
        here.later(minutes=2)
    return cost


def a_new_order(here: Household, number: int) -> None:
    """A buyer whom the company knows buys again."""
    shop = here.sandbox.shop
    order = shop.orders[15]
    lines = {
        kind: [{**line, "id": line["id"] + 1000 * (number + 1)} for line in order[kind]]
        for kind in ("line_items", "shipping_lines", "fee_lines")
    }
    shop.add({**order, **lines, "id": number, "number": str(number)})
    shop.touch(number)


def ledger_of(here: Household) -> Path:
    return here.place.folder / "ledger.db"


@pytest.mark.parametrize(
    "past",
    [
        {"state": "invoiced"},
        {"state": "ended"},
        {"state": "left", "invoice_id": None},
        {"account": "eski.test", "platform": "eski"},
    ],
    ids=lambda past: " ".join(past),
)
def test_a_turn_with_nothing_to_do_costs_the_same_after_many_orders(daemon: Daemon, past: dict[str, Any]) -> None:
    here = daemon(OFTEN, orders=3)
    here.later(minutes=30)
    assert here.invoiced()
    lengthen(ledger_of(here), 10, **past)
    a_turn(here)
    short = a_turn(here)
    lengthen(ledger_of(here), 1500, **past)
    a_turn(here)
    long = a_turn(here)
    assert long.statements == short.statements
    assert (long.work - short.work) * STEPS < MANY, long.of.most_common(3)


def test_an_order_costs_the_same_after_many_others(daemon: Daemon) -> None:
    here = daemon(OFTEN, orders=3)
    here.later(minutes=30)
    lengthen(ledger_of(here), 10)
    a_new_order(here, 5001)
    a_turn(here)
    a_new_order(here, 5002)
    short = a_turn(here)
    lengthen(ledger_of(here), MANY)
    a_new_order(here, 5003)
    a_turn(here)
    a_new_order(here, 5004)
    long = a_turn(here)
    assert {"5002", "5004"} <= set(here.invoiced())
    assert long.statements == short.statements
    assert (long.work - short.work) * STEPS < MANY, long.of.most_common(3)
