"""Commands on their way through the ledger: asked, taken, carried out, answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from factories import a_rule
from worlds import World

from syncd.config.settings import PaymentChoice
from syncd.errors import LedgerError, SyncdError, UsageError
from syncd.ledger.order_row import State
from syncd.sync.commands import answered, execute, failure, unpacked
from syncd.sync.executor import STOP_SETTING
from syncd.sync.workshop import Workshop

Make = Callable[..., World]
PAID = {"*": PaymentChoice("iyzico")}


@pytest.fixture
def opened(world: Make) -> Iterator[Callable[..., tuple[World, Workshop]]]:
    with ExitStack() as stack:

        def make(**options: Any) -> tuple[World, Workshop]:
            here = world(**{"rules": (a_rule(payment=PAID),), "orders": 3, **options})
            return here, here.open(stack)

        yield make


Opened = Callable[..., tuple[World, Workshop]]


def through_the_ledger(workshop: Workshop, kind: str, **arguments: Any) -> Any:
    """Ask, take, carry out and answer as the daemon does; what the asker then reads."""
    queue = workshop.ledger.commands
    number = queue.ask(kind, arguments, workshop.clock())
    command = queue.waiting()[0]
    assert queue.take(number, workshop.clock())
    queue.answer(number, answered(command.kind, command.arguments, workshop), workshop.clock())
    found = queue.get(number)
    assert found is not None
    assert found.answer is not None
    return unpacked(found.answer)


def test_an_apply_is_answered_with_everything_that_it_prints(opened: Opened) -> None:
    here, workshop = opened()
    answer = through_the_ledger(workshop, "apply", rule=None, order=("site", "16"))
    assert [invoice["order"] for invoice in here.invoices()] == ["16"]
    assert answer["lines"][0].startswith("site/16: invoiced, id ")
    assert answer["summary"][0] == "site: 3 orders read"
    assert answer["report"]["orders"][0]["plan"]["payable"] == Decimal("226.47")
    assert (answer["held"], answer["failed"], answer["unreachable"]) == (0, False, False)


def test_one_rule_can_be_applied(opened: Opened) -> None:
    here, workshop = opened()
    answer = through_the_ledger(workshop, "apply", rule="site-hazirlanan", order=None)
    assert len(here.invoices()) == len(answer["report"]["orders"]) == 3
    with pytest.raises(UsageError, match="There is no rule 'x'"):
        through_the_ledger(workshop, "apply", rule="x", order=None)


def test_decisions_about_orders_are_answered_with_how_they_are_now(opened: Opened) -> None:
    here, workshop = opened()
    copy = here.sandbox.parasut.add_product("Termos kopya", code="TRM-500")
    execute("apply", {}, workshop)
    held = workshop.ledger.orders.in_state([State.HELD])
    assert [row.number for row in held] == ["15", "17"]
    copy.attributes["code"] = "TRM-500-K"
    due = {"state": "due", "reason": "reached preparing"}
    assert through_the_ledger(workshop, "retry", order=("site", "15"), hold=None)["orders"] == [
        {"name": "site/15", **due}
    ]
    assert through_the_ledger(workshop, "retry", order=None, hold="product-code-ambiguous")["orders"] == [
        {"name": "site/17", **due}
    ]
    assert through_the_ledger(workshop, "ignore", order=("site", "15"))["orders"] == [
        {"name": "site/15", "state": "ignored", "reason": "ignored by hand"}
    ]
    with pytest.raises(UsageError, match="site/17 has no step whose outcome is not known"):
        through_the_ledger(workshop, "resolve", order=("site", "17"), adopt="7")
    with pytest.raises(UsageError, match="No order is held for"):
        through_the_ledger(workshop, "retry", order=None, hold="refused")
    with pytest.raises(UsageError, match="The ledger has no order site/99"):
        through_the_ledger(workshop, "ignore", order=("site", "99"))


def test_switches_are_set(opened: Opened) -> None:
    _, workshop = opened()
    through_the_ledger(workshop, "pause", rule=None)
    assert workshop.ledger.setting(STOP_SETTING) is not None
    through_the_ledger(workshop, "resume", rule=None)
    assert workshop.ledger.setting(STOP_SETTING) is None
    through_the_ledger(workshop, "pause", rule="site-hazirlanan")
    through_the_ledger(workshop, "approve", rule="site-hazirlanan")
    state = workshop.ledger.rule("site-hazirlanan")
    assert (state.paused, state.approved) == (True, True)


def test_a_command_is_taken_once_and_not_after_it_was_withdrawn(opened: Opened) -> None:
    _, workshop = opened(orders=0)
    queue, now = workshop.ledger.commands, workshop.clock()
    first, second = queue.ask("resume", {}, now), queue.ask("apply", {}, now)
    assert [command.id for command in queue.waiting()] == [first, second]
    assert queue.take(first, now)
    assert not queue.take(first, now)
    queue.withdraw(second)
    assert not queue.take(second, now)
    assert queue.waiting() == []
    assert queue.get(second) is None


def test_answers_that_nobody_fetched_are_forgotten_and_those_still_open_interrupted(opened: Opened) -> None:
    _, workshop = opened(orders=0)
    queue, now = workshop.ledger.commands, workshop.clock()
    answered_long_ago, open_still = queue.ask("resume", {}, now), queue.ask("resume", {}, now)
    queue.answer(answered_long_ago, {}, now - timedelta(days=2))
    queue.forget(now - timedelta(days=1))
    assert queue.get(answered_long_ago) is None
    assert queue.interrupt(failure("Interrupted", "gone"), now) == 1
    found = queue.get(open_still)
    assert found is not None
    assert found.finished_at == now
    with pytest.raises(SyncdError, match="gone"):
        unpacked(found.answer or {})


def test_an_error_comes_back_as_the_kind_that_it_was() -> None:
    for kind in (UsageError, LedgerError, SyncdError):
        with pytest.raises(SyncdError) as caught:
            unpacked(failure(kind.__name__, "what", "now"))
        assert (type(caught.value), caught.value.message, caught.value.remedy) == (kind, "what", "now")
