"""An order as JSON, as `schemas/order.schema.json` describes it, and back.

Money and quantities are text (`"1559.30"`), for JSON numbers are read as binary floats by most programs; moments are
ISO 8601 in UTC with a `Z`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from syncd.orders.order import Order


class OrderFormatError(ValueError):
    """A document is not an order; the message names the key, as `lines[0].total`."""


def order_to_json(order: Order, *, raw: bool = False) -> dict[str, Any]:
    """The order as plain JSON values, every key present. The platform's own record only with `raw`."""
    document: dict[str, Any] = {key: write(getattr(order, key)) for key, write in _writers(Order)}
    if not raw:
        del document["raw"]
    return document


def order_from_json(document: Mapping[str, Any]) -> Order:
    """The order in a document that order_to_json made, or that a person wrote; raises OrderFormatError.

    Keys that the schema doesn't require may be missing. Money may also be a JSON number, if it was read as Decimal.
    """
    order = _read(Order, document, "")
    assert isinstance(order, Order)
    return order


@lru_cache(maxsize=64)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@lru_cache(maxsize=64)
def _writers(kind: type) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple((item.name, _writer(_hints(kind)[item.name])) for item in fields(kind))


def _writer(hint: Any) -> Callable[[Any], Any]:
    if get_origin(hint) is UnionType:
        inner = _writer(next(part for part in get_args(hint) if part is not type(None)))
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) is tuple:
        item = _writer(get_args(hint)[0])
        return lambda value: [item(part) for part in value]
    if is_dataclass(hint):
        writers = _writers(hint)  # type: ignore[arg-type]
        return lambda value: {key: write(getattr(value, key)) for key, write in writers}
    if hint is Decimal:
        return lambda value: format(value, "f")
    if hint is datetime:
        return _moment_text
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return str
    if get_origin(hint) is not None:  # the raw record
        return dict
    return lambda value: value


def _moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read(hint: Any, value: Any, path: str) -> Any:
    if get_origin(hint) is UnionType:
        return None if value is None else _read(get_args(hint)[0], value, path)
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise OrderFormatError(f"{path} must be a list")
        return tuple(_read(get_args(hint)[0], part, f"{path}[{index}]") for index, part in enumerate(value))
    if is_dataclass(hint):
        return _read_record(hint, value, path)  # type: ignore[arg-type]
    if hint is Decimal:
        return _read_decimal(value, path)
    if hint is datetime:
        return _read_moment(value, path)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        try:
            return hint(value)
        except ValueError:
            words = ", ".join(hint)
            raise OrderFormatError(f"{path} must be one of {words}") from None
    if hint is bool or hint is str:
        if not isinstance(value, hint):
            raise OrderFormatError(f"{path} must be {'true or false' if hint is bool else 'text'}")
        return value
    if not isinstance(value, Mapping):
        raise OrderFormatError(f"{path} must be an object")
    return dict(value)


def _read_record(kind: type, value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        raise OrderFormatError(f"{path or 'the order'} must be an object")
    known = {item.name: item for item in fields(kind)}
    for key in value:
        if key not in known:
            raise OrderFormatError(f"{_below(path, str(key))} is not a part of an order")
    for name, item in known.items():
        if name not in value and _is_required(item):
            raise OrderFormatError(f"{_below(path, name)} is missing")
    hints = _hints(kind)
    return kind(**{key: _read(hints[key], part, _below(path, key)) for key, part in value.items()})


def _is_required(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _read_decimal(value: Any, path: str) -> Decimal:
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise OrderFormatError(f'{path} must be a number written as text, like "1559.30"')


def _read_moment(value: Any, path: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise OrderFormatError(f"{path} must be a moment with its offset, like 2026-11-23T17:02:09Z")
    return moment.astimezone(UTC)
