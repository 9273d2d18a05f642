"""The program with one of its guards switched off, to prove that the suite would see it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any


def switch_off(guards: Iterable[str]) -> None:
    """Replace these guards of the program in this process. Raises KeyError for one that isn't there."""
    for guard in guards:
        GUARDS[guard]()


def _intent() -> None:
    """A step is written down with its outcome, not before it is sent."""
    from syncd.ledger.steps import StepLog

    intend, finish = StepLog.intend, StepLog.finish
    kept: dict[str, Any] = {}
    lock = threading.Lock()

    def later(self: StepLog, step: Any, promise: Any = None) -> None:
        with lock:
            kept[step.identity] = (step, promise)

    def now(self: StepLog, identity: str, *values: Any, **more: Any) -> None:
        with lock:
            before = kept.pop(identity, None)
        if before is not None:
            intend(self, *before)
        finish(self, identity, *values, **more)

    StepLog.intend, StepLog.finish = later, now  # type: ignore[method-assign]


def _fence() -> None:
    """What a lost request made is looked for above the ids of today, not above those of the time when it left."""
    from syncd.ledger.steps import StepLog

    intend = StepLog.intend

    def today(self: StepLog, step: Any, promise: Any = None) -> None:
        intend(self, replace(step, fence=str(10**12)), promise)

    StepLog.intend = today  # type: ignore[method-assign]


def _looking() -> None:
    """A lost request is sent again without looking for what it made."""
    from syncd.sync import looking

    looking.newest_above = lambda *_, **__: iter(())  # type: ignore[attr-defined]
    looking.categories = lambda *_, **__: ()  # type: ignore[attr-defined, assignment]


def _second_look() -> None:
    """Nobody looks once more."""
    from syncd.sync.second_look import SecondLook

    SecondLook._look = lambda *_, **__: None  # type: ignore[method-assign, assignment]


def _lease() -> None:
    """Any number of processes work for one company at a time."""
    from syncd.ledger.company import CompanyStore

    CompanyStore.lease = lambda _: nullcontext()  # type: ignore[method-assign, assignment, return-value]


def _locks() -> None:
    """Orders that are worked on at once don't wait for each other's contacts, products and categories."""
    from syncd.sync.dispatch import Dispatch
    from syncd.sync.locks import KeyLocks

    # Nor does the first invoice go alone, to teach how Paraşüt rounds.
    Dispatch._knows_the_rounding = lambda _self: True  # type: ignore[method-assign]

    @contextmanager
    def hold(_self: KeyLocks, _keys: Collection[str], _since: int) -> Iterator[bool]:
        yield False

    KeyLocks.hold = hold  # type: ignore[method-assign]


GUARDS: dict[str, Callable[[], None]] = {
    "intent": _intent,
    "fence": _fence,
    "looking": _looking,
    "second-look": _second_look,
    "lease": _lease,
    "locks": _locks,
}
