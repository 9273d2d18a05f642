"""(h) Two packages under one order number, and two shops that count alike."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chaos.bench import Attempt, Bench, Size, finish
from chaos.house import House, Times
from chaos.orders import Due, shop_orders
from chaos.scenarios.lost_ledger import released
from chaos.truth import Verdict

_TIMES = Times(timeout=3, settle=1, second_look=2, send_within=1)


def attempts(bench: Bench, size: Size) -> Iterator[Attempt]:
    """Both undisturbed, with kills, with faults, and with a lost ledger."""
    for way in ("undisturbed", "killed", "ledger lost"):
        yield Attempt(f"two shops with the same order numbers, {way}", "", partial(_two_shops, size.orders, way))
        yield Attempt(f"packages under one order number, {way}", "", partial(_packages, size.orders, way))


def _two_shops(orders: int, way: str, bench: Bench) -> Verdict:
    first, dues = shop_orders(orders, seed=1, platform="site")
    second, more = shop_orders(orders, seed=2, platform="outlet")
    with bench.house(orders, times=_TIMES, shops={"site": first, "outlet": second}, dues=[*dues, *more]) as house:
        return _through(house, way)


def _packages(orders: int, way: str, bench: Bench) -> Verdict:
    """A shop whose plugin gives two orders one number: to syncd they are two packages of it."""
    made, dues = shop_orders(orders, seed=3)
    for index in range(1, len(made), 2):
        made[index] = {**made[index], "number": made[index - 1]["number"], "billing": made[index - 1]["billing"]}
        dues[index] = _renumbered(dues[index], dues[index - 1])
    with bench.house(orders, times=_TIMES, shops={"site": made}, dues=dues) as house:
        return _through(house, way)


def _renumbered(due: Due, other: Due) -> Due:
    return Due(due.platform, due.package, other.number, due.total, due.by_rate, other.buyer, due.codes, due.paid)


def _through(house: House, way: str) -> Verdict:
    if way != "undisturbed":
        house.kill_at({"kind": "request", "side": "after", "nth": 2, "of": "POST /v4/{}/sales_invoices"})
    if way == "ledger lost":
        house.ledger.lose()
        return released(house)
    return finish(house)
