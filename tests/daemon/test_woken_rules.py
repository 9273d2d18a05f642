"""Rules that come back between their turns for orders that wait: within the limits, and not while they are stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from household import QUIET, START, Household
from places import CONFIG

from syncd.ledger.order_row import State
from syncd.sandbox.faults import Fault

Make = Callable[..., Household]

DAILY = QUIET + CONFIG.replace("    mapping", '    cron: "0 12 * * *"\n    mapping')
AFTER_NOON = START + timedelta(hours=3, minutes=1)
LOST = Fault("close_before", "POST", "sales_invoices$")


def minutes_pass(here: Household, minutes: int) -> None:
    """Turn by turn, every half minute."""
    for _ in range(2 * minutes):
        here.scheduler.look()
        here.turn()
        here.clock.now += timedelta(seconds=30)


def test_an_order_whose_answer_was_lost_goes_on_in_a_rule_that_has_its_turn_once_a_day(daemon: Make) -> None:
    here = daemon(DAILY, orders=3)
    here.sandbox.faults.add(LOST)
    here.until(AFTER_NOON)
    assert len(here.invoiced()) == 2
    minutes_pass(here, 4)
    assert sorted(here.invoiced()) == ["15", "16", "17"]


def test_a_rule_that_is_woken_has_no_second_limit(daemon: Make) -> None:
    here = daemon(DAILY.replace("    mapping", "    limits: {per_run: 2}\n    mapping"), orders=12)
    here.sandbox.faults.add(LOST)
    here.until(AFTER_NOON)
    minutes_pass(here, 15)
    assert len(here.invoiced()) == 2
    here.until(AFTER_NOON + timedelta(days=1))
    assert len(here.invoiced()) == 4


@pytest.mark.parametrize("stopped", ["everything", "the rule"])
def test_a_rule_is_not_woken_again_and_again_while_a_person_has_stopped_it(daemon: Make, stopped: str) -> None:
    here = daemon(DAILY, orders=3)
    here.sandbox.faults.add(LOST)
    here.until(AFTER_NOON)
    if stopped == "the rule":
        here.ledger.set_rule("site-hazirlanan", paused=True)
    else:
        here.ledger.set_setting("paused", here.clock.now.isoformat())
    before = here.reads()
    minutes_pass(here, 60)
    assert here.reads() - before < 10
    assert len(here.invoiced()) == 2
    here.ledger.set_rule("site-hazirlanan", paused=False)
    here.ledger.set_setting("paused", None)
    here.until(AFTER_NOON + timedelta(days=1))
    assert {row.state for row in here.ledger.orders.newest(limit=9)} == {State.INVOICED}
