"""When what goes on is said again."""

from __future__ import annotations

from syncd.daemon.ever_later import EverLater


def test_it_is_said_at_once_and_then_ever_later() -> None:
    now = [1000.0]
    still = EverLater(lambda: now[0], 120)
    said = []
    for second in range(0, 3600, 10):
        now[0] = 1000.0 + second
        if still.due("trendyol"):
            said.append(second)
    assert said == [0, 120, 360, 840, 1800]


def test_what_ended_begins_anew_and_others_have_their_own_times() -> None:
    still = EverLater(lambda: 0.0, 120)
    assert [still.due("trendyol"), still.due("trendyol"), still.due("n11")] == [True, False, True]
    still.over("trendyol")
    still.over("nobody")
    assert [still.due("trendyol"), still.due("n11")] == [True, False]
