"""Which packages a query means. Everything that the description doesn't name is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from syncd.sandbox.market.package import Package
from syncd.sandbox.trendyol.refusal import invalid
from syncd.sandbox.trendyol.render import STATUSES, shown_package, status_of
from syncd.sandbox.trendyol.state import Cursor, TrendyolState

_DAY = 86_400
_SHIFT = 3 * 3600
_WIDEST = 14 * _DAY
_STREAM_REACH = 90 * _DAY
_LIST_REACH = 30 * _DAY
_LARGEST_PAGE = 200
_QUERY_WINDOW = 10_000
_MOST_IDS = 50
_STREAM_WORDS = {"size", "nextCursor", "lastModifiedStartDate", "lastModifiedEndDate", "packageItemStatuses"}
_LIST_WORDS = {
    "size", "page", "startDate", "endDate", "status", "orderNumber", "shipmentPackageIds", "orderByField",
    "orderByDirection", "supplierId",
}  # fmt: skip

Query = Mapping[str, str]


def stream(state: TrendyolState, query: Query) -> dict[str, Any]:
    """The answer of `orders/stream`: newest change first; the cursor belongs to the filters it was given for."""
    _only(state, query, _STREAM_WORDS)
    size = _number(state, query, "size", 50, 1, _LARGEST_PAGE)
    filters = {name: value for name, value in query.items() if name not in ("size", "nextCursor")}
    within = _window(state, query, "lastModifiedStartDate", "lastModifiedEndDate", _WIDEST, _STREAM_REACH)
    words = _words(state, query.get("packageItemStatuses", ""))
    found = [one for one in state.market.listed() if within(one.modified) and (not words or status_of(one) in words)]
    found.sort(key=_place, reverse=True)
    if "nextCursor" in query:
        cursor = state.cursors.get(query["nextCursor"])
        if cursor is None or cursor.filters != filters:
            raise invalid(
                "invalid.cursor", "nextCursor does not belong to these filters; start a new stream", state.now()
            )
        found = [one for one in found if _place(one) < cursor.place]
    page, more = found[:size], len(found) > size
    return {
        "content": [shown_package(one, state.market, state.seller_id) for one in page],
        "size": size,
        "hasMore": more,
        "nextCursor": state.new_cursor(Cursor(filters, _place(page[-1]))) if more else None,
    }


def paged(state: TrendyolState, query: Query) -> dict[str, Any]:
    """The answer of `v2/orders`: pages from 0; beyond 10,000 packages nothing can be reached."""
    _only(state, query, _LIST_WORDS)
    size = _number(state, query, "size", 50, 1, _LARGEST_PAGE)
    page = _number(state, query, "page", 0, 0, 10**9)
    if (page + 1) * size > _QUERY_WINDOW:
        raise invalid("max.query.window", f"(page + 1) * size must not exceed {_QUERY_WINDOW}", state.now())
    for name, known in (("orderByField", {"PackageLastModifiedDate"}), ("orderByDirection", {"ASC", "DESC"})):
        if query.get(name, next(iter(known))) not in known:
            raise invalid("invalid.parameter", f"{name} must be one of {', '.join(sorted(known))}", state.now())
    if query.get("supplierId", str(state.seller_id)) != str(state.seller_id):
        raise invalid("invalid.parameter", "supplierId is another seller", state.now())
    within = _window(state, query, "startDate", "endDate", 7 * _DAY, _LIST_REACH)
    words = _words(state, query.get("status", ""))
    ids = [word for word in query.get("shipmentPackageIds", "").split(",") if word]
    if len(ids) > _MOST_IDS:
        raise invalid("invalid.parameter", f"at most {_MOST_IDS} shipmentPackageIds", state.now())
    found = [
        one
        for one in state.market.listed()
        if within(one.modified)
        and (not words or status_of(one) in words)
        and query.get("orderNumber", one.order_number) == one.order_number
        and (not ids or str(one.package_id) in ids)
    ]
    found.sort(key=_place, reverse=query.get("orderByDirection") != "ASC")
    return {
        "totalElements": len(found),
        "totalPages": -(-len(found) // size),
        "page": page,
        "size": size,
        "content": [
            shown_package(one, state.market, state.seller_id) for one in found[page * size : (page + 1) * size]
        ],
    }


def _place(package: Package) -> tuple[int, int]:
    return package.modified, package.package_id


def _window(state: TrendyolState, query: Query, first: str, last: str, usual: int, reach: int) -> Callable[[int], bool]:
    """Whether a moment of change (unix seconds) lies within the window that a query names."""
    now = state.now()
    shift = _SHIFT if state.filter_clock == "turkey" else 0
    if first not in query and last not in query:
        return lambda moment: now - usual <= moment <= now
    if first not in query or last not in query:
        raise invalid("invalid.date.range", f"{first} and {last} go together", now)
    start, end = (_milliseconds(state, query, name) for name in (first, last))
    if start > end:
        raise invalid("invalid.date.range", f"{first} is later than {last}", now)
    if end - start > _WIDEST * 1000:
        raise invalid("invalid.date.range", "the range must not exceed 14 days", now)
    if start < (now - reach) * 1000:
        raise invalid("invalid.date.range", f"{first} is too long ago", now)
    return lambda moment: start <= (moment + shift) * 1000 <= end


def _milliseconds(state: TrendyolState, query: Query, name: str) -> int:
    value = query[name]
    if not (value.isascii() and value.isdigit() and len(value) == len("1795000000000")):
        raise invalid("invalid.parameter", f"{name} must be a timestamp in milliseconds", state.now())
    return int(value)


def _number(state: TrendyolState, query: Query, name: str, usual: int, least: int, most: int) -> int:
    value = query.get(name, str(usual))
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise invalid("invalid.parameter", f"{name} must be a number from {least} to {most}", state.now())
    return int(value)


def _words(state: TrendyolState, text: str) -> frozenset[str]:
    words = frozenset(word.strip() for word in text.split(",") if word.strip())
    if not words <= STATUSES:
        raise invalid("invalid.parameter", "unknown status", state.now())
    return words


def _only(state: TrendyolState, query: Query, known: set[str]) -> None:
    unknown = sorted(set(query) - known)
    if unknown:
        raise invalid("invalid.parameter", f"unknown parameter {unknown[0]}", state.now())
