"""The connection test (Bağlantıyı Test Et): what works at each service, what doesn't, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from syncd.errors import Hold, NotExecuted, ParasutError, PlatformError
from syncd.ledger.mirror import Mirrored
from syncd.parasut.client import ParasutClient
from syncd.parasut.identity import Identity
from syncd.parasut.lookups import find_products_by_code
from syncd.sync.categories import resolve_category
from syncd.sync.knowledge import LedgerKnowledge
from syncd.sync.refresh import Refresher
from syncd.sync.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing tried at one service."""

    service: str
    what: str
    ok: bool
    message: str = ""
    remedy: str = ""
    unreachable: bool = False


def try_connections(workshop: Workshop) -> Iterator[Finding]:
    """Try the login and the rights at Paraşüt, the accounts, categories and products that rules name, each platform."""
    assert workshop.client is not None
    yield from _parasut(workshop, workshop.client)
    for name, platform in workshop.platforms.items():
        try:
            for found in platform.check():
                yield Finding(name, found.what, found.ok, found.message, found.remedy)
        except PlatformError as error:
            yield Finding(name, "connection", False, error.message, error.remedy, unreachable=True)


def _parasut(workshop: Workshop, client: ParasutClient) -> Iterator[Finding]:
    company_id = workshop.settings.parasut.company_id
    try:
        identity = _logged_in(workshop, client)
    except ParasutError as error:
        yield Finding("parasut", "login", False, error.message, _remedy(error), isinstance(error, NotExecuted))
        return
    yield Finding("parasut", "login", True, "client id, client secret, user name and password are right")
    company = identity.company(company_id)
    if company is None:
        visible = ", ".join(str(known.id) for known in identity.companies) or "none"
        yield Finding(
            "parasut",
            "company",
            False,
            f"the user can't see company {company_id}; visible: {visible}",
            "Correct parasut.company_id (Müşteri ID), or invite the user to the company in Paraşüt.",
        )
        return
    yield Finding("parasut", "company", True, f"{company.name} ({company.id})")
    rights = identity.can_write(company_id)
    yield Finding(
        "parasut",
        "rights",
        rights,
        "the user may write sales invoices" if rights else "the user may not write sales invoices",
        "" if rights else "Give the user the right to edit sales (Satışlar) in Paraşüt.",
    )
    try:
        Refresher(client, workshop.ledger, workshop.clock).small_lists(at_once=True)
        yield from _named_records(workshop, client)
    except ParasutError as error:
        yield Finding("parasut", "lists", False, error.message, _remedy(error), isinstance(error, NotExecuted))


def _logged_in(workshop: Workshop, client: ParasutClient) -> Identity:
    """Who is logged in, after a login of its own: one that is kept would also work with wrong credentials.

    A login that fails leaves the one that was kept where it was; a daemon may be working with it.
    """
    company = workshop.ledger.company
    kept = company.tokens()
    company.clear_tokens()
    try:
        return client.me()
    except ParasutError:
        if kept is not None and company.tokens() is None:
            company.set_tokens(*kept)
        raise


def _remedy(error: ParasutError) -> str:
    if error.remedy:
        return error.remedy
    if isinstance(error, NotExecuted):
        return "Check the network, the name server and parasut.base_url; a firewall may be in the way."
    return "Give syncd's user the rights for sales (Satışlar) and accounts (Kasa ve Bankalar) in Paraşüt."


def _named_records(workshop: Workshop, client: ParasutClient) -> Iterator[Finding]:
    knowledge = LedgerKnowledge(workshop.ledger)
    accounts = {account.name for account in knowledge.accounts()}
    for rule in workshop.settings.rules:
        for method, choice in rule.payment.items():
            if choice.account in accounts:
                yield Finding("parasut", "account", True, f"{choice.account} (payment {method!r} of {rule.name})")
            elif choice.account is not None:
                known = ", ".join(sorted(accounts)) or "none"
                message = f"rule {rule.name}, payment {method!r}: Paraşüt has no account {choice.account!r}"
                yield Finding("parasut", "account", False, message, f"Make it in Paraşüt or use one of: {known}.")
        for kind, template in (
            ("SalesInvoice", rule.categories.invoice),
            ("Contact", rule.categories.contact),
            ("Product", rule.categories.product),
        ):
            if template is None or "{" in template.text:
                continue  # a templated name is known only with its order
            try:
                _, steps = resolve_category(template.text, kind, rule.categories.missing, knowledge)
            except Hold as hold:
                yield Finding("parasut", "category", False, f"rule {rule.name}: {hold.message}", hold.remedy)
                continue
            words = "will be made" if steps else "found"
            yield Finding("parasut", "category", True, f"{template.text} ({kind}): {words}")
        if rule.product.use is not None:
            yield _substitute(workshop, client, rule.name, rule.product.use)


def _substitute(workshop: Workshop, client: ParasutClient, rule: str, code: str) -> Finding:
    found = find_products_by_code(client, code)
    workshop.ledger.mirror.store(
        "products", [Mirrored(product.id, product.name, product.code, archived=product.archived) for product in found]
    )
    if len(found) == 1:
        return Finding("parasut", "product", True, f"{code}: {found[0].name}")
    count = "no product" if not found else f"{len(found)} products"
    remedy = "Make it in Paraşüt, with a code of its own, or correct `product: {use: …}`."
    return Finding("parasut", "product", False, f"rule {rule}: Paraşüt has {count} with the code {code!r}", remedy)
