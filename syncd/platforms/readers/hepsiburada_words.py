"""How Hepsiburada writes: names in changing case, money in two shapes, Istanbul's wall clock without a zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from syncd.mapping.failure import FilterError
from syncd.mapping.filters import moment, to_decimal

ZONE = "Europe/Istanbul"


def value(record: Any, *names: str) -> Any:
    """The first of `names` that the record has filled in, whatever the case; None when there is none.

    The same field is `merchantSKU` in one list, `merchantSku` in another and `MerchantSku` in a third.
    """
    if not isinstance(record, Mapping):
        return None
    for name in names:
        if record.get(name) not in (None, ""):
            return record[name]
        folded = name.casefold()
        for key, held in record.items():
            if held not in (None, "") and key.casefold() == folded:
                return held
    return None


def text(record: Any, *names: str) -> str:
    """The same as text; "" when there is none."""
    found = value(record, *names)
    return str(found).strip() if isinstance(found, str | int | Decimal) and not isinstance(found, bool) else ""


def listed(record: Any, *names: str) -> list[Any]:
    """The same as a list; empty when there is none."""
    found = value(record, *names)
    return found if isinstance(found, list) else []


def flag(record: Any, *names: str) -> bool:
    """The same as yes or no; a missing one is no."""
    return str(value(record, *names)).strip().casefold() in ("true", "1")


def money(record: Any, *names: str) -> Decimal | None:
    """The amount of a money, written as `{currency, amount}` or as a mere number. None when it is not there.

    Raises FilterError when it is no number.
    """
    found = value(record, *names)
    if isinstance(found, Mapping):
        found = value(found, "amount")
    return None if found is None else _number(found)


def currency(record: Any, *names: str) -> str:
    """The currency of a money, "" when it is not told."""
    return text(value(record, *names), "currency").upper()


def istanbul(written: Any) -> datetime | None:
    """A moment without a zone as Istanbul's clock shows it, with 0 to 7 digits behind the second; None for nothing."""
    return moment(str(written).strip(), ZONE) if written not in (None, "") else None


def entries(body: Any) -> list[Any]:
    """The records of a list: a bare array, an envelope with `items` in any case, or an array of envelopes.

    Raises FilterError for anything else: an error in the shape of an answer must not pass for an empty list.
    """
    if isinstance(body, Mapping):
        found = value(body, "items")
        if isinstance(found, list):
            return found
    elif isinstance(body, list):
        return list(_unwrapped(body))
    raise FilterError("the answer is no list of records")


def total_count(body: Any, headers: Mapping[str, str]) -> str:
    """How many records the list has in all: in the envelope, else in the header; "" when neither tells."""
    return text(body, "totalCount") or str(headers.get("totalcount", "")).strip()


def error_message(body: Any, plain: str) -> str:
    """What an error body says; Hepsiburada has plain text, a JSON string and at least four shapes of objects."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return error_message(body[0], plain) if body else plain
    first = next(iter(listed(body, "errors")), None)
    if isinstance(first, str):
        return first
    return text(body, "message", "defaultMessage", "title") or text(first, "message") or plain


def error_code(body: Any) -> str:
    """The code in an error body, "" when there is none."""
    return text(body, "code") or text(next(iter(listed(body, "errors")), None), "code")


def _unwrapped(records: list[Any]) -> Iterator[Any]:
    for record in records:
        inner = value(record, "items")
        # a package has `items`, too, but those are its lines
        if isinstance(inner, list) and value(record, "totalCount") is not None:
            yield from inner
        else:
            yield record


def _number(found: Any) -> Decimal:
    number: Decimal = to_decimal(found)
    return number
