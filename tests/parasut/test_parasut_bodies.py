from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

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
from syncd.parasut.request import Request


def test_a_contact_is_a_customer_in_a_category() -> None:
    assert contact_body({"name": "Ayşe Yılmaz", "tax_number": "0123456789"}, "11") == Request(
        "POST",
        "contacts",
        (("include", "category"),),
        {
            "data": {
                "type": "contacts",
                "attributes": {"account_type": "customer", "name": "Ayşe Yılmaz", "tax_number": "0123456789"},
                "relationships": {"category": {"data": {"id": "11", "type": "item_categories"}}},
            }
        },
    )


def test_a_product_without_a_category_says_nothing_about_one() -> None:
    assert product_body({"name": "Kupa", "code": "KUPA-1", "vat_rate": Decimal(20)}).body == {
        "data": {"type": "products", "attributes": {"name": "Kupa", "code": "KUPA-1", "vat_rate": Decimal(20)}}
    }


def test_a_category_hangs_under_its_parent_by_number() -> None:
    assert category_body("Web", "SalesInvoice", "12").body == {
        "data": {
            "type": "item_categories",
            "attributes": {"name": "Web", "category_type": "SalesInvoice", "parent_id": 12},
        }
    }
    assert "parent_id" not in str(category_body("Web", "SalesInvoice").body)


def test_a_paid_invoice_is_one_request() -> None:
    request = sales_invoice_body(
        {"description": "Web Sitesi 1001", "issue_date": date(2026, 11, 2), "currency": "TRL"},
        "200001",
        [
            InvoiceLine("300001", Decimal(2), Decimal("41.67"), Decimal("0.01"), Decimal(20), "mavi"),
            InvoiceLine("300002", Decimal("0.5"), Decimal("10.00"), Decimal(0), Decimal(1)),
        ],
        "13",
        CashPayment("700001", date(2026, 11, 2), "iyzico 1001"),
    )
    assert (request.method, request.path, request.is_write) == ("POST", "sales_invoices", True)
    assert request.query == (("include", "contact,details,payments"),)
    assert json.loads(request.content, parse_float=Decimal) == {
        "data": {
            "type": "sales_invoices",
            "attributes": {
                "item_type": "invoice",
                "description": "Web Sitesi 1001",
                "issue_date": "2026-11-02",
                "currency": "TRL",
                "cash_sale": True,
                "payment_account_id": 700001,
                "payment_date": "2026-11-02",
                "payment_description": "iyzico 1001",
            },
            "relationships": {
                "contact": {"data": {"id": "200001", "type": "contacts"}},
                "details": {
                    "data": [
                        {
                            "type": "sales_invoice_details",
                            "attributes": {
                                "quantity": 2,
                                "unit_price": Decimal("41.67"),
                                "vat_rate": 20,
                                "discount_type": "amount",
                                "discount_value": Decimal("0.01"),
                                "description": "mavi",
                            },
                            "relationships": {"product": {"data": {"id": "300001", "type": "products"}}},
                        },
                        {
                            "type": "sales_invoice_details",
                            "attributes": {
                                "quantity": Decimal("0.5"),
                                "unit_price": Decimal("10.00"),
                                "vat_rate": 1,
                            },
                            "relationships": {"product": {"data": {"id": "300002", "type": "products"}}},
                        },
                    ]
                },
                "category": {"data": {"id": "13", "type": "item_categories"}},
            },
        }
    }


def test_an_unpaid_invoice_says_nothing_about_payment() -> None:
    body = sales_invoice_body({"issue_date": "2026-11-02"}, "200001", [])
    assert not [name for name in body.body["data"]["attributes"] if "payment" in name or name == "cash_sale"]


def test_an_estimate_stays_an_estimate() -> None:
    body = sales_invoice_body({"item_type": "estimate", "issue_date": "2026-11-02"}, "200001", [])
    assert body.body["data"]["attributes"]["item_type"] == "estimate"


def test_a_payment_belongs_to_its_invoice() -> None:
    request = payment_body("400001", "700001", date(2026, 11, 2), Decimal("120.00"), "iyzico 1001")
    assert (request.path, request.query) == ("sales_invoices/400001/payments", (("include", "transaction"),))
    assert request.content == (
        b'{"data":{"type":"payments","attributes":{"account_id":700001,"date":"2026-11-02","amount":120.00,'
        b'"description":"iyzico 1001"}}}'
    )


def test_a_deletion_has_no_body() -> None:
    request = delete_sales_invoice("400001")
    assert (request.method, request.path, request.content, request.is_write) == (
        "DELETE",
        "sales_invoices/400001",
        None,
        True,
    )


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (Decimal("0.1"), b"0.1"),
        (Decimal("1E+2"), b"100"),
        (Decimal("1E-7"), b"0.0000001"),
        (Decimal("12345678901234567.89"), b"12345678901234567.89"),
        (20, b"20"),
    ],
)
def test_numbers_are_written_with_exactly_their_digits(number, written) -> None:
    assert Request("POST", "x", (), {"n": [number]}).content == b'{"n":[' + written + b"]}"


@pytest.mark.parametrize(("number", "error"), [(0.1, TypeError), (Decimal("NaN"), ValueError)])
def test_what_is_no_exact_number_is_never_sent(number, error) -> None:
    with pytest.raises(error):
        _ = Request("POST", "x", (), {"n": number}).content


def test_a_request_is_shown_without_what_it_filters_by() -> None:
    request = Request("GET", "contacts", (("filter[email]", "ayse@ornek.test"), ("page[size]", "25")))
    assert str(request) == "GET contacts?filter[email]=…&page[size]=25"
    assert "ayse" not in repr(request)
