"""What making one invoice costs the ledger: commits, and plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from worlds import World

from syncd.sync import apply, run

Make = Callable[..., World]


@pytest.fixture
def commits() -> Iterator[list[set[str]]]:
    """For each transaction that changed something: the tables that it changed."""
    done: list[set[str]] = []
    changed: dict[int, set[str]] = {}

    def asked(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words = statement.split()
        if words[0] in ("INSERT", "UPDATE"):
            table = words[2] if words[0] == "INSERT" else words[1]
            changed.setdefault(id(connection.connection.driver_connection), set()).add(table)

    def committed(connection: Any) -> None:
        tables = changed.pop(id(connection.connection.driver_connection), None)
        if tables:
            done.append(tables)

    event.listen(Engine, "before_cursor_execute", asked)
    event.listen(Engine, "commit", committed)
    yield done
    event.remove(Engine, "before_cursor_execute", asked)
    event.remove(Engine, "commit", committed)


def test_the_place_in_the_budget_and_the_intent_are_one_commit(world: Make, commits: list[set[str]]) -> None:
    here = world(orders=2)
    here.apply()
    made = len(here.writes())
    assert made >= 2
    assert sum({"budgets", "steps"} <= tables for tables in commits) == made


def test_a_new_buyer_of_whom_nothing_more_can_be_known_is_planned_once(
    world: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, plans = world(orders=3), Counter[str]()
    planned = apply.plan_row

    def counted(row: Any, *more: Any) -> Any:
        plans[row.number] += 1
        return planned(row, *more)

    monkeypatch.setattr(run, "orders_at_once", lambda _: 1)
    monkeypatch.setattr(apply, "plan_row", counted)
    here.apply()
    made = [step for step in here.writes() if step == "POST contacts"]
    assert made  # there were new buyers
    plain = [row.number for row in here.rows() if row.invoice_id and not row.order.buyer.tax_number]
    assert plain
    assert {plans[number] for number in plain} == {1}
