"""Canonical orders as JSON and back: money as text, moments as ISO text in UTC with a Z."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from syncd.orders.order import Order


def order_to_json(order: Order, *, raw: bool = False) -> dict[str, Any]:
    """The order as plain JSON values; the platform's own record only with `raw`."""
    document = _to_json(order)
    if not raw:
        document.pop("raw", None)
    return dict(document)


def order_from_json(document: Mapping[str, Any]) -> Order:
    """The order that `document` describes. Raises ValueError naming the key that is wrong."""
    order: Order = _from_json(Order, document, "order")
    return order


def _to_json(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_to_json(item) for item in value]
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


@cache
def _shape(kind: Any) -> dict[str, tuple[Any, bool]]:
    hints = get_type_hints(kind)
    return {
        field.name: (hints[field.name], field.default is MISSING and field.default_factory is MISSING)
        for field in fields(kind)
    }


def _from_json(kind: Any, value: Any, where: str) -> Any:
    if is_dataclass(kind):
        return _record(kind, value, where)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else _from_json(arguments[0], value, where)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{where} should be a list")
        return tuple(_from_json(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    try:
        return _scalar(kind, value)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise ValueError(f"{where}: {value!r} is not right here") from error


def _scalar(kind: Any, value: Any) -> Any:
    if kind is Decimal:
        if isinstance(value, bool | float):
            raise TypeError
        number = Decimal(value)
        if not number.is_finite():
            raise ValueError
        return number
    if kind is datetime:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    if kind in (str, bool):
        if not isinstance(value, kind):
            raise TypeError
        return value
    return value


def _record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} should be an object")
    shape = _shape(kind)
    unknown = sorted(set(value) - set(shape))
    if unknown:
        raise ValueError(f"{where} has no {unknown[0]!r}")
    missing = [name for name, (_, required) in shape.items() if required and name not in value]
    if missing:
        raise ValueError(f"{where}.{missing[0]} is missing")
    return kind(**{name: _from_json(shape[name][0], item, f"{where}.{name}") for name, item in value.items()})
