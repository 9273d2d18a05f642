"""Looking for what a request made whose answer was lost.

Paraşüt has no idempotency key, and can't be asked for an order number. So what is newer than all that was known when
the request left (its fence) is read and compared with the body that was written down: an invoice by its whole mark, a
contact without number and e-mail by its name. Where Paraşüt can be asked for the key itself, it is: a contact by its
tax number, or by e-mail with name and phone, a product by its code, a category by name, type and parent, a payment by
amount and day; one that is older is as good, for it is what the step would have made. Archived records count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import simplejson
from loguru import logger

from syncd.errors import Refused
from syncd.ledger.ledger import Ledger
from syncd.ledger.mirror import Kind, Mirrored
from syncd.ledger.steps import StepRow
from syncd.orders.identity import normalise_email
from syncd.parasut.client import ParasutClient
from syncd.parasut.jsonapi import Resource
from syncd.parasut.lookups import categories, invoice, newest_above
from syncd.parasut.request import Request
from syncd.parasut.resources import text
from syncd.sync.contacts import mirrored_contact, usable_email, usable_tax_number
from syncd.sync.step_words import about_step, what

_ROUNDED: Final = Decimal("0.05")
_CLOCKS_DIFFER: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Found:
    """What a step may have made: the ids of all that are like it, those above its fence first, oldest first.

    `late` are the ids above the fence; `words` say what was looked for, and where.
    """

    ids: tuple[str, ...]
    late: tuple[str, ...]
    words: str


def look(steps: Sequence[StepRow], client: ParasutClient, ledger: Ledger) -> dict[str, Found]:
    """Look for the records of these steps; by their identities. One walk serves all invoices.

    A step that can't be looked for just now, because Paraşüt refuses the question, is not among the answers; the log
    names its order by the ledger. Raises as the client does for everything that would be the same for all.
    """
    steps = [step for step in steps if step.body]  # retention has emptied it: nothing is known any more
    found = _sales([step for step in steps if step.kind == "sale"], client)
    for step in steps:
        seek = _SEEKERS.get(step.kind)
        if seek is None:
            continue
        try:
            found[step.identity] = seek(step, client)
        except Refused as refusal:
            whose, bound = about_step(step, ledger)
            bound.warning("{}: Paraşüt refuses to tell whether {}: {}", whose, what(step), refusal.message)
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


def sells_the_same(step: StepRow, request: Request) -> bool:
    """Whether a sale that was written down sells what a request for it says by now.

    Prices and discounts may differ by how they are rounded; buyer, products, quantities, rates and lines' amounts not.
    """
    before = simplejson.loads(step.body, use_decimal=True)["data"]["relationships"]
    now = simplejson.loads((request.content or b"{}").decode(), use_decimal=True)["data"]["relationships"]
    if before["contact"] != now["contact"]:
        return False
    pairs = list(zip(_goods(before), _goods(now), strict=False))
    return len(_goods(before)) == len(_goods(now)) and all(
        one[0] == other[0] and abs(one[1] - other[1]) <= _ROUNDED for one, other in pairs
    )


def _goods(relationships: Mapping[str, Any]) -> list[tuple[tuple[str, Decimal], Decimal]]:
    """Product and VAT rate of each kind of goods, and what it comes to without VAT, in a fixed order."""
    sums: dict[tuple[str, Decimal], Decimal] = {}
    for line in relationships["details"]["data"]:
        attributes = line["attributes"]
        goods = (str(line["relationships"]["product"]["data"]["id"]), Decimal(str(attributes["vat_rate"])))
        net = Decimal(str(attributes["quantity"])) * Decimal(str(attributes["unit_price"]))
        sums[goods] = sums.get(goods, Decimal(0)) + net - Decimal(str(attributes.get("discount_value") or 0))
    return sorted(sums.items())


def _sales(steps: Sequence[StepRow], client: ParasutClient) -> dict[str, Found]:
    if not steps:
        return {}
    marks: dict[str, list[str]] = {mark_of(step): [] for step in steps}
    try:
        for record in newest_above(client, "sales_invoices", min(int(step.fence) for step in steps)):
            mark = _mark(text(record, "description"))
            if mark in marks and text(record, "item_type") == "invoice":
                marks[mark].append(record.id)
    except Refused as refusal:
        logger.warning("Paraşüt refuses to list its invoices: {}", refusal.message)
        return {}
    return {
        step.identity: _found(
            step,
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
    number = usable_tax_number(str(wanted.get("tax_number") or ""))
    if number:
        records = newest_above(client, "contacts", 0, (("filter[tax_number]", number),))
        same = (record.id for record in records if text(record, "tax_number").strip() == number)
        return _found(step, same, "a contact with the buyer's tax number")
    email = str(wanted.get("email") or "")
    # Who has an e-mail can be asked for by it; else only what is newer than the request can be his.
    records = (
        newest_above(client, "contacts", 0, (("filter[email]", email),))
        if usable_email(email)
        else newest_above(client, "contacts", int(step.fence), margin=True)
    )
    same = (
        record.id
        for record in records
        if (usable_email(email) or int(record.id) > int(step.fence) or _made_since(record, step.intended_at))
        and text(record, "name").strip() == str(wanted.get("name") or "").strip()
        and normalise_email(text(record, "email")) == normalise_email(email)
        and _digits(text(record, "phone")) == _digits(str(wanted.get("phone") or ""))
    )
    where = "" if usable_email(email) else f", among the contacts above id {step.fence}"
    return _found(step, same, f"a contact with the buyer's name, e-mail and phone{where}")


def _product(step: StepRow, client: ParasutClient) -> Found:
    code = str(_attributes(step).get("code") or "").strip()
    records = newest_above(client, "products", 0, (("filter[code]", code),))
    return _found(
        step,
        (record.id for record in records if text(record, "code").strip() == code),
        f"a product with the code {code!r}",
    )


def _category(step: StepRow, client: ParasutClient) -> Found:
    wanted = _attributes(step)
    kind, name, parent = str(wanted["category_type"]), str(wanted["name"]), str(wanted.get("parent_id") or "")
    same = (one.id for one in categories(client, kind) if one.name == name and (one.parent_id or "") == parent)
    return _found(step, same, f"a category {name!r} of type {kind}")


def _payment(step: StepRow, client: ParasutClient) -> Found:
    wanted = _attributes(step)
    invoice_id = step.path.split("/")[1]
    words = f"a payment of {wanted['amount']} on {wanted['date']}, at the invoice {invoice_id}"
    try:
        payments = invoice(client, invoice_id).payments or ()
    except Refused as refusal:
        if not refusal.is_gone:
            raise
        return Found((), (), f"{words}, which is gone")
    amount, day = Decimal(str(wanted["amount"])), str(wanted["date"])
    same = tuple(
        one.id
        for one in payments
        if int(one.id) > int(step.fence) and one.amount == amount and one.date and one.date.isoformat() == day
    )
    return Found(same, same, f"{words}, above id {step.fence}")


_SEEKERS: Final[Mapping[str, Callable[[StepRow, ParasutClient], Found]]] = {
    "contact": _contact,
    "product": _product,
    "category": _category,
    "payment": _payment,
}


def _attributes(step: StepRow) -> Mapping[str, Any]:
    attributes: Mapping[str, Any] = simplejson.loads(step.body, use_decimal=True)["data"]["attributes"]
    return attributes


def _found(step: StepRow, ids: Iterable[str], words: str) -> Found:
    known = sorted(ids, key=int)
    late = tuple(one for one in known if int(one) > int(step.fence))
    return Found((*late, *(one for one in known if one not in late)), late, words)


def _made_since(record: Resource, moment: datetime) -> bool:
    try:
        made = datetime.fromisoformat(text(record, "created_at"))
    except ValueError:
        return False
    return made.tzinfo is not None and made >= moment - _CLOCKS_DIFFER


def _digits(phone: str) -> str:
    return "".join(letter for letter in phone if letter.isdigit())
