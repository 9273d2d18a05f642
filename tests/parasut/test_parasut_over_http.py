"""The client against the sandbox, over real HTTP on the loopback. The clock is a fake one for both sides."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from syncd.config.settings import ParasutSettings, Secret
from syncd.errors import CompanyStopped, NotExecuted, OutcomeUnknown, Refused
from syncd.parasut import lookups
from syncd.parasut.bodies import (
    CashPayment,
    InvoiceLine,
    category_body,
    contact_body,
    delete_sales_invoice,
    payment_body,
    product_body,
    sales_invoice_body,
)
from syncd.parasut.client import ParasutClient
from syncd.parasut.request import Request
from syncd.parasut.resources import (
    parse_contact,
    parse_item_category,
    parse_payment,
    parse_product,
    parse_sales_invoice,
)
from syncd.sandbox.faults import Fault
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

AYSE = contact_body({"name": "Ayşe Yılmaz", "contact_type": "person", "email": "ayse@ornek.test", "city": "Bursa"})


@pytest.fixture
def sandbox(clock) -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(), clock=clock) as running:
        books = running.parasut
        books.add_account("Kasa Defteri", "cash")
        books.add_contact("Bilge Defter A.Ş.", tax_number="0000000106")
        books.add_contact("Kapanan Bakkal", tax_number="0000000202", archived=True)
        books.add_product("Defter", code="DFT-1", vat_rate=Decimal(20))
        books.add_product("Eski Defter", code="DFT-0", vat_rate=Decimal(20), archived=True)
        yield running


def settings_for(options: SandboxOptions, base_url: str) -> ParasutSettings:
    return ParasutSettings(
        company_id=options.company_id,
        client_id=Secret(options.client_id),
        client_secret=Secret(options.client_secret),
        username=Secret(options.username),
        password=Secret(options.password),
        base_url=base_url,
        timeout_seconds=5,
    )


@pytest.fixture
def connect(sandbox, tokens, budget, clock) -> Iterator[Callable[..., ParasutClient]]:
    opened: list[ParasutClient] = []

    def make(**changes: Any) -> ParasutClient:
        chosen = replace(settings_for(sandbox.options, sandbox.parasut_url), **changes)
        opened.append(ParasutClient(chosen, tokens, budget, clock=clock, sleep=clock.sleep))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def client(connect) -> ParasutClient:
    return connect()


def statuses(sandbox: Sandbox) -> list[tuple[str, int]]:
    return [(exchange.path.rsplit("/", 1)[-1], exchange.status) for exchange in sandbox.traffic]


def line(product_id: str, price: str, quantity: int = 1, discount: str = "0") -> InvoiceLine:
    return InvoiceLine(product_id, Decimal(quantity), Decimal(price), Decimal(discount), Decimal(20))


def an_invoice(client: ParasutClient, *, payment: CashPayment | None, discount: str = "0") -> Request:
    product_id = lookups.find_products_by_code(client, "DFT-1")[0].id
    contact_id = lookups.find_contacts_by_tax_number(client, "0000000106")[0].id
    attributes = {
        "description": "Web Sitesi 1001 [sale woocommerce/magaza.test/1001]",
        "issue_date": date(2026, 11, 2),
        "due_date": date(2026, 11, 2),
        "currency": "TRL",
        "order_no": "1001",
        "order_date": "2026-11-01",
        "shipment_included": False,
        "billing_address": "Deneme Sk. 1",
        "city": "Bursa",
        "district": "Nilüfer",
        "tax_number": "0123456789",
        "invoice_note": "Sipariş no: 1001",
    }
    category_id = parse_item_category(client.send(category_body("Web", "SalesInvoice")).resource).id
    return sales_invoice_body(attributes, contact_id, [line(product_id, "250.00", 2, discount)], category_id, payment)


def test_a_paid_invoice_is_made_in_one_call_and_read_back(client, sandbox) -> None:
    account = next(account for account in lookups.accounts(client) if account.name == "Kasa Defteri")
    payment = CashPayment(account.id, date(2026, 11, 2), "iyzico 1001")
    made = parse_sales_invoice(client.send(an_invoice(client, payment=payment, discount="50.00")).resource)
    assert (made.before_taxes_total, made.total_vat, made.net_total) == (450, 90, 540)
    assert (made.payment_status, made.remaining) == ("paid", 0)
    assert made.payments is not None
    assert [(payment.amount, payment.date) for payment in made.payments] == [(540, date(2026, 11, 2))]
    assert made.lines is not None
    assert [(found.quantity, found.unit_price, found.discount, found.net_total) for found in made.lines] == [
        (2, 250, 50, 540)
    ]
    assert lookups.invoice(client, made.id) == made
    assert sandbox.traffic[-2].status == 201


def test_an_unpaid_invoice_takes_a_payment_of_its_own_and_can_be_deleted(client) -> None:
    account = next(account for account in lookups.accounts(client) if account.name == "Kasa Defteri")
    made = parse_sales_invoice(client.send(an_invoice(client, payment=None)).resource)
    assert (made.payment_status, made.payments) != ("paid", None)
    request = payment_body(made.id, account.id, date(2026, 11, 2), made.remaining, "nakit")
    assert parse_payment(client.send(request).resource).amount == 600
    assert lookups.invoice(client, made.id).payment_status == "paid"

    draft = parse_sales_invoice(client.send(an_invoice(client, payment=None)).resource)
    assert client.send(delete_sales_invoice(draft.id)).status == 204
    with pytest.raises(Refused, match="SalesInvoice") as refused:
        lookups.invoice(client, draft.id)
    assert refused.value.status == 404


def test_contacts_products_and_categories_are_made_and_found_again(client) -> None:
    parent = parse_item_category(client.send(category_body("Web Müşterileri", "Contact")).resource)
    child = parse_item_category(client.send(category_body("Bursa", "Contact", parent.id)).resource)
    assert child in lookups.categories(client, "Contact")
    assert child.parent_id == parent.id

    attributes = {
        "name": "Ayşe Yılmaz",
        "contact_type": "person",
        "email": "ayse@ornek.test",
        "tax_number": "10000000146",
    }
    answered = client.send(contact_body(attributes, child.id)).resource
    assert answered.related_id("category") == child.id
    made = parse_contact(answered)
    assert [contact.id for contact in lookups.find_contacts_by_tax_number(client, "10000000146")] == [made.id]
    assert [contact.id for contact in lookups.find_contacts_by_email(client, "ayse@ornek.test")] == [made.id]

    request = product_body({"name": "Kupa", "code": "KUPA-1", "vat_rate": Decimal(20), "unit": "Adet"})
    product = parse_product(client.send(request).resource)
    assert [found.id for found in lookups.find_products_by_code(client, "KUPA-1")] == [product.id]


def test_archived_records_are_found(client) -> None:
    assert [found.archived for found in lookups.find_products_by_code(client, "DFT-0")] == [True]
    assert [found.archived for found in lookups.find_contacts_by_tax_number(client, "0000000202")] == [True]


def test_a_long_list_is_walked_in_both_directions_within_the_rate(client, sandbox, clock) -> None:
    for number in range(260):
        sandbox.parasut.add_contact(f"Müşteri {number}")
    pages = list(client.pages("contacts"))
    forth = [int(resource.id) for page in pages for resource in page]
    back = [int(resource.id) for page in client.pages("contacts", newest_first=True) for resource in page]
    assert forth == sorted(forth)
    assert back == forth[::-1]
    assert len(forth) == pages[0].total_count > 260
    assert client.throttled == 0
    assert sum(clock.slept) > 10


def test_me_tells_that_the_user_may_write(client, sandbox) -> None:
    identity = client.me()
    assert identity.can_write(sandbox.options.company_id)
    assert not identity.can_write(1)


def test_an_expired_token_is_renewed_and_a_revoked_one_too(client, sandbox, tokens, clock) -> None:
    client.send(AYSE)
    clock.now += 7300
    client.send(AYSE)
    tokens.save(replace(tokens.load(), access_token="revoked", expires_at=datetime.fromtimestamp(clock.now + 900, UTC)))
    client.send(AYSE)
    tokens.save(replace(tokens.load(), refresh_token="used-up", expires_at=datetime.fromtimestamp(clock.now, UTC)))
    client.send(AYSE)
    assert statuses(sandbox) == [
        ("token", 200),
        ("contacts", 201),
        ("token", 200),
        ("contacts", 201),
        ("contacts", 401),
        ("token", 200),
        ("contacts", 201),
        ("token", 401),
        ("token", 200),
        ("contacts", 201),
    ]


def test_a_wrong_password_stops_the_company(connect, sandbox) -> None:
    with pytest.raises(CompanyStopped, match="refused the login"):
        connect(password=Secret("yanlis")).send(AYSE)
    assert statuses(sandbox) == [("token", 401)]


@pytest.mark.parametrize("kind", ["close_after", "truncate", "close_before", "500", "502html"])
def test_a_create_without_a_whole_answer_is_unknown_and_sent_once(client, sandbox, kind) -> None:
    before = len(sandbox.parasut.contacts)
    sandbox.faults.add(Fault(kind, "POST", "/contacts$"))
    with pytest.raises(OutcomeUnknown):
        client.send(AYSE)
    assert len(sandbox.parasut.contacts) == before + (kind in ("close_after", "truncate"))
    assert [name for name, _ in statuses(sandbox)] == ["token", "contacts"]


def test_a_create_that_takes_too_long_is_unknown(connect, sandbox) -> None:
    before = len(sandbox.parasut.contacts)
    sandbox.faults.add(Fault("timeout_after", "POST", "/contacts$"))
    with pytest.raises(OutcomeUnknown, match="no answer in time"):
        connect(timeout_seconds=0.2).send(AYSE)
    assert len(sandbox.parasut.contacts) == before + 1


@pytest.mark.parametrize("kind", ["close_before", "truncate", "500", "502html", "429"])
def test_a_read_survives_two_bad_answers(client, sandbox, kind) -> None:
    sandbox.faults.add(Fault(kind, "GET", "/accounts$", times=2))
    assert "Kasa Defteri" in [account.name for account in lookups.accounts(client)]


def test_a_create_that_was_throttled_is_made_once(client, sandbox) -> None:
    before = len(sandbox.parasut.contacts)
    sandbox.faults.add(Fault("429", "POST", "/contacts$", times=2))
    client.send(AYSE)
    assert len(sandbox.parasut.contacts) == before + 1
    assert client.throttled == 2


@pytest.mark.parametrize("kind", ["402", "html_403"])
def test_a_closed_door_stops_the_company(client, sandbox, kind) -> None:
    sandbox.faults.add(Fault(kind, "POST", "/contacts$"))
    with pytest.raises(CompanyStopped):
        client.send(AYSE)


def test_two_401_in_a_row_stop_the_company(client, sandbox) -> None:
    sandbox.faults.add(Fault("401", "POST", "/contacts$", times=2))
    with pytest.raises(CompanyStopped):
        client.send(AYSE)


def test_a_line_without_a_product_is_refused_in_the_words_of_parasut(client) -> None:
    contact_id = lookups.find_contacts_by_tax_number(client, "0000000106")[0].id
    request = sales_invoice_body({"issue_date": "2026-11-02"}, contact_id, [line("1", "10.00")])
    assert request.body is not None
    del request.body["data"]["relationships"]["details"]["data"][0]["relationships"]
    with pytest.raises(Refused) as refused:
        client.send(request)
    assert (refused.value.status, refused.value.details) == (422, ("Ürün/hizmet doldurulmalı",))


def test_nobody_at_the_address_is_not_executed(connect) -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        client = connect(base_url=f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(NotExecuted, match=r"127\.0\.0\.1"):
            client.send(AYSE)
