"""Contacts, products, categories and accounts: made, changed, deleted."""

from __future__ import annotations

from typing import Any

from syncd.sandbox.parasut.forms import Form
from syncd.sandbox.parasut.invoices import check_category
from syncd.sandbox.parasut.refusal import not_found, unprocessable
from syncd.sandbox.parasut.state import ParasutState, Record

_FILLERS = ("11111111111", "2222222222", "22222222222")
_CATEGORY_TYPES = {"contacts": "Contact", "products": "Product"}


def create_record(state: ParasutState, kind: str, form: Form) -> Record:
    """A new record of one of the plain kinds. Raises Refusal."""
    _check(state, kind, form, None)
    given = {name: value for name, value in form.attributes.items() if value is not None}
    return state.add(kind, given, _links(kind, form, given))


def update_record(state: ParasutState, record: Record, form: Form) -> None:
    """Change the attributes and relations that are named; the others stay."""
    _check(state, record.kind, form, record)
    record.attributes.update(form.attributes)
    changed = _links(record.kind, form, form.attributes)
    if record.kind == "item_categories" and "parent_id" not in form.attributes:
        changed.pop("parent_category")
    if "category" not in form.links:
        changed.pop("category", None)
    record.links.update(changed)
    state.touch(record)


def delete_record(state: ParasutState, record: Record) -> None:
    """Remove a record that nothing hangs on. Raises Refusal."""
    if record.kind == "contacts":
        used = any(invoice.links["contact"] == record.id for invoice in state.invoices.values())
    elif record.kind == "products":
        used = any(line.links["product"] == record.id for line in state.details.values())
    elif record.kind == "accounts":
        used = any(entry.links["debit_account"] == record.id for entry in state.transactions.values())
    else:
        used = any(other.links.get("parent_category") == record.id for other in state.item_categories.values())
    if used:
        raise unprocessable("Bağlı kayıtlar olduğu için silinemez")
    state.remove(record)


def _check(state: ParasutState, kind: str, form: Form, record: Record | None) -> None:
    if kind in _CATEGORY_TYPES:
        check_category(state, form.links.get("category"), _CATEGORY_TYPES[kind])
    if form.attributes.get("name", "x") in (None, ""):
        raise unprocessable("İsim doldurulmalı")
    for relation, target in form.links.items():
        if relation != "category" and target:
            raise not_found(relation, target[0] if isinstance(target, list) else target)
    parent = form.attributes.get("parent_id")
    if parent is not None and str(parent) not in state.item_categories:
        raise not_found("item_categories", parent)
    options = state.options
    if kind == "contacts" and options.refuse_duplicate_contacts:
        number = form.attributes.get("tax_number")
        if number and number not in _FILLERS and _taken(state, kind, "tax_number", number, record):
            raise unprocessable("Vergi numarası daha önce kullanılmış")
    if kind == "products" and options.refuse_duplicate_products:
        code = form.attributes.get("code")
        if code and _taken(state, kind, "code", code, record):
            raise unprocessable("Ürün kodu daha önce kullanılmış")


def _taken(state: ParasutState, kind: str, name: str, value: Any, record: Record | None) -> bool:
    return any(other is not record and other[name] == value for other in state.table(kind).values())


def _links(kind: str, form: Form, attributes: dict[str, Any]) -> dict[str, Any]:
    if kind == "item_categories":
        parent = attributes.get("parent_id")
        return {"parent_category": None if parent is None else str(parent)}
    return {"category": form.links.get("category")} if kind in _CATEGORY_TYPES else {}
