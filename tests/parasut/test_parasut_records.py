from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from syncd.errors import ParasutError
from syncd.parasut.jsonapi import read_one
from syncd.parasut.resources import (
    Account,
    InvoicePayment,
    SalesInvoiceLine,
    parse_account,
    parse_contact,
    parse_product,
    parse_sales_invoice,
)

INVOICE = {
    "description": "Web Sitesi 1001 [sale woocommerce/magaza.test/1001]",
    "issue_date": "2026-11-02",
    "invoice_no": None,
    "net_total": "8400.0",
    "gross_total": "7500.0",
    "total_vat": "1400.0",
    "before_taxes_total": "7000.0",
    "remaining": "0.0",
    "payment_status": "paid",
    "currency": "TRL",
    "item_type": "invoice",
    "order_no": "1001",
    "archived": False,
}
LINE = {
    "quantity": "5.0",
    "unit_price": "1500.0",
    "discount": "500.0",
    "vat_rate": "20.0",
    "vat": "1400.0",
    "net_total": "8400.0",
}


@pytest.fixture
def invoice(record) -> dict[str, Any]:
    """An invoice as it is answered with `include=contact,details,payments`."""
    payment = {"date": "2026-11-03", "amount": "8400.0", "currency": "TRL", "notes": "iyzico"}
    return {
        "data": record(
            "sales_invoices",
            "400001",
            INVOICE,
            contact={"id": "200001", "type": "contacts"},
            details=[{"id": "500001", "type": "sales_invoice_details"}],
            payments=[{"id": "600001", "type": "payments"}],
        ),
        "included": [
            record("contacts", "200001", {"name": "Ayşe Yılmaz"}),
            record("sales_invoice_details", "500001", LINE, product={"id": "300001", "type": "products"}),
            record("payments", "600001", payment),
        ],
    }


def test_an_invoice_is_read_with_its_figures_lines_and_payments(invoice) -> None:
    found = parse_sales_invoice(read_one(invoice))
    assert (found.net_total, found.before_taxes_total, found.total_vat) == (
        Decimal("8400.0"),
        Decimal("7000.0"),
        Decimal("1400.0"),
    )
    assert (found.issue_date, found.payment_status, found.contact_id) == (date(2026, 11, 2), "paid", "200001")
    figures = {name: Decimal(value) for name, value in LINE.items()}
    assert found.lines == (SalesInvoiceLine("500001", **figures),)
    assert found.payments == (InvoicePayment("600001", date(2026, 11, 3), Decimal(8400)),)


def test_what_was_not_included_is_unknown_and_not_empty(record) -> None:
    found = parse_sales_invoice(read_one({"data": record("sales_invoices", "400001", INVOICE)}))
    assert (found.contact_id, found.lines, found.payments) == (None, None, None)


def test_what_is_empty_is_empty_and_not_unknown(record) -> None:
    body = {"data": record("sales_invoices", "400001", INVOICE, contact=None, details=[], payments=[])}
    found = parse_sales_invoice(read_one(body))
    assert (found.contact_id, found.lines, found.payments) == (None, (), ())


def test_payments_of_which_some_were_not_included_are_unknown(invoice) -> None:
    invoice["included"] = invoice["included"][:2]
    found = parse_sales_invoice(read_one(invoice))
    assert found.payments is None
    assert found.lines is not None


def test_an_invoice_without_a_payable_is_an_error_that_names_it(invoice) -> None:
    invoice["data"]["attributes"] = {**INVOICE, "net_total": None}
    with pytest.raises(ParasutError, match="net_total in sales_invoices 400001"):
        parse_sales_invoice(read_one(invoice))


@pytest.mark.parametrize("figure", ["yok", "NaN", "Infinity", True])
def test_a_figure_that_is_no_number_is_an_error(invoice, figure) -> None:
    invoice["data"]["attributes"] = {**INVOICE, "total_vat": figure}
    with pytest.raises(ParasutError, match="total_vat"):
        parse_sales_invoice(read_one(invoice))


@pytest.mark.parametrize("figure", [8400, Decimal("8400.0"), "8400"])
def test_figures_that_are_numbers_are_read_as_well(invoice, figure) -> None:
    invoice["data"]["attributes"] = {**INVOICE, "net_total": figure}
    assert parse_sales_invoice(read_one(invoice)).net_total == 8400


def test_an_estimate_without_anything_to_pay_is_read(invoice) -> None:
    invoice["data"]["attributes"] = {**INVOICE, "item_type": "estimate", "remaining": None, "payment_status": None}
    found = parse_sales_invoice(read_one(invoice))
    assert (found.remaining, found.payment_status) == (0, "")


def test_a_contact_is_read_and_its_persons_data_are_not_shown(record) -> None:
    attributes = {
        "name": "Ayşe Yılmaz",
        "email": "ayse@ornek.test",
        "tax_number": "0123456789",
        "phone": "05320000000",
        "archived": True,
        "account_type": "customer",
        "contact_type": "person",
    }
    found = parse_contact(read_one({"data": record("contacts", "200001", attributes)}))
    assert (found.name, found.email, found.tax_number, found.archived) == (
        "Ayşe Yılmaz",
        "ayse@ornek.test",
        "0123456789",
        True,
    )
    assert "Yılmaz" not in repr(found)
    assert "ayse" not in repr(found)
    assert "0123456789" not in repr(found)


def test_a_product_without_code_is_read(record) -> None:
    attributes = {"code": None, "name": "Kupa", "vat_rate": "20.0", "list_price": None, "currency": "TRL"}
    found = parse_product(read_one({"data": record("products", "300001", attributes)}))
    assert (found.code, found.name, found.archived) == ("", "Kupa", False)


def test_a_record_of_another_type_is_an_error(record) -> None:
    with pytest.raises(ParasutError, match="trackable_jobs where accounts belong"):
        parse_account(read_one({"data": record("trackable_jobs", "1")}))


@pytest.mark.parametrize(
    "body", [{}, {"data": None}, {"data": []}, {"data": {"type": "accounts"}}, {"data": {"id": "1"}}]
)
def test_a_document_without_a_record_is_an_error(body) -> None:
    with pytest.raises(ParasutError):
        read_one(body)


def test_odd_relations_are_passed_over() -> None:
    body = {"data": {"id": 7, "type": "accounts", "attributes": None, "relationships": {"a": None, "b": {"data": [3]}}}}
    assert parse_account(read_one(body)) == Account("7", "", "")


def me(role: dict[str, Any], **company: Any) -> httpx.Response:
    return httpx.Response(
        200,
        json={
            "data": {
                "id": "8001",
                "type": "users",
                "attributes": {"name": "Ayşe Yılmaz", "email": "ayse@ornek.test"},
                "relationships": {"user_roles": {"data": [{"id": "9001", "type": "user_roles"}]}},
            },
            "included": [
                {
                    "id": "9001",
                    "type": "user_roles",
                    "attributes": {"sales_invoices": "rw", "accounts": "ro", "user_role_type": None, **role},
                    "relationships": {"company": {"data": {"id": "115", "type": "companies"}}},
                },
                {
                    "id": "115",
                    "type": "companies",
                    "attributes": {
                        "name": "Örnek Ticaret A.Ş.",
                        "credit_balance": 100,
                        "e_invoicing_activated_at": "2023-12-12",
                        "e_archiving_activated_at": None,
                        "valid_until": "2027-05-13",
                        "new_subscription_status": "active",
                        **company,
                    },
                },
            ],
        },
    )


def test_me_tells_the_companies_and_what_the_user_may_do_there(client, stand_in) -> None:
    stand_in.will(me({}))
    identity = client.me()
    company = identity.company(115)
    assert company is not None
    assert (company.name, company.credit_balance, company.subscription_status) == ("Örnek Ticaret A.Ş.", 100, "active")
    assert (company.e_invoicing_activated_at, company.e_archiving_activated_at) == (date(2023, 12, 12), None)
    assert company.valid_until == date(2027, 5, 13)
    assert dict(company.roles) == {"sales_invoices": "rw", "accounts": "ro"}
    assert identity.can_write(115)
    assert stand_in.work[0].url.path == "/v4/me"
    assert "Yılmaz" not in repr(identity)


@pytest.mark.parametrize("right", ["ro", "na", None])
def test_a_user_who_only_reads_invoices_may_not_write(client, stand_in, right) -> None:
    stand_in.will(me({"sales_invoices": right}))
    assert not client.me().can_write(115)


def test_nobody_may_write_in_a_company_that_is_not_theirs(client, stand_in) -> None:
    stand_in.will(me({}))
    identity = client.me()
    assert not identity.can_write(116)
    assert identity.company(116) is None
