"""(f) Writes that Paraşüt carries out long after the connection broke: before and after syncd has stopped waiting."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chaos.bench import Attempt, Bench, Size, finish
from chaos.house import Times
from chaos.truth import Verdict

_TIMES = Times(timeout=2, settle=2, second_look=4, send_within=1)
"""A write is looked for until 5 s after it was written down, then sent again; the second look comes 4 s later."""

_EARLY = (0.3, 1.5, 3.5)


def attempts(bench: Bench, size: Size) -> Iterator[Attempt]:
    """Each kind of write, carried out so many seconds later."""
    for request in ("sale.create", "contact.create", "product.create", "category.create", "payment.create"):
        for nth in (1, 3):
            for seconds in _EARLY:
                go = partial(carried_out_late, size.orders, request, nth, "late", seconds)
                yield Attempt("carried out late, within the waiting time", f"{request} {nth}, {seconds} s", go)
            go = partial(carried_out_late, size.orders, request, nth, "hang_done", 0)
            yield Attempt("carried out when the client has gone", f"{request} {nth}", go)
    for request in ("sale.create", "contact.create", "product.create", "category.create"):
        for nth in (1, 2, 4):
            go = partial(carried_out_after_all, size.orders, request, nth)
            yield Attempt("carried out after it was sent again", f"{request} {nth}", go)


def carried_out_late(orders: int, request: str, nth: int, kind: str, seconds: float, bench: Bench) -> Verdict:
    """The nth request of that name is carried out so many seconds after its connection broke."""
    options = ("--cash-sale", "ignored") if request == "payment.create" else ()
    with bench.house(orders, times=_TIMES, options=options) as house:
        house.control.fault(kind=kind, stand="parasut", request=request, nth=nth, seconds=seconds)
        return finish(house)


def carried_out_after_all(orders: int, request: str, nth: int, bench: Bench) -> Verdict:
    """The nth request of that name is carried out when syncd has given it up, sent it again and has its answer."""
    with bench.house(orders, times=_TIMES) as house:
        house.control.fault(kind="hold_before", stand="parasut", request=request, nth=nth)
        process = house.start("apply")
        held = house.control.held(30)
        process.wait(60)
        house.control.no_faults()
        wrong = house.settle(but_second_looks=True)
        for one in held:
            house.control.release(one["number"], "go")
        verdict = finish(house)
        verdict.wrong += wrong
        return verdict
