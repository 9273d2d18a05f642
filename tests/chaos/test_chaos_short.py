"""The short form of `make chaos`: a few of its attempts, and the proof that it sees a guard that is missing."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from chaos.bench import Size, Suite
from chaos.scenarios import detection, kills, lost_ledger, mixed_faults


@pytest.fixture
def suite() -> Iterator[Suite]:
    with Suite(parallel=4, out=io.StringIO()) as suite:
        yield suite


def test_killed_at_points_chosen_from_all_nothing_is_made_twice_or_lost(suite: Suite) -> None:
    suite.run("a", kills.attempts(suite.bench(), Size(orders=3, every=37)))
    assert suite.wrong == []


def test_under_mixed_faults_nothing_is_made_twice_or_lost(suite: Suite) -> None:
    suite.run("b", list(mixed_faults.attempts(suite.bench(), Size(orders=15)))[:2])
    assert suite.wrong == []


def test_without_its_ledger_or_with_an_older_one_nothing_is_made_twice(suite: Suite) -> None:
    suite.run("c", lost_ledger.attempts(suite.bench(), Size(orders=5, every=10)))
    assert suite.wrong == []


def test_a_guard_that_is_switched_off_is_seen(suite: Suite) -> None:
    suite.run("guards", detection.attempts())
    found = {kind: bool(tried.verdict.wrong) for (_, kind), tried in suite.rows.items()}
    expected = {f"{way} {guard}": way == "without" for guard in detection.GUARDS for way in ("with", "without")}
    assert found == expected, suite.wrong
