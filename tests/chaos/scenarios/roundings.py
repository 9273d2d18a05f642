"""(i) Every way in which Paraşüt might round, learned from the first invoices; also when it changes in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

from chaos.bench import Attempt, Bench, Size, finish
from chaos.house import Times
from chaos.truth import Verdict

_TIMES = Times(timeout=3, settle=1, second_look=2, send_within=1)


def attempts(bench: Bench, size: Size) -> Iterator[Attempt]:
    """All combinations of the sandbox's switches."""
    combinations = product(("line", "rate", "invoice"), ("rounded", "exact"), ("6", "4", "2"), ("line", "unit"))
    for number, (vat, net, decimals, discount) in enumerate(combinations, 1):
        if number % size.every:
            continue
        options = ("--vat", vat, "--line-net", net, "--price-decimals", decimals, "--discount", discount)
        title = " ".join(options[1::2])
        yield Attempt("a rounding profile", title, partial(_profile, size.orders, size.seed + number, options))
        yield Attempt(
            "rounding changes in the middle", title, partial(_changes, size.orders, size.seed + number, options)
        )


def _profile(orders: int, seed: int, options: tuple[str, ...], bench: Bench) -> Verdict:
    with bench.house(orders, seed=seed, options=options, times=_TIMES) as house:
        return finish(house)


def _changes(orders: int, seed: int, options: tuple[str, ...], bench: Bench) -> Verdict:
    """It begins with the sandbox's usual profile; drafts that come out wrong then are repaired, also after a kill."""
    with bench.house(orders, seed=seed, times=_TIMES) as house:
        house.kill_at({"kind": "request", "side": "after", "nth": orders // 2, "of": "POST /v4/{}/sales_invoices"})
        switches = dict(zip(("vat", "line_net", "price_decimals", "discount"), options[1::2], strict=True))
        house.control.post("/parasut/switches", {**switches, "price_decimals": int(switches["price_decimals"])})
        house.kill_at({"kind": "request", "side": "after", "nth": 1, "of": "DELETE"})
        return finish(house, may_be_held=("invoice-amount-differs",))  # a draft is repaired once
