"""A WooCommerce shop behind httpx: an exclusive filter in whole seconds, pages of a set that goes on changing."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from syncd.config.settings import PlatformSettings, Secret
from syncd.orders.status import Status
from syncd.platforms.platform import Platform, open_platform
from syncd.problem import Position
from syncd.resources import MAPPINGS

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 24, 9, 0, 0, tzinfo=UTC)


def sample(name: str) -> Any:
    """A recorded answer of a real shop."""
    return json.loads((DATA / name).read_text("utf-8"), parse_float=Decimal)


def order_record(**changes: Any) -> dict[str, Any]:
    """The first recorded order, changed."""
    return deepcopy(sample("woocommerce_orders.json")[0]) | changes


def settings(statuses: dict[str, Status] | None = None, **options: Any) -> PlatformSettings:
    """The entry of a shop in the configuration."""
    keys = {
        "url": "https://www.shop.test",
        "consumer_key": Secret("ck_invented"),
        "consumer_secret": Secret("cs_invented"),
    }
    file = MAPPINGS / "platforms" / "woocommerce.yaml"
    place = Position("syncd.yaml", 12, 5)
    return PlatformSettings("site", "woocommerce", "Web Sitesi", keys | options, place, statuses or {}, file)


def platform(
    handler: Callable[[httpx.Request], httpx.Response] | None = None,
    *,
    statuses: dict[str, Status] | None = None,
    waits: list[float] | None = None,
    **options: Any,
) -> Platform:
    """The platform with a transport of ours, a clock that stands still and a sleep that only notes."""
    transport = httpx.MockTransport(handler or (lambda request: httpx.Response(500)))
    noted = waits if waits is not None else []
    return open_platform(settings(statuses, **options), transport=transport, clock=lambda: NOW, sleep=noted.append)


@dataclass
class FakeShop:
    """Orders by id with their stamps; `before_answer` may change them between two requests."""

    stamps: dict[int, datetime]
    headers: bool = True
    before_answer: Callable[[FakeShop, int], None] = lambda shop, number: None
    requests: list[httpx.URL] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.url)
        self.before_answer(self, len(self.requests))
        query = request.url.params
        found = sorted(self.stamps.items(), key=self._order(query))
        found = [pair for pair in found if pair[1] > datetime.fromisoformat(query["modified_after"])]
        if "modified_before" in query:
            found = [pair for pair in found if pair[1] < datetime.fromisoformat(query["modified_before"])]
        size, page = int(query["per_page"]), int(query["page"])
        shown = found[(page - 1) * size : page * size]
        headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(-(-len(found) // size))}
        return httpx.Response(200, json=[record(*pair) for pair in shown], headers=headers if self.headers else {})

    def _order(self, query: httpx.QueryParams) -> Callable[[tuple[int, datetime]], Any]:
        """Orders of one second come in no order that one could rely on: here, it changes with every request."""
        if query["orderby"] == "id":
            return lambda pair: pair[0]
        return lambda pair: (pair[1], (pair[0] * 7919 * len(self.requests)) % 1009)


def record(number: int, stamp: datetime) -> dict[str, Any]:
    """A small order that was changed at `stamp`."""
    written = stamp.strftime("%Y-%m-%dT%H:%M:%S")
    return {
        "id": number, "number": str(number), "status": "processing", "currency": "TRY", "total": "12.00",
        "date_created_gmt": "2026-11-01T08:00:00", "date_modified_gmt": written, "refunds": [], "meta_data": [],
        "billing": {"first_name": "Deniz", "last_name": "Kaya"}, "shipping": {}, "tax_lines": [],
        "line_items": [], "shipping_lines": [], "fee_lines": [],
    }  # fmt: skip


def seconds(number: float) -> timedelta:
    """A span, short to write."""
    return timedelta(seconds=number)
