"""`syncd adopt`, and what plans and runs say of adopted invoices, by the real program."""

from __future__ import annotations

import json
from collections.abc import Callable

from places import Place


def lose_the_ledger(here: Place) -> None:
    for file in here.folder.glob("ledger.db*"):
        file.unlink()


def test_invoices_of_a_lost_ledger_are_shown_and_adopted(place: Callable[..., Place]) -> None:
    here = place(orders=3)
    assert here.syncd("apply").code == 0
    lose_the_ledger(here)
    told = here.syncd("adopt", "--dry-run")
    assert told.code == 0
    assert "the ledger of before is lost" in told.err
    assert told.out.splitlines()[-1].startswith("3 would be adopted, 0 maybe invoiced")
    planned = here.syncd("plan", "--order", "site/15")
    assert planned.out.startswith("site/15: adopts invoice 4000")
    assert "(found by its mark), compared and completed by rule site-hazirlanan" in planned.out
    (order,) = json.loads(here.syncd("plan", "--order", "site/15", "--format", "json").out)["orders"]
    assert order["adopts"]["how"] == "found by its mark"
    done = json.loads(here.syncd("adopt", "--format", "json").out)
    assert (done["adopted"]["count"], done["strangers"]["count"]) == (3, 0)
    applied = here.syncd("apply")
    assert applied.code == 0
    assert applied.out.count(": its invoice found by its mark, id 4000") == 3
    assert len(here.sandbox.parasut.invoices) == 3


def test_what_a_person_must_decide_is_told_and_ends_with_one(place: Callable[..., Place]) -> None:
    here = place(orders=2)
    here.syncd("apply")
    invoice = next(one for one in here.sandbox.parasut.invoices.values() if one["order_no"] == "15")
    invoice.attributes |= {"item_type": "cancelled", "item_type_before_cancellation": "invoice"}
    lose_the_ledger(here)
    done = here.syncd("adopt")
    assert done.code == 1
    assert "site/15: held (maybe-invoiced)" in done.out
    assert here.syncd("orders", "retry", "--hold", "maybe-invoiced").out == "site/15 is due: reached preparing\n"
    here.syncd("apply")
    assert len(here.sandbox.parasut.invoices) == 3
