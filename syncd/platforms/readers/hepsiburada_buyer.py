"""Who is behind one of Hepsiburada's packages: whom the invoice is for, and where the parcel goes.

The records are those of `hepsiburada`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncd.orders.identity import is_filler, is_tckn, is_vkn, normalise_tax_number
from syncd.platforms.readers.hepsiburada_packages import items_in, orders_in
from syncd.platforms.readers.hepsiburada_words import text, value

Record = Mapping[str, Any]


def buyer(record: Record) -> dict[str, str]:
    """Who the invoice is made out to, as the invoice data of the order say.

    A number is told by its length and check digits, not by its field: a sole trader's TCKN stands in `taxNumber`.
    Whoever has a tax office, or any number in `taxNumber`, is a company; its title is kept.
    """
    part = _billed(record)
    tax_number, title = _tax_number(part), _title(part)
    tax_office = text(part, "taxOffice")
    as_company = bool(tax_office) or is_vkn(tax_number) or _number(text(part, "taxNumber")) != ""
    address = _address_of(part)
    order = next(iter(orders_in(record)), {})
    customer, delivery = text(value(order, "customer"), "name"), value(order, "deliveryAddress")
    return {
        "name": (customer or text(record, "customerName") or title) if as_company else title or customer,
        "company": title if as_company else "",
        "tax_number": tax_number,
        "tax_office": tax_office,
        "email": text(address, "email") or text(delivery, "email"),
        "phone": text(address, "phoneNumber") or text(delivery, "phoneNumber"),
    }


def buyers(record: Record) -> list[str]:
    """Everybody whom the orders of the package are to be invoiced to, each once."""
    told = [value(item, "invoice") for item in items_in(record)]
    parts = [part for part in told if isinstance(part, Mapping)] or [_billed(record)]
    return list(dict.fromkeys(_tax_number(part) or _title(part).casefold() for part in parts))


def lacks_number(record: Record) -> bool:
    """Whether a company is to be invoiced whose number is missing or can't be right; a filler is nobody's number."""
    part = _billed(record)
    written = normalise_tax_number(text(part, "taxNumber"))
    wrong = written != "" and not is_filler(written) and not _number(written)
    return wrong or (text(part, "taxOffice") != "" and not _tax_number(part))


def billing(record: Record) -> dict[str, str]:
    """The address of the invoice; the district (ilçe) is Hepsiburada's `town`, its `district` is the quarter."""
    part = _billed(record)
    return _address(_address_of(part)) | {"name": _title(part)}


def shipping(record: Record) -> dict[str, str]:
    """The address of the delivery."""
    orders = orders_in(record)
    if orders:
        return _address(value(orders[0], "deliveryAddress"))
    names = {"address": "AddressDetail", "countryCode": "CountryCode", "district": "District"}
    names |= {"town": "Town", "city": "City", "postalCode": "PostalCode"}
    found = {name: text(record, f"shipping{ending}") for name, ending in names.items()}
    return _address(found | {"name": text(record, "recipientName")})


def customer_id(record: Record) -> str:
    """The buyer's id."""
    orders = orders_in(record)
    return text(value(orders[0], "customer"), "customerId") if orders else text(record, "customerId")


def _billed(record: Record) -> Record:
    """The part that says who is billed: a line's `invoice`, which Hepsiburada declares to be binding, else the order's;
    in the list of packages the package itself."""
    if not orders_in(record):
        return record
    parts = [value(part, "invoice") for part in (*items_in(record), *orders_in(record))]
    return next((part for part in parts if isinstance(part, Mapping)), {})


def _title(part: Record) -> str:
    return text(part, "companyName") or text(value(part, "address"), "name") or text(part, "customerName")


def _address_of(part: Record) -> Record:
    """The billing address under the names of the order detail."""
    inner = value(part, "address")
    if isinstance(inner, Mapping):
        return inner
    names = {"address": "Address", "countryCode": "CountryCode", "district": "District", "town": "Town", "city": "City"}
    found = {name: text(part, f"billing{ending}") for name, ending in (names | {"postalCode": "PostalCode"}).items()}
    return found | {"email": text(part, "email"), "phoneNumber": text(part, "phoneNumber")}


def _address(part: Any) -> dict[str, str]:
    street, quarter = text(part, "address"), text(part, "district")
    if quarter.casefold() not in street.casefold():
        street = f"{street} {quarter}".strip()
    return {
        "name": text(part, "name"),
        "address": street,
        "district": text(part, "town"),
        "city": text(part, "city"),
        "postal_code": text(part, "postalCode"),
        "country": text(part, "countryCode").upper(),
    }


def _tax_number(part: Record) -> str:
    """The VKN, else the TCKN, whichever field it stands in; "" when none is right or all are fillers."""
    fields = ("taxNumber", "turkishIdentityNumber", "identityNo")
    numbers = [number for number in (_number(text(part, name)) for name in fields) if number]
    return next(filter(is_vkn, numbers), "") or next(filter(is_tckn, numbers), "")


def _number(written: str) -> str:
    number = normalise_tax_number(written)
    return number if (is_vkn(number) or is_tckn(number)) and not is_filler(number) else ""
