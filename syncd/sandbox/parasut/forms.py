"""Reads what is written to the stand-in, as strictly as the published description allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from syncd.sandbox.figures import to_decimal
from syncd.sandbox.parasut.refusal import Refusal, bad_request, not_found, unprocessable
from syncd.sandbox.parasut.vocabulary import (
    DATE,
    DETAIL_FORM,
    FLAG,
    FORMS,
    INTEGER,
    NUMBER,
    NUMBERS,
    OBJECT,
    TEXT,
    TEXTS,
    FormVocabulary,
    Kind,
)

_TITLES = {
    "name": "İsim",
    "account_type": "Hesap türü",
    "category_type": "Kategori tipi",
    "item_type": "Tür",
    "issue_date": "Düzenleme tarihi",
    "quantity": "Miktar",
    "unit_price": "Birim fiyat",
    "vat_rate": "KDV oranı",
    "account_id": "Hesap",
    "date": "Tarih",
    "amount": "Tutar",
}


@dataclass(frozen=True)
class Form:
    """A write that was understood. Numbers are Decimals; a relation holds an id, None, or a list of ids; lines hold
    their own forms, with the id of the line that each one changes."""

    attributes: dict[str, Any]
    links: dict[str, Any]
    lines: list[tuple[str | None, Form]] | None = None


def read_form(kind: str, body: Any, creating: bool) -> Form:
    """The form in a request body `{"data": {"type", "attributes", "relationships"}}` for a record of `kind`.

    Raises Refusal: 400 for what the description doesn't know, 422 for what is missing or of the wrong sort.
    """
    if not isinstance(body, dict) or not isinstance(body.get("data"), dict):
        raise bad_request("data is missing")
    _only(body, ("data",), "body")
    data = body["data"]
    _only(data, ("id", "type", "attributes", "relationships"), "data")
    if data.get("type", kind) != kind:
        raise bad_request(f"data->type must be: {kind}")
    return _read(FORMS[kind], data, creating)


def _read(vocabulary: FormVocabulary, data: dict[str, Any], creating: bool) -> Form:
    attributes = _object(data.get("attributes"), "attributes")
    for name in attributes:
        if name in vocabulary.read_only:
            raise bad_request(f"'{name}' is read-only")
        if name not in vocabulary.writable:
            raise bad_request(f"'{name}' is not a valid attribute. Acceptable: {', '.join(vocabulary.writable)}")
    if creating:
        missing = [name for name in vocabulary.required if attributes.get(name) in (None, "")]
        if missing:
            raise unprocessable(*(f"{_TITLES[name]} doldurulmalı" for name in missing))
    read = {name: _value(name, vocabulary.writable[name], value) for name, value in attributes.items()}
    links: dict[str, Any] = {}
    lines = None
    for name, relation in _object(data.get("relationships"), "relationships").items():
        if name not in vocabulary.relations:
            known = ", ".join(vocabulary.relations) or "none"
            raise bad_request(f"'{name}' is not a valid relation. Acceptable: {known}")
        target = _object(relation, name)
        _only(target, ("data",), name)
        if name == "details":
            lines = _lines(target.get("data"), creating)
        else:
            links[name] = _link(name, vocabulary.relations[name], target.get("data"))
    return Form(read, links, lines)


def _lines(data: Any, creating: bool) -> list[tuple[str | None, Form]]:
    if not isinstance(data, list):
        raise bad_request("details->data must be a list")
    lines: list[tuple[str | None, Form]] = []
    for entry in data:
        line = _object(entry, "details->data")
        _only(line, ("id", "type", "attributes", "relationships"), "details->data")
        if line.get("type") != "sales_invoice_details":
            raise bad_request("details->data->type must be: sales_invoice_details")
        identity = line.get("id") or None
        if creating and identity is not None:
            raise not_found("sales_invoice_details", identity)
        lines.append((identity, _read(DETAIL_FORM, line, identity is None)))
    return lines


def _link(name: str, target: str, data: Any) -> Any:
    if data is None:
        return None
    many = isinstance(data, list)
    identities = []
    for entry in data if many else [data]:
        reference = _object(entry, name)
        if reference.get("type") != target:
            raise bad_request(f"{name}->data->type must be: {target}")
        if many and "attributes" in reference:
            continue
        identities.append(str(reference.get("id", "")))
    return identities if many else identities[0]


def _value(name: str, kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    read = None
    if isinstance(kind, tuple):
        read = value if value in kind else None
        if read is None:
            raise unprocessable(f"{name}: {value!r} is not one of {', '.join(kind)}")
    elif kind == TEXT:
        read = value if isinstance(value, str) else None
    elif kind == NUMBER:
        read = to_decimal(value)
    elif kind == INTEGER:
        whole = isinstance(value, int) and not isinstance(value, bool)
        read = int(value) if whole or (isinstance(value, str) and re.fullmatch(r"\d+", value)) else None
    elif kind == FLAG:
        read = value if isinstance(value, bool) else None
    elif kind == DATE:
        read = value if is_date(value) else None
    elif kind == TEXTS:
        read = value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None
    elif kind == NUMBERS:
        read = value if isinstance(value, list) and all(to_decimal(item) is not None for item in value) else None
    elif kind == OBJECT:
        read = value if isinstance(value, dict) else None
    if read is None:
        raise _wrong_sort(name, kind, value)
    return read


def _wrong_sort(name: str, kind: Kind, value: Any) -> Refusal:
    if kind == DATE:
        return bad_request(f"'{name}' is not a date")
    return unprocessable(f"{name}: {value!r} is not a {kind}")


def is_date(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _object(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_request(f"{name} must be an object")
    return value


def _only(value: dict[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in value:
        if name not in names:
            raise bad_request(f"'{name}' is not known in {where}")
