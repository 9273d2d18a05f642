"""A store at N11 for the tests of its connector: settings, sample packages, a transport of ours."""

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

DATA = Path(__file__).parent / "data"
SELLER = 2000001
# The samples' packages were changed last on 4 and 7 September 2026.
NOW = datetime(2026, 9, 8, 9, 0, 0, tzinfo=UTC)


def sample(name: str) -> Any:
    return json.loads((DATA / name).read_text("utf-8"), parse_float=Decimal)


def case(words: str) -> list[dict[str, Any]]:
    """The packages of the constructed case whose name begins with `words`."""
    (found,) = [one["packages"] for one in sample("n11_cases.json") if one["case"].startswith(words)]
    return found  # type: ignore[no-any-return]


def package(*changes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A company's package of two lines, in Picking, changed."""
    record = deepcopy(sample("n11_page.json")["content"][1]) | fields
    for change in changes:
        record |= change
    return record


def billed(**fields: Any) -> dict[str, Any]:
    """A change of the address of the invoice."""
    return {"billingAddress": sample("n11_page.json")["content"][1]["billingAddress"] | fields}


def settings(statuses: dict[str, Status] | None = None, **options: Any) -> PlatformSettings:
    keys = {"seller_id": SELLER, "app_key": Secret("key_invented"), "app_secret": Secret("secret_invented")}
    file = MAPPINGS / "platforms" / "n11.yaml"
    return PlatformSettings("n11", "n11", "N11", keys | options, Position("syncd.yaml", 20, 5), statuses or {}, file)


def platform(
    handler: Callable[[httpx.Request], httpx.Response] | None = None,
    *,
    statuses: dict[str, Status] | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
    **options: Any,
) -> Platform:
    transport = httpx.MockTransport(handler or (lambda request: httpx.Response(500)))
    return open_platform(settings(statuses, **options), transport=transport, clock=clock, sleep=lambda seconds: None)


def read(record: dict[str, Any], **options: Any) -> Order:
    return platform(**options).read(record)
