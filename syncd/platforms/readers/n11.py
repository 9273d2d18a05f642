"""What a connector file can't say about N11's shipment packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from syncd.mapping.filters import digits, epoch_ms, to_decimal
from syncd.orders.identity import is_filler, is_tckn, is_vkn

_CORPORATE = "2"  # billingAddress.invoiceType: 1 a person, 2 a company or a sole trader
_DEAD = ("unpacked", "cancelled", "canceled", "unsupplied")


def package_id(record: Mapping[str, Any]) -> str:
    """What the package is known by: its `id`, or without one the order's number and the smallest of its line ids.

    N11 gives no id to packages of some ways of delivery ("Konuma Özel Teslimat").
    """
    number = text(record.get("id"))
    if number:
        return number
    lines = sorted((text(line.get("orderLineId")) for line in lines_of(record)), key=lambda text: (len(text), text))
    return "-".join(filter(None, [text(record.get("orderNumber")), next(filter(None, lines), "")]))


def reached(record: Mapping[str, Any], word: str) -> datetime | None:
    """When the package came into a status, by its history; None when that isn't told.

    N11 writes some words with blanks in front, and leaves dates out.
    """
    moments = [moment for status, moment in _history(record) if status == folded(word)]
    return min(moments, default=None)


def first_seen(record: Mapping[str, Any]) -> datetime | None:
    """The earliest moment in the package's history, else its last change: N11 has no date of the order."""
    moments = [moment for _, moment in _history(record)]
    return min(moments, default=None) or last_change(record)


def last_change(record: Mapping[str, Any]) -> datetime | None:
    """When the package changed last; None when that isn't told."""
    return _moment(record.get("lastModifiedDate"))


def is_dead(record: Mapping[str, Any]) -> bool:
    """Whether nothing is sold with this package any more: it was cancelled, or split."""
    return folded(record.get("shipmentPackageStatus")) in _DEAD


def corporate(record: Mapping[str, Any]) -> bool:
    """Whether the buyer asked for a company's invoice. Where N11 doesn't say, a valid VKN does."""
    kind = text(_billing(record).get("invoiceType"))
    return kind == _CORPORATE or (not kind and any(map(is_vkn, _tax_ids(record))))


def tax_number(record: Mapping[str, Any]) -> str:
    """The company's VKN (a sole trader's TCKN), or the person's TCKN; "" when none is right.

    Persons need not give one since 15 October 2025: then N11 sends "", null, or nothing.
    """
    if corporate(record):
        found = (number for number in _tax_ids(record) if is_vkn(number) or is_tckn(number))
    else:
        found = (number for number in _identity_numbers(record) if is_tckn(number))
    return next((number for number in found if not is_filler(number)), "")


def packages(found: Mapping[str, Any], entries: list[Mapping[str, Any]]) -> list[Any]:
    """The packages of some orders, each in its newest version, with those it may have come from as `_origins`.

    `entries` are `{record: package}` from the lists, `found` answers by order number (None for a refused one). A split
    or a part cancelled makes new packages with new line ids, and no field of them tells the old one. It must be among
    the dead packages of the same order (the split one is Unpacked) that held one of the same products.
    """
    asked = [entry["record"] for entry in entries]
    numbers = {text(one.get("orderNumber")) for one in asked if isinstance(one, Mapping)}
    answers = (one for body in found.values() if isinstance(body, Mapping) for one in _listed(body.get("content")))
    told = [one for one in answers if isinstance(one, Mapping) and text(one.get("orderNumber")) in numbers]
    newest: dict[str, Mapping[str, Any]] = {}
    for one in [*(one for one in asked if isinstance(one, Mapping)), *told]:
        known = newest.get(package_id(one))
        if known is None or _changed(one) >= _changed(known):
            newest[package_id(one)] = one
    dead = [one for one in newest.values() if is_dead(one)]
    strange = [one for one in asked if not isinstance(one, Mapping)]
    return [{**one, "_origins": _origins(one, dead)} for one in newest.values()] + strange


def _origins(record: Mapping[str, Any], dead: list[Mapping[str, Any]]) -> list[str]:
    return [
        package_id(parent)
        for parent in dead
        if package_id(parent) != package_id(record)
        and text(parent.get("orderNumber")) == text(record.get("orderNumber"))
        and _products(parent) & _products(record)
    ]


def _products(record: Mapping[str, Any]) -> set[str]:
    return {text(line.get("productId")) or text(line.get("stockCode")) for line in lines_of(record)} - {""}


def _history(record: Mapping[str, Any]) -> Iterator[tuple[str, datetime]]:
    """(status, folded; moment) of the entries that have a date."""
    for entry in _listed(record.get("packageHistories")):
        moment = _moment(entry.get("createdDate")) if isinstance(entry, Mapping) else None
        if moment is not None:
            yield folded(entry.get("status")), moment


def _moment(milliseconds: Any) -> datetime | None:
    """A moment in UTC; None for nothing and for 0, which is no date."""
    moment = epoch_ms(milliseconds)
    return moment if isinstance(moment, datetime) and moment.timestamp() else None


def _billing(record: Mapping[str, Any]) -> Mapping[str, Any]:
    address = record.get("billingAddress")
    return address if isinstance(address, Mapping) else {}


def _tax_ids(record: Mapping[str, Any]) -> list[str]:
    """The address of the invoice is believed first; the package's own fields are copies."""
    return [digits(_billing(record).get("taxId")), digits(record.get("taxId"))]


def _identity_numbers(record: Mapping[str, Any]) -> list[str]:
    return [digits(_billing(record).get("tcId")), digits(record.get("tcIdentityNumber"))]


def lines_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The package's lines; none where it has no list of them."""
    return [line for line in _listed(record.get("lines")) if isinstance(line, Mapping)]


def _changed(record: Mapping[str, Any]) -> Decimal:
    number: Decimal = to_decimal(text(record.get("lastModifiedDate")), Decimal(0))
    return number


def _listed(value: Any) -> list[Any]:
    """A list, or none: a record of another shape must hold itself and not all that came with it."""
    return value if isinstance(value, list) else []


def folded(word: Any) -> str:
    """A status word without capitals, blanks, `_` and `-`."""
    return "".join(text(word).replace("_", " ").replace("-", " ").split()).lower()


def text(value: Any) -> str:
    """A value as trimmed text; "" for nothing."""
    return "" if value is None else str(value).strip()
