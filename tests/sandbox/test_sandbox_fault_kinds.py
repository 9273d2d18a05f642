"""Every kind of fault over real HTTP: what the client sees, and whether the work was done."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sandbox_clients import Clock, Parasut, invoice, line, parasut, password_form

from syncd.sandbox.faults import DONE_FIRST, DONE_LATER, HELD, KINDS, LOGIN, MIXED, NOT_DONE, SLOW, Fault
from syncd.sandbox.server import Sandbox

SALE = invoice(line(1, 1, 20))


class Now(Clock):
    """The real time."""

    def __call__(self) -> float:
        return time.time()


def asked(client: Parasut) -> int | str:
    """Ask for an invoice: the status, or the name of the error."""
    try:
        answer = client("POST", "/sales_invoices", SALE)
        if answer.status_code < 300:
            answer.json()
        return answer.status_code
    except (httpx.TransportError, ValueError) as error:
        return type(error).__name__


def until(true: Callable[[], Any]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def made(sandbox: Sandbox) -> int:
    return len(sandbox.parasut.invoices)


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("429_bare", 429),
        ("502", 502),
        ("504", 504),
        ("403", 403),
        ("html_200", "JSONDecodeError"),
        ("reset_before", "ReadError"),
        ("hang", "ReadTimeout"),
        ("expire_token", 401),
        ("revoke_tokens", 401),
        ("password", 401),
    ],
)
def test_nothing_is_done_before_the_fault(kind: str, seen: int | str) -> None:
    with parasut(faults=(Fault(kind, "POST", "/sales_invoices", seconds=0.05),)) as (sandbox, client):
        client.http.timeout = httpx.Timeout(0.3 if kind == "hang" else 10)
        assert asked(client) == seen
        assert made(sandbox) == 0
        until(lambda: sandbox.audit.entries[-1].state == "over")
        assert sandbox.audit.entries[-1].deeds.created == []


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("500_after", 500),
        ("502_after", 502),
        ("503_after", 503),
        ("504_after", 504),
        ("html_200_after", "JSONDecodeError"),
        ("cut", "JSONDecodeError"),
        ("reset_after", "ReadError"),
        ("drip", 201),
    ],
)
def test_the_work_is_done_before_the_fault(kind: str, seen: int | str) -> None:
    with parasut(faults=(Fault(kind, "POST", "/sales_invoices", seconds=0.05),)) as (sandbox, client):
        assert asked(client) == seen
        assert made(sandbox) == 1
        entry = sandbox.audit.entries[-1]
        assert (entry.fault, entry.worked, entry.status) == (kind, True, 201)
        assert "sales_invoices/400001" in entry.deeds.created


@pytest.mark.parametrize(
    ("kind", "seen"),
    [("late", "RemoteProtocolError"), ("late_hang", "ReadTimeout"), ("hang_done", "ReadTimeout")],
)
def test_the_work_is_done_when_the_client_has_given_up(kind: str, seen: str) -> None:
    with parasut(Now(), faults=(Fault(kind, "POST", "/sales_invoices", seconds=0.15),)) as (sandbox, client):
        client.http.timeout = httpx.Timeout(0.1)
        assert asked(client) == seen
        until(lambda: made(sandbox) == 1)
        until(lambda: sandbox.audit.counts()["open"] == 0)
        entry = sandbox.audit.entries[-1]
        assert (entry.worked, entry.answered, entry.status) == (True, False, 201)
        assert sandbox.parasut.invoices["400001"].made_at - entry.time > 0.09


def test_a_stand_in_that_is_down_refuses_connections_for_its_time() -> None:
    with parasut() as (sandbox, client):
        sandbox.faults.add(Fault("down", "POST", "/sales_invoices", seconds=0.05))
        assert asked(client) == "ReadError"
        until(lambda: asked(client) == 201)
        sandbox.faults.add(Fault("down", "POST", "/sales_invoices", seconds=60))
        assert [asked(client) for _ in range(3)] == ["ReadError", "ConnectError", "ConnectError"]
        assert made(sandbox) == 1


@pytest.mark.parametrize(("kind", "done"), [("way", 0), ("slow", 0), ("jitter", 1)])
def test_slowness_comes_before_or_after_the_work(kind: str, done: int) -> None:
    with parasut(faults=(Fault(kind, "POST", "/sales_invoices", seconds=60),)) as (sandbox, client):
        with pytest.raises(httpx.ReadTimeout):
            client.http.post("/v4/115/sales_invoices", json=SALE, timeout=0.2)
        until(lambda: sandbox.audit.entries[-1].request == "sale.create")
        until(lambda: made(sandbox) == done)
        assert sandbox.audit.entries[-1].state == "open"
        assert asked(client) == 201


def test_slowness_comes_on_top_of_other_faults_and_ends() -> None:
    faults = (Fault("slow", "POST", "/sales_invoices", seconds=0.1), Fault("500", "POST", "/sales_invoices"))
    with parasut(faults=faults) as (_, client):
        begun = time.monotonic()
        assert asked(client) == 500
        assert time.monotonic() - begun > 0.09


def test_an_expired_token_is_renewed_and_a_revoked_one_is_not() -> None:
    def renewed(client: Parasut) -> int:
        form = {**password_form(sandbox.options), "grant_type": "refresh_token"}
        form["refresh_token"] = client.tokens["refresh_token"]
        return client.http.post("/oauth/token", data=form).status_code

    for kind, status in (("expire_token", 200), ("revoke_tokens", 401)):
        with parasut(faults=(Fault(kind, request="sale.create"),)) as (sandbox, client):
            assert asked(client) == 401
            assert renewed(client) == status


def test_a_changed_password_is_given_back() -> None:
    with parasut() as (sandbox, client):

        def login() -> int:
            return httpx.post(f"{sandbox.parasut_url}/oauth/token", data=password_form(sandbox.options)).status_code

        sandbox.faults.add(Fault("password", request="sale.create", seconds=60))
        assert asked(client) == 401
        assert login() == 401
        sandbox.faults.add(Fault("password", request="sale.create", seconds=0.05))
        assert asked(client) == 401
        until(lambda: login() == 200)


def test_the_token_endpoint_tells_how_long_to_wait() -> None:
    with parasut() as (sandbox, client):
        sandbox.faults.add(Fault("429", request="token", retry_after=7))
        answer = client.http.post("/oauth/token", data=password_form(sandbox.options))
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
        sandbox.faults.add(Fault("429_bare", request="token"))
        answer = client.http.post("/oauth/token", data=password_form(sandbox.options))
        assert answer.status_code == 429
        assert "Retry-After" not in answer.headers


def test_every_kind_says_what_becomes_of_the_work() -> None:
    groups = (NOT_DONE, DONE_FIRST, DONE_LATER, LOGIN, HELD, SLOW, ("empty", MIXED))
    named = [kind for group in groups for kind in group]
    assert sorted(named) == sorted(KINDS)
    assert len(set(named)) == len(named)


def test_late_work_is_not_refused_by_the_limit_that_let_its_request_in() -> None:
    faults = (Fault("late", "POST", "/sales_invoices", seconds=0.2),)
    with parasut(faults=faults, rate_requests=2) as (sandbox, client):
        assert asked(client) == "RemoteProtocolError"
        assert client.http.get("/v4/me").status_code == 429
        until(lambda: made(sandbox) == 1)


def test_the_limit_counts_a_request_when_it_arrives_and_not_when_it_is_answered() -> None:
    faults = (Fault("slow", path="/me$", seconds=0.3), Fault("way", path="/me$", nth=2, seconds=0.3))
    with parasut(faults=faults, rate_requests=2) as (sandbox, client), ThreadPoolExecutor() as beside:
        slow = beside.submit(client.http.get, "/v4/me")
        until(lambda: sandbox.audit.entries[-1].request == "me.read")
        assert client.http.get("/v4/115/accounts").status_code == 429
        assert slow.result().status_code == 200
        begun = time.monotonic()
        assert client.http.get("/v4/me").status_code == 429
        assert time.monotonic() - begun > 0.29
