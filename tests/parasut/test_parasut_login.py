from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from syncd.errors import CompanyStopped, NotExecuted, OutcomeUnknown, Throttled
from syncd.parasut.client import ParasutClient
from syncd.parasut.request import Request
from syncd.parasut.stores import MemoryCallBudget, MemoryTokenStore, Tokens

READ = Request("GET", "accounts")
WRITE = Request("POST", "contacts", (), {"data": {"type": "contacts", "attributes": {"name": "Ayşe Yılmaz"}}})
EMPTY_LIST = {"data": []}
INVALID_GRANT = {"error": "invalid_grant", "error_description": "The provided grant is invalid."}


def good(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=EMPTY_LIST)


def later(clock: Any, seconds: float) -> datetime:
    return datetime.fromtimestamp(clock.now, UTC) + timedelta(seconds=seconds)


def test_the_first_request_logs_in_with_the_password_and_the_next_one_uses_the_same_token(client, stand_in) -> None:
    stand_in.will(good, good)
    client.send(READ)
    client.send(READ)
    assert stand_in.grants == [
        {
            "grant_type": "password",
            "client_id": "istemci-no",
            "client_secret": "istemci-sirri",
            "username": "muhasebe@magaza.test",
            "password": "gizli-parola",
            "redirect_uri": "urn:ietf:wg:oauth:2.0:oob",
        }
    ]
    assert [request.headers["Authorization"] for request in stand_in.work] == ["Bearer access-1"] * 2
    assert stand_in.seen[0].headers["User-Agent"].startswith("syncd/")


def test_a_token_is_renewed_shortly_before_it_ends(client, stand_in, clock) -> None:
    stand_in.will(good, good, good)
    client.send(READ)
    clock.now += 7200 - 61
    client.send(READ)
    assert len(stand_in.grants) == 1
    clock.now += 2
    client.send(READ)
    assert stand_in.grants[1] == {
        "grant_type": "refresh_token",
        "client_id": "istemci-no",
        "client_secret": "istemci-sirri",
        "refresh_token": "refresh-1",
    }
    assert stand_in.work[-1].headers["Authorization"] == "Bearer access-2"


def test_a_short_lived_token_is_still_used_more_than_once(client, stand_in) -> None:
    stand_in.will_at_login(stand_in.new_pair(expires_in=20))
    stand_in.will(good, good)
    client.send(READ)
    client.send(READ)
    assert len(stand_in.grants) == 1


@pytest.mark.parametrize("expires_in", [None, "soon", -5, 0, True])
def test_a_login_without_a_sensible_lifetime_counts_as_two_hours(client, stand_in, tokens, clock, expires_in) -> None:
    stand_in.will_at_login(stand_in.new_pair(expires_in=expires_in))
    stand_in.will(good)
    client.send(READ)
    assert tokens.load().expires_at == later(clock, 7200 - 60)


def test_the_new_pair_is_stored_before_its_access_token_is_used(client, stand_in, tokens, clock) -> None:
    tokens.save(Tokens("old-access", "old-refresh", later(clock, -1)))
    stored_at_use: list[Tokens | None] = []

    def look(request: httpx.Request) -> httpx.Response:
        stored_at_use.append(tokens.load())
        return good(request)

    stand_in.will(look)
    client.send(READ)
    assert [(pair.access_token, pair.refresh_token) for pair in stored_at_use if pair] == [("access-1", "refresh-1")]


def test_when_the_new_pair_cannot_be_stored_its_token_is_not_used(client, stand_in, tokens, monkeypatch) -> None:
    def fail(_: Tokens) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(tokens, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        client.send(READ)
    assert stand_in.work == []


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_refresh_token_leads_to_a_login_with_the_password(client, stand_in, tokens, clock, status) -> None:
    tokens.save(Tokens("old-access", "old-refresh", later(clock, -1)))
    stand_in.will_at_login(httpx.Response(status, json=INVALID_GRANT))
    stand_in.will(good)
    client.send(READ)
    assert [grant["grant_type"] for grant in stand_in.grants] == ["refresh_token", "password"]
    assert stand_in.work[0].headers["Authorization"] == "Bearer access-1"


def test_a_401_renews_once_and_sends_the_same_request_again(client, stand_in, tokens, clock) -> None:
    tokens.save(Tokens("old-access", "old-refresh", later(clock, 3600)))
    stand_in.will(httpx.Response(401), httpx.Response(201, json={"data": {"id": "7", "type": "contacts"}}))
    assert client.send(WRITE).resource.id == "7"
    assert [grant["grant_type"] for grant in stand_in.grants] == ["refresh_token"]
    first, second = stand_in.work
    assert first.content == second.content == WRITE.content
    assert second.headers["Authorization"] == "Bearer access-1"


def test_a_401_after_the_login_was_renewed_stops_the_company(client, stand_in, tokens) -> None:
    stand_in.will(httpx.Response(401), httpx.Response(401))
    with pytest.raises(CompanyStopped) as stopped:
        client.send(WRITE)
    assert "parasut.company_id" in stopped.value.remedy
    assert len(stand_in.work) == 2
    assert tokens.load() is None


def test_a_refused_login_stops_the_company_in_its_own_words_without_secrets(client, stand_in) -> None:
    description = "No user muhasebe@magaza.test with gizli-parola for istemci-no/istemci-sirri"
    stand_in.will_at_login(httpx.Response(401, json={"error": "invalid_grant", "error_description": description}))
    with pytest.raises(CompanyStopped) as stopped:
        client.send(READ)
    assert "invalid_grant; No user *** with *** for ***/***" in str(stopped.value)
    assert "password" in stopped.value.remedy


@pytest.mark.parametrize("status", [403, 404])
def test_an_html_page_instead_of_a_login_stops_the_company(client, stand_in, status) -> None:
    stand_in.will_at_login(httpx.Response(status, html="<h1>Attention required</h1>"))
    with pytest.raises(CompanyStopped, match=str(status)):
        client.send(READ)


def test_a_redirected_login_stops_the_company_and_names_the_target(client, stand_in) -> None:
    stand_in.will_at_login(httpx.Response(301, headers={"Location": "https://giris.magaza.test/oauth/token?x=1"}))
    with pytest.raises(CompanyStopped, match=r"https://giris\.magaza\.test ") as stopped:
        client.send(READ)
    assert "base_url" in stopped.value.remedy
    assert stand_in.work == []


def test_a_throttled_login_waits_as_told(client, stand_in, clock) -> None:
    too_many = {"errors": [{"title": "Too many requests", "detail": "Slow down. Try again in 6 seconds."}]}
    stand_in.will_at_login(httpx.Response(429, json=too_many))
    stand_in.will(good)
    client.send(READ)
    assert sum(clock.slept) == pytest.approx(6)
    assert client.throttled == 1


def test_a_login_that_stays_throttled_leaves_a_write_unsent(client, stand_in) -> None:
    stand_in.will_at_login(*[httpx.Response(429, headers={"Retry-After": "2"}) for _ in range(4)])
    with pytest.raises(Throttled) as throttled:
        client.send(WRITE)
    assert throttled.value.retry_after_seconds == 2
    assert stand_in.work == []


@pytest.mark.parametrize(
    "reply",
    [
        httpx.ReadTimeout("timed out"),
        httpx.RemoteProtocolError("Server disconnected"),
        httpx.ConnectError("refused"),
        httpx.Response(500, json={"status": 500, "error": "Internal Server Error"}),
        httpx.Response(502, html="<h1>Bad gateway</h1>"),
    ],
    ids=repr,
)
def test_a_login_without_an_answer_leaves_the_write_behind_it_surely_not_executed(client, stand_in, reply) -> None:
    stand_in.will_at_login(*itertools.repeat(reply, 4))
    with pytest.raises(NotExecuted):
        client.send(WRITE)
    assert len(stand_in.grants) == 4
    assert stand_in.work == []


def test_a_login_with_an_unreadable_answer_leaves_the_write_behind_it_not_executed(client, stand_in) -> None:
    stand_in.will_at_login(httpx.Response(200, html="<p>OK</p>"))
    with pytest.raises(NotExecuted):
        client.send(WRITE)
    assert stand_in.work == []


def test_a_lost_renewal_after_a_401_is_not_an_unknown_outcome(client, stand_in, tokens, clock) -> None:
    tokens.save(Tokens("old-access", "old-refresh", later(clock, 3600)))
    stand_in.will(httpx.Response(401))
    stand_in.will_at_login(*itertools.repeat(httpx.ReadTimeout("timed out"), 4))
    with pytest.raises(NotExecuted) as error:
        client.send(WRITE)
    assert not isinstance(error.value, OutcomeUnknown)


def test_the_login_counts_in_the_budget(client, stand_in, budget: MemoryCallBudget) -> None:
    stand_in.will(good)
    client.send(READ)
    assert len(budget.window.sent) == 2
    assert client.calls == 2


def test_the_login_has_a_time_limit_of_its_own(client, stand_in) -> None:
    stand_in.will(good)
    client.send(READ)
    assert [request.extensions["timeout"] for request in stand_in.seen] == [
        {"connect": 10, "read": 60, "write": 60, "pool": 60}
    ] * 2


def test_whoever_waited_for_a_renewal_uses_the_new_tokens(client, stand_in, tokens, clock, monkeypatch) -> None:
    tokens.save(Tokens("old-access", "old-refresh", later(clock, -1)))
    renewing = tokens.renewing

    def others_first() -> Any:
        tokens.save(Tokens("their-access", "their-refresh", later(clock, 7000)))
        return renewing()

    monkeypatch.setattr(tokens, "renewing", others_first)
    stand_in.will(good)
    client.send(READ)
    assert stand_in.grants == []
    assert stand_in.work[0].headers["Authorization"] == "Bearer their-access"


def test_clients_that_start_together_log_in_once(
    new_client: Callable[[], ParasutClient], stand_in, tokens: MemoryTokenStore
) -> None:
    together = threading.Barrier(5)
    stand_in.will(*[good] * 5)

    def work() -> None:
        client = new_client()
        together.wait()
        client.send(READ)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stand_in.work) == 5
    assert len(stand_in.grants) == 1


def test_the_right_to_renew_is_given_back_after_a_failure(client, stand_in, tokens) -> None:
    stand_in.will_at_login(httpx.Response(403), httpx.ConnectError("x"), *[httpx.ReadTimeout("x")] * 3)
    for kind in (CompanyStopped, NotExecuted):
        with pytest.raises(kind):
            client.send(READ)
    stand_in.will(good)
    assert client.send(READ).status == 200
