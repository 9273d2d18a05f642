"""Questions to Paraşüt that need more than one record or one page.

Lists leave archived records out, so what is not found is asked for a second time among the archived. Filters are not
trusted to compare as we do (upper case, spaces): what comes back is compared again. All raise as `ParasutClient.send`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeVar

from loguru import logger

from syncd.errors import ParasutError
from syncd.orders.identity import normalise_email
from syncd.parasut.client import ParasutClient
from syncd.parasut.jsonapi import Resource
from syncd.parasut.request import Request
from syncd.parasut.resources import (
    Account,
    Contact,
    ItemCategory,
    Product,
    SalesInvoice,
    parse_account,
    parse_contact,
    parse_item_category,
    parse_product,
    parse_sales_invoice,
)

Record = TypeVar("Record")
INVOICE_INCLUDES = "contact,details,payments,active_e_document"


def find_contacts_by_tax_number(client: ParasutClient, tax_number: str) -> list[Contact]:
    """Return the contacts with exactly this tax number, live ones; if there is none, archived ones.

    Several are possible: Paraşüt allows the same tax number twice.
    """

    def matches(contact: Contact) -> bool:
        return contact.tax_number.strip() == tax_number

    return _live_else_archived(client, "contacts", ("filter[tax_number]", tax_number), parse_contact, matches)


def find_contacts_by_email(client: ParasutClient, email: str) -> list[Contact]:
    """Return the contacts with this e-mail, live ones; if there is none, archived ones.

    Upper and lower case of A–Z count as the same; nothing else is folded (İ and I stay different letters).
    """
    wanted = normalise_email(email)

    def matches(contact: Contact) -> bool:
        return normalise_email(contact.email) == wanted

    return _live_else_archived(client, "contacts", ("filter[email]", email), parse_contact, matches)


def find_products_by_code(client: ParasutClient, code: str) -> list[Product]:
    """Return the products with this code, live ones; if there is none, archived ones.

    Space around a code doesn't count, upper and lower case do. More than one means that the code is not unique at
    Paraşüt, which nothing there prevents.
    """

    def matches(product: Product) -> bool:
        return product.code.strip() == code.strip()

    return _live_else_archived(client, "products", ("filter[code]", code), parse_product, matches)


def categories(client: ParasutClient, category_type: str = "") -> list[ItemCategory]:
    """Return all item categories, or those of one type: `SalesInvoice`, `Contact`, `Product` …"""
    filters = (("filter[category_type]", category_type),) if category_type else ()
    query = (*filters, ("include", "parent_category"))
    found = [parse_item_category(resource) for resource in _walk(client, "item_categories", query)]
    return [category for category in found if category_type in ("", category.category_type)]


def accounts(client: ParasutClient) -> list[Account]:
    """Return all accounts that are not archived."""
    return [parse_account(resource) for resource in _walk(client, "accounts")]


def invoice(client: ParasutClient, invoice_id: str) -> SalesInvoice:
    """Return one sales invoice with contact, lines and payments, also a cancelled or archived one.

    Raises `Refused` with status 404 when there is none.
    """
    request = Request("GET", f"sales_invoices/{invoice_id}", (("include", INVOICE_INCLUDES),))
    return parse_sales_invoice(client.send(request).resource)


def newest_above(
    client: ParasutClient,
    resource: str,
    fence: int,
    query: tuple[tuple[str, str], ...] = (),
    *,
    archived: bool | None = None,
    margin: bool = False,
) -> Iterator[Resource]:
    """Yield the records of a list whose id is above `fence`, newest first; then the archived ones, in the same way.

    `archived` walks only the one list or the other. With `margin` the page of the fence is shown to its end: nothing
    says that ids are given in the order in which requests are carried out. Lazy: whoever has found what was looked for
    stops asking.
    """
    for which in (False, True) if archived is None else (archived,):
        asked = (*query, ("filter[archived]", "true")) if which else query
        for page in client.pages(resource, asked, newest_first=True):
            fresh = [record for record in page if int(record.id) > fence]
            yield from page if margin else fresh
            if len(fresh) < len(page):
                break


def invoices_above(
    client: ParasutClient, fence: int, since: date | None = None, *, archived: bool | None = None
) -> Iterator[SalesInvoice]:
    """Walk the sales invoices with ids above `fence` in the same way, each with its contact's id.

    `since` leaves out what was issued before that day. Refunds and estimates come, too (`item_type`); cancelled and
    deleted invoices are in no list.
    """
    query: tuple[tuple[str, str], ...] = (("include", "contact"),)
    if since is not None:
        query += (("filter[issue_date][gteq]", since.isoformat()),)
    for record in newest_above(client, "sales_invoices", fence, query, archived=archived):
        try:
            yield parse_sales_invoice(record)
        except ParasutError as error:  # somebody's odd invoice stops nobody
            logger.warning("the invoice {} in Paraşüt can't be read, and is passed over: {}", record.id, error.message)


def _live_else_archived(
    client: ParasutClient,
    resource: str,
    query: tuple[str, str],
    parse: Callable[[Resource], Record],
    matches: Callable[[Record], bool],
) -> list[Record]:
    for archived in ((), (("filter[archived]", "true"),)):
        records = (parse(found) for found in _walk(client, resource, (query, *archived)))
        if found := [record for record in records if matches(record)]:
            return found
    return []


def _walk(client: ParasutClient, resource: str, query: tuple[tuple[str, str], ...] = ()) -> Iterator[Resource]:
    for page in client.pages(resource, query):
        yield from page
