"""(c) The ledger deleted, or replaced by an older backup, at random points of a run that is killed there."""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Iterator
from functools import partial

from chaos.bench import Attempt, Bench, Size, finish, judged_now
from chaos.house import House, Times
from chaos.truth import Verdict, marker_of

_TIMES = Times(timeout=3, settle=1, second_look=2, send_within=1)
_TIMES_TRIED = 20
_MAYBE = "maybe-invoiced"


def attempts(bench: Bench, size: Size) -> Iterator[Attempt]:
    """Points by chance, the same for a seed."""
    chance = random.Random(size.seed)
    for number in range(1, _TIMES_TRIED + 1):
        first, second = chance.random(), chance.random()
        options = ("--cash-sale", "ignored") if number % 3 == 0 else ()
        if number % size.every:
            continue
        yield Attempt(
            "ledger deleted", f"seed {size.seed}, number {number}", partial(_deleted, size.orders, options, first)
        )
        yield Attempt(
            "older backup of the ledger", f"seed {size.seed}, number {number}",
            partial(_older, size.orders, options, min(first, second), max(first, second)),
        )  # fmt: skip


def _deleted(orders: int, options: tuple[str, ...], when: float, bench: Bench) -> Verdict:
    with bench.house(orders, options=options, times=_TIMES) as house:
        house.kill_at(_point(when, orders))
        house.ledger.lose()
        return released(house)


def _older(orders: int, options: tuple[str, ...], backed_up: float, killed: float, bench: Bench) -> Verdict:
    with bench.house(orders, options=options, times=_TIMES) as house:
        backup = house.folder / "backup"
        process = house.start("apply", point=_point(backed_up, orders))
        if process.wait(60) == "stopped":
            house.ledger.back_up(backup)
            process.send(signal.SIGCONT)
            house.pause(0.1 + 2 * (killed - backed_up))
        process.kill()
        if backup.exists():
            house.ledger.restore(backup)
            shutil.rmtree(backup)
        return released(house)


def released(house: House) -> Verdict:
    """Run to the end; then a person lets those orders go that may be invoiced already, and are not."""
    first = finish(house, may_be_held=(_MAYBE,), forgot=True)
    if first.wrong or not first.held[_MAYBE]:
        return first
    live = [invoice["description"] for invoice in house.control.books()["sales_invoices"] if invoice["live"]]
    needless = [
        f"{row['platform']}/{row['number']}: held ({_MAYBE}), and its invoice is there"
        for row in house.ledger.orders()
        if row["hold_code"] == _MAYBE and any(words.endswith(marker_of(row)) for words in live)
    ]
    done = house.run("orders", "retry", "--hold", _MAYBE)
    if done.code != 0:
        needless.append(f"`syncd orders retry --hold {_MAYBE}` ended with {done.code}: {done.text()[-500:]}")
    second = judged_now(house, [*needless, *house.settle()], forgot=True)
    second.held += first.held
    return second


def _point(when: float, orders: int) -> dict[str, object]:
    """A moment of a run, as one of its commits; a run has about ten for each order."""
    return {"kind": "commit", "side": "after", "nth": 1 + int(when * orders * 10)}
