"""The fields that a mapping may fill: Paraşüt's writable attributes of contacts, invoices, lines and products.

Restated from Paraşüt's published description. Amounts, issue date, currency and item type of an invoice are not among
them: they are computed. `code` and `name` of a line say which product it is; Paraşüt prints the product's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from syncd.mapping.cuts import truncate_bytes
from syncd.mapping.failure import FilterError, kind_of
from syncd.mapping.filters import date_of, to_decimal
from syncd.mapping.values import text_of

TEXT_BYTES = 255
"""What names and addresses are cut to: Paraşüt publishes no limit, and its clients cut there."""

NOTE_BYTES = 2000


class FieldType(StrEnum):
    """What a field holds."""

    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute. `bytes` is where text is cut, None for text that is useless in part; `lines` keeps line breaks."""

    description: str
    example: str
    type: FieldType = FieldType.TEXT
    bytes: int | None = TEXT_BYTES
    lines: bool = False
    choices: tuple[str, ...] = ()


_DATE, _BOOLEAN, _NUMBER = FieldType.DATE, FieldType.BOOLEAN, FieldType.NUMBER

FIELDS: Mapping[str, Mapping[str, Field]] = {
    "contact": {
        "name": Field("Name of the person or firm (cari). Required.", "{{ order.buyer.company or order.buyer.name }}"),
        "short_name": Field("Short name in lists.", "{{ order.buyer.name }}"),
        "contact_type": Field(
            "`person` or `company`.",
            "{{ 'company' if order.buyer.company else 'person' }}",
            choices=("person", "company"),
        ),
        "tax_number": Field(
            "VKN or TCKN; 11111111111 for an unknown person.", "{{ order.buyer.tax_number }}", bytes=None
        ),
        "tax_office": Field("Tax office of a firm.", "{{ order.buyer.tax_office }}"),
        "email": Field("E-mail address.", "{{ order.buyer.email }}", bytes=None),
        "phone": Field("Telephone.", "{{ order.buyer.phone }}"),
        "fax": Field("Fax.", ""),
        "address": Field("Street and house.", "{{ order.billing.address }}", lines=True),
        "district": Field("District (ilçe).", "{{ order.billing.district }}"),
        "city": Field("Province (il).", "{{ order.billing.city }}"),
        "postal_code": Field("Postal code.", "{{ order.billing.postal_code }}"),
        "country": Field("Country.", "{{ order.billing.country }}"),
        "is_abroad": Field("Whether the buyer is abroad.", "{{ order.billing.country not in ['', 'TR'] }}", _BOOLEAN),
    },
    "invoice": {
        "description": Field(
            "The invoice's name in Paraşüt's list. syncd appends its marker and cuts the text so that both fit.",
            "{{ platform.title }} {{ order.number }}",
        ),
        "order_no": Field("Order number. Goes with order_date.", "{{ order.number }}"),
        "order_date": Field("Order date. Goes with order_no.", "{{ order.ordered_at }}", _DATE),
        "due_date": Field("Last day to pay; left out, the day of the invoice.", "{{ order.ordered_at }}", _DATE),
        "invoice_series": Field("Series of the draft's number.", "WEB", bytes=None),
        "invoice_note": Field(
            "Note printed on the document.", "Ödeme: {{ order.payment.title }}", bytes=NOTE_BYTES, lines=True
        ),
        "billing_address": Field("Street and house.", "{{ order.billing.address }}", lines=True),
        "billing_postal_code": Field("Postal code.", "{{ order.billing.postal_code }}"),
        "billing_phone": Field("Telephone.", "{{ order.buyer.phone }}"),
        "billing_fax": Field("Fax.", ""),
        "tax_office": Field("Tax office.", "{{ order.buyer.tax_office }}"),
        "tax_number": Field("VKN or TCKN.", "{{ order.buyer.tax_number }}", bytes=None),
        "city": Field("Province (il).", "{{ order.billing.city }}"),
        "district": Field("District (ilçe).", "{{ order.billing.district }}"),
        "country": Field("Country.", "{{ order.billing.country }}"),
        "is_abroad": Field("Whether the buyer is abroad.", "{{ order.billing.country not in ['', 'TR'] }}", _BOOLEAN),
        "shipment_included": Field("Whether the invoice is the dispatch note, too (irsaliyeli).", "false", _BOOLEAN),
        "exchange_rate": Field("Lira for one unit of the order's currency.", "{{ order.exchange_rate }}", _NUMBER),
    },
    "line": {
        "code": Field("Code of the product at Paraşüt. Required.", "{{ line.code }}", bytes=None),
        "name": Field("Name of the line, and of a product that is made for it.", "{{ line.name }}"),
        "description": Field("Text beside the product's name.", "{{ line.barcode }}"),
    },
    "product": {
        "name": Field("Name; left out, that of the line.", "{{ line.name }}"),
        "code": Field("Code; left out, that of the line.", "{{ line.code }}", bytes=None),
        "unit": Field("Unit.", "Adet"),
        "barcode": Field("Barcode (GTIN).", "{{ line.barcode }}", bytes=None),
        "gtip": Field("Customs tariff number (GTİP).", "", bytes=None),
        "vat_rate": Field("VAT rate in percent.", "{{ line.vat_rate }}", _NUMBER),
        "list_price": Field("Sale price without VAT.", "100", _NUMBER),
        "currency": Field("Currency of the sale price.", "TRL", choices=("TRL", "USD", "EUR", "GBP")),
        "inventory_tracking": Field("Whether Paraşüt counts the stock.", "true", _BOOLEAN),
    },
}
"""By section of a mapping, in the order of Paraşüt's forms. `kinds.*` take the fields of line and product."""


def field_value(field: Field, value: Any) -> Any:
    """What is sent for a rendered value: text, bool, `YYYY-MM-DD` or Decimal; None for something empty, to be left out.

    Raises FilterError when the value is of the wrong kind.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return _READERS[field.type](field, value)


def _text(field: Field, value: Any) -> str | None:
    if isinstance(value, bool):
        raise FilterError("must be text, not true or false")
    text = text_of(value)
    if field.lines:
        text = "\n".join(line for line in (" ".join(row.split()) for row in text.splitlines()) if line)
    else:
        text = " ".join(text.split())
    text = "".join(character for character in text if character >= " " or character == "\n")
    if field.choices and text not in field.choices:
        raise FilterError(f"must be {' or '.join(field.choices)}")
    return (text if field.bytes is None else truncate_bytes(text, field.bytes)) or None


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise FilterError(f"must be true or false, not {kind_of(value)}; write the field as one {{{{ expression }}}}")


def _date(field: Field, value: Any) -> str:
    if isinstance(value, datetime | date):
        return date_of(value)
    try:
        return date.fromisoformat(text_of(value).strip()).isoformat()
    except ValueError:
        raise FilterError("must be a date: a moment of the order, or YYYY-MM-DD") from None


def _number(field: Field, value: Any) -> Decimal:
    number: Decimal = to_decimal(value)
    return number


_READERS: Mapping[FieldType, Callable[[Field, Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.NUMBER: _number,
}
