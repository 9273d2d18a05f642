"""The list of orders: which ones a query asks for, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from syncd.sandbox.shop.refusal import invalid_param
from syncd.sandbox.shop.state import STATUSES, Order, ShopState

Query = Sequence[tuple[str, str]]

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$")
_ORDERINGS = ("date", "id", "include", "title", "slug", "modified")


def found_orders(state: ShopState, query: Query) -> list[Order]:
    """All orders that the query asks for, sorted; unknown parameters are ignored. Raises ShopRefusal (400)."""
    values = dict(query)
    gmt = values.get("dates_are_gmt", "") in ("true", "1")
    tests: list[Callable[[Order], bool]] = [_status_test(state, query)]
    for name, stamp, later in (
        ("modified_after", "date_modified", True),
        ("modified_before", "date_modified", False),
        ("after", "date_created", True),
        ("before", "date_created", False),
    ):
        if values.get(name):
            tests.append(_date_test(state.zone, name, values[name], stamp, later, gmt))
    include = _numbers(query, "include")
    exclude = _numbers(query, "exclude")
    if include:
        tests.append(lambda order: order["id"] in include)
    if exclude:
        tests.append(lambda order: order["id"] not in exclude)
    if values.get("search"):
        tests.append(lambda order: values["search"].casefold() in _searched(order))
    found = [order for order in list(state.orders.values()) if all(test(order) for test in tests)]
    return _sorted(found, values, include)


def page_of(query: Query) -> tuple[int, int]:
    """`page` and `per_page` (1 and 10 unless told). Raises ShopRefusal (400)."""
    values = dict(query)
    page = _integer(values.get("page", "1"), "page")
    size = _integer(values.get("per_page", "10"), "per_page")
    if page < 1:
        message = "page must be greater than or equal to 1"
        raise invalid_param("page", message, "rest_out_of_bounds")
    if not 1 <= size <= 100:
        message = "per_page must be between 1 (inclusive) and 100 (inclusive)"
        raise invalid_param("per_page", message, "rest_out_of_bounds")
    return page, size


def decimals_of(query: Query) -> int:
    """`dp`, the decimals of money: 2 unless told."""
    return _integer(dict(query).get("dp", "2"), "dp")


def _status_test(state: ShopState, query: Query) -> Callable[[Order], bool]:
    asked = _values(query, "status") or ["any"]
    known = ("any", "trash", "auto-draft", *STATUSES, *state.plugin_statuses)
    for index, status in enumerate(asked):
        if status not in known:
            listed = ", ".join(known[:-1]) + f", and {known[-1]}"
            raise invalid_param("status", f"status[{index}] is not one of {listed}.", "rest_not_in_enum")
    if "any" in asked:
        return lambda order: order["status"] not in ("trash", "auto-draft")
    return lambda order: order["status"] in asked


def _date_test(zone: ZoneInfo, name: str, text: str, stamp: str, later: bool, gmt: bool) -> Callable[[Order], bool]:
    """Exclusive, by the second. A bare time is the shop's own, or UTC with `dates_are_gmt`. A time with an offset is
    always turned into the shop's, and with `dates_are_gmt` it is then wrongly compared with UTC stamps."""
    match = _DATE.fullmatch(text)
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2] or '00:00:00'}") if match else None
        offset = datetime.fromisoformat(f"2000-01-01T00:00:00{match[3]}").tzinfo if match and match[3] else None
    except ValueError:
        moment = offset = None
    if moment is None:
        raise invalid_param(name, "Invalid date.", "rest_invalid_date")
    if offset is not None:
        moment = moment.replace(tzinfo=offset).astimezone(zone).replace(tzinfo=None)
    field = f"{stamp}_gmt" if gmt else stamp
    bound = moment.isoformat()
    return (lambda order: order[field] > bound) if later else (lambda order: order[field] < bound)


def _sorted(found: list[Order], values: dict[str, str], include: list[int]) -> list[Order]:
    by, direction = values.get("orderby", "date"), values.get("order", "desc")
    if by not in _ORDERINGS:
        listed = ", ".join(_ORDERINGS[:-1]) + f", and {_ORDERINGS[-1]}"
        raise invalid_param("orderby", f"orderby is not one of {listed}.", "rest_not_in_enum")
    if direction not in ("asc", "desc"):
        raise invalid_param("order", "order is not one of asc and desc.", "rest_not_in_enum")
    if by == "include":
        return sorted(found, key=lambda order: include.index(order["id"]) if order["id"] in include else 0)

    def key(order: Order) -> tuple[Any, int]:
        stamps = {"date": order["date_created_gmt"], "modified": order["date_modified_gmt"]}
        return (stamps.get(by, ""), order["id"])

    return sorted(found, key=key, reverse=direction == "desc")


def _values(query: Query, name: str) -> list[str]:
    words: list[str] = []
    for key, value in query:
        if re.fullmatch(rf"{name}(\[\d*\])?", key):
            words += [word.strip() for word in value.split(",") if word.strip()]
    return words


def _numbers(query: Query, name: str) -> list[int]:
    return [_integer(word, f"{name}[0]") for word in _values(query, name)]


def _integer(text: str, name: str) -> int:
    if not re.fullmatch(r"-?\d+", text):
        raise invalid_param(name, f"{name} is not of type integer.", "rest_invalid_type")
    return int(text)


def _searched(order: Order) -> str:
    billing = order["billing"]
    return " ".join(
        [str(order["number"]), *(str(value) for value in billing.values()), *(e["name"] for e in order["line_items"])]
    ).casefold()
