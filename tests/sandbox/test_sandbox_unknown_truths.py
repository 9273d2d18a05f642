"""What nobody knows about Paraşüt is a switch, and each of its positions can be seen over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_clients import Clock, Parasut, invoice, line, parasut, record

from syncd.sandbox.options import SandboxOptions, switched


def ids(client: Parasut, kind: str, **query: Any) -> list[str]:
    return [one["id"] for one in client.get(f"/{kind}", query).json()["data"]]


def sell(client: Parasut, **attributes: Any) -> Any:
    return client("POST", "/sales_invoices", invoice(line(1, 100, 20), **attributes))


def new_contact(client: Parasut) -> str:
    answer = client("POST", "/contacts", record("contacts", {"name": "Ada", "account_type": "customer"}))
    identity: str = answer.json()["data"]["id"]
    return identity


@pytest.mark.parametrize(("switch", "shown"), [("hidden", False), ("shown", True)])
def test_lists_show_archived_contacts_or_not(switch: str, shown: bool) -> None:
    with parasut(list_archived=switch) as (_, client):
        assert ("200005" in ids(client, "contacts")) is shown
        assert ids(client, "contacts", **{"filter[archived]": "true"}) == ["200005"]


@pytest.mark.parametrize(("switch", "status"), [("404", 404), ("410", 410), ("kept", 200)])
def test_a_deleted_record_is_unknown_gone_or_still_shown(switch: str, status: int) -> None:
    with parasut(deleted_answer=switch) as (_, client):
        sell(client)
        client("DELETE", "/sales_invoices/400001")
        answer = client.get("/sales_invoices/400001", {"include": "details"})
        assert answer.status_code == status
        if status == 200:
            assert answer.json()["data"]["attributes"]["net_total"] == "120.0"
            assert [one["id"] for one in answer.json()["included"]] == ["500001"]
        assert ids(client, "sales_invoices") == []


@pytest.mark.parametrize(("switch", "kept"), [("refuse", None), ("cut", 255), ("accept", 300)])
def test_a_long_description_is_refused_cut_or_taken(switch: str, kept: int | None) -> None:
    with parasut(long_description=switch) as (_, client):
        answer = sell(client, description="x" * 300)
        if kept is None:
            assert answer.status_code == 422
        else:
            assert len(answer.json()["data"]["attributes"]["description"]) == kept


@pytest.mark.parametrize(("switch", "kept"), [("kept", " a  b "), ("trimmed", "a b")])
def test_spaces_of_a_description_are_kept_or_not(switch: str, kept: str) -> None:
    with parasut(description_spaces=switch) as (_, client):
        assert sell(client, description=" a  b ").json()["data"]["attributes"]["description"] == kept


@pytest.mark.parametrize(("switch", "told"), [("returned", "5001"), ("hidden", None)])
def test_the_order_number_is_shown_or_not(switch: str, told: str | None) -> None:
    with parasut(order_no=switch) as (sandbox, client):
        assert sell(client, order_no="5001").json()["data"]["attributes"]["order_no"] == told
        assert sandbox.parasut.invoices["400001"]["order_no"] == "5001"


def test_a_list_without_a_sort_begins_with_the_oldest_or_the_newest() -> None:
    with parasut(list_order="newest") as (_, client):
        for _ in range(3):
            sell(client)
        assert ids(client, "sales_invoices") == ["400003", "400002", "400001"]
        assert ids(client, "sales_invoices", sort="id") == ["400001", "400002", "400003"]


def test_records_that_sort_alike_come_in_any_order() -> None:
    def listed(switch: str) -> list[list[str]]:
        with parasut(list_ties=switch) as (_, client):
            for _ in range(8):
                sell(client)
            return [ids(client, "sales_invoices", sort="-issue_date") for _ in range(3)]

    assert listed("id") == [[str(number) for number in range(400001, 400009)]] * 3
    assert listed("reverse") == [[str(number) for number in range(400008, 400000, -1)]] * 3
    assert len({tuple(one) for one in listed("random")}) == 3


def test_a_new_record_appears_in_lists_after_its_delay_and_can_be_read_at_once() -> None:
    clock = Clock()
    with parasut(clock, list_delay_seconds=3.0) as (_, client):
        before = ids(client, "contacts")
        identity = new_contact(client)
        assert len(before) == 4
        assert ids(client, "contacts") == before
        assert client.get(f"/contacts/{identity}").status_code == 200
        clock.now += 3
        assert ids(client, "contacts") == [*before, identity]


def test_ids_rise_have_gaps_or_come_in_any_order() -> None:
    def made(switch: str) -> list[int]:
        with parasut(ids=switch) as (_, client):
            return [int(new_contact(client)) for _ in range(16)]

    assert made("rising") == list(range(200006, 200022))
    gaps = made("gaps")
    assert sorted(set(gaps)) == gaps
    assert gaps[-1] - gaps[0] > 15
    mixed = made("unordered")
    assert mixed != sorted(mixed)
    assert len(set(mixed)) == 16


@pytest.mark.parametrize(("switch", "left"), [("removed", 1), ("kept", 3)])
def test_lines_that_an_update_leaves_out_are_removed_or_kept(switch: str, left: int) -> None:
    with parasut(omitted_lines=switch) as (sandbox, client):
        client("POST", "/sales_invoices", invoice(line(1, 1, 20), line(1, 2, 20)))
        body = invoice(line(1, 3, 20))
        body["data"]["id"] = "400001"
        assert client("PUT", "/sales_invoices/400001", body).status_code == 200
        assert len(sandbox.parasut.lines("400001")) == left


@pytest.mark.parametrize(("switch", "content"), [("json", "application/json"), ("html", "text/html; charset=utf-8")])
def test_a_refused_token_reads_as_json_or_html(switch: str, content: str) -> None:
    with parasut(refusal_body=switch) as (sandbox, client):
        sandbox.parasut.tokens.revoke_access()
        answer = client.http.get("/v4/me")
        assert (answer.status_code, answer.headers["content-type"]) == (401, content)


def test_a_switch_is_thrown_by_name_and_value() -> None:
    assert switched(SandboxOptions(), {"ids": "gaps", "list_delay_seconds": 2}).ids == "gaps"
    with pytest.raises(ValueError, match="is no switch"):
        switched(SandboxOptions(), {"client_secret": "x"})
    with pytest.raises(ValueError, match="it is one of rising"):
        switched(SandboxOptions(), {"ids": "falling"})
