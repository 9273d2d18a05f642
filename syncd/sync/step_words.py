"""Steps in the words that people use: whose a step is, and what it makes.

The identity of an order's step names the order by connector, account and id; people know it as `n11/204012345#987`.
That of a step which no single order makes says what it makes: `product TRM-500`, `category Invoice Gelir > Web`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loguru import logger

from syncd.ledger.ledger import Ledger
from syncd.ledger.steps import StepRow

if TYPE_CHECKING:
    from loguru import Logger

NOT_KNOWN: Final = "whether "
"""How the reason of an order begins that waits for the outcome of a request."""

_DONE: Final = {
    "sale": "its invoice was made",
    "payment": "its payment was booked",
    "contact": "its contact was made",
    "delete": "its wrong draft was deleted",
    "surplus": "an invoice that came late was deleted",
}


def about_step(step: StepRow, ledger: Ledger) -> tuple[str, Logger]:
    """Whom an event of the step begins with (its order, else what it makes), and a logger with its order's fields.

    Reads the ledger: only for what happens rarely.
    """
    row = None if step.order_id is None else ledger.orders.by_id(step.order_id)
    if row is None:
        return step.identity, logger
    fields = {"order": row.name, "platform": row.platform, **({"rule": row.rule} if row.rule else {})}
    return row.name, logger.bind(**fields)


def what(step: StepRow) -> str:
    """What the step does, as it is said after whose it is: `its invoice was made`."""
    return "it was made" if step.order_id is None else _DONE.get(step.kind, "it was made")


def not_known_yet(step: StepRow) -> str:
    """Why an order waits for a step whose outcome is not known; the same words as long as it waits."""
    made = what(step) if step.order_id is not None else f"the {step.identity} was made"
    return f"{NOT_KNOWN}{made} is not known yet; it is looked for"
