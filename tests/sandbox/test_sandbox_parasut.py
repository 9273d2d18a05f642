from __future__ import annotations

from typing import Any

import httpx
import pytest
from sandbox_clients import Clock, Parasut, cash, invoice, line, parasut, password_form, record


def errors(answer: httpx.Response) -> tuple[int, list[str]]:
    return answer.status_code, [error["detail"] for error in answer.json()["errors"]]


def test_a_cash_sale_is_a_paid_invoice_in_one_call() -> None:
    with parasut() as (sandbox, client):
        body = invoice(
            line(2, 499.916667, 20), line("1", "296.534653", "1", "300002"), **cash(payment_description="POS")
        )
        answer = client("POST", "/sales_invoices", body, include="details,payments,contact,category")
        assert answer.status_code == 201
        shown = answer.json()
        figures = {name: shown["data"]["attributes"][name] for name in FIGURES}
        assert figures == {
            "gross_total": "1296.37",
            "before_taxes_total": "1296.36",
            "total_vat": "202.94",
            "net_total": "1499.3",
            "total_paid": "1499.3",
            "remaining": "0.0",
            "payment_status": "paid",
        }
        relations = shown["data"]["relationships"]
        assert relations["category"] == {"data": None}
        assert relations["tags"] == {"meta": {}}
        assert [one["id"] for one in relations["details"]["data"]] == ["500001", "500002"]
        by_type = {one["type"]: one for one in shown["included"]}
        assert by_type["payments"]["attributes"]["notes"] == "POS"
        assert by_type["payments"]["relationships"]["payable"] == {"meta": {}}
        assert sandbox.parasut.invoices["400001"]["payment_status"] == "paid"
        assert client.get("/accounts").json()["data"][0]["attributes"]["balance"] == "1499.3"


FIGURES = ("gross_total", "before_taxes_total", "total_vat", "net_total", "total_paid", "remaining", "payment_status")


def test_the_switches_reach_the_invoice() -> None:
    with parasut(vat="invoice", line_net="exact", price_decimals=2, discount="unit") as (_, client):
        body = invoice(line(3, 0.126, 20, discount_type="amount", discount_value=0.01))
        answer = client("POST", "/sales_invoices", body, include="details").json()
        detail = answer["included"][0]["attributes"]
        # 3 × 0.13 = 0.39 less 3 × 0.01; VAT 0.072
        assert (detail["unit_price"], detail["discount"], detail["vat"]) == ("0.13", "0.03", "0.07")
        assert answer["data"]["attributes"]["net_total"] == "0.43"


def test_a_cash_sale_that_is_ignored_leaves_the_invoice_unpaid() -> None:
    with parasut(cash_sale="ignored") as (_, client):
        attributes = client("POST", "/sales_invoices", invoice(line(1, 100, 20), **cash())).json()["data"]["attributes"]
        assert (attributes["remaining"], attributes["total_paid"], attributes["cash_sale"]) == ("120.0", "0.0", True)


@pytest.mark.parametrize(
    ("body", "status", "details"),
    [
        (invoice(line(1, 100, 20, None)), 422, ["Ürün/hizmet doldurulmalı"]),
        (
            invoice(line(1, 100, 20), cash_sale=True),
            422,
            ["Peşin satışta hesap doldurulmalı", "Peşin satışta ödeme tarihi doldurulmalı"],
        ),
        (invoice(line(1, 100, 20), contact="123"), 404, ["Contact-123"]),
        (invoice(line(1, 100, 20, "9")), 404, ["Product-9"]),
        (invoice({**line(1, 100, 20), "id": "7"}), 404, ["SalesInvoiceDetail-7"]),
        (invoice(line(1, 100, 20), net_total=120), 400, ["'net_total' is read-only"]),
        (invoice(line(1, 100, 20), issue_date="20.11.2026"), 400, ["'issue_date' is not a date"]),
        (invoice(line(1, 100, 20), currency="TRY"), 422, ["currency: 'TRY' is not one of TRL, USD, EUR, GBP"]),
        (invoice(line(1, 100, 20), item_type="estimate", **cash()), 422, ["Bu kayda tahsilat eklenemez"]),
        (invoice(line(1, 100, 20), description="x" * 256), 422, ["Açıklama çok uzun (en fazla 255 karakter)"]),
        (record("contacts", {"name": "X"}), 400, ["data->type must be: sales_invoices"]),
        ({"sales_invoice": {}}, 400, ["data is missing"]),
    ],
)
def test_what_an_invoice_may_not_be_is_refused_and_nothing_is_left(body: Any, status: int, details: list[str]) -> None:
    with parasut() as (sandbox, client):
        assert errors(client("POST", "/sales_invoices", body)) == (status, details)
        assert (sandbox.parasut.invoices, sandbox.parasut.details, sandbox.parasut.payments) == ({}, {}, {})


def test_words_the_description_does_not_know_are_refused() -> None:
    with parasut() as (_, client):
        bad = record("contacts", {"name": "X", "account_type": "customer", "vkn": "1"})
        status, (detail,) = errors(client("POST", "/contacts", bad))
        assert (status, detail.split(".")[0]) == (400, "'vkn' is not a valid attribute")
        bad = record("contacts", {"name": "X", "account_type": "customer"}, owner={"type": "users", "id": "1"})
        assert errors(client("POST", "/contacts", bad))[0] == 400
        for query in (
            {"filter[status]": "x"},
            {"filter[issue_date][gte]": "2026-01-01"},
            {"filter[issue_date]": "2026-01-01,2026-01-31"},
            {"sort": "created_at"},
            {"include": "details.warehouse"},
            {"page": "2"},
            {"page[size]": "26"},
        ):
            assert client.get("/sales_invoices", query).status_code == 400, query
        assert errors(client.get("/sales_invoices", {"filter[issue_date]": "a,b"})) == (
            400,
            ["'issue_date' is not a date"],
        )
        assert errors(client.get("/contacts", {"include": "contact_people.contact"})) == (
            400,
            ["contact_people.contact is not a valid relation. Acceptable: category, contact_portal, contact_people"],
        )
        assert errors(client.get("/e_archives")) == (404, ["No route matches."])
        assert errors(client.get("/sales_invoices/9999999999")) == (404, ["SalesInvoice-9999999999"])


@pytest.mark.parametrize(("switch", "status"), [("400", 400), ("422", 422), ("clamp", 200)])
def test_a_large_page_is_answered_as_the_switch_says(switch: str, status: int) -> None:
    with parasut(page_size_answer=switch) as (_, client):
        answer = client.get("/contacts", {"page[size]": "100"})
        assert answer.status_code == status
        if status == 200:
            assert answer.json()["meta"]["per_page"] == 25


def test_pages_are_linked_and_sorted_by_id() -> None:
    with parasut() as (sandbox, client):
        sandbox.parasut.contacts.clear()
        for number in range(17):
            sandbox.parasut.add_contact(f"Alıcı {number}")
        first = client.get("/contacts").json()
        assert (len(first["data"]), first["meta"]["total_count"], first["meta"]["total_pages"]) == (15, 17, 2)
        assert first["links"]["prev"] is None
        assert "page%5Bnumber%5D=2" in first["links"]["next"]
        last = client.http.get(first["links"]["next"]).json()
        assert [one["attributes"]["name"] for one in last["data"]] == ["Alıcı 15", "Alıcı 16"]
        assert last["links"]["next"] is None
        ids = [int(one["id"]) for one in first["data"] + last["data"]]
        assert ids == sorted(ids)


def test_archived_records_are_only_in_a_list_that_asks_for_them() -> None:
    with parasut() as (_, client):
        assert client.get("/products", {"filter[code]": "ESK-90"}).json()["data"] == []
        query = {"filter[code]": "ESK-90", "filter[archived]": "true"}
        assert [one["attributes"]["code"] for one in client.get("/products", query).json()["data"]] == ["ESK-90"]
        assert client.get("/item_categories", {"filter[archived]": "true"}).status_code == 400


def test_leading_zeros_are_kept_and_searched_for() -> None:
    with parasut() as (_, client):
        found = client.get("/contacts", {"filter[tax_number]": "0100000007"}).json()["data"]
        assert [one["attributes"]["tax_number"] for one in found] == ["0100000007"]
        assert client.get("/contacts", {"filter[tax_number]": "100000007"}).json()["data"] == []
        assert client.get("/contacts", {"filter[name]": "Bilge"}).json()["data"] == []
        assert len(client.get("/contacts", {"filter[query]": "bilge"}).json()["data"]) == 1


def test_invoices_are_filtered_by_contact_and_by_day() -> None:
    with parasut() as (_, client):
        for day, contact in (("2026-11-18", "200001"), ("2026-11-19", "200001"), ("2026-11-19", "200003")):
            client("POST", "/sales_invoices", invoice(line(1, 10, 20), issue_date=day, contact=contact))

        def found(**query: str) -> list[str]:
            answer = client.get("/sales_invoices", {f"filter{name}": value for name, value in query.items()}).json()
            return [one["id"] for one in answer["data"]]

        assert found(**{"[contact_id]": "200001", "[issue_date]": "2026-11-19"}) == ["400002"]
        assert found(**{"[issue_date][gteq]": "2026-11-19", "[issue_date][lteq]": "2026-11-30"}) == ["400002", "400003"]
        assert found(**{"[issue_date][lt]": "2026-11-19"}) == ["400001"]
        assert found(**{"[remaining][gt]": "0"}) == ["400001", "400002", "400003"]
        assert found(**{"[remaining][gt]": "12"}) == []


def test_a_cancelled_invoice_is_in_no_list_and_can_come_back() -> None:
    with parasut() as (_, client):
        client("POST", "/sales_invoices", invoice(line(1, 10, 20)))
        cancelled = client("DELETE", "/sales_invoices/400001/cancel").json()["data"]["attributes"]
        assert (cancelled["item_type"], cancelled["item_type_before_cancellation"]) == ("cancelled", "invoice")
        for query in ({}, {"filter[archived]": "true"}, {"filter[item_type]": "cancelled"}):
            assert client.get("/sales_invoices", query).json()["data"] == []
        assert client.get("/sales_invoices/400001").status_code == 200
        assert client("PATCH", "/sales_invoices/400001/recover").json()["data"]["attributes"]["item_type"] == "invoice"
        client("PATCH", "/sales_invoices/400001/archive")
        assert client.get("/sales_invoices").json()["data"] == []
        assert len(client.get("/sales_invoices", {"filter[archived]": "true"}).json()["data"]) == 1
        assert client("DELETE", "/sales_invoices/400001").status_code == 204
        assert client.get("/sales_invoices/400001").status_code == 404


def test_payments_bring_down_what_remains_and_can_be_undone() -> None:
    with parasut() as (_, client):
        client("POST", "/sales_invoices", invoice(line(1, 100, 20), due_date="2099-01-01"))

        def pay(amount: float) -> httpx.Response:
            attributes = {"account_id": 700002, "date": "2026-11-20", "amount": amount, "description": "havale"}
            return client(
                "POST", "/sales_invoices/400001/payments", record("payments", attributes), include="transaction"
            )

        def standing() -> tuple[str, str]:
            attributes = client.get("/sales_invoices/400001").json()["data"]["attributes"]
            return attributes["payment_status"], attributes["remaining"]

        assert standing() == ("unpaid", "120.0")
        paid = pay(50)
        assert paid.status_code == 201
        assert standing() == ("partially_paid", "70.0")
        assert errors(pay(70.01)) == (422, ["Tutar kalan tutardan büyük olamaz"])
        assert pay(70).status_code == 201
        assert standing() == ("paid", "0.0")
        transaction = paid.json()["data"]["relationships"]["transaction"]["data"]["id"]
        assert client("DELETE", f"/transactions/{transaction}").status_code == 204
        assert standing() == ("partially_paid", "50.0")


def test_over_payment_is_taken_when_the_switch_says_so() -> None:
    with parasut(over_payment="accept") as (_, client):
        client("POST", "/sales_invoices", invoice(line(1, 100, 20)))
        attributes = {"account_id": 700001, "date": "2026-11-20", "amount": 200}
        assert client("POST", "/sales_invoices/400001/payments", record("payments", attributes)).status_code == 201


def test_an_estimate_is_reckoned_and_takes_no_payment() -> None:
    with parasut() as (_, client):
        made = client("POST", "/sales_invoices", invoice(line(1, 0.13, 20), line(1, 0.13, 20), item_type="estimate"))
        assert made.json()["data"]["attributes"]["total_vat"] == "0.06"
        attributes = {"account_id": 700001, "date": "2026-11-20", "amount": 0.1}
        assert client("POST", "/sales_invoices/400001/payments", record("payments", attributes)).status_code == 422


def test_an_overdue_invoice_says_so_by_the_turkish_day() -> None:
    clock = Clock(1_795_000_000.0)  # 2026-11-18 11:06 UTC
    with parasut(clock) as (_, client):
        client("POST", "/sales_invoices", invoice(line(1, 100, 20), issue_date="2026-11-10", due_date="2026-11-18"))
        shown = client.get("/sales_invoices/400001").json()["data"]["attributes"]
        assert (shown["payment_status"], shown["days_overdue"]) == ("unpaid", 0)
        clock.now += 10 * 3600  # 00:06 on the 19th in Istanbul, still the 18th in UTC
        client.http.headers["Authorization"] = f"Bearer {renewed_token(client)}"
        shown = client.get("/sales_invoices/400001").json()["data"]["attributes"]
        assert (shown["payment_status"], shown["days_overdue"]) == ("overdue", 1)


def renewed_token(client: Parasut) -> str:
    form = {
        "grant_type": "refresh_token",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-client-secret",
        "refresh_token": client.tokens["refresh_token"],
    }
    return str(client.http.post("/oauth/token", data=form).json()["access_token"])


def test_an_update_changes_adds_and_removes_lines() -> None:
    with parasut() as (_, client):
        client("POST", "/sales_invoices", invoice(line(1, 100, 20), line(1, 50, 10)))
        changed = record(
            "sales_invoices",
            {"description": "yeni"},
            details=[{"type": "sales_invoice_details", "id": "500002", "attributes": {"quantity": 2}}, line(1, 1, 0)],
        )
        shown = client("PUT", "/sales_invoices/400001", changed, include="details").json()
        assert [one["id"] for one in shown["included"]] == ["500002", "500003"]
        attributes = shown["data"]["attributes"]
        assert (attributes["description"], attributes["net_total"]) == ("yeni", "111.0")


def test_a_number_of_ones_own_loses_its_zeros_and_is_taken_once() -> None:
    with parasut() as (_, client):
        body = invoice(line(1, 1, 20), invoice_series="GZN2026", invoice_id="000000467")
        assert client("POST", "/sales_invoices", body).json()["data"]["attributes"]["invoice_no"] == "GZN2026 467"
        assert client("POST", "/sales_invoices", body).status_code == 422
        client("DELETE", "/sales_invoices/400001")
        assert client("POST", "/sales_invoices", body).status_code == 201


def test_categories_form_paths() -> None:
    with parasut() as (_, client):
        new = record("item_categories", {"name": "Trendyol", "category_type": "SalesInvoice", "parent_id": 800001})
        shown = client("POST", "/item_categories", new, include="parent_category").json()
        assert shown["data"]["attributes"]["full_path"] == "Satış > Trendyol"
        assert shown["data"]["relationships"]["parent_category"]["data"] == {"id": "800001", "type": "item_categories"}
        found = client.get("/item_categories", {"filter[category_type]": "SalesInvoice", "include": "parent_category"})
        paths = [one["attributes"]["full_path"] for one in found.json()["data"]]
        assert paths == ["Satış", "Satış > Web Sitesi", "Satış > Web Sitesi > Kapıda Ödeme", "Satış > Trendyol"]


@pytest.mark.parametrize(("refused", "status"), [(False, 201), (True, 422)])
def test_duplicates_are_tolerated_or_refused(refused: bool, status: int) -> None:
    with parasut(refuse_duplicate_contacts=refused, refuse_duplicate_products=refused) as (_, client):
        contact = {"name": "Yine Bilge", "account_type": "customer", "tax_number": "0100000007"}
        assert client("POST", "/contacts", record("contacts", contact)).status_code == status
        filler = {"name": "Biri", "account_type": "customer", "tax_number": "11111111111"}
        assert client("POST", "/contacts", record("contacts", filler)).status_code == 201
        product = {"name": "Termos", "code": "TRM-500"}
        assert client("POST", "/products", record("products", product)).status_code == status


def test_the_role_is_told_and_obeyed() -> None:
    for role, reads, writes in (("rw", 200, 201), ("ro", 200, 403), ("na", 403, 403)):
        with parasut(user_role=role) as (_, client):
            included = client.http.get("/v4/me").json()["included"]
            assert next(one for one in included if one["type"] == "user_roles")["attributes"]["sales_invoices"] == role
            contact = record("contacts", {"name": "X", "account_type": "customer"})
            assert client.get("/contacts").status_code == reads
            assert client("POST", "/contacts", contact).status_code == writes


def test_another_company_is_forbidden() -> None:
    with parasut() as (_, client):
        assert client.http.get("/v4/116/contacts").status_code == 403


@pytest.mark.parametrize("kind", ["data", "json", "files"])
def test_tokens_are_given_for_each_kind_of_body(kind: str) -> None:
    with parasut() as (sandbox, _):
        form: Any = password_form(sandbox.options)
        if kind == "files":
            form = {name: (None, value) for name, value in form.items()}
        answer = httpx.post(f"{sandbox.parasut_url}/oauth/token", **{kind: form}).json()
        assert (answer["token_type"], answer["expires_in"]) == ("bearer", 7200)


@pytest.mark.parametrize("status", [401, 400])
def test_a_refresh_token_works_once(status: int) -> None:
    with parasut(token_error_status=status) as (sandbox, client):
        form = password_form(sandbox.options, grant_type="refresh_token", refresh_token=client.tokens["refresh_token"])
        renewed = client.http.post("/oauth/token", data=form)
        assert renewed.status_code == 200
        assert renewed.json()["refresh_token"] != client.tokens["refresh_token"]
        again = client.http.post("/oauth/token", data=form)
        assert (again.status_code, again.json()["error"]) == (status, "invalid_grant")


def test_an_access_token_expires() -> None:
    clock = Clock()
    with parasut(clock, token_seconds=60) as (_, client):
        clock.now += 59
        assert client.get("/contacts").status_code == 200
        clock.now += 1
        assert client.get("/contacts").status_code == 401


def test_the_eleventh_request_in_ten_seconds_waits_and_tokens_count() -> None:
    clock = Clock()
    with parasut(clock, rate_requests=10) as (sandbox, client):
        clock.now += 4
        assert [client.get("/contacts").status_code for _ in range(9)] == [200] * 9
        refused = client.get("/contacts")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "6")
        assert refused.json()["errors"][0]["detail"].endswith("Try again in 6 seconds.")
        login = client.http.post("/oauth/token", data=password_form(sandbox.options))
        assert (login.status_code, login.headers["Retry-After"]) == (429, "6")
        clock.now += 6
        assert client.get("/contacts").status_code == 200
        assert client.get("/contacts").status_code == 429


def test_tests_can_seed_and_read_the_books() -> None:
    with parasut() as (sandbox, client):
        added = sandbox.parasut.add_contact("Yeni Alıcı", tax_number="1234567890", archived=True)
        assert client.get(f"/contacts/{added.id}").json()["data"]["attributes"]["archived"] is True
        client("POST", "/sales_invoices", invoice(line(3, 5, 10), contact=added.id))
        (made,) = sandbox.parasut.invoices.values()
        assert [one["unit_price"] for one in sandbox.parasut.lines(made)] == [5]
        assert client.get(f"/contacts/{added.id}").json()["data"]["attributes"]["balance"] == "16.5"
