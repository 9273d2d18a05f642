from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

from places import CONFIG, Place

from syncd.sandbox.faults import Fault

TWO = CONFIG.replace(
    "rules:\n",
    "  bayi: {connector: woocommerce, url: https://b.test, consumer_key: '${T_KEY}', consumer_secret: '${T_SECRET}'}\n"
    "rules:\n",
)

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


def test_fetch_shows_moments_as_the_clock_of_the_configuration_does(place: Make) -> None:
    here = place(orders=1)
    here.sandbox.shop.orders[15] |= {"date_created_gmt": "2026-11-23T22:15:00", "date_created": "2026-11-24T01:15:00"}
    shown = here.syncd("fetch", "site", "--since", "2026-11-01").out
    assert "  moments    ordered 2026-11-24 01:15:00, changed " in shown


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
    assert done.out.endswith("3 records, 1 of them can't be read (site/16)\n")


def test_lines_that_do_not_make_up_the_total_are_shown(place: Make) -> None:
    here = place(orders=3)
    here.sandbox.shop.orders[16]["total"] = "999.99"
    done = here.syncd("fetch", "site", "--since", "2026-11-01")
    assert (
        "\n  doubt      order-sums-differ: Order 16: its lines come to 226.47 TRY, its total is 999.99.\n" in done.out
    )
    assert done.out.endswith("3 records, 1 with lines that don't come to the total (site/16)\n")
    told = json.loads(here.syncd("fetch", "site", "--since", "2026-11-01", "--format", "json").out)
    assert {one["number"]: one["lines_differ"] for one in told} == {
        "15": None,
        "16": "Order 16: its lines come to 226.47 TRY, its total is 999.99.",
        "17": None,
    }


def test_what_was_read_before_a_platform_fails_is_shown(place: Make) -> None:
    paged = CONFIG.replace("    connector: woocommerce\n", "    connector: woocommerce\n    per_page: 2\n")
    here = place(paged, orders=4, faults=(Fault("html_403", path="/orders", nth=2, times=9, stand="shop"),))
    done = here.syncd("fetch", "site", "--since", "2026-11-01")
    assert (done.code, "site/15\n" in done.out, done.out.endswith("2 records\n")) == (1, True, True)
    assert "error: site: GET /orders answered HTTP 403" in done.err


def test_fetched_records_tell_plan_their_platform_and_an_unreadable_one_does_not_stop_the_others(place: Make) -> None:
    here = place(config=TWO, orders=3)
    here.sandbox.shop.orders[16]["total"] = "çok"
    raw = here.syncd("fetch", "site", "--since", "2026-11-01", "--raw", "--format", "json").out
    (here.folder / "orders.json").write_text(raw, "utf-8")
    plan = here.syncd("plan", "--offline", "--input", "orders.json")
    assert "payable 1559.30 TRL, order total 1559.30: equal" in plan.out, plan.err
    assert "site/16: held" in plan.out
    assert "total is not a number" in plan.out

    lost = here.syncd("fetch", "site", "--since", "2026-11-01", "--format", "json").out
    (here.folder / "orders.json").write_text(lost, "utf-8")
    plan = here.syncd("plan", "--offline", "--input", "orders.json")
    assert (plan.code, "of orders.json could not be read when it was saved: the platform's record" in plan.err) == (
        2,
        True,
    )


def test_saved_orders_of_which_a_run_would_make_nothing_wait_and_are_not_summed(place: Make) -> None:
    here = place(orders=6)
    numbers = sorted(here.sandbox.shop.orders)
    words = dict(zip(numbers, ("cancelled", "pending", "beklemede", "refunded", "on-hold"), strict=False))
    for number, word in words.items():
        here.sandbox.shop.orders[number]["status"] = word
    raw = here.syncd("fetch", "site", "--since", "2026-11-01", "--raw", "--format", "json").out
    (here.folder / "orders.json").write_text(raw, "utf-8")
    plan = here.syncd("plan", "--offline", "--input", "orders.json")
    told = "site/{}: waits\n  why: is {}: a run would make nothing of it"
    for at, word in ((0, "cancelled (cancelled)"), (1, "unpaid (pending)"), (3, "returned (refunded)")):
        assert told.format(numbers[at], word) + "\n" in plan.out, plan.out
    assert told.format(numbers[2], "other (beklemede)") + "; map the word with the platform's `statuses`" in plan.out
    due = here.sandbox.shop.orders[numbers[4]]
    assert f"1 to invoice (total {due['total']}), 1 held, 4 waiting; " in plan.out


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
