"""The control address: a request is held and released, the trail and the truth are read, people do things."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sandbox_clients import Clock, Parasut, invoice, line, password_form, record

from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

SALE = invoice(line(1, 100, 20))


class Control:
    """A client of the control address."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=20)

    def get(self, path: str, **query: Any) -> Any:
        answer = self._http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self._http.post(path, json={} if body is None else body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def delete(self, path: str) -> Any:
        return self._http.delete(path).json()

    def act(self, act: str, **given: Any) -> list[str]:
        done: list[str] = self.post("/parasut/acts", {"act": act, **given})["done"]
        return done

    def books(self, kind: str) -> dict[str, Any]:
        return {one["id"]: one for one in self.get("/parasut/state")[kind]}


@contextmanager
def served(**options: Any) -> Iterator[tuple[Sandbox, Parasut, Control]]:
    chosen: dict[str, Any] = {"rate_requests": 0, "orders": 3, "control_port": 0, **options}
    with Sandbox(SandboxOptions(**chosen), Clock()) as sandbox:
        yield sandbox, Parasut(sandbox), Control(sandbox.control_url)


@pytest.mark.parametrize("point", ["before", "after"])
@pytest.mark.parametrize("then", ["go", "drop"])
def test_a_request_is_held_at_a_point_and_released(point: str, then: str) -> None:
    with served() as (_, client, control), ThreadPoolExecutor() as beside:
        number = control.post("/faults", {"kind": f"hold_{point}", "request": "sale.create", "nth": 2})["faults"][0]
        assert client("POST", "/sales_invoices", SALE).status_code == 201
        sent = beside.submit(client, "POST", "/sales_invoices", SALE)
        (held,) = control.get("/holds", wait=10)["held"]
        assert (held["point"], held["request"], held["fault_id"], held["gone"]) == (point, "sale.create", number, False)
        assert len(control.books("sales_invoices")) == (1 if point == "before" else 2)
        assert control.get("/audit", after=held["number"] - 1)["requests"][0]["state"] == "held"
        assert control.post(f"/holds/{held['number']}", {"then": then}) == {"released": [held["number"]]}
        if then == "go":
            assert sent.result().status_code == 201
        else:
            assert isinstance(sent.exception(), httpx.RemoteProtocolError)
        assert len(control.books("sales_invoices")) == (1 if (point, then) == ("before", "drop") else 2)
        assert control.get("/holds") == {"held": []}


def test_a_held_request_whose_client_was_killed_is_carried_out_when_it_is_released() -> None:
    with served() as (_, client, control):
        control.post("/faults", {"kind": "hold_before", "stand": "parasut", "request": "write"})
        with pytest.raises(httpx.ReadTimeout):
            client.http.post("/v4/115/sales_invoices", json=SALE, timeout=0.1)
        (held,) = control.get("/holds", wait=10)["held"]
        while not held["gone"]:
            (held,) = control.get("/holds")["held"]
        assert control.books("sales_invoices") == {}
        control.post("/holds", {"then": "go"})
        (entry,) = control.get("/audit", after=held["number"] - 1, wait=5)["requests"]
        while entry["state"] != "over":
            (entry,) = control.get("/audit", after=held["number"] - 1)["requests"]
        assert (entry["worked"], entry["status"], entry["answered"]) == (True, 201, False)
        assert list(control.books("sales_invoices")) == ["400001"]


def test_waiting_for_a_hold_ends_without_one() -> None:
    with served() as (_, _, control):
        assert control.get("/holds", wait=0.05) == {"held": []}
        assert "isn't held" in control.post("/holds/7", {"then": "go"}, status=400)["error"]
        assert "can go on" in control.post("/holds", {"then": "wait"}, status=400)["error"]


def test_the_trail_tells_what_each_request_did() -> None:
    with served() as (_, client, control):
        control.post("/faults", [{"kind": "close_after", "request": "contact.create"}, {"kind": "500", "path": "/me"}])
        with pytest.raises(httpx.RemoteProtocolError):
            client("POST", "/contacts", record("contacts", {"name": "Ada", "account_type": "customer"}))
        assert client.http.get("/v4/me").status_code == 500
        client("POST", "/sales_invoices", SALE)
        client("DELETE", "/sales_invoices/400001")
        trail = control.get("/audit", after=1)["requests"]
        told = ("request", "fault", "worked", "answered", "status", "created", "deleted")
        sold = ["sales_invoices/400001", "sales_invoice_details/500001"]
        assert [tuple(entry[name] for name in told) for entry in trail] == [
            ("contact.create", "close_after", True, False, 201, ["contacts/200006"], []),
            ("me.read", "500", False, True, 500, [], []),
            ("sale.create", "", True, True, 201, sold, []),
            ("sale.delete", "", True, True, 204, [], sold[::-1]),
        ]
        assert [entry["nth"] for entry in trail] == [2, 3, 4, 5]
        counts = control.get("/requests")
        assert (counts["total"], counts["writes"], counts["open"]) == (5, 3, 0)
        assert counts["stands"]["parasut"]["by_request"]["sale.create"] == 1
        assert [(one["met"], one["struck"]) for one in control.get("/faults")["faults"]] == [(1, 1), (1, 1)]
        assert control.delete("/faults/2")["faults"][0]["id"] == 1
        assert control.delete("/faults") == {"faults": []} == control.get("/faults")


def test_the_books_keep_what_was_deleted_and_cancelled() -> None:
    with served() as (_, client, control):
        for _ in range(3):
            client("POST", "/sales_invoices", SALE)
        assert control.act("pay_invoice", invoice=400001) == [
            *("transactions/900001", "payments/600001", "sales_invoices/400001"),
        ]
        control.act("delete_invoice", invoice=400001)
        control.act("cancel_invoice", invoice=400002)
        books = control.books("sales_invoices")
        flags = ("live", "deleted", "cancelled", "payment_status", "net_total")
        assert [tuple(books[one][flag] for flag in flags) for one in sorted(books)] == [
            (False, True, False, "paid", "120.00"),
            (False, False, True, "unpaid", "120.00"),
            (True, False, False, "unpaid", "120.00"),
        ]
        assert books["400001"]["links"]["payments"] == ["600001"]
        assert control.books("payments")["600001"]["deleted"] is True
        assert control.get("/audit", stand="people")["requests"][-1]["request"] == "cancel_invoice"
        control.act("recover_invoice", invoice="400002")
        assert control.books("sales_invoices")["400002"]["live"] is True


def test_people_change_the_books() -> None:
    with served() as (_, client, control):
        client("POST", "/sales_invoices", SALE)
        control.act("edit_invoice", invoice=400001, attributes={"description": "elle düzeltildi"}, contact=200002)
        control.act("edit_line", invoice=400001, attributes={"unit_price": "50"})
        sale = control.books("sales_invoices")["400001"]
        assert (sale["description"], sale["net_total"], sale["links"]["contact"]) == (
            *("elle düzeltildi", "60.00", "200002"),
        )
        buyer = {"name": "Ayşe Kaya", "email": "ayse@ornek.test"}
        (contact, by_hand, _) = control.act("hand_invoice", contact=buyer, total="119.90", order_no=5001)
        assert contact == "contacts/200006"
        sale = control.books("sales_invoices")[by_hand.partition("/")[2]]
        assert (sale["net_total"], sale["order_no"], sale["links"]["contact"]) == ("119.90", "5001", "200006")
        control.act("archive", kind="contacts", id=200006)
        control.act("edit_contact", contact=200006, attributes={"name": "Yeni Unvan"})
        contact = control.books("contacts")["200006"]
        assert (contact["archived"], contact["name"]) == (True, "Yeni Unvan")
        control.act("unarchive", kind="contacts", id=200006)
        assert control.act("make_product", attributes={"name": "Matara", "code": "MTR-1"}) == ["products/300008"]
        assert control.act("delete", kind="products", id=300008) == ["products/300008"]
        assert control.books("products")["300008"]["deleted"] is True


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"act": "burn"}, "nobody can 'burn'"),
        ({"act": "delete_invoice", "invoice": 1}, "no sales_invoices/1"),
        ({"act": "edit_contact", "contact": 200001, "attributes": {"nme": "x"}}, "contacts have no nme"),
        ({"act": "delete_invoice"}, "invoice"),
    ],
)
def test_an_act_that_cannot_be_is_refused_in_words(given: dict[str, Any], words: str) -> None:
    with served() as (_, _, control):
        assert words in control.post("/parasut/acts", given, status=400)["error"]


def test_the_password_is_changed_and_given_back() -> None:
    with served() as (sandbox, client, control):

        def login() -> int:
            return client.http.post("/oauth/token", data=password_form(sandbox.options)).status_code

        control.act("change_password")
        assert (login(), client.http.get("/v4/me").status_code) == (401, 401)
        control.act("give_password_back")
        assert login() == 200


def test_the_orders_own_truth_is_told_and_the_shop_can_be_changed() -> None:
    with served(stands=frozenset({"parasut", "shop", "trendyol"})) as (sandbox, _, control):
        truth = control.get("/truth")
        first = truth["shop"][0]
        assert first["total"] == str(sandbox.shop.truth[first["id"]].total)
        assert {one["package_id"] for one in truth["trendyol"]} == set(sandbox.market("trendyol").packages)
        control.post("/shop/acts", {"act": "set_status", "order": first["id"], "status": "cancelled"})
        assert control.get("/truth")["shop"][0]["status"] == "cancelled"
        assert "no order 1" in control.post("/shop/acts", {"act": "touch", "order": 1}, status=400)["error"]


def test_a_stand_in_goes_down_and_comes_up() -> None:
    with served() as (sandbox, client, control):
        control.post("/stands/parasut/down")
        with pytest.raises(httpx.ConnectError):
            httpx.get(sandbox.parasut_url)
        control.post("/stands/parasut/up")
        assert client.http.get("/v4/me").status_code == 200
        assert "error" in control.post("/stands/parasut/down", [3], status=400)
        assert "doesn't serve n11" in control.post("/stands/n11/down", status=400)["error"]


def test_twenty_clients_at_once_are_all_served_and_counted() -> None:
    with served(faults=()) as (_, client, control), ThreadPoolExecutor(20) as clients:
        answers = list(clients.map(lambda _: client("POST", "/sales_invoices", SALE).status_code, range(200)))
        assert answers == [201] * 200
        counts = control.get("/requests")
        assert (counts["writes"], counts["open"]) == (200, 0)
        created = [one for entry in control.get("/audit")["requests"] for one in entry["created"]]
        assert len(created) == len(set(created)) == 400


def test_the_control_address_tells_where_everything_is() -> None:
    with served() as (sandbox, _, control):
        told = control.get("/")
        assert told["stands"] == {"parasut": sandbox.parasut_url, "shop": sandbox.shop_url}
        assert told["credentials"]["consumer_key"] == sandbox.options.consumer_key
        assert httpx.get(f"{sandbox.parasut_url}/requests").status_code == 401
