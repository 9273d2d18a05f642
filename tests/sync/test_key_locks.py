"""Locks by name: all that a piece of work needs, or none."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from syncd.sync.locks import KeyLocks

PATIENCE_SECONDS = 20.0


def test_what_shares_no_key_goes_on_at_once() -> None:
    locks = KeyLocks()
    with locks.hold({"a", "b"}, locks.moment()) as stale, locks.hold({"c"}, locks.moment()) as other:
        assert (stale, other) == (False, False)


def test_whoever_needs_a_held_key_waits_and_is_told_that_things_may_have_changed() -> None:
    locks = KeyLocks()
    since, order, begun = locks.moment(), [], threading.Event()

    def second() -> bool:
        begun.set()
        with locks.hold({"b", "c"}, since) as stale:
            order.append("second")
            return stale

    with ThreadPoolExecutor(1) as pool:
        with locks.hold({"a", "b"}, since) as stale:
            assert stale is False
            waiting = pool.submit(second)
            assert begun.wait(PATIENCE_SECONDS)
            order.append("first")
        assert waiting.result(PATIENCE_SECONDS) is True
    assert order == ["first", "second"]


def test_only_a_key_of_its_own_that_was_let_go_since_makes_knowledge_stale() -> None:
    locks = KeyLocks()
    before = locks.moment()
    with locks.hold({"a"}, before):
        pass
    after = locks.moment()
    with locks.hold({"a"}, before) as stale:
        assert stale is True
    with locks.hold({"b"}, before) as stale:
        assert stale is False
    with locks.hold({"a"}, locks.moment()) as stale:
        assert stale is False
    with locks.hold({"a"}, after) as stale:
        assert stale is True


def test_a_key_is_let_go_also_when_its_work_fails() -> None:
    locks = KeyLocks()
    since = locks.moment()
    with pytest.raises(ValueError, match="broken"), locks.hold({"a"}, since):
        raise ValueError("broken")
    with locks.hold({"a"}, since) as stale:
        assert stale is True


def test_nobody_waits_in_a_circle_and_nobody_holds_a_key_with_another() -> None:
    locks, inside, clashes = KeyLocks(), set(), []
    guard = threading.Lock()

    def works(number: int) -> None:
        keys = {f"k{number % 3}", f"k{(number + 1) % 3}", f"own{number}"}
        with locks.hold(keys, locks.moment()):
            with guard:
                clashes.extend(keys & inside)
                inside.update(keys)
            with guard:
                inside.difference_update(keys)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(works, number) for number in range(200)]:
            done.result(PATIENCE_SECONDS)
    assert clashes == []
