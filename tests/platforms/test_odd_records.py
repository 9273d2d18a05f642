"""A record of another shape than its connector expects holds itself, and none of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from small_platform import NOW, ORDER, connector, listed, small

from syncd.platforms.platform import Record

LINE = {"id": "{{ item.id }}", "name": "Bardak", "quantity": 1, "total": 10, "vat_rate": 20}
BY_LINE = {**ORDER, "lines": [{"each": "item in record.lines", **LINE}]}
GOOD = {"id": 7, "lines": [{"id": 1}]}


def read(folder: Path, orders: dict[str, Any], *raws: Any, detail: httpx.Response | None = None) -> list[Record]:
    def answer(request: httpx.Request) -> httpx.Response:
        if detail is not None and request.url.path.endswith("/1/lines"):
            return detail
        return httpx.Response(200, json=list(raws) if request.url.path.endswith("/orders") else [{"id": 1}])

    platform = small(folder, connector({"lists": [listed()], **orders}), answer)
    return [record for page in platform.changes(NOW) for record in page.records]


@pytest.mark.parametrize("lines", [5, True, "abc", {"a": 1}])
def test_lines_that_are_no_list_hold_their_own_order_only(lines: Any, tmp_path: Path) -> None:
    odd, good = read(tmp_path, {"order": BY_LINE}, {"id": 1, "lines": lines}, GOOD)
    assert good.problem is None
    assert odd.problem is not None
    assert (odd.id, odd.problem.code) == ("1", "record-unreadable")
    assert "what `each: item in …` goes through is not a list" in odd.problem.message


def test_lines_that_are_null_are_none(tmp_path: Path) -> None:
    (none,) = read(tmp_path, {"order": BY_LINE}, {"id": 1, "lines": None})
    assert none.order is not None
    assert none.order.lines == ()


@pytest.mark.parametrize("status", [400, 404, 409, 410, 422])
def test_details_that_are_refused_for_one_record_hold_that_record_only(status: int, tmp_path: Path) -> None:
    details = [{"into": "_lines", "get": "/orders/{{ record.id }}/lines"}]
    orders = {"order": {**ORDER, "lines": [{"each": "item in record._lines", **LINE}]}, "details": details}
    odd, good = read(tmp_path, orders, {"id": 1}, {"id": 2}, detail=httpx.Response(status, json={}))
    assert (odd.problem is not None, good.problem) == (True, None)
    assert f"GET /orders/1/lines answered HTTP {status}" in str(odd.problem)
