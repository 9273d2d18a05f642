"""An order that its rule keeps, though the rule's `if` is not true of it any more, is told of wherever it is shown."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from typing import Any

import pytest
from factories import a_rule
from worlds import World

from syncd.sync.commands import execute
from syncd.sync.decisions import set_paused
from syncd.sync.explain import explain
from syncd.sync.outgrown import kept_since
from syncd.sync.report import Report

Make = Callable[..., World]
NOT_16 = "order.number != '16'"
NOTE = (
    f"its rule's `if: {NOT_16}` is not true of it any more; the rule took the order before and keeps it: "
    "`syncd orders ignore site/16` if it is not to be invoiced"
)
WARNING = "1 due order of rule site-hazirlanan no longer fits its `if`; it stays site-hazirlanan's and will be invoiced"


def paused(make: Make) -> World:
    """A world with three orders that its rule has, and doesn't work on."""
    here = make(orders=3, rules=(a_rule(),))
    with ExitStack() as stack:
        set_paused("site-hazirlanan", True, here.open(stack, network=False))
    here.apply()
    return here


def notes(report: Report) -> dict[str, list[str]]:
    """What the plans of a report say of their rule's `if`."""
    plans = {one.row.number: one.plan for one in report.results if one.plan is not None}
    found = {number: [note for note in plan.notes if "`if:" in note] for number, plan in plans.items()}
    return {number: said for number, said in found.items() if said}


def reasons(world: World, number: str = "16") -> tuple[str, ...]:
    with ExitStack() as stack:
        workshop = world.open(stack, network=False)
        return explain(workshop.ledger.orders.named("site", number)[0], workshop).reasons


def resumed_and_applied(world: World) -> Any:
    with ExitStack() as stack:
        workshop = world.open(stack)
        set_paused("site-hazirlanan", False, workshop)
        with workshop.ledger.company.lease():
            return execute("apply", {}, workshop)


@pytest.mark.parametrize("offline", [False, True])
def test_the_plan_notes_each_due_order_that_its_rule_only_keeps(world: Make, offline: bool) -> None:
    here = paused(world)
    assert notes(here.plan(offline=offline)) == {}
    here.rules = (a_rule(condition=NOT_16),)
    plan = here.plan(offline=offline)
    assert notes(plan) == {"16": [NOTE]}
    assert [note.startswith(WARNING) for note in plan.notes] == [True]
    assert notes(here.plan(offline=offline)) == {"16": [NOTE]}  # a plan changes nothing


def test_the_first_apply_with_the_new_if_says_it_and_invoices_the_order(world: Make) -> None:
    here = paused(world)
    here.rules = (a_rule(condition=NOT_16),)
    answer = resumed_and_applied(here)
    assert answer["lines"][0].startswith(WARNING)
    assert answer["report"]["notes"] == [answer["lines"][0]]
    assert sorted(one["order"] for one in here.invoices()) == ["15", "16", "17"]


def test_what_a_run_has_judged_by_the_new_if_is_not_told_again(world: Make) -> None:
    here = paused(world)
    here.rules = (a_rule(condition=NOT_16),)
    here.apply()
    with ExitStack() as stack:
        workshop = here.open(stack, network=False)
        assert kept_since(workshop.ledger, workshop.judgement) == []
    assert here.plan().notes == []
    assert notes(here.plan()) == {"16": [NOTE]}  # in the plan as long as it is due


def test_explain_says_that_the_rule_only_keeps_the_order(world: Make) -> None:
    here = paused(world)
    assert not any("`if" in reason for reason in reasons(here))
    here.rules = (a_rule(condition=NOT_16),)
    assert reasons(here)[-1] == f"I{NOTE[1:]}."
    assert not any("`if" in reason for reason in reasons(here, "15"))
    resumed_and_applied(here)
    assert not any("`if" in reason for reason in reasons(here))  # it has its invoice


def test_explain_says_that_a_later_since_lets_the_order_go(world: Make) -> None:
    here = paused(world)
    here.rules = (a_rule(since=date(2026, 11, 26)),)
    assert reasons(here)[-2].startswith("The rule's `since: 2026-11-26` is later than the order (2026-11-")
    assert reasons(here)[-2].endswith("), so it lets the order go.")
    assert reasons(here)[-1].startswith("No rule wants this order: ")
    here.apply()
    assert [str(row.state) for row in here.rows()] == ["left"] * 3


def test_explain_says_that_a_rule_for_other_platforms_lets_the_order_go(world: Make) -> None:
    here = paused(world)
    here.rules = (a_rule(platforms=("bayi",)),)
    assert reasons(here)[-2:] == (
        "The rule is no longer for site, so it lets the order go.",
        "No rule wants this order: no rule is for site.",
    )


def test_an_order_that_another_name_of_the_rule_lets_go_is_not_invoiced(world: Make) -> None:
    here = paused(world)
    here.rules = (a_rule(name="yeni", condition=NOT_16),)
    assert [reason.startswith("No rule wants this order: ") for reason in reasons(here)] == [True]
    assert notes(here.plan()) == {}
    here.apply()
    assert sorted(one["order"] for one in here.invoices()) == ["15", "17"]
    assert {row.number: str(row.state) for row in here.rows()}["16"] == "left"
