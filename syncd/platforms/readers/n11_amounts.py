"""What contradicts itself, or is missing, in the amounts of an N11 package.

A line's `price` is of one piece; all other figures that are read here are of the whole line. `sellerInvoiceAmount` is
what the store invoices: price × quantity less the store's own discount. `dueAmount` is what the buyer pays; the
package's `totalAmount` is the sum of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from syncd.mapping.failure import FilterError
from syncd.mapping.filters import money, to_decimal
from syncd.platforms.readers.n11 import folded, is_dead, lines_of, text

_LINE_ROUNDING = Decimal("0.01")
_PACKAGE_ROUNDING = Decimal("0.02")
_CANCELLED = frozenset({"cancelled", "canceled", "unsupplied"})


def amount_doubts(record: Mapping[str, Any]) -> list[str]:
    """What is wrong with the amounts, in words for people; nothing for most packages and for dead ones."""
    return [] if is_dead(record) else [*_in_lines(record), *_in_package(record)]


def _in_lines(record: Mapping[str, Any]) -> Iterator[str]:
    for line in lines_of(record):
        number = text(line.get("orderLineId"))
        if folded(line.get("orderItemLineItemStatusName")) in _CANCELLED:
            yield f"line {number} is cancelled, the package is not"
        price, told = _amount(line, "price"), _amount(line, "sellerInvoiceAmount")
        if price is None or told is None:
            missing = " and ".join(name for name in ("price", "sellerInvoiceAmount") if _amount(line, name) is None)
            yield f"N11 tells no {missing} for line {number}"
            continue
        quantity = _amount(line, "quantity") or Decimal(0)
        discount = _amount(line, "totalSellerDiscountPrice") or Decimal(0)
        if abs(price * quantity - discount - told) > _LINE_ROUNDING:
            yield (
                f"the figures of line {number} contradict each other: {text(line.get('quantity'))} × {money(price)} "
                f"less the store's discount of {money(discount)}, but N11 names {money(told)} as the amount to invoice"
            )


def _in_package(record: Mapping[str, Any]) -> Iterator[str]:
    """A total that the lines do not make tells of a line that is missing. It may hold the charge for instalments."""
    total = _amount(record, "totalAmount")
    dues = [_amount(line, "dueAmount") for line in lines_of(record)]
    due = sum((one for one in dues if one is not None), Decimal(0))
    if total is None or not dues or None in dues:
        return
    charge = _amount(record, "installmentChargeWithVATprice") or Decimal(0)
    if min(abs(total - due), abs(total - due - charge)) > _PACKAGE_ROUNDING:
        yield f"the buyer pays {money(due)} for its lines, but {money(total)} for the package"


def _amount(part: Mapping[str, Any], name: str) -> Decimal | None:
    """The number; None where there is none."""
    try:
        number: Decimal = to_decimal(part.get(name))
    except FilterError:
        return None
    return number
