"""What a connector file can't say about WooCommerce's orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from syncd.mapping.failure import FilterError
from syncd.orders.provinces import PROVINCES, province
from syncd.orders.turkish import lower_tr

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MICRO = Decimal("0.000001")


def amount(value: Any) -> Decimal:
    """A money or quantity as WooCommerce writes it: text with a point, sometimes a number; "" and null are 0.

    Raises FilterError when it is no number.
    """
    if value is None or value == "":
        return Decimal(0)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise FilterError("an amount is not a number") from None
    if not number.is_finite():
        raise FilterError("an amount is not a number")
    return number


def gross(item: Mapping[str, Any]) -> Decimal:
    """What the buyer pays for a whole line after coupons, in lira with VAT: WooCommerce tells net and tax apart."""
    return amount(item.get("total")) + amount(item.get("total_tax"))


def gross_before_coupons(item: Mapping[str, Any]) -> Decimal:
    """What the whole line cost before coupons, in lira with VAT."""
    return amount(item.get("subtotal")) + amount(item.get("subtotal_tax"))


def unit_price(item: Mapping[str, Any]) -> Decimal:
    """The price of one before coupons, VAT included, to a millionth; a plugin may have raised it above the subtotal."""
    quantity = amount(item.get("quantity")) or Decimal(1)
    price = max(gross(item), gross_before_coupons(item)) / quantity
    rounded = price.quantize(_MICRO, ROUND_HALF_UP)
    exact = rounded.quantize(Decimal("0.01"))
    return exact if exact == rounded else rounded


def shop_identity(url: str) -> str:
    """The shop as the ledger knows it: host, port unless it is the usual one, folder; small letters."""
    parts = urlsplit(url.strip())
    port = f":{parts.port}" if parts.port and parts.port != _DEFAULT_PORTS.get(parts.scheme.lower()) else ""
    return f"{parts.hostname or ''}{port}{parts.path.rstrip('/')}".lower()


def meta(item: Mapping[str, Any], key: str) -> Any:
    """The value of a `meta_data` entry; "" when there is none."""
    for entry in item.get("meta_data") or ():
        if isinstance(entry, Mapping) and entry.get("key") == key:
            return entry.get("value")
    return ""


def names_one_of(name: Any, words: Sequence[str]) -> bool:
    """Whether `name` contains one of `words`, whatever the capitals (Turkish or English ones)."""
    text = str(name or "")
    return any(word.lower() in text.lower() or lower_tr(word) in lower_tr(text) for word in words)


def company(record: Mapping[str, Any]) -> str:
    """The company to invoice. Hezarfen's checkout lets the buyer choose a person's invoice: then there is none."""
    if meta(record, "_billing_hez_invoice_type") == "person":
        return ""
    billing = record.get("billing")
    written = billing.get("company") if isinstance(billing, Mapping) else ""
    return str(written or meta(record, "_billing_hez_company") or "").strip()


def address(*parts: Any) -> dict[str, str]:
    """The first of WooCommerce's addresses that is filled in.

    In Turkey the state is a code (`TR34`) of the province, and people write the district (ilçe) into the city field.
    Elsewhere the city field is the city. A shop that removed the state field has the province in the city field.
    """
    part = next((part for part in parts if isinstance(part, Mapping) and _is_filled(part)), {})
    text = {key: str(value).strip() for key, value in part.items() if value is not None}
    country, city, state = text.get("country", ""), text.get("city", ""), text.get("state", "")
    written = {
        "name": " ".join(filter(None, (text.get("first_name"), text.get("last_name")))),
        "address": " ".join(filter(None, (text.get("address_1"), text.get("address_2")))),
        "postal_code": text.get("postcode", ""),
        "country": country,
    }
    if country not in ("", "TR"):
        return written | {"district": state, "city": city}
    if not state and _folded(city) in _PROVINCES:
        return written | {"district": "", "city": _PROVINCES[_folded(city)]}
    return written | {"district": city, "city": province(state)}


def _is_filled(part: Mapping[str, Any]) -> bool:
    """Country and phone alone don't count: the checkout fills them in by itself."""
    return any(part.get(key) for key in ("first_name", "last_name", "company", "address_1", "address_2", "city"))


def _folded(name: str) -> str:
    """Without capitals and without the difference of ı and i, which people type either way."""
    return lower_tr(name).replace("ı", "i")


_PROVINCES = {_folded(name): name for name in PROVINCES}
