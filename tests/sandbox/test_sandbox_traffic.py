"""What is recorded, and that the stand-in itself keeps to the published description."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sandbox_clients import Parasut, cash, invoice, line, parasut, record

from syncd.sandbox.exchange import Exchange

# The description itself is too large to carry along; where it is at hand, the session is held against it, too.
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


# What the published description says of every answer, restated: figures are text with a point, ids are text, a relation
# that was not asked for is {"meta": {}}, and one that was leads to a record beside the data (of a nested one like
# details.product only the id is there).
FIGURES = {
    "sales_invoices": ("net_total", "gross_total", "before_taxes_total", "total_vat", "total_discount", "remaining",
                       "total_paid", "exchange_rate"),
    "sales_invoice_details": ("quantity", "unit_price", "vat_rate", "vat", "discount", "net_total"),
    "payments": ("amount", "matched_amount", "amount_in_trl"),
    "contacts": ("balance", "trl_balance"),
    "products": ("vat_rate", "list_price", "buying_price", "stock_count"),
    "accounts": ("balance",),
    "transactions": ("amount_in_trl", "debit_amount"),
    "item_categories": (),
    "users": (), "user_roles": (), "companies": (), "profiles": (), "tags": (),
}  # fmt: skip
FIGURE = re.compile(r"-?\d+\.\d+")
CREATED = {"POST": 201, "GET": 200, "PUT": 200, "PATCH": 200}


def records(response: Any) -> list[dict[str, Any]]:
    data = response.get("data", [])
    return [*(data if isinstance(data, list) else [data]), *response.get("included", [])]


def complaints(exchange: Exchange) -> Iterator[str]:
    """What one exchange of a session breaks of that."""
    if exchange.path == "/oauth/token":
        return
    if exchange.method == "DELETE" and exchange.status == 204:
        if exchange.response is not None:
            yield "a 204 has a body"
        return
    if exchange.status != CREATED.get(exchange.method, 200):
        yield f"{exchange.method} is answered {exchange.status}"
    response: Any = exchange.response
    listed = isinstance(response.get("data"), list)
    if listed and not {"current_page", "total_pages", "total_count", "per_page"} <= set(response.get("meta", {})):
        yield "a list does not say how long it is"
    beside = {(record["type"], record["id"]) for record in records(response)}
    if len(beside) < len(records(response)) and not listed:
        yield "a record comes twice"
    asked = {name.partition(".")[0] for name in (exchange.query.get("include") or "").split(",")}
    first = response["data"] if listed else [response["data"]]
    for found in records(response):
        where = f"{found['type']} {found['id']}"
        if not isinstance(found["id"], str) or not isinstance(found["type"], str):
            yield f"{where}: id or type is no text"
        for name in FIGURES[found["type"]]:
            value = found["attributes"][name]
            if not (isinstance(value, str) and FIGURE.fullmatch(value)):
                yield f"{where}: {name} is {value!r}"
        for name, relation in found.get("relationships", {}).items():
            if relation == {"meta": {}}:
                if any(found is one for one in first) and name in asked:
                    yield f"{where}: {name} was asked for and is not there"
                continue
            if set(relation) != {"data"}:
                yield f"{where}: {name} is neither data nor an empty meta"
                continue
            targets = relation["data"] if isinstance(relation["data"], list) else [relation["data"]]
            for target in filter(None, targets):
                if any(found is one for one in first) and (target["type"], target["id"]) not in beside:
                    yield f"{where}: {name} leads to a record that did not come"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Exchange]]:
    """A session, as lines and as exchanges."""
    traffic = tmp_path_factory.mktemp("session") / "traffic.jsonl"
    with parasut(traffic=traffic) as (sandbox, client):
        session(client)
        return traffic, list(sandbox.traffic)


def by_what_is_restated(traffic: Path, exchanges: list[Exchange]) -> list[str]:
    return [f"{one.method} {one.path}: {complaint}" for one in exchanges for complaint in complaints(one)]


def by_the_description_itself(traffic: Path, exchanges: list[Exchange]) -> list[str]:
    command = [sys.executable, str(CHECKER), str(traffic), "--responses"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    return outcome.stdout.splitlines()[: None if outcome.returncode else -1] + outcome.stderr.splitlines()


CHECKS = [by_what_is_restated, *([by_the_description_itself] if CHECKER.is_file() else [])]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_session_keeps_to_the_published_description(
    check: Callable[[Path, list[Exchange]], list[str]], recorded: tuple[Path, list[Exchange]]
) -> None:
    assert check(*recorded) == []


def spoilt_id(response: Any) -> None:
    response["data"]["id"] = 400001


def spoilt_figure(response: Any) -> None:
    response["data"]["attributes"]["net_total"] = 1199.8


def spoilt_relation(response: Any) -> None:
    response["data"]["relationships"]["contact"] = {"meta": {}}


def spoilt_inclusion(response: Any) -> None:
    response["included"] = [one for one in response["included"] if one["type"] != "contacts"]


@pytest.mark.parametrize("spoil", [spoilt_id, spoilt_figure, spoilt_relation, spoilt_inclusion])
def test_an_answer_that_does_not_is_noticed(
    spoil: Callable[[Any], None], recorded: tuple[Path, list[Exchange]]
) -> None:
    made = next(one for one in recorded[1] if one.method == "POST" and one.path.endswith("/sales_invoices"))
    response = deepcopy(made.response)
    spoil(response)
    assert len(list(complaints(replace(made, response=response)))) == 1


def test_the_sandbox_imports_nothing_else_of_syncd() -> None:
    code = (
        "import sys, syncd.sandbox.server; "
        "print(sorted(m for m in sys.modules if m.startswith('syncd.') and not m.startswith('syncd.sandbox')))"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == "[]"
