"""Which packages a query asks for, with everything that N11 cuts silently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncd.sandbox.market.package import Package, Stage
from syncd.sandbox.n11.refusal import unknown_parameter
from syncd.sandbox.n11.render import WORDS, shown_package
from syncd.sandbox.n11.state import N11State

MAX_SIZE = 100
_WINDOW_MS = 15 * 24 * 3600 * 1000
_PARAMETERS = frozenset(
    {
        "startDate",
        "endDate",
        "page",
        "size",
        "status",
        "orderByField",
        "orderByDirection",
        "orderNumber",
        "packageIds",
        "sender",
    }
)


def page_of(state: N11State, query: Mapping[str, str]) -> dict[str, Any]:
    """The envelope that answers a query. Raises N11Refusal for a parameter that N11 doesn't document."""
    for name in query:
        if name not in _PARAMETERS:
            raise unknown_parameter(name)
    found = [package for package in _asked(state, query) if _fits(state, package, query)]
    newest_first = query.get("orderByDirection", "DESC") != "ASC"
    found.sort(key=lambda package: (package.modified, package.package_id), reverse=newest_first)
    size = min(max(_number(query.get("size")) or MAX_SIZE, 1), MAX_SIZE)
    page = _number(query.get("page")) or 0
    content = [shown_package(package, state) for package in found[page * size : (page + 1) * size]]
    return {
        "pageCount": len(content),
        "totalPages": -(-len(found) // size),
        "page": page,
        "size": size,
        "content": content,
    }


def _asked(state: N11State, query: Mapping[str, str]) -> list[Package]:
    """Packages by number, of any age; else those of the window."""
    if query.get("packageIds"):
        numbers = [_number(text) for text in query["packageIds"].split(",")]
        return [
            one for number in numbers if number for one in state.market.find(package_id=number) if not one.id_hidden
        ]
    if query.get("orderNumber"):
        return state.market.find(order_number=query["orderNumber"])
    start, end = _window(state, query)
    by_change = query.get("orderByField") == "true"
    return [
        one
        for one in state.market.listed()
        if start <= (one.modified if by_change else one.ordered_at) * 1000 + state.shift_ms <= end
    ]


def _window(state: N11State, query: Mapping[str, str]) -> tuple[int, int]:
    """Start and end in milliseconds; of what is wider than 15 days, the last 15 days."""
    start, end = _number(query.get("startDate")), _number(query.get("endDate"))
    if start is None and end is None:
        end = state.market.now() * 1000 + state.shift_ms
    elif start is not None and end is None:
        end = start + _WINDOW_MS
    assert end is not None
    return max(start if start is not None else 0, end - _WINDOW_MS), end


def _fits(state: N11State, package: Package, query: Mapping[str, str]) -> bool:
    if package.stage is Stage.UNPAID:
        return False
    sender = query.get("sender", "SELLER")
    if sender != "ALL" and sender != state.sender_of(package):
        return False
    status = query.get("status")
    if status is None:
        return state.without_status == "all"
    return status == WORDS[package.stage]


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.lstrip("-").isdigit() else None
