"""Trendyol packages of our own, in the shape of today, and the platform that reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from syncd.config.settings import PlatformSettings, Secret
from syncd.orders.order import Order
from syncd.orders.status import Status
from syncd.platforms.platform import Platform, open_platform
from syncd.problem import Position
from syncd.resources import MAPPINGS

NOW = datetime(2026, 11, 24, 9, 0, 0, tzinfo=UTC)
SELLER = 99999
_DATA = Path(__file__).parent / "data" / "trendyol_packages.json"


def constructed() -> dict[int, dict[str, Any]]:
    """The packages of four orders by their numbers: uneven discount, a company, a split, a partial cancellation."""
    page = json.loads(_DATA.read_text("utf-8"), parse_float=Decimal)
    return {package["shipmentPackageId"]: package for package in page["content"]}


def package(number: int = 9000000001, **changes: Any) -> dict[str, Any]:
    """One of them, changed. `invoice` and `line` are changes to the invoice address and to every line."""
    found = deepcopy(constructed()[number])
    found["invoiceAddress"] |= changes.pop("invoice", {})
    for line in found["lines"]:
        line |= changes.get("line", {})
    changes.pop("line", None)
    return found | changes


def settings(statuses: dict[str, Status] | None = None, **options: Any) -> PlatformSettings:
    """The entry of a seller in the configuration."""
    keys = {"seller_id": SELLER, "api_key": Secret("invented-key"), "api_secret": Secret("invented-secret")}
    file = MAPPINGS / "platforms" / "trendyol.yaml"
    place = Position("syncd.yaml", 12, 5)
    return PlatformSettings("trendyol", "trendyol", "Trendyol", keys | options, place, statuses or {}, file)


def platform(
    handler: Callable[[httpx.Request], httpx.Response] | None = None, waits: list[float] | None = None, **options: Any
) -> Platform:
    """The platform with a transport of ours, a clock that stands still and a sleep that only notes."""
    transport = httpx.MockTransport(handler or (lambda request: httpx.Response(500)))
    noted = waits if waits is not None else []
    return open_platform(settings(**options), transport=transport, clock=lambda: NOW, sleep=noted.append)


def read(record: dict[str, Any], **options: Any) -> Order:
    """The order in a package."""
    return platform(**options).read(record)
