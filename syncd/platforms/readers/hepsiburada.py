"""What a connector file can't say about Hepsiburada's packages: status, dates, amounts.

A raw record is what `hepsiburada_packages.packages` makes of order details (`orders`, and `items` with the detail's
names), a whole order detail, or an entry of the list of packages, which names the same things differently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncd.errors import Hold
from syncd.mapping.failure import FilterError
from syncd.platforms.readers.hepsiburada_packages import items_in, least_advanced, line_id, orders_in
from syncd.platforms.readers.hepsiburada_words import currency, flag, istanbul, listed, money, text, value

Record = Mapping[str, Any]

_CENT = Decimal("0.01")
_MICRO = Decimal("0.000001")


def package_id(record: Record) -> str:
    """The smallest id of the record's lines; see `hepsiburada_packages` for why it is not the package's number.

    Raises FilterError for an order detail whose lines are in several packages: that is several orders here.
    """
    if _is_composed(record):
        return text(record, "id")
    if len({text(item, "packageNumber") for item in items_in(record)}) > 1:
        raise FilterError("the lines of this order detail are in several packages")
    return min(filter(None, map(line_id, items_in(record))), default="")


def order_number(record: Record) -> str:
    """The order number; of a package with several orders, the oldest order's."""
    return next(iter(_order_numbers(record)), "")


def status(record: Record) -> str:
    """Hepsiburada's word for the status of a line, as the order detail has it.

    The list of packages calls `Open` what the detail calls `Packaged`; an open line is one that is in no package yet.
    """
    items = items_in(record)
    told = any("status" in map(str.casefold, item) for item in items)
    word = least_advanced(items) if told else text(record, "status")
    return "Packaged" if word.casefold() == "open" and text(record, "packageNumber") else word


def ordered_at(record: Record) -> datetime | None:
    """When the oldest of its orders was made."""
    moments = [_moment(part, "orderDate", "createdDate") for part in (*orders_in(record), *items_in(record))]
    return min((moment for moment in moments if moment is not None), default=None)


def updated_at(record: Record) -> datetime | None:
    """When it was delivered or shipped, as the list that named it tells, for that list goes by it: a carrier may report
    days later. Else when the status of a line changed last.
    """
    told = _moment(record, "deliveredDate") or _moment(record, "shippedDate")
    if told is not None:
        return told
    moments = [_moment(item, "lastStatusUpdateDate") for item in items_in(record)]
    return max((moment for moment in moments if moment is not None), default=None)


def shipped_at(record: Record) -> datetime | None:
    """When it was given to the carrier: as the list of shipped packages tells, else since when it is in transit."""
    told = _moment(record, "shippedDate")
    return updated_at(record) if told is None and status(record).casefold() == "intransit" else told


def delivered_at(record: Record) -> datetime | None:
    """When the buyer got it: as the list of delivered packages tells, else since when it counts as delivered."""
    told = _moment(record, "deliveredDate")
    return updated_at(record) if told is None and status(record).casefold() == "delivered" else told


def lines(record: Record, invoice_amount: str) -> list[dict[str, Any]]:
    """The lines that are to be invoiced; those of a package without the cancelled ones. Lira with VAT.

    `total` is rounded to the kuruş: Hepsiburada's unit prices have up to five decimals, and only their product with the
    quantity is what the buyer paid. With `invoice_amount` "merchant_total_price" it includes the discount that
    Hepsiburada pays for. `price`, `paid` and `own` are Hepsiburada's unit price, line total and, where told, the
    seller's own total, for the checks. Raises FilterError when a line has no total or quantity, and Hold
    `vat-rate-unclear` when it has no rate.
    """
    return [_line(item, invoice_amount) for item in items_in(record)]


def total(record: Record, invoice_amount: str) -> Decimal:
    """The sum of the lines, each rounded to the kuruş."""
    return sum((line["total"] for line in lines(record, invoice_amount)), Decimal(0))


def currency_of(record: Record) -> str:
    """The currency of the lines; Hepsiburada sells in TRY, which is what is left when nothing is told.

    Raises FilterError when the lines have several: their totals can't be added up.
    """
    told = dict.fromkeys(filter(None, (currency(item, "totalPrice") for item in items_in(record))))
    if len(told) > 1:
        raise FilterError(f"the lines are in several currencies ({', '.join(told)})")
    return next(iter(told), "TRY")


def carrier(record: Record) -> str:
    """The name of the cargo company."""
    return next(filter(None, (text(item, "cargoCompany") for item in (record, *items_in(record)))), "")


def note(record: Record) -> str:
    """What the buyer wrote."""
    return next(filter(None, (text(value(order, "orderNote"), "value") for order in orders_in(record))), "")


def is_micro_export(record: Record) -> bool:
    """Whether a line is a micro-export (ETGB)."""
    return any(flag(item, "isMicroExport") for item in items_in(record))


def replaced(record: Record, reasons: Sequence[str]) -> str:
    """Why a line was made, when that is one of `reasons`; else ""."""
    found = [text(item, "creationReason") for item in items_in(record)]
    return next((word for word in found if word.casefold() in [reason.casefold() for reason in reasons]), "")


def difference(record: Record) -> Decimal:
    """How far the package's own total, where it is told, is from the sum of its lines, in lira."""
    told = money(record, "totalPrice")
    if told is None or _is_composed(record):
        return Decimal(0)
    return told - sum((line["paid"] for line in lines(record, "total_price")), Decimal(0))


def side_amounts(record: Record) -> Decimal:
    """Shipping fees and customs that a package carries besides its lines, in lira."""
    return (money(record, "shippingTotalPrice") or Decimal(0)) + (money(record, "customsTotalPrice") or Decimal(0))


def _line(item: Record, invoice_amount: str) -> dict[str, Any]:
    paid, quantity, rate = money(item, "totalPrice"), money(item, "quantity"), money(item, "vatRate")
    if paid is None or quantity is None:
        raise FilterError("a line has no totalPrice or no quantity")
    if rate is None:
        message = f"the VAT rate of line {line_id(item)} can't be told: Hepsiburada sent none."
        raise Hold("vat-rate-unclear", message, "Look at the order in Hepsiburada's panel and invoice it by hand.")
    from_platform = _discount(item, "totalHBDiscount", "hbDiscount")
    from_seller = _discount(item, "totalMerchantDiscount", "merchantDiscount")
    own = money(item, "merchantTotalPrice")
    billed = paid
    if invoice_amount == "merchant_total_price":
        billed = own if own is not None else paid + from_platform
    whole = billed.quantize(_CENT, ROUND_HALF_UP)
    return {
        "id": line_id(item),
        "code": text(item, "merchantSku"),
        "barcode": text(item, "productBarcode"),
        "name": text(item, "productName", "name"),
        "quantity": quantity,
        "unit_price": _short((billed + from_seller) / quantity) if quantity else Decimal(0),
        "discount": from_seller.quantize(_CENT, ROUND_HALF_UP),
        "platform_discount": from_platform.quantize(_CENT, ROUND_HALF_UP),
        "total": whole,
        "vat_rate": rate,
        "price": money(item, "unitPrice", "price"),
        "paid": paid,
        "own": own,
        "from_platform": from_platform,
    }


def _discount(item: Record, total_name: str, part_name: str) -> Decimal:
    """A discount on the whole line: one money in the list of packages, a pair of them in the order detail."""
    found = money(item, total_name)
    if found is None:
        found = money(value(item, part_name), "totalPrice")
    return found or Decimal(0)


def _short(price: Decimal) -> Decimal:
    rounded = price.quantize(_MICRO, ROUND_HALF_UP)
    exact = rounded.quantize(_CENT, ROUND_HALF_UP)
    return exact if exact == rounded else rounded.normalize()


def _order_numbers(record: Record) -> list[str]:
    if _is_composed(record):
        return [str(number) for number in listed(record, "orderNumbers")]
    dated = {(text(item, "orderDate"), text(item, "orderNumber")) for item in items_in(record)}
    return list(dict.fromkeys(number for _, number in sorted(dated))) or [text(record, "orderNumber")]


def _is_composed(record: Record) -> bool:
    return "orders" in record


def _moment(part: Any, *names: str) -> datetime | None:
    return istanbul(value(part, *names))
