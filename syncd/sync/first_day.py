"""A ledger that has made nothing yet must not begin where another one already was."""

from __future__ import annotations

from itertools import islice
from typing import Final

from syncd.errors import LedgerError
from syncd.parasut.resources import parse_sales_invoice
from syncd.sync.workshop import Workshop

_PAGES: Final = 4  # a hundred invoices: what was made since by others hides older ones


def refuse_a_second_ledger(workshop: Workshop) -> None:
    """Stop before the first invoice of a ledger when Paraşüt holds invoices that syncd made without it.

    The newest invoices are looked through for marks (`[sale …]`) of the same shops' orders that the rules' `since`
    still cover: their ledger was moved, lost or set up twice, and this one would make them again. Raises LedgerError.
    Asks nothing once the ledger has made an invoice.
    """
    if workshop.client is None or workshop.ledger.steps.any_sale():
        return
    earliest = min(rule.trigger.since for rule in workshop.settings.rules)
    marks = tuple(f"[sale {one.connector}/{one.account}/" for one in workshop.platforms.values())
    for page in islice(workshop.client.pages("sales_invoices", newest_first=True), _PAGES):
        for resource in page:
            invoice = parse_sales_invoice(resource)
            ordered_on = invoice.order_date or invoice.issue_date
            if any(mark in invoice.description for mark in marks) and (ordered_on is None or ordered_on >= earliest):
                raise LedgerError(
                    f"This ledger has made no invoice yet, but Paraşüt holds the invoice {invoice.id}, "
                    f"made by syncd with another ledger: {invoice.description!r}.",
                    "Use the ledger that made it (move its file, don't begin a new one). If it is lost, set `since` in "
                    f"every rule to a day after {ordered_on}, and invoice what lies between by hand.",
                )
