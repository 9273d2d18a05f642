"""What a connector file can't say about Trendyol's packages and errors.

Field names changed in 2026 (`id` → `shipmentPackageId`, `price` → `lineUnitPrice` …), types differ from answer to
answer (numbers as text, 0 or "" for nothing), and many texts carry blanks at their ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from syncd.mapping.failure import FilterError
from syncd.orders.identity import is_filler, is_tckn, is_vkn

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TURKEY = timedelta(hours=3)
_NOTHING = frozenset({"", "-", "0", "***", "*** ***"})
_MASK = "***"
_DEAD = frozenset({"cancelled", "unsupplied", "unpacked"})


def first_of(part: Any, *names: str) -> Any:
    """The first of these keys with a value, text trimmed; "" when none has one.

    Nothing, "", "-", 0 and the mask `***` are no values: no field that is read this way can hold them in earnest.
    """
    for name in names if isinstance(part, Mapping) else ():
        value = part.get(name)
        value = value.strip() if isinstance(value, str) else value
        if value is not None and str(value) not in _NOTHING:
            return value
    return ""


def is_masked(record: Any) -> bool:
    """Whether a package may not be read yet: it awaits Trendyol's check, or its number and its buyer are hidden.

    Masked packages have the number 0 and *** in place of names; some carry no `status` at all.
    """
    if not isinstance(record, Mapping):
        return False
    hidden = _MASK in (record.get("customerFirstName"), record.get("customerLastName"), record.get("customerEmail"))
    numbered = first_of(record, "shipmentPackageId", "id")
    return (hidden and not numbered) or folded(record.get("status")) == "awaiting"


def folded(word: Any) -> str:
    """A status word without capitals and underscores: answers write `UnPacked`, webhooks `UN_PACKED`."""
    return str(word or "").replace("_", "").strip().lower()


def is_dead(record: Mapping[str, Any]) -> bool:
    """Whether nothing is sold with this package any more: it was cancelled, or split."""
    return folded(first_of(record, "status", "shipmentPackageStatus")) in _DEAD


def is_true(value: Any) -> bool | None:
    """A flag, also written as text; None when it isn't there."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    return word == "true" if word in ("true", "false") else None


def origin_ids(record: Mapping[str, Any]) -> list[str]:
    """The packages that this one was made from, by a split, a partial cancellation or a transfer.

    `originPackageIds` is a list, nothing, "" or a single number; with or without quotes.
    """
    told = record.get("originPackageIds")
    values: Iterable[Any] = told if isinstance(told, list) else str(told or "").strip("[] ").split(",")
    own = str(first_of(record, "shipmentPackageId", "id"))
    found = (str(value).strip() for value in values if value is not None)
    return [number for number in dict.fromkeys(found) if number not in _NOTHING and number != own]


def history(record: Mapping[str, Any]) -> dict[str, datetime | None]:
    """When the package was `ordered_at`, `paid_at`, `shipped_at` and `delivered_at`, in UTC; None where it isn't told.

    `orderDate` is the wall clock of Türkiye (UTC+3) written as if it were UTC. The entries of `packageHistories` are
    UTC, in no order, and 0 is none; of several with one status the first counts. A package is released to the seller
    (`Created`) once its payment was checked.
    """
    events: dict[str, datetime] = {}
    for entry in record.get("packageHistories") or ():
        if isinstance(entry, Mapping):
            moment, status = _moment(entry.get("createdDate")), folded(entry.get("status"))
            if moment is not None and moment < events.get(status, datetime.max.replace(tzinfo=UTC)):
                events[status] = moment
    ordered = _moment(record.get("orderDate"))
    return {
        "ordered_at": events.get("created") if ordered is None else ordered - _TURKEY,
        "paid_at": events.get("created"),
        "shipped_at": events.get("shipped"),
        "delivered_at": events.get("delivered"),
    }


def buyer_tax_number(record: Mapping[str, Any]) -> str:
    """The VKN or TCKN of whom the invoice names, digits only; "" when none is right.

    A company's stands in the invoice address; a number that lost its leading zeros gets them back. A person's stands in
    `identityNumber`, which is 11111111111 or zeros for most: Trendyol passes it on for gold, fertiliser and orders
    above 5000 TRY only. It is not taken for a company, whose clerk it belongs to.
    """
    address = record.get("invoiceAddress")
    for part in (address, record):
        number = _digits(first_of(part, "taxNumber"))
        if _is_identity(number):
            return number
    person = _digits(first_of(record, "identityNumber", "tcIdentityNumber"))
    return person if is_tckn(person) and not is_filler(person) and not _is_corporate(record) else ""


def lacks_number(record: Mapping[str, Any]) -> bool:
    """Whether the invoice is a company's, and its tax number is missing, wrong or a filler."""
    return _is_corporate(record) and not buyer_tax_number(record) and not is_dead(record)


def address(part: Any) -> dict[str, str]:
    """An address of a package; `city` is the province and `district` the ilçe, as Trendyol has them, too."""
    lines = first_of(part, "addressLines")
    written = [str(first_of(part, name)) for name in ("address1", "address2")]
    if not any(written):
        written = [str(first_of(lines, name)) for name in ("addressLine1", "addressLine2")]
    names = [str(first_of(part, name)) for name in ("firstName", "lastName")]
    return {
        "name": str(first_of(part, "fullName") or " ".join(filter(None, names))),
        "address": " ".join(filter(None, written)) or str(first_of(part, "fullAddress")),
        "district": str(first_of(part, "district") or first_of(part, "countyName")),
        "city": str(first_of(part, "city") or first_of(part, "stateName")),
        "postal_code": str(first_of(part, "postalCode")),
        "country": str(first_of(part, "countryCode")),
    }


def next_cursor(body: Any) -> str:
    """The cursor of the page after this answer; "" after the last one.

    Raises FilterError for an answer that says there is more, or does not say, and names no cursor: it is no end.
    """
    more = is_true(body.get("hasMore")) if isinstance(body, Mapping) else None
    cursor = str(body.get("nextCursor") or "").strip() if more else ""
    if more is None or (more and not cursor):
        raise FilterError("there is no hasMore" if more is None else "there is more, but no nextCursor")
    return cursor


def error_code(body: Any) -> str:
    """Trendyol's name for an error; it stands in `errors[].key` or `.errorCode`, in `exception`, or in `error`."""
    code = first_of(_first_error(body), "key", "errorCode", "code") or first_of(body, "exception", "error")
    return code if isinstance(code, str) else ""


def error_message(body: Any, text: str = "") -> str:
    """What Trendyol says about an error; the words of a text body, if that is all there is."""
    message = first_of(_first_error(body), "message") or first_of(body, "message")
    return message if isinstance(message, str) and message else text


def amount(part: Any, *names: str) -> Decimal | None:
    """The first of these keys with a number, also written as text; None when none has one.

    Raises FilterError for what is no number.
    """
    for name in names if isinstance(part, Mapping) else ():
        value = part.get(name)
        if value is None or value == "":
            continue
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if isinstance(value, bool) or not number.is_finite():
            raise FilterError(f"{name} is not a number")
        return number
    return None


def _is_corporate(record: Mapping[str, Any]) -> bool:
    return bool(is_true(record.get("commercial")) or first_of(record.get("invoiceAddress"), "company"))


def _first_error(body: Any) -> Any:
    errors = body.get("errors") if isinstance(body, Mapping) else None
    return errors[0] if isinstance(errors, list) and errors else None


def _moment(value: Any) -> datetime | None:
    number = amount({"moment": value}, "moment")
    try:
        return _EPOCH + timedelta(milliseconds=int(number)) if number else None
    except OverflowError:
        raise FilterError("a moment is out of range") from None


def _digits(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value).zfill(10)
    text = "".join(str(value).split())
    return text if text.isascii() and text.isdigit() else ""


def _is_identity(number: str) -> bool:
    return (is_vkn(number) or is_tckn(number)) and not is_filler(number)
