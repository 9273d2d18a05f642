"""What the figures of an invoice teach about how the account rounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from loguru import logger

from syncd.ledger.ledger import Ledger
from syncd.orders.amounts import ALL_PROFILES, Answer, AnsweredLine, PricedLine, learn
from syncd.parasut.resources import SalesInvoice
from syncd.sync.knowledge import LedgerKnowledge


def learn_from(sent: Sequence[PricedLine], invoice: SalesInvoice, ledger: Ledger, at: datetime) -> int:
    """Keep the rounding profiles that explain the figures that came back; return how many remain, 0 for none at all."""
    lines = invoice.lines or ()
    answer = Answer(
        payable=invoice.net_total,
        before_taxes=invoice.before_taxes_total,
        vat=invoice.total_vat,
        lines=tuple(
            AnsweredLine(net_total=line.net_total, vat=line.vat, unit_price=line.unit_price, discount=line.discount)
            for line in lines
        )
        if len(lines) == len(sent)
        else (),
    )
    # Figures that contradict what was learned start the learning anew; figures that no profile explains teach nothing.
    before = LedgerKnowledge(ledger).profiles
    remaining = learn(before, sent, answer) or learn(ALL_PROFILES, sent, answer)
    if not remaining:
        logger.warning("Paraşüt's figures fit no known way of rounding; each invoice is still compared with its order")
        return 0
    if tuple(remaining) != tuple(before):
        ledger.company.set_rounding([profile.key for profile in remaining], at)
    return len(remaining)
