"""What people do by hand in the stand-in's books, past the API and its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from syncd.sandbox.audit import note
from syncd.sandbox.figures import to_decimal
from syncd.sandbox.parasut.books import create_record, delete_record, update_record
from syncd.sandbox.parasut.forms import Form
from syncd.sandbox.parasut.invoices import (
    cancel_invoice,
    create_invoice,
    create_payment,
    delete_invoice,
    recalculate,
    recover_invoice,
    update_invoice,
)
from syncd.sandbox.parasut.shapes import ATTRIBUTES
from syncd.sandbox.parasut.state import ParasutState, Record

Given = Mapping[str, Any]


def act(state: ParasutState, given: Given) -> None:
    """Do what `given["act"]` names. Raises ValueError or KeyError for what can't be understood, Refusal as the API."""
    name = str(given.get("act", ""))
    if name not in _ACTS:
        raise ValueError(f"nobody can {name!r}; people can {', '.join(sorted(_ACTS))}")
    _ACTS[name](state, given)


def _edit_invoice(state: ParasutState, given: Given) -> None:
    attributes = _attributes("sales_invoices", given)
    links = {"contact": str(given["contact"])} if "contact" in given else {}
    update_invoice(state, _one(state, "sales_invoices", given["invoice"]), Form(attributes, links))


def _edit_line(state: ParasutState, given: Given) -> None:
    invoice = _one(state, "sales_invoices", given["invoice"])
    lines, number = state.lines(invoice), int(given.get("line", 1))
    if not 1 <= number <= len(lines):
        raise ValueError(f"invoice {invoice.id} has {len(lines)} lines")
    lines[number - 1].attributes.update(_attributes("sales_invoice_details", given))
    recalculate(state, invoice)
    state.touch(invoice)


def _pay_invoice(state: ParasutState, given: Given) -> None:
    invoice = _one(state, "sales_invoices", given["invoice"])
    amount = state.derived(invoice)["remaining"] if "amount" not in given else _figure(given["amount"])
    form = Form(
        {
            "account_id": given.get("account", next(iter(state.accounts))),
            "amount": amount,
            "date": str(given.get("date", state.today().isoformat())),
            "description": given.get("description"),
        },
        {},
    )
    create_payment(state, invoice, form)


def _hand_invoice(state: ParasutState, given: Given) -> None:
    contact = given["contact"]
    if isinstance(contact, Mapping):
        contact = state.add_contact(**contact).id
    rate = _figure(given.get("vat_rate", 20))
    total = _figure(given["total"])
    product = str(given.get("product", next(iter(state.products))))
    line = Form(
        {"quantity": Decimal(1), "unit_price": round(total / (1 + rate / 100), 6), "vat_rate": rate},
        {"product": product},
    )
    day = str(given.get("issue_date", state.today().isoformat()))
    date.fromisoformat(day)
    attributes = {"item_type": "invoice", "issue_date": day, "description": given.get("description")}
    if "order_no" in given:
        attributes["order_no"] = str(given["order_no"])
    create_invoice(state, Form(attributes, {"contact": str(contact)}, [(None, line)]))


def _make(kind: str) -> Callable[[ParasutState, Given], None]:
    def make(state: ParasutState, given: Given) -> None:
        create_record(state, kind, Form(_attributes(kind, given), {}))

    return make


def _edit(kind: str, word: str) -> Callable[[ParasutState, Given], None]:
    def edit(state: ParasutState, given: Given) -> None:
        update_record(state, _one(state, kind, given[word]), Form(_attributes(kind, given), {}))

    return edit


def _archive(archived: bool) -> Callable[[ParasutState, Given], None]:
    def archive(state: ParasutState, given: Given) -> None:
        record = _one(state, str(given["kind"]), given["id"])
        record.attributes["archived"] = archived
        state.touch(record)

    return archive


def _delete(state: ParasutState, given: Given) -> None:
    delete_record(state, _one(state, str(given["kind"]), given["id"]))


def _on_invoice(does: Callable[[ParasutState, Record], None]) -> Callable[[ParasutState, Given], None]:
    return lambda state, given: does(state, _one(state, "sales_invoices", given["invoice"]))


def _expire_tokens(state: ParasutState, given: Given) -> None:
    state.tokens.revoke_access()


def _revoke_tokens(state: ParasutState, given: Given) -> None:
    state.tokens.revoke_access()
    state.tokens.revoke_refresh()


def _change_password(state: ParasutState, given: Given) -> None:
    _revoke_tokens(state, given)
    state.tokens.change_password(str(given.get("password", "another-password")))
    note("updated", "user", "password")


def _give_password_back(state: ParasutState, given: Given) -> None:
    state.tokens.give_password_back()
    note("updated", "user", "password")


_ACTS: dict[str, Callable[[ParasutState, Given], None]] = {
    "edit_invoice": _edit_invoice,
    "edit_line": _edit_line,
    "delete_invoice": _on_invoice(delete_invoice),
    "cancel_invoice": _on_invoice(cancel_invoice),
    "recover_invoice": _on_invoice(recover_invoice),
    "pay_invoice": _pay_invoice,
    "hand_invoice": _hand_invoice,
    "make_contact": _make("contacts"),
    "edit_contact": _edit("contacts", "contact"),
    "make_product": _make("products"),
    "edit_product": _edit("products", "product"),
    "archive": _archive(True),
    "unarchive": _archive(False),
    "delete": _delete,
    "expire_tokens": _expire_tokens,
    "revoke_tokens": _revoke_tokens,
    "change_password": _change_password,
    "give_password_back": _give_password_back,
}


def _one(state: ParasutState, kind: str, identity: Any) -> Record:
    record = state.table(kind).get(str(identity))
    if record is None:
        raise ValueError(f"there is no {kind}/{identity}")
    return record


def _attributes(kind: str, given: Given) -> dict[str, Any]:
    """The attributes to set; what is a figure in the books becomes one."""
    known, attributes = ATTRIBUTES[kind], dict(given.get("attributes", {}))
    unknown = set(attributes) - set(known)
    if unknown:
        raise ValueError(f"{kind} have no {', '.join(sorted(unknown))}")
    return {name: _value(known[name], value) for name, value in attributes.items()}


def _value(usual: Any, value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return _figure(value) if isinstance(usual, Decimal) else value


def _figure(value: Any) -> Decimal:
    figure = to_decimal(value)
    if figure is None:
        raise ValueError(f"{value!r} is no number")
    return figure
