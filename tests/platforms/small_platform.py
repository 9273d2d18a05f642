"""A platform with a connector of a few lines, behind httpx, for the tests of the engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from syncd.config.settings import PlatformSettings, Secret
from syncd.platforms.platform import Platform, open_platform
from syncd.problem import Position

NOW = datetime(2026, 11, 24, 9, 0, 0, tzinfo=UTC)

ORDER: dict[str, Any] = {
    "id": "{{ record.id }}",
    "number": "{{ record.id }}",
    "status": "{{ record.status | default('new') }}",
    "ordered_at": "2026-11-20T10:00:00Z",
    "currency": "TRY",
    "total": "{{ record.total | default(10) }}",
    "lines": [],
}


def connector(orders: dict[str, Any], http: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    """The data of a connector file; JSON is YAML."""
    return {
        "title": "Small",
        "settings": {
            "type": "object",
            "properties": {
                "token": {"description": "Token.", "type": "string", "x-secret": True, "examples": ["t"]},
                "user": {"description": "User.", "type": "string", "examples": ["u"]},
            },
        },
        "account": "small",
        "http": {
            "base_url": "https://small.test/api",
            "authentication": {"https": {"way": "bearer", "secret": "token"}},
            **(http or {}),
        },
        "check": {"get": "/me", "what": "orders", "say": "fine"},
        "statuses": {"new": "preparing", "On Way": "shipped"},
        "orders": {"order": ORDER, **orders},
        **parts,
    }


def small(
    folder: Path,
    data: dict[str, Any],
    answer: Callable[[httpx.Request], httpx.Response],
    *,
    sleep: Callable[[float], None] = lambda _: None,
    clock: Callable[[], datetime] = lambda: NOW,
    token: str = "invented-token",
) -> Platform:
    """The platform that a connector of that data describes; `answer` is the other side."""
    file = folder / "small.yaml"
    file.write_text(json.dumps(data), "utf-8")
    options = {"token": Secret(token), "user": "ekip"}
    settings = PlatformSettings("small", "small", "Small", options, Position("syncd.yaml", 3, 3), {}, file)
    return open_platform(settings, transport=httpx.MockTransport(answer), clock=clock, sleep=sleep)


def listed(name: str = "orders", **more: Any) -> dict[str, Any]:
    """An entry of `orders.lists`."""
    return {"name": name, "get": f"/{name}", **more}
