"""What the log calls the orders whose answers were lost: by the names that commands take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from factories import a_rule
from loguru import logger
from lost_writes import SECOND_LOOK, SETTLED, WRITES, carry_out, opened, row, unsettled
from worlds import World

from syncd.errors import UsageError
from syncd.sandbox.faults import Fault
from syncd.sync.commands import named_order

Make = Callable[..., World]
Events = list[dict[str, Any]]

NAME = "site/15"
OF_ITS_OWN = [name for name in WRITES if name not in ("product", "category", "deletion")]


@pytest.fixture
def log() -> Iterator[Events]:
    """Level, text and fields of what is said at INFO or louder."""
    events: Events = []

    def take(message: Any) -> None:
        record = message.record
        events.append({"level": record["level"].name, "text": record["message"], **record["extra"]})

    number = logger.add(take, level="INFO")
    yield events
    logger.remove(number)


def lost(world: Make, name: str, fault: str) -> World:
    """A world after a run whose write of that kind lost its answer."""
    write = WRITES[name]
    here = world(orders=1, rules=(write.rule,), **write.options)
    write.prepare(here)
    here.sandbox.faults.add(Fault(fault, write.method, write.path))
    here.apply()
    return here


def said(log: Events, words: str) -> dict[str, Any]:
    (found,) = [one for one in log if words in one["text"]]
    return found


def is_of_the_order(event: dict[str, Any]) -> bool:
    return event["text"].startswith(f"{NAME}: ") and (event["order"], event["platform"]) == (NAME, "site")


@pytest.mark.parametrize("name", OF_ITS_OWN)
def test_a_lost_answer_that_is_found_is_told_by_the_name_of_its_order(world: Make, log: Events, name: str) -> None:
    lost(world, name, "close_after")
    assert is_of_the_order(said(log, "is not known, and is looked for: "))
    assert is_of_the_order(said(log, "though its answer was lost: "))


@pytest.mark.parametrize("name", OF_ITS_OWN)
def test_what_is_sent_again_is_told_by_the_name_of_its_order(world: Make, log: Events, name: str) -> None:
    here = lost(world, name, "close_before")
    here.later(seconds=SETTLED)
    here.apply()
    assert is_of_the_order(said(log, "so it is sent again: "))
    assert "`" not in row(here).reason


def test_the_invoice_that_came_late_is_told_by_the_name_of_its_order(world: Make, log: Events) -> None:
    here = lost(world, "sale", "close_before")
    (step,) = unsettled(here)
    here.later(seconds=SETTLED)
    here.apply()
    assert carry_out(here, step) == 201
    here.later(seconds=SECOND_LOOK)
    here.apply()
    event = said(log, "came late, beside")
    assert (is_of_the_order(event), event["rule"]) == (True, a_rule().name)


@pytest.mark.parametrize(("name", "made"), [("product", "product YENI-1"), ("category", "category Pazar yeri")])
def test_a_step_of_no_single_order_tells_which_order_and_rule_wait_for_it(
    world: Make, log: Events, name: str, made: str
) -> None:
    here = lost(world, name, "close_before")
    (step,) = unsettled(here)
    event = said(log, "the orders that need it wait: ")
    assert (event["text"].startswith(f"{step.identity}: "), event["order"]) == (True, NAME)
    waits = said(log, f"waits, as do others of the rule {a_rule().name} that need it: ")
    assert is_of_the_order(waits)
    assert f"whether the {step.identity} was made is not known yet" in waits["text"]
    assert step.identity.split(" ")[0] == made.split(" ")[0]


def test_an_order_is_found_by_the_key_that_its_steps_and_its_mark_show(world: Make) -> None:
    here = lost(world, "sale", "close_before")
    (step,) = unsettled(here)
    key = step.identity.removeprefix("sale ").removesuffix("#1")
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        for text in (key, f"{key}#1", f"sale {key}#1", f"[sale {key}]"):
            platform, _, rest = text.partition("/")
            assert named_order((platform, rest), workshop).name == NAME
        for text in (f"{key}0", key.replace("woocommerce", "n11")):
            platform, _, rest = text.partition("/")
            with pytest.raises(UsageError):
                named_order((platform, rest), workshop)


def test_an_own_invoice_whose_answer_was_lost_is_not_called_made_without_this_ledger(world: Make, log: Events) -> None:
    here = lost(world, "sale", "close_before")
    (step,) = unsettled(here)
    assert carry_out(here, step) == 201
    with opened(here) as workshop:  # it is looked for only later, but read with all that is new
        workshop.ledger.steps.note(step.identity, look_at=here.now.replace(year=2999))
    here.again(15, 500)
    here.apply()
    event = said(log, "was found by its mark")
    assert is_of_the_order(event)
    assert event["text"].endswith(
        f"its invoice {row(here).invoice_id} was found by its mark; this ledger had sent the request for it"
    )
    assert not [one for one in log if "without this ledger" in one["text"]]


def test_an_invoice_of_a_ledger_that_is_gone_is_told_with_its_order(world: Make, log: Events) -> None:
    here = world(orders=1)
    here.apply()
    for file in here.folder.glob("ledger.db*"):
        file.unlink()
    here.apply()
    event = said(log, "made without this ledger")
    assert (is_of_the_order(event), event["level"]) == (True, "INFO")
    assert f"its invoice {row(here).invoice_id} was found by its mark" in event["text"]
