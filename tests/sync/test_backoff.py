"""When an order that brought nothing is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories import NOW

from syncd.errors import NotExecuted, Throttled
from syncd.sync.backoff import next_try


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900), (50, 900)]
)
def test_a_company_that_can_not_be_reached_is_tried_ever_less_often(attempts: int, seconds: int) -> None:
    assert next_try(NotExecuted("no connection"), attempts, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("attempts", [1, 9])
def test_a_429_says_itself_how_long_to_wait(attempts: int) -> None:
    assert next_try(Throttled("too many", 7), attempts, NOW) == NOW + timedelta(seconds=7)
