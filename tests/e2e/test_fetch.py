from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

from places import Place

Make = Callable[..., Place]


def test_fetch_shows_what_the_shop_returns_and_the_order_made_from_it(place: Make) -> None:
    here = place(orders=3)
    done = here.syncd("fetch", "site", "--since", "2026-11-01")
    assert done.code == 0, done.err
    assert "site/15\n  id         15\n  status     preparing (processing)\n" in done.out
    assert "\n  total      1559.30 TRY\n" in done.out
    assert done.out.endswith("3 records\n")
    assert "|" not in done.out
    assert not (here.folder / "ledger.db").exists()


def test_fetch_for_programs_gives_orders_that_plan_takes(place: Make) -> None:
    here = place(orders=3)
    done = here.syncd("fetch", "site", "--since", "2026-11-01", "--order", "16", "--raw", "--format", "json")
    (record,) = json.loads(done.out, parse_float=Decimal)
    assert (record["number"], record["problem"], record["raw"]["id"]) == ("16", None, 16)
    (here.folder / "order.json").write_text(json.dumps(record["order"]), "utf-8")
    plan = here.syncd("plan", "--input", "order.json", "--offline")
    assert "payable 226.47 TRL, order total 226.47: equal" in plan.out, plan.err


def test_a_record_that_cannot_be_read_is_told_and_the_others_are_shown(place: Make) -> None:
    here = place(orders=3)
    here.sandbox.shop.orders[16]["total"] = "çok"
    done = here.syncd("fetch", "site", "--since", "2026-11-01", "--raw")
    assert done.code == 1
    assert "can't be read (record-unreadable): the platform's record can't be read: total is not a number." in done.out
    assert '  |   "total": "çok",' in done.out
    assert done.out.endswith("3 records, 1 of them can't be read\n")


def test_fetch_stops_at_its_limit_and_says_so(place: Make) -> None:
    here = place(orders=3)
    assert here.syncd("fetch", "site", "--since", "2026-11-01", "--limit", "2").out.endswith(
        "2 records; there are more than --limit 2\n"
    )


def test_wrong_names_and_moments_are_told(place: Make) -> None:
    here = place(orders=1)
    unknown = here.syncd("fetch", "sit")
    assert (unknown.code, "There is no platform 'sit'." in unknown.err) == (2, True)
    wrong = here.syncd("fetch", "site", "--since", "yesterday")
    assert (wrong.code, "--since 'yesterday' is no moment." in wrong.err) == (2, True)
