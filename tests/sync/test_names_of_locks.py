"""What locks by name remember of a long run."""

from __future__ import annotations

from syncd.sync import locks
from syncd.sync.locks import KeyLocks


def used(held: KeyLocks, *keys: str) -> None:
    with held.hold(keys, held.moment()):
        pass


def test_a_long_run_does_not_keep_all_names_and_never_calls_fresh_what_it_has_forgotten() -> None:
    held = KeyLocks()
    since = held.moment()
    used(held, "a")
    later = held.moment()
    for number in range(3 * locks._MOST_NAMES):
        used(held, f"order {number}")
    assert len(held._released) <= locks._MOST_NAMES
    with held.hold(["a"], since) as stale:
        assert stale
    with held.hold(["never held"], later) as stale:
        assert stale  # nobody knows any more: it is looked at again
    with held.hold(["never held"], held.moment()) as stale:
        assert not stale
