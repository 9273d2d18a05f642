"""Keeping the ledger's mirror of Paraşüt fresh with as few calls as possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from syncd.ledger.ledger import Ledger
from syncd.ledger.mirror import Kind, Mirrored, MirrorState
from syncd.parasut.client import PAGE_SIZE, ParasutClient
from syncd.parasut.jsonapi import Resource
from syncd.parasut.lookups import (
    accounts,
    categories,
    find_contacts_by_email,
    find_contacts_by_tax_number,
    find_products_by_code,
)
from syncd.parasut.resources import Account, Contact, ItemCategory, Product, parse_contact, parse_product
from syncd.sync.contacts import mirrored_contact
from syncd.sync.locks import KeyLocks

FULL_READ_AGE: Final = timedelta(days=7)  # edits at Paraşüt show only when everything is read anew
SMALL_LIST_AGE: Final = timedelta(hours=1)
CHEAP_PAGES: Final = 40  # a list of a thousand records is read whole without asking whether it pays

_STEP_KINDS: Final[dict[Kind, str]] = {"contacts": "contact", "products": "product", "item_categories": "category"}


class Refresher:
    """Brings one company's mirror up to date."""

    def __init__(self, client: ParasutClient, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._looked_up: set[tuple[Kind, str]] = set()
        self._locks = KeyLocks()  # who asks for what another thread is just asking for waits, and finds it known
        self._small_lists_read = False

    def refresh(self, wanted: int) -> None:
        """Learn what is new of contacts, products, categories and accounts.

        `wanted` is how many orders are about to be planned: a list is read whole when that is cheaper than looking up
        each buyer and code of theirs by filter (up to four calls an order). Raises as the client does.
        """
        self.small_lists()
        self._list("contacts", _mirror_contact, wanted)
        self._list("products", _mirror_product, wanted)

    def small_lists(self, *, at_once: bool = False) -> bool:
        """Read categories and accounts whole, unless that was done within the hour (`at_once`: in this run).

        Tells whether anything was read.
        """
        with self._locks.hold(["small lists"], 0):
            return self._read_small_lists(at_once)

    def _read_small_lists(self, at_once: bool) -> bool:
        now = self._clock()
        if at_once and self._small_lists_read:
            return False
        self._small_lists_read = self._small_lists_read or at_once
        read = False
        for kind in ("item_categories", "accounts"):
            read_at = self._ledger.mirror.state(kind).read_at
            if not at_once and read_at is not None and timedelta(0) <= now - read_at < SMALL_LIST_AGE:
                continue
            read = True
            if kind == "accounts":
                self._replace("accounts", [mirror_account(account) for account in accounts(self._client)], now)
            else:
                found = [mirror_category(category) for category in categories(self._client)]
                self._replace("item_categories", found, now)
        return read

    def look_up_contact(self, tax_number: str, email: str) -> bool:
        """Ask for a new buyer by filter, each key once a run.

        Tells whether more may be known now than before: False only when all contacts are mirrored and the buyer's tax
        number was asked for just now, in vain, or there is none.

        The tax number always, since it may have been entered at a contact that the mirror knows without; the e-mail
        unless all contacts are mirrored.
        """
        with self._locks.hold([f"contact {key}" for key in (tax_number, email) if key], 0):
            return self._look_up_contact(tax_number, email)

    def _look_up_contact(self, tax_number: str, email: str) -> bool:
        news = bool(tax_number)
        if tax_number and self._first_time("contacts", tax_number):
            found = [_contact(contact) for contact in find_contacts_by_tax_number(self._client, tax_number)]
            self._store("contacts", found)
            news = bool(found)
        complete = self._ledger.mirror.state("contacts").complete
        if email and not complete and self._first_time("contacts", email):
            self._store("contacts", (_contact(contact) for contact in find_contacts_by_email(self._client, email)))
        return news or not complete

    def look_up_product(self, code: str) -> bool:
        """Ask for a product code by filter, once a run; what the mirror knew under it is forgotten.

        Tells whether it was asked.
        """
        with self._locks.hold([f"product {code}"], 0):
            return self._look_up_product(code)

    def _look_up_product(self, code: str) -> bool:
        if not self._first_time("products", code):
            return False
        found = find_products_by_code(self._client, code)
        for stale in self._ledger.mirror.by_key("products", code):
            self._ledger.mirror.drop("products", stale.remote_id)
        self._store("products", (_product(product) for product in found))
        return True

    def look_again(self, kind: Kind, remote_id: str) -> None:
        """A mirrored record is gone: forget it, and look afresh for what has its keys now."""
        gone = self._ledger.mirror.by_id(kind, remote_id)
        self._ledger.mirror.drop(kind, remote_id)
        if kind in _STEP_KINDS:
            self._ledger.steps.retire(_STEP_KINDS[kind], remote_id)
        if gone is None:
            return
        if kind == "contacts":
            found = find_contacts_by_tax_number(self._client, gone.key) if gone.key else []
            found += find_contacts_by_email(self._client, gone.email) if gone.email else []
            self._store("contacts", (_contact(contact) for contact in found if contact.id != remote_id))
        elif kind == "products":
            products = find_products_by_code(self._client, gone.key) if gone.key else []
            self._store("products", (_product(product) for product in products if product.id != remote_id))
        else:
            self._small_lists_read = False
            self.small_lists(at_once=True)

    def _list(self, kind: Kind, mirrored: Callable[[Resource], Mirrored], wanted: int) -> None:
        state = self._ledger.mirror.state(kind)
        now = self._clock()
        aged = state.completed_at is None or not timedelta(0) <= now - state.completed_at < FULL_READ_AGE
        if state.complete and not aged:
            self._newest(kind, mirrored, state, now)
            return
        pages = self._client.pages(kind)
        first = next(pages)
        total = first.total_count if first.total_count is not None else len(first)
        if total > CHEAP_PAGES * PAGE_SIZE and total > 4 * wanted * PAGE_SIZE:
            self._store(kind, (mirrored(resource) for resource in first))
            if state.complete:
                self._newest(kind, mirrored, state, now)
            else:  # so that what is lost on its way is looked for among what is newer, not among all
                self._store(
                    kind, (mirrored(resource) for resource in next(self._client.pages(kind, newest_first=True)))
                )
            return
        read = [mirrored(resource) for resource in first]
        for page in pages:
            read += [mirrored(resource) for resource in page]
        for page in self._client.pages(kind, (("filter[archived]", "true"),)):
            read += [mirrored(resource) for resource in page]
        self._replace(kind, read, now)

    def _newest(self, kind: Kind, mirrored: Callable[[Resource], Mirrored], state: MirrorState, now: datetime) -> None:
        new: list[Mirrored] = []
        for page in self._client.pages(kind, newest_first=True):
            fresh = [resource for resource in page if int(resource.id) > state.highest_id]
            new += [mirrored(resource) for resource in fresh]
            if len(fresh) < len(page):
                break
        self._store(kind, new)
        highest = max([state.highest_id, *(int(record.remote_id) for record in new)])
        self._ledger.mirror.set_state(kind, MirrorState(True, highest, now, state.completed_at))

    def _replace(self, kind: Kind, records: list[Mirrored], now: datetime) -> None:
        highest = max((int(record.remote_id) for record in records), default=0)
        self._ledger.mirror.replace(kind, records, MirrorState(True, highest, now, now))

    def _store(self, kind: Kind, records: Iterable[Mirrored]) -> None:
        self._ledger.mirror.store(kind, list(records))

    def _first_time(self, kind: Kind, key: str) -> bool:
        if (kind, key) in self._looked_up:
            return False
        self._looked_up.add((kind, key))
        return True


def mirror_category(category: ItemCategory) -> Mirrored:
    """A category for the mirror: found by type, with its parent's id."""
    return Mirrored(
        category.id, category.name, category.category_type, document={"parent_id": category.parent_id or ""}
    )


def mirror_account(account: Account) -> Mirrored:
    """An account for the mirror: its key is the currency."""
    return Mirrored(account.id, account.name, account.currency, archived=account.archived)


def _contact(contact: Contact) -> Mirrored:
    return mirrored_contact(contact.id, contact.name, contact.tax_number, contact.email, contact.archived)


def _product(product: Product) -> Mirrored:
    return Mirrored(product.id, product.name, product.code.strip(), archived=product.archived)


def _mirror_contact(resource: Resource) -> Mirrored:
    return _contact(parse_contact(resource))


def _mirror_product(resource: Resource) -> Mirrored:
    return _product(parse_product(resource))
