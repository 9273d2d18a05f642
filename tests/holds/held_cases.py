"""A hold with its remedies, as data, and how such a case is played through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hold_desk import SITE, Desk, Ending, Ignored, Remedy, desk_at

from syncd.ledger.order_row import State


@dataclass(frozen=True)
class Held:
    """How an order gets held with `code`, and each way out that the page about holds names.

    `arises` prepares the world; the run that follows holds the order. `rule` changes the rule, `options` are those of
    the sandbox. A remedy does what the page says and returns how the order must end after the next run.
    """

    code: str
    arises: Callable[[Desk], object]
    remedies: Mapping[str, Remedy]
    order: str = SITE
    rule: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def platform(self) -> str:
        return self.order.split("/")[0]


def each_remedy(cases: Sequence[Held]) -> list[Any]:
    """The parameters of a test: every remedy of every case."""
    return [
        pytest.param(case, remedy, id=f"{case.code}: {words}")
        for case in cases
        for words, remedy in case.remedies.items()
    ]


def play(case: Held, remedy: Remedy, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the order get held, do what the page says, see how it ends, and that the next run leaves it so."""
    with desk_at(folder, case.platform, monkeypatch, case.rule, **case.options) as desk:
        case.arises(desk)
        desk.apply()
        row = desk.row(case.order)
        assert (row.state, row.hold_code) == (State.HELD, case.code), (row.hold_code, row.reason)
        assert row.reason
        assert row.remedy
        ending: Ending = remedy(desk)
        desk.apply()
        ending.see(desk, case.order)
        invoices = {key: dict(one.attributes) for key, one in desk.sandbox.parasut.invoices.items()}
        desk.apply()
        ending.see(desk, case.order)
        assert {key: dict(one.attributes) for key, one in desk.sandbox.parasut.invoices.items()} == invoices


def ignored(case_order: str = SITE) -> Remedy:
    """`syncd orders ignore` and nothing else."""

    def remedy(desk: Desk) -> Ending:
        desk.syncd(f"orders ignore {case_order}")
        return Ignored()

    return remedy


def invoiced_by_hand(case_order: str = SITE) -> Remedy:
    """Make the invoice by hand, then `syncd orders ignore`."""

    def remedy(desk: Desk) -> Ending:
        desk.by_hand("100.00")
        desk.syncd(f"orders ignore {case_order}")
        return Ignored()

    return remedy
