from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.parasut.budget import (
    LARGEST_MARGIN,
    SMALLEST_MARGIN,
    Window,
    grown,
    shrunk,
    wait_seconds,
)
from syncd.parasut.stores import MemoryCallBudget, MemoryTokenStore, Tokens

SLACK = 0.002  # the shortest wait, and the steps of a float of seconds since 1970


def test_ten_requests_may_leave_at_once_and_the_eleventh_waits_for_the_window_and_the_margin() -> None:
    assert wait_seconds([100.0] * 9, 100.0, 10, 10, 0.15) == 0
    assert wait_seconds([100.0] * 10, 100.0, 10, 10, 0.15) == pytest.approx(10.15)
    assert wait_seconds([100.0] * 10, 110.15, 10, 10, 0.15) == 0


def test_the_oldest_of_the_last_ten_frees_the_next_place() -> None:
    sent = [float(moment) for moment in range(20)]
    assert wait_seconds(sent, 19.0, 10, 10, 0.5) == 1.5


def test_moments_from_before_the_clock_was_set_back_do_not_stop_the_work() -> None:
    assert wait_seconds([5000.0] * 10, 100.0, 10, 10, 0.15) == 0


@given(
    pauses=st.lists(st.floats(0, 15), min_size=1, max_size=60),
    requests=st.integers(1, 12),
    seconds=st.sampled_from([1.0, 10.0, 60.0]),
    margin=st.floats(SMALLEST_MARGIN, LARGEST_MARGIN),
    start=st.sampled_from([0.0, 1_800_000_000.0]),
)
def test_no_window_ever_holds_more_requests_than_allowed_and_none_waits_for_nothing(
    pauses: list[float], requests: int, seconds: float, margin: float, start: float
) -> None:
    sent: list[float] = []
    now = start
    for pause in pauses:
        now += pause
        wanted = now
        while (wait := wait_seconds(sent, now, requests, seconds, margin)) > 0:
            now += wait
        if now > wanted:  # it waited: one moment earlier the window and its margin would have been full
            window_begin = now - seconds - margin - SLACK
            assert sum(moment > window_begin for moment in sent) >= requests
        sent.append(now)
    for first, moment in enumerate(sent):
        assert sum(moment <= other <= moment + seconds for other in sent[first:]) <= requests


@given(
    arrivals=st.lists(st.tuples(st.floats(0, 12), st.booleans(), st.integers(1, 60)), max_size=60),
    requests=st.integers(1, 12),
)
def test_nobody_sends_during_a_pause_nor_more_than_allowed(
    arrivals: list[tuple[float, bool, int]], requests: int
) -> None:
    window, now, sent, blocked_until = Window(), 1_800_000_000.0, [], 0.0
    for pause, refused, retry_after in arrivals:
        now += pause
        while True:
            wait, window = window.take(now, requests, 10)
            if not wait:
                break
            now += wait
        assert now >= blocked_until
        sent.append(now)
        if refused:
            window = window.throttled(now, retry_after)
            blocked_until = max(blocked_until, now + retry_after)
    for first, moment in enumerate(sent):
        assert sum(moment <= other <= moment + 10 for other in sent[first:]) <= requests


def test_a_backlog_uses_nearly_all_of_the_allowed_rate() -> None:
    window, now = Window(), 1_800_000_000.0
    for _ in range(1000):
        while True:
            wait, window = window.take(now, 10, 10)
            if not wait:
                break
            now += wait
    assert 1000 / (now - 1_800_000_000.0) >= 0.98


def test_a_429_doubles_the_margin_up_to_two_seconds_and_requests_shrink_it_slowly() -> None:
    assert grown(0.15) == 0.3
    assert grown(1.5) == LARGEST_MARGIN
    assert 0.29 < shrunk(0.3) < 0.3
    assert shrunk(SMALLEST_MARGIN) == SMALLEST_MARGIN


def test_a_429_stops_everybody_for_as_long_as_it_says_but_never_longer_than_a_minute() -> None:
    budget = MemoryCallBudget()
    budget.throttled(100.0, 7)
    assert budget.reserve(100.0) == 7.0
    assert budget.reserve(107.0) == 0
    budget.throttled(200.0, 100_000)
    assert budget.reserve(200.0) == 60.0


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    window = Window().throttled(100.0, 30).throttled(101.0, 2)
    assert window.take(104.0, 10, 10)[0] == 26.0


def test_a_pause_from_before_the_clock_was_set_back_is_forgotten() -> None:
    window = Window().throttled(1_000_000.0, 30)
    assert window.take(100.0, 10, 10)[0] == 0


def test_a_budget_remembers_only_what_still_matters() -> None:
    budget = MemoryCallBudget(requests=3, seconds=10)
    for moment in range(0, 100, 5):
        budget.reserve(float(moment))
    assert len(budget.window.sent) == 3


def test_only_one_renews_the_login_at_a_time() -> None:
    store, inside, most, entered = MemoryTokenStore(), [], [], threading.Barrier(4)

    def renew(name: str) -> None:
        entered.wait()
        for _ in range(200):
            with store.renewing():
                inside.append(name)
                most.append(len(inside))
                inside.remove(name)

    threads = [threading.Thread(target=renew, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 800
    assert max(most) == 1


def test_tokens_are_not_shown() -> None:
    shown = repr(Tokens("gizli-erisim", "gizli-yenileme", datetime(2026, 11, 2, tzinfo=UTC)))
    assert "gizli" not in shown
