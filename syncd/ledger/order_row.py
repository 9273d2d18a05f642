"""One order in the ledger: who it is, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from syncd.orders.json import order_from_json
from syncd.orders.order import Order


class State(StrEnum):
    """How far an order is."""

    LEFT = "left"  # no rule wants it
    WAITING = "waiting"  # owned by a rule, its status is not reached yet
    ENDED = "ended"  # left the main way before it was invoiced: nothing to do
    DUE = "due"  # to be invoiced
    SETTLING = "settling"  # whether its invoice was made is not known yet: it is looked for
    HELD = "held"  # needs a person
    INVOICED = "invoiced"
    IGNORED = "ignored"  # a person said: never


def order_label(number: str, package: str) -> str:
    """What an order is called at its platform: `1042`, or `204012345#987654` where its id is another than its number.

    Several packages may share an order number, and a second one may come later; with the id a name means one order
    from the first day on.
    """
    return number or package if number in ("", package) else f"{number}#{package}"


UNFINISHED: Final = (State.WAITING, State.DUE, State.SETTLING, State.HELD)
"""The states of an order of a rule that may still get its invoice."""


@dataclass(frozen=True, slots=True)
class OrderKey:
    """What an order is identified by; never the platform's name in YAML."""

    connector: str
    account: str
    package: str

    def __str__(self) -> str:
        return f"{self.connector}/{self.account}/{self.package}"

    @property
    def marker(self) -> str:
        """What ends the description of this order's invoice, to be found again by."""
        return f"[sale {self}]"


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order in the ledger. `document` is the canonical order as JSON; None when its record could not be read.

    `attempts` counts the tries that brought nothing since the last that did, `next_at` is when the next one comes.
    `released_at` is when a person said that no invoice of it exists, whatever looks like one. `doubtful`: it had
    reached its trigger before this ledger began, and the ledger of before, which may have made its invoice, is lost.

    `pruned_at` is when the platform's record and all personal data were removed from it (see pruning.py).
    """

    connector: str
    account: str
    package: str
    platform: str
    number: str
    status: str
    fingerprint: str
    seen_at: datetime
    changed_at: datetime
    state: State
    status_text: str = ""
    customer: str = ""
    ordered_at: datetime | None = None
    updated_at: datetime | None = None
    total: Decimal | None = None
    currency: str = ""
    document: Mapping[str, Any] | None = None
    rule: str | None = None
    judged_by: str = ""
    reason: str = ""
    hold_code: str | None = None
    remedy: str = ""
    contact_id: str | None = None
    invoice_id: str | None = None
    issue_date: str | None = None
    payable: Decimal | None = None
    difference: Decimal | None = None
    invoiced_at: datetime | None = None
    attempts: int = 0
    next_at: datetime | None = None
    released_at: datetime | None = None
    doubtful: bool = False
    pruned_at: datetime | None = None
    id: int | None = None

    @property
    def key(self) -> OrderKey:
        """Its identity."""
        return OrderKey(self.connector, self.account, self.package)

    @property
    def name(self) -> str:
        """What people call it: `site/1042`, `n11/204012345#987654`."""
        return f"{self.platform}/{order_label(self.number, self.package)}"

    @property
    def whole_name(self) -> str:
        """With number and id in any case: no other order of its platform can be meant."""
        return f"{self.platform}/{self.number}#{self.package}"

    def is_called(self, text: str) -> bool:
        """Whether `text`, without the platform, names it: its number, its id, or both as in `204012345#987654`."""
        return text in (self.number, self.package, f"{self.number}#{self.package}")

    @property
    def order(self) -> Order:
        """The canonical order. Only for rows that have a document."""
        if self.document is None:
            raise ValueError(f"{self.name} has no readable record")
        return order_from_json(dict(self.document))

    @property
    def ledger_id(self) -> int:
        """The row's number; only for rows that were saved."""
        if self.id is None:
            raise ValueError(f"{self.name} is not in the ledger")
        return self.id
