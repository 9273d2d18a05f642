"""What is recorded, and that the stand-in itself keeps to the published description."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox_clients import Parasut, cash, invoice, line, parasut, record

CHECKER = Path(__file__).resolve().parents[2].parent / "shared" / "contracts" / "parasut_contract.py"


def session(client: Parasut) -> None:
    """A bit of everything the stand-in does."""
    client.http.get("/v4/me")
    contact = {"name": "Yeni Alıcı", "account_type": "customer", "contact_type": "person", "tax_number": "11111111111"}
    client("POST", "/contacts", record("contacts", contact), include="category")
    client("PUT", "/contacts/200001", record("contacts", {"name": "Bilge", "account_type": "customer"}))
    client.get("/contacts", {"filter[tax_number]": "0100000007", "include": "category"})
    client.get("/contacts", {"filter[archived]": "true", "page[size]": "25"})
    product = {"name": "Ürün", "code": "X-1", "vat_rate": 20, "inventory_tracking": False}
    client("POST", "/products", record("products", product))
    client.get("/products", {"sort": "id", "page[number]": "1"})
    category = {"name": "Hepsiburada", "category_type": "SalesInvoice", "parent_id": 800001}
    client("POST", "/item_categories", record("item_categories", category), include="parent_category")
    client.get("/item_categories", {"include": "parent_category,subcategories"})
    client.get("/accounts")
    body = invoice(line(2, 499.916667, 20), **cash())
    client("POST", "/sales_invoices", body, include="details,details.product,payments,payments.transaction,contact")
    client("POST", "/sales_invoices", invoice(line(1, 1, 1), item_type="estimate"), include="details")
    client("POST", "/sales_invoices", invoice(line(1, 100, 10)))
    payment = record("payments", {"account_id": 700001, "date": "2026-11-20", "amount": 10.5})
    client("POST", "/sales_invoices/400003/payments", payment, include="transaction")
    client.get(
        "/sales_invoices", {"include": "details,payments,active_e_document", "filter[issue_date][gteq]": "2026-11-01"}
    )
    client.get("/sales_invoices/400001", {"include": "contact,details,payments,category,tags"})
    client.get("/transactions/900001", {"include": "debit_account,payments"})
    client("DELETE", "/sales_invoices/400002")
    client("DELETE", "/sales_invoices/400003/cancel")
    client("PATCH", "/sales_invoices/400003/recover")
    client("PATCH", "/sales_invoices/400003/archive")
    client("PATCH", "/sales_invoices/400003/unarchive")


def test_every_exchange_is_a_line_and_secrets_are_masked(tmp_path: Path) -> None:
    traffic = tmp_path / "traffic.jsonl"
    with parasut(traffic=traffic) as (sandbox, client):
        session(client)
        written = traffic.read_text(encoding="utf-8")  # flushed before the sandbox stops
        lines: list[dict[str, Any]] = [json.loads(line) for line in written.splitlines()]
        assert len(lines) == len(sandbox.traffic) == 23
        assert {tuple(line) for line in lines} == {("method", "path", "query", "body", "status", "response")}
        assert [line["status"] for line in lines if not 200 <= line["status"] < 300] == []
        for secret in (sandbox.options.client_secret, sandbox.options.password, client.tokens["access_token"]):
            assert secret not in written


def test_a_session_keeps_to_the_published_description(tmp_path: Path) -> None:
    traffic = tmp_path / "traffic.jsonl"
    with parasut(traffic=traffic) as (sandbox, client):
        session(client)
        exchanges = sandbox.traffic
    figures = ("net_total", "total_vat", "unit_price", "quantity", "amount", "balance", "list_price", "remaining")
    for exchange in exchanges:
        data = (exchange.response or {}).get("data", [])
        for resource in [*(data if isinstance(data, list) else [data]), *(exchange.response or {}).get("included", [])]:
            assert isinstance(resource["id"], str)
            assert all(isinstance(resource["attributes"].get(name, "0.0"), str) for name in figures)
    if CHECKER.is_file():
        command = [sys.executable, str(CHECKER), str(traffic), "--responses"]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (outcome.returncode, outcome.stdout.splitlines()[:-1]) == (0, [])


def test_the_sandbox_imports_nothing_else_of_syncd() -> None:
    code = (
        "import sys, syncd.sandbox.server; "
        "print(sorted(m for m in sys.modules if m.startswith('syncd.') and not m.startswith('syncd.sandbox')))"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == "[]"
