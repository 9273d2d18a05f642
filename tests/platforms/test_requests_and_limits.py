from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from small_platform import connector, listed, small

from syncd.errors import ConfigurationError, PlatformError, PlatformUnreachable
from syncd.platforms import client
from syncd.platforms.connector import load_connector
from syncd.platforms.pace import Limit, Pace


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_requests_keep_the_least_time_between_two() -> None:
    clock = Clock()
    pace = Pace([], 5, lambda: clock.now, clock.sleep)
    pace.wait()
    clock.now += 2
    pace.wait()
    clock.now += 9
    pace.wait()
    assert clock.slept == [3]


def test_requests_beyond_the_limit_wait_for_the_oldest_to_leave_the_window() -> None:
    clock = Clock()
    pace = Pace([Limit(3, 60), Limit(2, 10)], 0, lambda: clock.now, clock.sleep)
    sent = []
    for _ in range(5):
        pace.wait()
        sent.append(clock.now - 100)
    assert sent == [0, 0, 10, 60, 60]


def asked(folder: Path, http: dict[str, Any], answer: Callable[[httpx.Request], httpx.Response] | None = None) -> Any:
    requests: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request) if answer else httpx.Response(200, json=[])

    platform = small(folder, connector({"lists": [listed()]}, http), note)
    return platform.check(), requests


def test_a_bearer_token_and_headers_of_the_platforms_liking_go_with_every_request(tmp_path: Path) -> None:
    _, requests = asked(tmp_path, {"headers": {"User-Agent": "{{ settings.user }} - SelfIntegration"}})
    assert requests[0].headers["Authorization"] == "Bearer invented-token"
    assert requests[0].headers["User-Agent"] == "ekip - SelfIntegration"


def test_secrets_may_travel_in_headers_of_their_own(tmp_path: Path) -> None:
    way = {"authentication": {"https": {"way": "headers", "headers": {"appSecret": "token"}}}}
    _, requests = asked(tmp_path, {**way, "headers": {"appUser": "{{ settings.user }}"}})
    assert (requests[0].headers["appuser"], requests[0].headers["appsecret"]) == ("ekip", "invented-token")


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ({"way": "basic", "secret": "token"}, "the way 'basic' needs the key 'user' beside it"),
        ({"way": "bearer", "secret": "token", "user": "user"}, "the way 'bearer' has no 'user'"),
        ({"way": "headers", "headers": {"key": "tokn"}}, "'settings' has no key 'tokn' (did you mean token?)"),
        ({"way": "headers"}, "the way 'headers' needs the key 'headers' beside it"),
        (
            {"way": "bearer", "secret": "user"},
            "'user' signs requests, so it needs `x-secret: true`; without it its value",
        ),
        ({"way": "headers", "headers": {"X-User": "user"}}, "(what is no secret goes to http.headers)"),
        ({"way": "token", "secret": "token"}, "'way' must be basic, bearer, headers or oauth1, not 'token'"),
    ],
)
def test_a_way_to_sign_in_that_lacks_something_is_told_at_its_place(
    way: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        asked(tmp_path, {"authentication": {"https": way}})
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{tmp_path / 'small.yaml'}:1:")
    assert told in str(problem)


ERROR = {"code": "{{ body.errors[0].key }}", "message": "{{ body.errors[0].message if body else text }}"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(400, json={"errors": [{"key": "k", "message": "No."}]}), "HTTP 400: No (k)."),
        (httpx.Response(400, text="LimitCannotBeEmpty"), "answered HTTP 400: LimitCannotBeEmpty."),
        (httpx.Response(400, json="a plain string"), "HTTP 400: a plain string."),
        (httpx.Response(403, html="<html><b>gateway</b></html>"), "answered HTTP 403 without JSON."),
        (httpx.Response(400, json={"other": 1}), "HTTP 400."),
        (httpx.Response(401), "answered HTTP 401 without JSON."),
    ],
)
def test_errors_of_every_kind_read(answer: httpx.Response, words: str, tmp_path: Path) -> None:
    (finding,), _ = asked(tmp_path, {"error": ERROR}, lambda _: answer)
    assert not finding.ok
    assert finding.message.endswith(words)


def test_the_wait_is_read_from_the_header_that_the_platform_uses(tmp_path: Path) -> None:
    waits: list[float] = []
    answers = [httpx.Response(429, headers={"X-RateLimit-Reset": "7"}), httpx.Response(200, json=[])]
    data = connector({"lists": [listed()]}, {"wait_headers": ["Retry-After", "X-RateLimit-Reset"]})
    platform = small(tmp_path, data, lambda _: answers.pop(0), sleep=waits.append)
    assert platform.check()[0].ok
    assert waits == [7]


def test_every_request_of_a_platform_waits_for_its_turn(tmp_path: Path) -> None:
    waits: list[float] = []
    data = connector({"lists": [listed("a"), listed("b"), listed("c")]}, {"spacing": "5s"})
    platform = small(tmp_path, data, lambda _: httpx.Response(200, json=[]), sleep=waits.append)
    list(platform.changes(platform._clock()))
    assert [round(wait) for wait in waits] == [5, 10]  # nobody slept in fact: the second wait is for both


def test_an_answer_that_is_refused_is_never_asked_again(tmp_path: Path) -> None:
    _, requests = asked(tmp_path, {}, lambda _: httpx.Response(403, text="no"))
    assert len(requests) == 1


def test_a_key_that_signs_requests_and_is_no_secret_is_told_where_it_is_described(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(json.dumps(connector({"lists": [listed()]}), indent=1).replace('"x-secret"', '"x-sceret"'), "utf-8")
    line = next(number for number, row in enumerate(file.read_text().splitlines(), 1) if row.strip() == '"token": {')
    with pytest.raises(ConfigurationError) as caught:
        load_connector(file)
    assert f"{file}:{line}:4: 'token' signs requests, so it needs `x-secret: true`" in str(caught.value.problems[0])


def test_misspelt_keys_of_the_new_parts_are_told_at_their_place(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    text = """
title: Small
settings: {type: object, properties: {token: {description: T., type: string, examples: [t], x-secret: true}}}
account: small
http: {base_url: "https://small.test", authentication: {https: {way: bearer, secret: token}}}
check: {get: /me, what: orders, say: fine}
statuses: {new: preparing}
orders:
  lists:
    - name: orders
      get: /orders
      pages: {nummer: {parameter: page, size: size, of: 10}}
      changes: {after: from, format: epoch_ms, overlap: 5 minutes}
  look_up: {keys: "{{ recrod.id }}", get: "/order/{{ key }}", records: "{{ fuond }}"}
  order: {id: "{{ record.id }}", number: "1", status: new, ordered_at: "2026-11-20T10:00:00Z",
          currency: TRY, total: 1, lines: []}
"""
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_connector(file)
    told = [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]
    assert told == [
        "12:15: unknown key 'nummer' under 'pages' (did you mean number?)",
        "13:57: 'overlap' must be a time like 5m, not '5 minutes'",
    ]
    file.write_text(text.replace("nummer", "number").replace("5 minutes", "5m"), "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_connector(file)
    told = [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]
    assert told == [
        "14:23: there is no variable 'recrod' (did you mean record?)",
        "14:76: there is no variable 'fuond' (did you mean found?)",
    ]


def test_errors_of_the_platform_carry_its_name(tmp_path: Path) -> None:
    platform = small(tmp_path, connector({"lists": [listed()]}), lambda _: httpx.Response(404))
    with pytest.raises(PlatformError, match="small: GET /orders"):
        list(platform.changes(platform._clock()))


class Pieces(httpx.SyncByteStream):
    """An answer that comes in pieces; `after` is called after each."""

    def __init__(self, after: Callable[[], None] = lambda: None) -> None:
        self._after = after

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(50):
            yield b"[ ] "
            self._after()


def test_an_answer_that_drips_for_ever_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def a_minute_later() -> None:
        now[0] += 60

    monkeypatch.setattr(client, "time", SimpleNamespace(monotonic=lambda: now[0]))
    data = connector({"lists": [listed()]})
    platform = small(tmp_path, data, lambda _: httpx.Response(200, stream=Pieces(a_minute_later)))
    with pytest.raises(PlatformUnreachable, match="did not answer in time"):
        list(platform.changes(platform._clock()))


@pytest.mark.parametrize("answer", ["too large", "broken gzip"])
def test_an_answer_that_cannot_be_used_whole_is_the_platforms_trouble(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LARGEST_ANSWER_BYTES", 100)
    headers = {"Content-Encoding": "gzip"} if answer == "broken gzip" else {}
    data = connector({"lists": [listed()]})
    platform = small(tmp_path, data, lambda _: httpx.Response(200, headers=headers, stream=Pieces()))
    with pytest.raises(PlatformUnreachable, match="can't be reached"):
        list(platform.changes(platform._clock()))


@pytest.mark.parametrize("token", ["gizli-ç-anahtar", "two\nlines"])
@pytest.mark.parametrize(
    "way", [{"way": "bearer", "secret": "token"}, {"way": "headers", "headers": {"appKey": "token"}}]
)
def test_a_secret_that_no_header_can_carry_is_told_without_its_value(
    way: dict[str, Any], token: str, tmp_path: Path
) -> None:
    data = connector({"lists": [listed()]}, {"authentication": {"https": way}})
    with pytest.raises(ConfigurationError) as caught:
        small(tmp_path, data, lambda _: httpx.Response(200), token=token)
    assert str(caught.value).startswith("syncd.yaml:3:3: small: the value of 'token' holds a line break or a letter")
    assert token not in str(caught.value)


@pytest.mark.parametrize("address", ["https://[::1", "https://127.0.0.1:notaport", "https://"])
def test_an_address_that_is_none_is_told_at_the_platforms_place(address: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="small: the address"):
        small(tmp_path, connector({"lists": [listed()]}, {"base_url": address}), lambda _: httpx.Response(200))
