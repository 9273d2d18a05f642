"""Finding the buyer among Paraşüt's contacts, so that nobody is there twice and nobody gets another's invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from syncd.ledger.mirror import Mirrored
from syncd.ledger.order_row import OrderKey
from syncd.orders.identity import is_filler, is_relay_email, is_tckn, is_vkn, normalise_email, normalise_tax_number
from syncd.orders.turkish import lower_tr
from syncd.sync.known import Knowledge, KnownContact


@dataclass(frozen=True, slots=True)
class Match:
    """The contact found, by which of the rule's ways, what a person should know of it, and all that were found so."""

    contact: KnownContact
    by: str
    note: str = ""
    all: tuple[KnownContact, ...] = ()


def usable_tax_number(text: str) -> str:
    """The tax number when it identifies somebody: right check digits and no filler; else ""."""
    number = normalise_tax_number(text)
    return number if (is_vkn(number) or is_tckn(number)) and not is_filler(number) else ""


def usable_email(text: str) -> str:
    """The e-mail when it identifies somebody: no marketplace's relay address; else ""."""
    return "" if is_relay_email(text) else normalise_email(text)


def mirrored_contact(remote_id: str, name: str, tax_number: str, email: str, archived: bool = False) -> Mirrored:
    """A contact for the mirror, under the keys it may be matched by."""
    return Mirrored(remote_id, name, usable_tax_number(tax_number), usable_email(email), archived)


def match_contact(
    attributes: dict[str, Any], ways: Sequence[str], key: OrderKey, customer: str, knowledge: Knowledge
) -> Match | None:
    """Find the contact for a buyer with Paraşüt's contact `attributes`, trying the rule's ways in their order.

    A tax number identifies by itself. An e-mail or the platform's customer id does so only while the tax numbers agree:
    two different ones are two parties, and where only one side has a number the names must be the same too.
    """
    number = usable_tax_number(str(attributes.get("tax_number", "")))
    email = usable_email(str(attributes.get("email", "")))
    name = str(attributes.get("name", ""))
    for way in ways:
        if way == "tax_number" and number:
            found = knowledge.contacts_by_tax_number(number)
        elif way == "email" and email:
            found = [contact for contact in knowledge.contacts_by_email(email) if same_party(contact, number, name)]
        elif way == "platform_customer" and customer:
            known = knowledge.contact_of_customer(key, customer)
            found = [known] if known is not None and _same_person(known, number, name) else []
        else:
            continue
        if found:
            live = [contact for contact in found if not contact.archived]
            note = (
                f"{len(found)} contacts have this {way.replace('_', ' ')}; the oldest is taken"
                if len(found) > 1
                else ""
            )
            return Match((live or found)[0], way, note, tuple(found))
    return None


def same_party(contact: KnownContact, number: str, name: str) -> bool:
    if contact.tax_number == number:
        return True
    if contact.tax_number and number:
        return False
    return _folded(contact.name) == _folded(name)


def _same_person(contact: KnownContact, number: str, name: str) -> bool:
    """A customer's account at a shop may be used by a whole firm: without a common tax number the names must agree."""
    if contact.tax_number and number:
        return contact.tax_number == number
    return _folded(contact.name) == _folded(name)


def _folded(name: str) -> str:
    return " ".join(lower_tr(name).split())
