"""What is asked of Trendyol, and what a person reads when it refuses."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
import simplejson
from trendyol_packages import NOW, SELLER, package, platform

from syncd.config.settings import Secret
from syncd.errors import PlatformError

DAY_MS = 86_400_000
PATH = f"/order/sellers/{SELLER}/orders/stream"
STREAM = f"/integration{PATH}"


def answering(status: int, body: Any = None, text: str | None = None) -> Callable[[httpx.Request], httpx.Response]:
    content = text if text is not None else simplejson.dumps(body, use_decimal=True)
    return lambda request: httpx.Response(status, text=content)


def page(*packages: dict[str, Any], more: Any = False, cursor: Any = None) -> dict[str, Any]:
    return {"content": list(packages), "size": 200, "hasMore": more, "nextCursor": cursor}


class Stream:
    """Answers one page after the other and remembers what it was asked."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self._pages = list(pages)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        body = self._pages.pop(0) if self._pages else page()
        return httpx.Response(200, text=simplejson.dumps(body, use_decimal=True))

    @property
    def queries(self) -> list[dict[str, str]]:
        return [dict(request.url.params) for request in self.requests]


def failure(handler: Callable[[httpx.Request], httpx.Response], **options: Any) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        list(platform(handler, **options).changes(NOW))
    return caught.value


def test_every_request_carries_the_seller_in_its_user_agent_and_the_key_in_basic() -> None:
    stream = Stream()
    list(platform(stream).changes(NOW))
    (request,) = stream.requests
    key = base64.b64encode(b"invented-key:invented-secret").decode()
    assert request.headers["User-Agent"] == f"{SELLER} - SelfIntegration"
    assert request.headers["Authorization"] == f"Basic {key}"
    assert (request.url.host, request.url.path) == ("apigw.trendyol.com", STREAM)


def test_an_integrators_name_and_another_address_may_be_given() -> None:
    stream = Stream()
    list(platform(stream, integrator="Ornek1", base_url="https://stageapigw.trendyol.com/").changes(NOW))
    (request,) = stream.requests
    assert request.headers["User-Agent"] == f"{SELLER} - Ornek1"
    assert str(request.url).startswith(f"https://stageapigw.trendyol.com{STREAM}?")


def test_the_window_begins_four_hours_before_the_mark_and_ends_three_hours_ahead() -> None:
    stream = Stream()
    since = NOW - timedelta(minutes=10)
    (last,) = platform(stream).changes(since)
    hour = 3_600_000
    assert stream.queries == [
        {
            "lastModifiedStartDate": str(int(since.timestamp() * 1000) - 4 * hour),
            "lastModifiedEndDate": str(int(NOW.timestamp() * 1000) + 3 * hour),
            "size": "200",
        }
    ]
    assert last.mark == NOW


def test_a_long_time_is_read_in_windows_of_two_weeks_and_no_further_back_than_trendyol_tells() -> None:
    stream = Stream()
    marks = [one.mark for one in platform(stream).changes(datetime(2025, 1, 1, tzinfo=UTC))]
    windows = [(int(q["lastModifiedStartDate"]), int(q["lastModifiedEndDate"])) for q in stream.queries]
    now = int(NOW.timestamp() * 1000)
    assert windows[0][0] == now - 89 * DAY_MS + 3_600_000  # a request may have to wait before it leaves
    assert windows[-1][1] == now + 3 * 3_600_000
    assert all(end - start <= 14 * DAY_MS for start, end in windows)
    assert all(later[0] <= earlier[1] for earlier, later in pairwise(windows))
    assert len(windows) == len(marks) == 7
    assert marks == sorted(mark for mark in marks if mark is not None)
    assert marks[-1] == NOW


def test_a_cursor_goes_with_an_unchanged_window_and_the_mark_comes_after_the_last_page() -> None:
    stream = Stream(
        page(package(), more=True, cursor="eins"),
        page(package(9000000002), more="true", cursor="zwei"),
        page(package(9000000003)),
    )
    pages = list(platform(stream).changes(NOW))
    first, second, third = stream.queries
    assert "nextCursor" not in first
    assert (second, third) == (first | {"nextCursor": "eins"}, first | {"nextCursor": "zwei"})
    assert [record.id for one in pages for record in one.records] == ["9000000001", "9000000002", "9000000003"]
    assert [one.mark for one in pages] == [None, None, None, NOW]


@pytest.mark.parametrize("cursor", [None, ""])
@pytest.mark.parametrize("more", [True, "true", None, "?"])
def test_an_answer_that_is_no_end_and_names_no_cursor_is_an_error(more: Any, cursor: Any) -> None:
    found: list[Any] = []
    with pytest.raises(PlatformError) as caught:
        for one in platform(Stream(page(package(), more=more, cursor=cursor))).changes(NOW):
            found.append(one.mark)
    assert found == []
    assert "did not answer as the connector expects" in caught.value.message


@pytest.mark.parametrize("body", [{}, [], {"content": None, "hasMore": False}])
def test_an_answer_without_packages_is_an_error_and_no_empty_list(body: Any) -> None:
    assert f"{PATH} did not answer" in failure(answering(200, body)).message


def test_a_version_that_comes_twice_is_shown_once_and_a_new_version_again() -> None:
    later = package(status="Picking", lastModifiedDate=package()["lastModifiedDate"] + 1)
    stream = Stream(page(later, more=True, cursor="c"), page(package(), package()))
    found = [record.order for one in platform(stream).changes(NOW) for record in one.records]
    assert [order.status_text for order in found if order is not None] == ["Picking", "Created"]


def test_a_bad_line_holds_its_package_and_not_the_page() -> None:
    bad = package(line={"vatRate": None})
    stream = Stream(page(bad, package(9000000002)))
    first, second = (record for one in platform(stream).changes(NOW) for record in one.records)
    assert (first.id, first.order) == ("9000000001", None)
    assert first.problem is not None
    assert first.problem.code == "vat-rate-unclear"
    assert second.order is not None


@pytest.mark.parametrize(("spacing", "least"), [({}, 4.5), ({"spacing": "30s"}, 29.5), ({"spacing": "0s"}, None)])
def test_requests_keep_their_distance(spacing: dict[str, str], least: float | None) -> None:
    waits: list[float] = []
    stream = Stream(page(package(), more=True, cursor="c"), page())
    list(platform(stream, waits=waits, **spacing).changes(NOW))
    assert len(stream.requests) == 2
    assert waits == [] if least is None else len(waits) == 1 and waits[0] > least


BODIES: list[tuple[int, Any, str]] = [
    (401, {"status": 401, "exception": "ClientApiAuthenticationException"}, "(ClientApiAuthenticationException)"),
    (400, {"errors": [{"message": "Tarih aralığı geçersiz."}]}, "HTTP 400: Tarih aralığı geçersiz."),
    (400, {"errors": [{"key": "invalid.cursor", "message": "Cursor"}]}, "HTTP 400: Cursor (invalid.cursor)."),
    (429, {"errors": [{"errorCode": "too.many.requests", "message": "Yavaş"}]}, "HTTP 429: Yavaş (too.many.requests)."),
    (409, {"error": "CONFLICT", "message": "Already", "path": "/x", "status": 409}, "HTTP 409: Already (CONFLICT)."),
    (
        500,
        {"timestamp": 1, "exception": "TrendyolSystemException", "errors": [{"key": "generic", "message": "Hata"}]},
        "HTTP 500: Hata (generic).",
    ),
    (500, {"exception": "TrendyolSystemException", "errors": []}, "HTTP 500 (TrendyolSystemException)."),
    (556, {"errors": ["x"]}, "HTTP 556."),
    (404, [], "HTTP 404."),
]


@pytest.mark.parametrize(("status", "body", "told"), BODIES)
def test_all_shapes_of_error_bodies_are_read(status: int, body: Any, told: str) -> None:
    assert told in failure(answering(status, body)).message


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "HTTP 556 without JSON."), ("Service Unavailable", "HTTP 556: Service Unava")],
)
def test_an_empty_or_plain_error_body_is_read_as_well(text: str, told: str) -> None:
    assert told in failure(answering(556, text=text)).message


@pytest.mark.parametrize(
    ("status", "options", "advice"),
    [
        (401, {}, "Entegrasyon Bilgileri"),
        (403, {}, f'"{SELLER} - SelfIntegration"'),
        (404, {}, "seller_id and base_url"),
        (426, {}, "a newer syncd is needed"),
        (429, {}, "raise spacing (it is 5s)"),
        (503, {"base_url": "https://stageapigw.trendyol.com"}, "does not know the address of this machine"),
        (503, {}, "api-status"),
        (500, {}, "The next run tries again"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, options: dict[str, str], advice: str) -> None:
    error = failure(answering(status, {}), **options)
    assert f"HTTP {status}" in error.message
    assert advice in error.remedy


def test_a_page_that_is_no_json_points_to_the_address() -> None:
    error = failure(answering(200, text="<html>Hoş geldiniz</html>"), base_url="https://www.example.test")
    assert "https://www.example.test" in error.remedy


def test_no_secret_is_ever_told() -> None:
    for status in (400, 401, 403, 429, 500):
        error = failure(answering(status, {}), api_key=Secret("gizli-anahtar"), api_secret=Secret("gizli-sifre"))
        assert "gizli" not in error.message + error.remedy


def test_the_connection_test_reads_as_syncd_polls_and_tells_whose_packages_come() -> None:
    listed = {"totalElements": 12, "totalPages": 12, "page": 0, "size": 1, "content": [package()]}

    def answer(request: httpx.Request) -> httpx.Response:
        assert dict(request.url.params) == {"size": "1"}
        body = page(package()) if request.url.path == STREAM else listed
        return httpx.Response(200, text=simplejson.dumps(body, use_decimal=True))

    orders, seller = platform(answer).check()
    assert (orders.ok, orders.message) == (True, "packages can be read")
    assert (seller.ok, seller.message) == (True, f"12 packages changed within a week, of seller {SELLER}")
    *_, other = platform(answer, seller_id="99999").check()
    assert other.ok
    listed["content"] = [package(supplierId=4711)]
    *_, foreign = platform(answer).check()
    assert (foreign.ok, foreign.remedy) == (False, "The key belongs to another seller; correct seller_id.")
    listed |= {"content": [], "totalElements": 0}
    *_, none = platform(answer).check()
    assert (none.ok, none.message) == (True, "0 packages changed within a week")


def test_a_refused_key_fails_the_connection_test_with_its_remedy() -> None:
    (finding,) = platform(answering(401, BODIES[0][1])).check()
    assert not finding.ok
    assert "HTTP 401" in finding.message
    assert "master user" in finding.remedy
