"""(b) A thousand orders while a fifth of all requests go wrong in every way that requests can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from chaos.bench import Attempt, Bench, Size, finish
from chaos.house import House, Times
from chaos.truth import Verdict

_TIMES = Times(timeout=3, settle=3, second_look=3, send_within=2)
_SPOILT = (
    *("429", "429_bare", "500", "502", "502html", "503", "504", "html_200", "close_before", "reset_before"),
    *("close_after", "reset_after", "timeout_after", "truncate", "cut", "html_200_after", "500_after", "502_after"),
    *("503_after", "504_after"),
)
_SEEDS = 3


def attempts(bench: Bench, size: Size) -> Iterator[Attempt]:
    """Several seeds; every second one with payments as requests of their own."""
    for seed in range(size.seed, size.seed + _SEEDS):
        options = ("--cash-sale", "ignored") if seed % 2 == 0 else ()
        yield Attempt("20 % mixed faults", f"seed {seed}", partial(_mixed, size.orders, seed, options))


def _mixed(orders: int, seed: int, options: tuple[str, ...], bench: Bench) -> Verdict:
    with bench.house(orders, seed=seed, options=options, times=_TIMES) as house:
        spoil(house, seed)
        verdict = finish(house, seconds=600)
        verdict.wrong += _told_otherwise(house)
        return verdict


def spoil(house: House, seed: int) -> None:
    """Put the faults in force: a fifth of the requests, a tenth of those carried out later than the client waits."""
    house.control.fault(kind="late", rate=0.02, seed=seed, seconds=[0.2, 2.5], stand="parasut")
    house.control.fault(kind="mixed", rate=0.18, seed=seed, of=list(_SPOILT), retry_after=1)


def _told_otherwise(house: House) -> list[str]:
    """Whether the program tells of its orders what its ledger holds."""
    process = house.run("orders", "list", "--limit", "100000", "--format", "json")
    told = {row["package"]: (row["state"], row["invoice_id"]) for row in json.loads(process.text())}
    true = {row["package"]: (row["state"], row["invoice_id"]) for row in house.ledger.orders()}
    return [] if told == true else ["`syncd orders list` tells otherwise than the ledger"]
