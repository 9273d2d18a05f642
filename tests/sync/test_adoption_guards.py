"""What adopting must never do: take what is somebody else's, make anew what was cancelled, or end a run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lost_writes import (
    SECOND_LOOK,
    SETTLED,
    WRITES,
    carry_out,
    live,
    looks_to_come,
    opened,
    row,
    unsettled,
    while_asked,
)
from worlds import World

from syncd.ledger.order_row import State
from syncd.sandbox.faults import Fault
from syncd.sandbox.parasut.people import act
from syncd.sandbox.parasut.state import Record
from syncd.sync.decisions import ignore, retry, set_paused

Make = Callable[..., World]


def by_hand(here: World, contact: Any, total: str, **given: str) -> Record:
    parasut = here.sandbox.parasut
    rest = {"total": total, "vat_rate": 20, "description": "Elden", **given}
    act(parasut, {"act": "hand_invoice", "contact": contact, **rest})
    return list(parasut.invoices.values())[-1]


def back_up(here: World) -> Path:
    to = here.folder / "backup"
    to.mkdir()
    for file in here.folder.glob("ledger.db*"):
        shutil.copy(file, to)
    return to


def put_back(here: World, backup: Path) -> None:
    for file in here.folder.glob("ledger.db*"):
        file.unlink()
    for file in backup.iterdir():
        shutil.copy(file, here.folder)


# a ledger that was put back


@pytest.fixture
def put_back_later(world: Make) -> World:
    """Of three orders one was invoiced before the backup; of the others, invoiced since, one was cancelled."""
    here = world(orders=3)
    here.apply(order=("site", "15"))
    backup = back_up(here)
    here.apply()
    assert len(live(here)) == 3
    act(here.sandbox.parasut, {"act": "cancel_invoice", "invoice": row(here, "16").invoice_id})
    here.later(hours=1)
    put_back(here, backup)
    return here


def test_what_may_have_been_cancelled_since_a_backup_is_held(put_back_later: World) -> None:
    here = put_back_later
    before = live(here)
    here.apply()
    states = {one.number: (one.state, one.hold_code) for one in here.rows()}
    assert states == {
        "15": (State.INVOICED, None),
        "16": (State.HELD, "maybe-invoiced"),
        "17": (State.INVOICED, None),
    }
    assert live(here) == before


def test_an_order_that_came_after_the_backup_was_put_back_is_invoiced(put_back_later: World) -> None:
    here = put_back_later
    here.apply()
    here.later(hours=1)
    here.sandbox.shop.add(
        {
            **here.sandbox.shop.orders[17],
            "id": 500,
            "number": "500",
            "line_items": [{**line, "id": line["id"] + 900} for line in here.sandbox.shop.orders[17]["line_items"]],
            "shipping_lines": [],
        }
    )
    order = here.sandbox.shop.orders[500]
    moment = here.now.replace(tzinfo=None).isoformat(timespec="seconds")
    order |= {"date_created_gmt": moment, "date_created": moment}
    order["total"] = str(sum(Decimal(one["total"]) + Decimal(one["total_tax"]) for one in order["line_items"]))
    here.sandbox.shop.touch(500)
    here.apply()
    assert row(here, "500").state is State.INVOICED


def test_what_a_person_lets_go_after_a_backup_is_invoiced(put_back_later: World) -> None:
    here = put_back_later
    here.apply()
    with opened(here) as workshop:
        retry(row(here, "16"), workshop)
    here.apply()
    assert row(here, "16").state is State.INVOICED
    assert len(live(here)) == 3


def test_an_invoice_of_ours_that_came_late_is_no_sign_of_an_older_ledger(world: Make) -> None:
    """A first draft came late; the second attempt's was wrong, was deleted, and its successor isn't made yet."""
    write = WRITES["deletion"]
    here = world(orders=2, rules=(write.rule,), **write.options)
    write.prepare(here)
    here.apply(order=("site", "16"))
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    here.apply(order=("site", "15"))
    (lost,) = unsettled(here)
    here.later(seconds=SETTLED)

    def pause() -> None:
        with opened(here) as workshop:
            set_paused(None, True, workshop)

    while_asked(here, "DELETE", "", pause)
    here.apply(order=("site", "15"))
    assert live(here) == [row(here, "16").invoice_id]
    assert carry_out(here, lost) == 201
    with opened(here) as workshop:
        set_paused(None, False, workshop)
    here.again(16, 500)
    here.later(minutes=5)
    here.apply()
    assert row(here).invoice_id in live(here)
    assert row(here, "500").state is State.INVOICED


# other people's invoices


def test_an_invoice_of_another_buyer_with_the_same_number_day_and_total_is_not_taken(world: Make) -> None:
    here = world(orders=1)
    theirs = by_hand(here, {"name": "Zeki Er", "email": "zeki@ornek.test"}, "1559.30", order_no="15")
    theirs.attributes["order_date"] = "2026-11-23"
    here.apply()
    found = row(here)
    assert (found.state, found.hold_code) == (State.HELD, "maybe-invoiced")
    assert theirs.id in found.reason
    assert live(here) == [theirs.id]


@pytest.mark.parametrize(
    "odd",
    [
        {"issue_date": None},
        {"issue_date": "24.11.2026"},
        {"currency": None},
        {"description": None},
        {"order_no": None, "order_date": "0000-00-00"},
    ],
)
def test_somebodys_odd_invoice_stops_nobody(world: Make, odd: dict[str, Any]) -> None:
    here = world(orders=1)
    invoice = by_hand(here, next(iter(here.sandbox.parasut.contacts)), "10.00")
    invoice.attributes.update(odd)
    assert here.apply().stopped is None
    assert row(here).state is State.INVOICED


def test_a_second_invoice_that_comes_after_the_second_look_is_told(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    here.apply()
    (lost,) = unsettled(here)
    here.later(seconds=SETTLED)
    here.apply()
    here.later(seconds=SECOND_LOOK)
    here.apply()
    assert looks_to_come(here) == []
    assert carry_out(here, lost) == 201
    here.again(15, 500)
    here.later(hours=1)
    here.apply()
    ours, late = live(here)[:2]
    found = row(here)
    assert (found.state, found.hold_code, found.invoice_id) == (State.HELD, "surplus-invoice", ours)
    assert late in found.reason
    assert row(here, "500").state is State.INVOICED
    act(here.sandbox.parasut, {"act": "delete_invoice", "invoice": late})
    with opened(here) as workshop:
        ignore(row(here), workshop)
    here.again(500, 501)
    here.later(hours=1)
    here.apply()
    assert row(here).state is State.INVOICED
