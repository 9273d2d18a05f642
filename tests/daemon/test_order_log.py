"""What the log says of orders and rules: each thing once, with fields for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from household import QUIET, Household
from loguru import logger
from places import CONFIG

from syncd.config.settings import Event
from syncd.daemon.order_log import OrderLog
from syncd.ledger.order_row import State
from syncd.sandbox.faults import Fault
from syncd.sync.decisions import retry
from syncd.sync.report import as_held

Make = Callable[..., Household]

ONE_RULE = QUIET + CONFIG
CANARY = ONE_RULE.replace("    mapping", "    go_live: canary\n    mapping")
RULE = "site-hazirlanan"


@pytest.fixture
def log() -> Iterator[list[dict[str, Any]]]:
    """Level, text and fields of everything that is logged."""
    events: list[dict[str, Any]] = []

    def take(message: Any) -> None:
        record = message.record
        events.append({"level": record["level"].name, "text": record["message"], **record["extra"]})

    number = logger.add(take, level="DEBUG")
    yield events
    logger.remove(number)


def loud(log: list[dict[str, Any]], words: str) -> list[str]:
    """What is said at INFO or louder with these words in it."""
    return [one["text"] for one in log if one["level"] != "DEBUG" and words in one["text"]]


def held_once(daemon: Make, config: str = ONE_RULE) -> Household:
    """A daemon one of whose three orders is held, for two products have its code."""
    here = daemon(config, orders=3)
    here.sandbox.parasut.add_product("Defter kopya", code="DFT-A5")
    here.sandbox.parasut.add_product("Defter kopya 2", code="DFT-A5")
    here.turn()
    return here


def change_record(here: Household, text: str) -> str:
    """Change the record of the held order at the shop; returns the order's number."""
    (row,) = here.ledger.orders.in_state([State.HELD])
    order = here.sandbox.shop.orders[int(row.number)]
    order["billing"]["address_1"] = text
    here.sandbox.shop.touch(int(row.number))
    return row.number


def test_a_held_order_is_told_once_however_often_its_record_changes(daemon: Make, log: list[dict[str, Any]]) -> None:
    here = held_once(daemon)
    for street in ("Yeni Sok. 1", "Yeni Sok. 2"):
        number = change_record(here, street)
        here.later(minutes=6)
        (row,) = here.ledger.orders.in_state([State.HELD])
        assert row.order.billing.address == street
    assert len(loud(log, f"site/{number}: held (product-code-ambiguous)")) == 1
    assert len([one for one in log if f"site/{number}: held (product-code-ambiguous)" in one["text"]]) == 3
    assert len(loud(log, "newly held")) == 1


def test_a_held_order_is_noticed_once_however_often_its_record_changes(daemon: Make) -> None:
    told = "notify: {channels: [{command: [/bin/true]}]}\n"
    here = held_once(daemon, told + ONE_RULE)
    before = here.ledger.notices.of_kinds([Event.HOLD])
    change_record(here, "Yeni Sok. 1")
    here.later(minutes=6)
    after = here.ledger.notices.of_kinds([Event.HOLD])
    assert [(one.key, one.noticed_at) for one in before] == [(one.key, one.noticed_at) for one in after]
    assert len(before) == 1


def test_a_hold_after_a_release_is_told_again(daemon: Make, log: list[dict[str, Any]]) -> None:
    here = held_once(daemon)
    (row,) = here.ledger.orders.in_state([State.HELD])
    retry(row, here.service.premises.workshop(here.stopping, lambda: None, lambda: False))
    here.later(minutes=6)
    assert len(loud(log, f"{row.name}: held (product-code-ambiguous)")) == 2


def test_another_process_tells_only_what_is_new(daemon: Make, log: list[dict[str, Any]]) -> None:
    here = held_once(daemon)
    (row,) = here.ledger.orders.in_state([State.HELD])
    log.clear()
    again = OrderLog(here.ledger)
    again.begin(here.clock())
    again.run_begins(here.clock())
    again.tell(as_held(row))
    assert (again.new_holds, [one["level"] for one in log]) == (0, ["DEBUG"])
    moved = here.ledger.orders.change(row, "", here.clock(), hold_code="order-changed")
    again.tell(as_held(moved))
    again.tell(as_held(moved))
    assert (again.new_holds, [one["level"] for one in log]) == (1, ["DEBUG", "WARNING", "DEBUG"])
    here.ledger.orders.change(row, "", here.clock(), state=State.DUE.value)
    again.run_begins(here.clock())
    again.tell(as_held(moved))
    assert (again.new_holds, log[-1]["level"]) == (1, "WARNING")


def test_a_rule_that_waits_for_approval_says_so_once(daemon: Make, log: list[dict[str, Any]]) -> None:
    here = daemon(CANARY, orders=3)
    here.later(minutes=16)
    waits = "the rule's first invoice is to be looked at"
    assert loud(log, waits) == [f"rule {RULE}: its orders wait: {waits}; `syncd approve {RULE}` lets the others go"]
    log.clear()
    here.ledger.set_rule(RULE, paused=True)
    here.later(minutes=11)
    assert loud(log, "its orders wait") == [
        f"rule {RULE}: its orders wait: the rule is paused; `syncd resume --rule {RULE}` lets it go on"
    ]


def test_events_carry_order_rule_and_platform(daemon: Make, log: list[dict[str, Any]]) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.sandbox.faults.add(Fault("500", path="/wp-json", nth=0))
    here.turn()
    (failed,) = [one for one in log if one["level"] == "ERROR"]
    assert failed["platform"] == "site"
    here.sandbox.faults.clear()
    here.later(minutes=6)
    made = [one for one in log if "invoiced, id" in one["text"]]
    assert sorted((one["order"], one["rule"], one["platform"]) for one in made) == [
        (f"site/{number}", RULE, "site") for number in (15, 16, 17)
    ]
    asked = [one for one in log if one["text"].startswith("site: GET /orders")]
    assert len(asked) > 1
    assert {one.get("platform") for one in asked} == {"site"}


def test_a_lost_answer_for_which_a_whole_rule_waits_is_told_once_with_how_many_and_until_when(
    daemon: Make, log: list[dict[str, Any]]
) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.sandbox.faults.add(Fault("close_before", "POST", "item_categories$", nth=1))
    here.turn()
    rows = here.ledger.orders.in_state([State.DUE])
    waits = [row for row in rows if row.reason.startswith("whether the category ")]
    assert len(waits) > 1
    until = waits[0].next_at
    assert until is not None
    moment = until.astimezone(ZoneInfo("Europe/Istanbul"))
    told = f"rule {RULE}: {len(waits)} orders wait until {moment:%Y-%m-%d %H:%M:%S}: {waits[0].reason}"
    assert loud(log, "orders wait until") == [told]
    (event,) = [one for one in log if "orders wait until" in one["text"]]
    assert (event["level"], event["rule"]) == ("INFO", RULE)
    here.turn()
    assert len(loud(log, "orders wait until")) == 1
