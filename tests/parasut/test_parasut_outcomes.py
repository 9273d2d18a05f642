"""Every answer means one thing: done, refused, not executed, unknown, or the company is stopped."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from syncd.errors import CompanyStopped, NotExecuted, OutcomeUnknown, ParasutError, Refused, Throttled
from syncd.parasut.request import Request
from syncd.parasut.stores import Tokens

READ = Request("GET", "contacts", (("filter[email]", "ayse@ornek.test"),))
WRITE = Request("POST", "contacts", (("include", "category"),), {"data": {"attributes": {"name": "Ayşe Yılmaz"}}})
DELETION = Request("DELETE", "sales_invoices/400001")
CREATED = {"data": {"id": "200001", "type": "contacts", "attributes": {"name": "Ayşe Yılmaz"}}}
EMPTY_LIST = {"data": []}
CUT = b'{"data": {"id": "2000'


class BreaksOff(httpx.SyncByteStream):
    """A body whose connection breaks in the middle."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield CUT
        raise self._error


AMBIGUOUS: dict[str, Callable[[], httpx.Response | Exception]] = {
    "write timeout": lambda: httpx.WriteTimeout("timed out"),
    "read timeout": lambda: httpx.ReadTimeout("timed out"),
    "broken while writing": lambda: httpx.WriteError("broken pipe"),
    "broken while reading": lambda: httpx.ReadError("reset"),
    "closed without an answer": lambda: httpx.RemoteProtocolError("Server disconnected without sending a response."),
    "timeout in the body": lambda: httpx.Response(201, stream=BreaksOff(httpx.ReadTimeout("timed out"))),
    "broken in the body": lambda: httpx.Response(201, stream=BreaksOff(httpx.RemoteProtocolError("incomplete"))),
    "garbled compression": lambda: httpx.Response(
        201, headers={"Content-Encoding": "gzip"}, stream=BreaksOff(httpx.DecodingError(str(zlib.error("bad"))))
    ),
    "500": lambda: httpx.Response(500, json={"status": 500, "error": "Internal Server Error"}),
    "502 in HTML": lambda: httpx.Response(502, html="<h1>Bad gateway</h1>"),
    "503": lambda: httpx.Response(503, headers={"Retry-After": "1"}),
    "504": lambda: httpx.Response(504),
    "520 of the edge": lambda: httpx.Response(520, html="<h1>Web server is returning an unknown error</h1>"),
    "408": lambda: httpx.Response(408),
    "cut JSON": lambda: httpx.Response(201, content=CUT),
    "HTML": lambda: httpx.Response(200, html="<h1>Bakım</h1>"),
    "nothing": lambda: httpx.Response(200, content=b""),
    "no UTF-8": lambda: httpx.Response(201, content=b'{"data": {"id": "\xff"}}'),
    "a list": lambda: httpx.Response(201, json=[1, 2]),
    "no data": lambda: httpx.Response(201, json={"meta": {}}),
}


@pytest.fixture(autouse=True)
def logged_in(stand_in, tokens, clock) -> None:
    tokens.save(Tokens("access", "refresh", datetime.fromtimestamp(clock.now, UTC) + timedelta(hours=2)))


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_a_write_without_a_clear_answer_is_sent_once_and_its_outcome_is_unknown(client, stand_in, clock, kind) -> None:
    stand_in.will(AMBIGUOUS[kind](), httpx.Response(201, json=CREATED))
    with pytest.raises(OutcomeUnknown, match=r"POST (/v4/115/)?contacts"):
        client.send(WRITE)
    assert len(stand_in.seen) == 1
    assert clock.slept == []


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_a_read_without_a_clear_answer_is_repeated_with_growing_pauses(client, stand_in, clock, kind) -> None:
    stand_in.will(AMBIGUOUS[kind](), AMBIGUOUS[kind](), httpx.Response(200, json=EMPTY_LIST))
    assert client.send(READ).body == EMPTY_LIST
    assert clock.slept == [1, 2]


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_a_read_that_never_gets_a_clear_answer_ends_after_four_tries_as_not_executed(client, stand_in, kind) -> None:
    stand_in.will(*[AMBIGUOUS[kind]() for _ in range(5)])
    with pytest.raises(NotExecuted):
        client.send(READ)
    assert len(stand_in.seen) == 4


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy")], ids=repr
)
def test_a_connection_that_never_stood_is_tried_again_for_every_method(client, stand_in, error, request_) -> None:
    stand_in.will(error, httpx.Response(201, json=CREATED))
    assert client.send(request_).status == 201
    stand_in.will(*itertools.repeat(error, 4))
    with pytest.raises(NotExecuted, match=r"api\.parasut\.com"):
        client.send(request_)
    assert len(stand_in.seen) == 6


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize(
    ("headers", "detail", "pause"),
    [
        ({"Retry-After": "7"}, "", 7),
        ({"Retry-After": "7"}, "Try again in 3 seconds.", 7),
        ({}, "Rate limit exceeded. Try again in 3 seconds.", 3),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "Try again in 1 second.", 1),
        ({}, "Çok fazla istek", 10),
        ({"Retry-After": "86400"}, "", 60),
        ({"Retry-After": "0"}, "", 1),
        ({"Retry-After": b"\xb2"}, "", 10),
    ],
)
def test_a_429_waits_as_told_and_sends_the_same_request_again(
    client, stand_in, clock, request_, headers, detail, pause
) -> None:
    refusal = httpx.Response(429, headers=headers, json={"errors": [{"title": "x", "detail": detail}]})
    stand_in.will(refusal, httpx.Response(201, json=CREATED))
    assert client.send(request_).status == 201
    assert sum(clock.slept) == pytest.approx(pause)
    first, second = stand_in.seen
    assert first.content == second.content
    assert (client.calls, client.throttled) == (2, 1)


def test_a_429_in_html_is_obeyed_too(client, stand_in, clock) -> None:
    stand_in.will(httpx.Response(429, html="<h1>slow</h1>"), httpx.Response(201, json=CREATED))
    client.send(WRITE)
    assert sum(clock.slept) == pytest.approx(10)


def test_a_429_at_every_try_is_not_executed_and_tells_how_long_to_wait(client, stand_in, budget) -> None:
    stand_in.will(*[httpx.Response(429, headers={"Retry-After": "9"}) for _ in range(4)])
    with pytest.raises(Throttled) as throttled:
        client.send(WRITE)
    assert throttled.value.retry_after_seconds == 9
    assert len(stand_in.seen) == 4
    assert budget.window.margin > 1


def test_every_attempt_takes_a_place_in_the_budget(client, stand_in, clock) -> None:
    stand_in.will(*[httpx.Response(200, json=EMPTY_LIST) for _ in range(11)])
    for _ in range(10):
        client.send(READ)
    assert clock.slept == []
    client.send(READ)
    assert sum(clock.slept) == pytest.approx(10.15)


REFUSALS = [
    (400, {"errors": [{"title": "Bad Request", "detail": "'due_date' is no date"}]}, ("'due_date' is no date",)),
    (403, {"errors": [{"title": "Forbidden", "detail": "Yetkiniz yok"}]}, ("Yetkiniz yok",)),
    (404, {"errors": [{"title": "Record was not found", "detail": "Contact-1"}]}, ("Contact-1",)),
    (422, {"errors": [{"title": "a", "detail": "Ad boş"}, {"title": "b", "detail": "Ürün/hizmet doldurulmalı"}]},
     ("Ad boş", "Ürün/hizmet doldurulmalı")),
    (422, {"errors": [{"title": "Only a title"}, "only text", {}, None]}, ("Only a title", "only text")),
    (422, {"errors": "no list"}, ("no list",)),
    (400, {"error": "invalid_request", "error_description": "Eksik alan"}, ("invalid_request", "Eksik alan")),
    (409, {"status": 409, "error": "Conflict"}, ("Conflict",)),
]  # fmt: skip


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize(("status", "body", "details"), REFUSALS)
def test_a_refusal_keeps_every_word_and_is_not_repeated(client, stand_in, request_, status, body, details) -> None:
    stand_in.will(httpx.Response(status, json=body))
    with pytest.raises(Refused) as refused:
        client.send(request_)
    assert (refused.value.status, refused.value.details) == (status, details)
    assert len(stand_in.seen) == 1


@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_a_refusal_in_html_has_no_words_but_its_number(client, stand_in, status) -> None:
    stand_in.will(httpx.Response(status, html="<h1>Hata</h1>"))
    with pytest.raises(Refused, match=f"HTTP {status}") as refused:
        client.send(WRITE)
    assert refused.value.details == ()


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(402),
        httpx.Response(402, json={"errors": [{"title": "x", "detail": "y"}]}),
        httpx.Response(403),
        httpx.Response(403, html="<h1>Access denied</h1>"),
    ],
    ids=["402", "402 JSON", "403", "403 HTML"],
)
@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
def test_a_closed_door_stops_the_company_and_says_what_to_do(client, stand_in, request_, response) -> None:
    stand_in.will(response)
    with pytest.raises(CompanyStopped) as stopped:
        client.send(request_)
    assert stopped.value.remedy
    assert len(stand_in.seen) == 1


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
def test_a_redirect_is_not_followed_and_names_where_it_points_without_the_query(client, stand_in, request_) -> None:
    stand_in.will(httpx.Response(301, headers={"Location": "https://baska.magaza.test/v4/?filter[email]=a@b.test"}))
    with pytest.raises(CompanyStopped, match=r"https://baska\.magaza\.test ") as stopped:
        client.send(request_)
    assert "a@b.test" not in str(stopped.value)
    assert len(stand_in.seen) == 1


@pytest.mark.parametrize("status", [302, 303])
def test_a_redirect_that_can_mean_done_leaves_a_write_unknown(client, stand_in, status) -> None:
    stand_in.will(httpx.Response(status, headers={"Location": "https://baska.magaza.test/"}))
    with pytest.raises(OutcomeUnknown):
        client.send(WRITE)


def test_a_304_or_a_redirect_without_a_target_is_not_mistaken_for_an_answer(client, stand_in) -> None:
    stand_in.will(httpx.Response(304), httpx.Response(301))
    for _ in range(2):
        with pytest.raises(CompanyStopped):
            client.send(READ)


def test_a_base_url_that_is_no_web_address_is_named(client, stand_in) -> None:
    stand_in.will(httpx.UnsupportedProtocol("Request URL is missing an 'http://' or 'https://' protocol."))
    with pytest.raises(CompanyStopped, match="base_url"):
        client.send(READ)


def test_a_deletion_needs_no_body(client, stand_in) -> None:
    stand_in.will(httpx.Response(204), httpx.Response(200))
    assert client.send(DELETION).body is None
    assert client.send(DELETION).body is None


def test_a_write_whose_answer_holds_no_id_is_unknown(client, stand_in) -> None:
    stand_in.will(httpx.Response(201, json={"data": {"type": "contacts"}}))
    with pytest.raises(OutcomeUnknown):
        client.send(WRITE)


def test_numbers_are_read_exactly(client, stand_in) -> None:
    body = (
        '{"data": {"id": "1", "type": "x", "attributes": {"a": 0.1, "b": "0.10", "c": 20, "d": 123456789.123456789}}}'
    )
    stand_in.will(httpx.Response(200, content="\ufeff" + body))
    assert client.send(READ).resource.attributes == {
        "a": Decimal("0.1"),
        "b": "0.10",
        "c": 20,
        "d": Decimal("123456789.123456789"),
    }


def test_a_request_names_its_company_and_carries_json(client, stand_in) -> None:
    stand_in.will(httpx.Response(201, json=CREATED))
    client.send(WRITE)
    sent = stand_in.seen[0]
    assert str(sent.url) == "https://api.parasut.com/v4/115/contacts?include=category"
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["Accept"] == "application/json"
    assert sent.content.decode() == '{"data":{"attributes":{"name":"Ayşe Yılmaz"}}}'


SECRETS = ("ayse@ornek.test", "Ayşe", "gizli", "istemci", "muhasebe@", "Bearer", "access", "refresh")


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize("kind", [*AMBIGUOUS, "connect", "429", "402", "login"])
def test_no_error_and_no_log_line_shows_secrets_or_persons(client, stand_in, tokens, log, request_, kind) -> None:
    replies = {
        **AMBIGUOUS,
        "connect": lambda: httpx.ConnectError("refused"),
        "429": lambda: httpx.Response(429),
        "402": lambda: httpx.Response(402),
    }
    if kind == "login":
        tokens.clear()
        stand_in.will_at_login(httpx.Response(401, json={"error": "invalid_grant"}))
    else:
        stand_in.will(*[replies[kind]() for _ in range(4)])
    with pytest.raises(ParasutError) as error:
        client.send(request_)
    assert error.value.__cause__ is None
    shown = [str(error.value), repr(error.value), repr(request_), str(request_), *log]
    assert [secret for secret in SECRETS for text in shown if secret in text] == []
    assert log


def test_the_log_tells_method_path_status_and_duration(client, stand_in, log, clock) -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        clock.now += 0.25
        return httpx.Response(200, json=EMPTY_LIST)

    stand_in.will(slow)
    client.send(READ)
    assert log == ["GET /v4/115/contacts?filter[email]: 200 in 250 ms\n"]


def test_the_standard_log_of_the_http_library_stays_silent_about_addresses(client, stand_in, caplog) -> None:
    caplog.set_level("INFO")
    stand_in.will(httpx.Response(200, json=EMPTY_LIST))
    client.send(READ)
    assert caplog.records == []
