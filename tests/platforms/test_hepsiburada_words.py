from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest
from hepsiburada_orders import NOW, platform

from syncd.errors import PlatformError
from syncd.mapping.failure import FilterError
from syncd.platforms.readers.hepsiburada_words import (
    entries,
    error_code,
    error_message,
    istanbul,
    money,
    text,
    total_count,
    value,
)

ENVELOPE = {"totalCount": 3, "limit": 50, "offset": 0, "pageCount": 1}


def answering(status: int, **content: Any) -> httpx.Response:
    return httpx.Response(status, **content)


def failure(response: httpx.Response) -> PlatformError:
    """What a poll says when every request is answered so."""
    with pytest.raises(PlatformError) as caught:
        list(platform(lambda request: response).changes(NOW))
    return caught.value


@pytest.mark.parametrize(
    "body",
    [
        [{"packageNumber": "1", "items": [{"id": "a"}]}],
        {**ENVELOPE, "items": [{"packageNumber": "1", "items": [{"id": "a"}]}]},
        {"TotalCount": 3, "Items": [{"packageNumber": "1", "items": [{"id": "a"}]}]},
        [{**ENVELOPE, "items": [{"packageNumber": "1", "items": [{"id": "a"}]}]}],
    ],
)
def test_a_list_is_an_array_an_envelope_or_an_array_of_envelopes(body: Any) -> None:
    assert entries(body) == [{"packageNumber": "1", "items": [{"id": "a"}]}]


@pytest.mark.parametrize("body", [None, "text", {"message": "no"}, {"items": None}])
def test_anything_else_is_no_empty_list(body: Any) -> None:
    with pytest.raises(FilterError):
        entries(body)


def test_the_count_is_in_the_envelope_or_in_the_header() -> None:
    assert total_count({**ENVELOPE, "items": []}, {"totalcount": "9"}) == "3"
    assert total_count([], {"totalcount": "9"}) == "9"
    assert total_count([], {}) == ""


@pytest.mark.parametrize(
    ("body", "plain", "code", "message"),
    [
        (None, "Unauthorized", "", "Unauthorized"),
        ("a JSON string", "", "", "a JSON string"),
        ({"message": "LimitCannotBeEmpty"}, "", "", "LimitCannotBeEmpty"),
        ({"title": "Forbidden", "status": 403}, "", "", "Forbidden"),
        ({"errors": [{"code": "X1", "message": "no"}]}, "", "X1", "no"),
        ({"errors": ["no"]}, "", "", "no"),
        (["no"], "", "", "no"),
        ({"code": "1004", "defaultMessage": None, "message": "cannot find package"}, "", "1004", "cannot find package"),
    ],
)
def test_every_kind_of_error_body_is_read(body: Any, plain: str, code: str, message: str) -> None:
    assert (error_code(body), error_message(body, plain)) == (code, message)


@pytest.mark.parametrize(
    ("response", "words", "remedy"),
    [
        (answering(401, text="Unauthorized"), "HTTP 401: Unauthorized", "up to two hours"),
        (answering(403, html="<html><body>Access Denied</body></html>"), "HTTP 403", "User-Agent"),
        (answering(403, json={"title": "Forbidden"}), "HTTP 403: Forbidden", "Entegratör bilgileri"),
        (answering(400, json={"message": "LimitCannotBeEmpty"}), "HTTP 400: LimitCannotBeEmpty", ""),
        (answering(400, json="(a plain string)"), "HTTP 400: (a plain string)", ""),
        (answering(404, json={"code": "1004", "message": "none"}), "HTTP 404: none (1004)", "merchant_id"),
        (answering(500, text=""), "HTTP 500", "next run"),
        (answering(200, json={"message": "maintenance"}), "is no list of records", ""),
    ],
)
def test_a_refusal_is_told_in_hepsiburadas_words_with_what_to_do(
    response: httpx.Response, words: str, remedy: str
) -> None:
    error = failure(response)
    assert words in error.message
    assert remedy in error.remedy
    assert "<" not in str(error)


def test_a_name_is_found_in_any_case_and_what_is_empty_is_not_there() -> None:
    record = {"MerchantSku": "", "merchantSKU": "KUPA", "Quantity": 2}
    assert (value(record, "merchantSku"), value(record, "quantity"), value(record, "sku")) == ("KUPA", 2, None)
    assert value(None, "anything") is None


def test_text_is_never_a_structure_or_a_truth_value() -> None:
    assert (text({"a": {"b": 1}}, "a"), text({"a": True}, "a"), text({"a": 7}, "a")) == ("", "", "7")


def test_money_is_an_object_or_a_number() -> None:
    assert money({"price": {"currency": "TRY", "amount": Decimal("28.99833")}}, "price") == Decimal("28.99833")
    assert (money({"Price": 5}, "price"), money({"price": None}, "price")) == (Decimal(5), None)
    with pytest.raises(FilterError):
        money({"price": "much"}, "price")


def test_nothing_is_no_moment() -> None:
    assert (istanbul(None), istanbul("")) == (None, None)


def test_every_request_is_signed_and_says_who_it_is_for() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={**ENVELOPE, "totalCount": 0, "items": []})

    list(platform(answer).changes(NOW, rescan=True))
    assert {request.headers["User-Agent"] for request in requests} == {"ornek_dev"}
    assert all(request.headers["Authorization"].startswith("Basic ") for request in requests)
    assert {request.url.host for request in requests} == {"oms-external.hepsiburada.com"}


def test_the_windows_are_written_as_istanbuls_clock_shows_them() -> None:
    windows: dict[str, str] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        if "enddate" in request.url.params:
            windows[request.url.path.rsplit("/", 1)[-1]] = request.url.params["enddate"]
        return httpx.Response(200, json={**ENVELOPE, "totalCount": 0, "items": []})

    list(platform(answer).changes(NOW))
    assert windows["shipped"] == "2026-09-05 12:10"
