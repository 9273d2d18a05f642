"""(a) kill -9 on both sides of every request and of every ledger commit, one at a time; then restart and compare.

A write is also killed while the sandbox holds it: before it is carried out (and then it never is, or only after the
program has begun anew), and after, with its answer on the way.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from chaos.bench import Attempt, Bench, Size, finish
from chaos.house import House, Times
from chaos.truth import Verdict

_TIMES = Times(timeout=3, settle=1, second_look=2, send_within=1)
_PATIENT = Times(timeout=6, settle=4, second_look=2, send_within=1)
"""For requests that are carried out only after the next run, which must be over before it expects them no longer."""

_WAYS = {
    "paid by the same request": (),
    "paid by a request of its own": ("--cash-sale", "ignored"),
}


def attempts(bench: Bench, size: Size) -> Iterator[Attempt]:
    """Every point of a run that nobody disturbs becomes an attempt; with `size.every`, only each so many."""
    for way, options in _WAYS.items():
        orders = size.orders if not options else max(2, size.orders // 5)
        passed, writes = _points(Bench(bench.launcher, bench.folder / way.split()[-1]), orders, options)
        chosen = 0
        for (kind, side), names in passed.items():
            for nth, name in enumerate(names, 1):
                chosen += 1
                if chosen % size.every:
                    continue
                point = {"kind": kind, "side": side, "nth": nth}
                yield Attempt(
                    f"kill -9 {side} a {_WORDS[kind]}, {way}",
                    f"number {nth} ({name})",
                    partial(_kill, orders, options, point),
                )
        for nth in range(1, writes + 1):
            for at, (kind, (point_kind, then)) in enumerate(_HELD.items()):
                if (nth + at) % size.every == 0:  # each kind has its turn
                    go = partial(kill_while_held, orders, options, "write", nth, point_kind, then)
                    yield Attempt(f"kill -9 while a write {kind}, {way}", f"write {nth}", go)


_WORDS = {"request": "request", "commit": "commit of the ledger"}
_HELD = {
    "is on its way and never arrives": ("hold_before", "drop"),
    "is on its way and is carried out after the restart": ("hold_before", "go"),
    "was carried out, its answer on the way": ("hold_after", "drop"),
}


def _points(bench: Bench, orders: int, options: tuple[str, ...]) -> tuple[dict[tuple[str, str], list[str]], int]:
    with bench.house(orders, options=options, times=_TIMES) as house:
        journal = house.folder / "journal.json"
        process = house.start("apply", journal=journal)
        process.wait(120)
        if not journal.exists():
            raise RuntimeError(f"the undisturbed run failed:\n{process.text()}")
        passed: dict[tuple[str, str], list[str]] = {}
        for name in json.loads(journal.read_text(encoding="utf-8")):
            kind, side, rest = name.split(" ", 2)
            passed.setdefault((kind, side), []).append(rest)
        counted: Counter[str] = Counter(entry["request"] for entry in house.control.audit() if _is_write(entry))
    return passed, sum(counted.values())


def _is_write(entry: dict[str, Any]) -> bool:
    return entry["stand"] == "parasut" and entry["method"] != "GET" and entry["request"] != "token"


def _kill(orders: int, options: tuple[str, ...], point: dict[str, Any], bench: Bench) -> Verdict:
    with bench.house(orders, options=options, times=_TIMES) as house:
        reached = house.kill_at(point)
        verdict = finish(house)
        verdict.missed += not reached
        return verdict


def kill_while_held(
    orders: int,
    options: tuple[str, ...],
    request: str,
    nth: int,
    kind: str,
    then: str,
    bench: Bench,
    *,
    meanwhile: Callable[[House], None] = lambda _: None,
    **more: Any,
) -> Verdict:
    """Kill the program while its nth request of that name is held; then drop the request, or let it go.

    `meanwhile` is done before the program starts again.
    """
    with bench.house(orders, options=options, times=_PATIENT if then == "go" else _TIMES, **more) as house:
        house.control.fault(kind=kind, stand="parasut", request=request, nth=nth)
        process = house.start("apply")
        held = house.control.held(30)
        process.kill()
        house.control.no_faults()
        if not held:
            verdict = finish(house)
            verdict.missed += 1
            return verdict
        number = held[0]["number"]
        if then == "go":
            house.run("apply")  # it can't know yet, and must not make another
        house.control.release(number, then)
        meanwhile(house)
        return finish(house)
