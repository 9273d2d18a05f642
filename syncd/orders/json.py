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
    order = _read_record(Order, document, "")
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


_Reader = Callable[[Any, str], Any]


@lru_cache(maxsize=64)
def _readers(kind: type) -> tuple[dict[str, _Reader], tuple[str, ...]]:
    """How each part of a record is read, and which parts must be there."""
    hints = _hints(kind)
    required = tuple(item.name for item in fields(kind) if _is_required(item))
    return {item.name: _reader(hints[item.name]) for item in fields(kind)}, required


def _reader(hint: Any) -> _Reader:
    if get_origin(hint) is UnionType:
        inner = _reader(get_args(hint)[0])
        return lambda value, path: None if value is None else inner(value, path)
    if get_origin(hint) is tuple:
        return _list_reader(_reader(get_args(hint)[0]))
    if is_dataclass(hint):
        return lambda value, path: _read_record(hint, value, path)  # type: ignore[arg-type]
    if hint is Decimal:
        return _read_decimal
    if hint is datetime:
        return _read_moment
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _word_reader(hint)
    if hint is str:
        return _read_text
    if hint is bool:
        return _read_truth
    return _read_mapping


def _list_reader(item: _Reader) -> _Reader:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, list | tuple):
            raise OrderFormatError(f"{path} must be a list")
        return tuple([item(part, f"{path}[{index}]") for index, part in enumerate(value)])

    return read


def _word_reader(words: type[StrEnum]) -> _Reader:
    def read(value: Any, path: str) -> Any:
        try:
            return words(value)
        except ValueError:
            raise OrderFormatError(f"{path} must be one of {', '.join(words)}") from None

    return read


def _read_text(value: Any, path: str) -> Any:
    if not isinstance(value, str):
        raise OrderFormatError(f"{path} must be text")
    return value


def _read_truth(value: Any, path: str) -> Any:
    if not isinstance(value, bool):
        raise OrderFormatError(f"{path} must be true or false")
    return value


def _read_mapping(value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        raise OrderFormatError(f"{path} must be an object")
    return dict(value)


def _read_record(kind: type, value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        raise OrderFormatError(f"{path or 'the order'} must be an object")
    readers, required = _readers(kind)
    for key in value:
        if key not in readers:
            raise OrderFormatError(f"{_below(path, str(key))} is not a part of an order")
    for name in required:
        if name not in value:
            raise OrderFormatError(f"{_below(path, name)} is missing")
    return kind(**{key: readers[key](part, f"{path}.{key}" if path else key) for key, part in value.items()})


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
