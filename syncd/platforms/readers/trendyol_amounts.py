"""Which amounts of a Trendyol package are invoiced.

All amounts are lira with VAT. A package's line counts pieces of one article and names amounts **of one piece**;
`discountDetails` has an entry for every piece, and those are exact where the line's own figures are averages (two
pieces of 13.00 and 12.99 are "12.99 each").

`packageTotalPrice` is what the seller invoices. To a company it is gross less the seller's and Trendyol's discount; to
a consumer gross less the seller's discount only, since Trendyol pays its share to the seller. The price of a piece
(`lineItemPrice`), though, is always less both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from syncd.errors import Hold
from syncd.mapping.failure import FilterError
from syncd.platforms.readers.trendyol import amount, first_of, folded, is_dead, is_true

_ROUNDING = Decimal("0.02")
_CANCELLED = frozenset({"cancelled", "unsupplied"})


@dataclass(frozen=True, slots=True)
class _Pieces:
    """All pieces of a line together: `net` is less both discounts."""

    gross: Decimal
    seller: Decimal
    platform: Decimal
    net: Decimal

    @property
    def without_platform(self) -> Decimal:
        """Gross less the seller's discount only."""
        return self.gross - self.seller


def priced_lines(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The package's lines with `_quantity`, `_total`, `_unit_price`, `_discount`, `_platform_discount`, `_vat_rate`,
    `_pieces`.

    `_total` and the discounts are of the whole line. `_platform_discount` is what Trendyol gave, also where the invoice
    does not deduct it. Raises FilterError for a line without price or quantity, Hold `vat-rate-unclear` without a rate.
    A dead package is read in any case, with 0 for the amounts of all lines if one has none: its end must be seen.
    """
    try:
        return _priced(record)
    except (FilterError, Hold):
        if not is_dead(record):
            raise
    nothing = dict.fromkeys(("_quantity", "_total", "_unit_price", "_discount", "_platform_discount"), Decimal(0))
    told = record.get("lines")
    lines = [line for line in told if isinstance(line, Mapping)] if isinstance(told, list) else []
    return [{**line, **nothing, "_vat_rate": Decimal(0), "_pieces": _numbers_of_pieces(line)} for line in lines]


def _priced(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    lines = _lines(record)
    pieces = [_pieces(line) for line in lines]
    less_both = _is_less_both(record, pieces)
    return [
        {
            **line,
            "_quantity": _quantity(line),
            "_total": one.net if less_both else one.without_platform,
            "_unit_price": one.gross / _quantity(line),
            "_discount": one.seller,
            "_platform_discount": one.platform,
            "_vat_rate": _vat_rate(line),
            "_pieces": _numbers_of_pieces(line),
        }
        for line, one in zip(lines, pieces, strict=True)
    ]


def amount_doubts(record: Mapping[str, Any]) -> list[str]:
    """What contradicts itself in the amounts, in words for people; most packages have nothing."""
    if is_dead(record):
        return []
    total = _total(record)
    if total is None:
        return ["the package has no packageTotalPrice"]
    return [doubt for doubt in (_in_lines(record, total), _in_package(record, total), _cancelled(record)) if doubt]


def _in_lines(record: Mapping[str, Any], total: Decimal) -> str:
    lines = sum((line["_total"] for line in priced_lines(record)), Decimal(0))
    differ = abs(lines - total) > _ROUNDING
    return f"its lines come to {_lira(lines)}, packageTotalPrice is {_lira(total)}" if differ else ""


def _in_package(record: Mapping[str, Any], total: Decimal) -> str:
    """The package's own sums. They tell a price that is less Trendyol's discount, where it should not be."""
    gross = amount(record, "packageGrossAmount", "grossAmount")
    if gross is None:
        return ""
    seller = amount(record, "packageSellerDiscount", "totalDiscount") or Decimal(0)
    platform = amount(record, "packageTyDiscount", "totalTyDiscount") or Decimal(0)
    expected = gross - seller - (platform if is_true(record.get("commercial")) else 0)
    if abs(expected - total) <= _ROUNDING:
        return ""
    return f"gross less discounts comes to {_lira(expected)}, packageTotalPrice is {_lira(total)}"


def _cancelled(record: Mapping[str, Any]) -> str:
    """A cancelled line makes a new package without it; one in a package that lives on is a half-done change."""
    dead = [line for line in _lines(record) if folded(line.get("orderLineItemStatusName")) in _CANCELLED]
    named = ", ".join(str(first_of(line, "lineId", "id")) for line in dead)
    return f"line {named} is cancelled, the package is not" if dead else ""


def _is_less_both(record: Mapping[str, Any], pieces: list[_Pieces]) -> bool:
    """Whether the package's total is less Trendyol's discount, too."""
    if is_true(record.get("commercial")):
        return True
    total = _total(record)
    if total is None:
        return False
    apart = abs(sum((one.net for one in pieces), Decimal(0)) - total)
    without = abs(sum((one.without_platform for one in pieces), Decimal(0)) - total)
    return apart <= _ROUNDING and apart <= without


def _pieces(line: Mapping[str, Any]) -> _Pieces:
    """A line's pieces, from the entries of each; from the averages where there is not one entry for each."""
    quantity = _quantity(line)
    entries = _entries(line)
    one = _gross_of_one(line)
    if len(entries) != quantity:
        seller = (amount(line, "lineSellerDiscount", "discount") or Decimal(0)) * quantity
        platform = (amount(line, "lineTyDiscount", "tyDiscount") or Decimal(0)) * quantity
        net = amount(line, "lineUnitPrice", "price")
        gross = one * quantity
        return _Pieces(gross, seller, platform, gross - seller - platform if net is None else net * quantity)
    discounts = [
        (
            amount(entry, "lineItemSellerDiscount", "lineItemDiscount") or Decimal(0),
            amount(entry, "lineItemTyDiscount") or Decimal(0),
            amount(entry, "lineItemPrice"),
        )
        for entry in entries
    ]
    return _Pieces(
        gross=one * quantity,
        seller=sum((seller for seller, _, _ in discounts), Decimal(0)),
        platform=sum((platform for _, platform, _ in discounts), Decimal(0)),
        net=sum((one - a - b if net is None else net for a, b, net in discounts), Decimal(0)),
    )


def _entries(line: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    told = line.get("discountDetails")
    return [entry for entry in told if isinstance(entry, Mapping)] if isinstance(told, list) else []


def _numbers_of_pieces(line: Mapping[str, Any]) -> list[str]:
    return [str(entry["lineItemId"]) for entry in _entries(line) if entry.get("lineItemId")]


def _gross_of_one(line: Mapping[str, Any]) -> Decimal:
    gross = amount(line, "lineGrossAmount", "amount")
    if gross is None:
        raise FilterError("a line has no price (lineGrossAmount)")
    return gross


def _quantity(line: Mapping[str, Any]) -> Decimal:
    quantity = amount(line, "quantity")
    if quantity is None or quantity <= 0:
        raise FilterError("a line has no quantity")
    return quantity


def _vat_rate(line: Mapping[str, Any]) -> Decimal:
    """The percent; `vatBaseAmount` is an old misnomer for it."""
    rate = amount(line, "vatRate", "vatBaseAmount")
    if rate is None or not 0 <= rate <= 100:
        raise Hold(
            "vat-rate-unclear",
            f"line {first_of(line, 'lineId', 'id')} has no VAT rate.",
            "Give the product its VAT rate (KDV) in the seller panel; make the invoice by hand and ignore the order.",
        )
    return rate.quantize(Decimal(1)) if rate == rate.to_integral_value() else rate


def _total(record: Mapping[str, Any]) -> Decimal | None:
    return amount(record, "packageTotalPrice", "totalPrice")


def _lines(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = record.get("lines")
    if not isinstance(found, list) or not all(isinstance(line, Mapping) for line in found):
        raise FilterError("lines is not a list of lines")
    return found


def _lira(value: Decimal) -> str:
    return format(value.quantize(Decimal("0.01")), "f")
