"""Looking for what a request made whose answer was lost.

Paraşüt has no idempotency key, and can't be asked for an order number. So everything of that kind that is newer than
what was known when the request left (its fence) is read and compared with the body that was written down: an invoice by
its whole mark, a contact by tax number or else by name, e-mail and phone together, a product by its code, a category by
name, type and parent, a payment by amount and day. Archived records count. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import simplejson

from syncd.errors import Refused
from syncd.ledger.mirror import Kind, Mirrored
from syncd.ledger.steps import StepRow
from syncd.orders.identity import normalise_email
from syncd.parasut.client import ParasutClient
from syncd.parasut.lookups import categories, invoice, newest_above
from syncd.parasut.resources import text
from syncd.sync.contacts import mirrored_contact, usable_email, usable_tax_number


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of the records that a step may have made, oldest first, and in words what was looked for and where."""

    ids: tuple[str, ...]
    words: str


def look(steps: Sequence[StepRow], client: ParasutClient) -> dict[str, Found]:
    """Look for the records of these steps; by their identities. One walk serves all invoices. Raises as the client."""
    found = _sales([step for step in steps if step.kind == "sale"], client)
    for step in steps:
        match step.kind:
            case "contact":
                found[step.identity] = _contact(step, client)
            case "product":
                found[step.identity] = _product(step, client)
            case "category":
                found[step.identity] = _category(step, client)
            case "payment":
                found[step.identity] = _payment(step, client)
            case _:
                pass
    return found


def mark_of(step: StepRow) -> str:
    """The mark that ends the description of a sale's invoice."""
    name = step.identity.split(" ", 1)[1].rpartition("#")[0]
    return f"[sale {name}]"


def made_by(step: StepRow, remote_id: str) -> tuple[Kind, Mirrored] | None:
    """What the mirror remembers of the record that a step made; None for an invoice or a payment."""
    if step.kind not in ("contact", "product", "category"):
        return None
    attributes = _attributes(step)
    name = str(attributes["name"])
    if step.kind == "contact":
        number, email = str(attributes.get("tax_number") or ""), str(attributes.get("email") or "")
        return "contacts", mirrored_contact(remote_id, name, number, email)
    if step.kind == "product":
        return "products", Mirrored(remote_id, name, str(attributes.get("code") or ""))
    parent = {"parent_id": str(attributes.get("parent_id") or "")}
    return "item_categories", Mirrored(remote_id, name, str(attributes["category_type"]), document=parent)


def same_buyer(step: StepRow, attributes: Mapping[str, Any]) -> bool:
    """Whether the contact that a step makes would be matched with one of these attributes."""
    theirs = _attributes(step)
    for name, usable in (("tax_number", usable_tax_number), ("email", usable_email)):
        mine, other = usable(str(attributes.get(name) or "")), usable(str(theirs.get(name) or ""))
        if mine and mine == other:
            return True
    return False


def _sales(steps: Sequence[StepRow], client: ParasutClient) -> dict[str, Found]:
    if not steps:
        return {}
    marks: dict[str, list[str]] = {mark_of(step): [] for step in steps}
    for record in newest_above(client, "sales_invoices", min(int(step.fence) for step in steps)):
        mark = _mark(text(record, "description"))
        if mark in marks and text(record, "item_type") == "invoice":
            marks[mark].append(record.id)
    return {
        step.identity: _found(
            (one for one in marks[mark_of(step)] if int(one) > int(step.fence)),
            f"an invoice whose description ends with {mark_of(step)}, among the invoices above id {step.fence}",
        )
        for step in steps
    }


def _mark(description: str) -> str:
    start = description.rfind("[sale ")
    return description[start:].rstrip() if start >= 0 else ""


def _contact(step: StepRow, client: ParasutClient) -> Found:
    wanted = _attributes(step)
    fence = int(step.fence)
    number = usable_tax_number(str(wanted.get("tax_number") or ""))
    if number:
        records = newest_above(client, "contacts", fence, (("filter[tax_number]", number),))
        same = (record.id for record in records if text(record, "tax_number").strip() == number)
        return _found(same, f"a contact with the buyer's tax number, among the contacts above id {fence}")
    email = str(wanted.get("email") or "")
    query = (("filter[email]", email),) if usable_email(email) else ()
    same = (
        record.id
        for record in newest_above(client, "contacts", fence, query)
        if text(record, "name").strip() == str(wanted.get("name") or "").strip()
        and normalise_email(text(record, "email")) == normalise_email(email)
        and _digits(text(record, "phone")) == _digits(str(wanted.get("phone") or ""))
    )
    return _found(same, f"a contact with the buyer's name, e-mail and phone, among the contacts above id {fence}")


def _product(step: StepRow, client: ParasutClient) -> Found:
    code = str(_attributes(step).get("code") or "").strip()
    fence = int(step.fence)
    records = newest_above(client, "products", fence, (("filter[code]", code),))
    same = (record.id for record in records if text(record, "code").strip() == code)
    return _found(same, f"a product with the code {code!r}, among the products above id {fence}")


def _category(step: StepRow, client: ParasutClient) -> Found:
    wanted = _attributes(step)
    kind, name, parent = str(wanted["category_type"]), str(wanted["name"]), str(wanted.get("parent_id") or "")
    same = (
        one.id
        for one in categories(client, kind)
        if one.name == name and (one.parent_id or "") == parent and int(one.id) > int(step.fence)
    )
    return _found(same, f"a category {name!r} of type {kind}, among those above id {step.fence}")


def _payment(step: StepRow, client: ParasutClient) -> Found:
    wanted = _attributes(step)
    invoice_id = step.path.split("/")[1]
    words = f"a payment of {wanted['amount']} on {wanted['date']}, at the invoice {invoice_id}"
    try:
        payments = invoice(client, invoice_id).payments or ()
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return Found((), f"{words}, which is gone")
    amount, day = Decimal(str(wanted["amount"])), str(wanted["date"])
    same = (one.id for one in payments if one.amount == amount and one.date and one.date.isoformat() == day)
    return _found(same, words)


def _attributes(step: StepRow) -> Mapping[str, Any]:
    attributes: Mapping[str, Any] = simplejson.loads(step.body, use_decimal=True)["data"]["attributes"]
    return attributes


def _found(ids: Iterable[str], words: str) -> Found:
    return Found(tuple(sorted(ids, key=int)), words)


def _digits(phone: str) -> str:
    return "".join(letter for letter in phone if letter.isdigit())
