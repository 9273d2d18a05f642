"""Whether an order has its invoice in Paraşüt already, though the ledger doesn't know it: pure functions.

Its mark proves it. Order number, day and total together prove it where exactly one invoice has them. The buyer, the day
and the total of an invoice that people made by hand prove nothing by themselves: the rule says who decides.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

from syncd.errors import Hold
from syncd.ledger.invoices import SeenInvoice
from syncd.ledger.order_row import OrderKey
from syncd.ledger.steps import BY_BUYER, BY_MARK, BY_NUMBER
from syncd.orders.turkish import lower_tr
from syncd.sync.known import Knowledge, KnownContact

MAYBE: Final = "maybe-invoiced"
_BEFORE: Final = timedelta(days=1)  # an invoice that was made before the order came over was made the day before
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Adoption:
    """An invoice that an order gets instead of a new one, and how it was found (one of the ledger's ADOPTIONS)."""

    invoice: SeenInvoice
    how: str


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of an order from before: that its invoice is there (`made`, by this ledger; `adopts`, by somebody
    else), a doubt, and a person's word that there is none.
    """

    made: bool = False
    adopts: Adoption | None = None
    doubtful: bool = False
    released: bool = False


NO_PAST: Final = Past()


@dataclass(frozen=True, slots=True)
class Sale:
    """What an invoice of an order looks like; `payables` are what it may come to, VAT included."""

    name: str
    key: OrderKey
    order_numbers: Collection[str]
    ordered_on: date
    payables: Collection[Decimal]
    currency: str
    contacts: Collection[str]
    buyer: KnownContact

    def is_of_another(self, invoice: SeenInvoice, knowledge: Knowledge) -> bool:
        """Whether an invoice is known to be somebody else's: nothing that its contact has is the buyer's."""
        contact = knowledge.contact(invoice.contact_id)
        if contact is None or invoice.contact_id in self.contacts:
            return False
        if contact.tax_number and self.buyer.tax_number:
            return contact.tax_number != self.buyer.tax_number
        by_email = bool(contact.email) and contact.email == self.buyer.email
        return not by_email and lower_tr(contact.name.strip()) != lower_tr(self.buyer.name.strip())


def by_mark(key: OrderKey, name: str, found: Sequence[SeenInvoice]) -> Adoption | None:
    """The invoice that bears the order's mark, out of those that do. Raises Hold when there are several."""
    if not found:
        return None
    if len(found) > 1:
        raise Hold(
            MAYBE,
            f"{len(found)} invoices in Paraşüt end with its mark, {key.marker}: {_listed(found)}.",
            f"Look at them, cancel or delete all but one, and `syncd orders resolve {name} --adopt ID` with that one.",
        )
    return Adoption(found[0], BY_MARK)


def without_mark(
    sale: Sale, policy: Literal["ask", "automatic"], past: Past, today: date, knowledge: Knowledge
) -> Adoption | None:
    """An invoice without a mark that is this order's; None when it has none and may be made.

    Raises Hold `maybe-invoiced` when that can't be told.
    """
    if past.released:
        return None
    numbered = [
        invoice
        for number in sorted({*sale.order_numbers} - {""})
        for invoice in knowledge.invoices_by_number(number, sale.ordered_on, sale.payables, sale.currency)
    ]
    if len(numbered) == 1 and not sale.is_of_another(numbered[0], knowledge):
        return Adoption(numbered[0], BY_NUMBER)
    if len(numbered) == 1:
        raise _maybe(sale, "An invoice in Paraşüt has its order number, date and total, but another buyer", numbered)
    if numbered:
        raise _maybe(sale, f"{len(numbered)} invoices in Paraşüt have its order number, date and total", numbered)
    bought = knowledge.invoices_of_buyer(sale.contacts, sale.ordered_on - _BEFORE, today, sale.payables, sale.currency)
    if len(bought) == 1 and policy == "automatic":
        return Adoption(bought[0], BY_BUYER)
    if bought:
        count = "an invoice" if len(bought) == 1 else f"{len(bought)} invoices"
        raise _maybe(sale, f"The buyer has {count} of the same total in Paraşüt that no order has", bought)
    if past.doubtful:
        raise lost(sale.name)
    return None


def lost(name: str) -> Hold:
    """The hold of an order that was due before a ledger began whose predecessor is lost, and that is found nowhere."""
    return Hold(
        MAYBE,
        "The order was due before this ledger began, and Paraşüt shows no invoice of it: it may have been cancelled or "
        "deleted there, or it was never made.",
        f"If it needs an invoice, `syncd orders retry {name}` (all such orders: `syncd orders retry --hold {MAYBE}`); "
        f"if not, `syncd orders ignore {name}`.",
    )


def taken(name: str, invoice: SeenInvoice, why: str) -> Hold:
    """The hold of an order that was to get an invoice and can't."""
    return Hold(
        MAYBE,
        f"The invoice {invoice} was to be adopted, but {why}.",
        f"Look at both orders, then `syncd orders retry {name}`.",
    )


def not_there(name: str, adoption: Adoption) -> Hold:
    """The hold of an order whose adopted invoice turned out to be none: deleted or cancelled since, or a wrong id."""
    return Hold(
        MAYBE,
        f"The invoice {adoption.invoice} was to be adopted ({adoption.how}), but Paraşüt has no such invoice: it was "
        "deleted or cancelled, it never was, or it is an estimate or a refund.",
        f"Look in Paraşüt, then `syncd orders resolve {name} --adopt ID`; or `syncd orders retry {name}` if the order "
        "needs a new invoice.",
    )


def _maybe(sale: Sale, what: str, found: Sequence[SeenInvoice]) -> Hold:
    return Hold(
        MAYBE,
        f"{what}: {_listed(found)}.",
        f"If one of them is this sale's, `syncd orders resolve {sale.name} --adopt ID`; if it is another sale, "
        f"`syncd orders retry {sale.name}`.",
    )


def _listed(found: Sequence[SeenInvoice]) -> str:
    words = "; ".join(str(one) for one in found[:_NAMED])
    return words if len(found) <= _NAMED else f"{words}; and {len(found) - _NAMED} more"
