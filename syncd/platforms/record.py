"""A platform's record becomes an `Order`, as the connector's `orders.order` part says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from syncd.mapping.template import Template
from syncd.platforms.connector_paths import Each

T = TypeVar("T")

_IDENTITIES = frozenset({"id", "number"})


class UnreadableField(ValueError):
    """A value that can't be what its field has to be. The message names the field, never the value."""


def rendered(node: Any, scope: Mapping[str, Any]) -> Any:
    """The compiled part of a connector as plain values: templates rendered, `each` groups multiplied."""
    if isinstance(node, Template):
        return node.render(scope)
    if isinstance(node, Mapping):
        return {name: rendered(below, scope) for name, below in node.items()}
    if isinstance(node, list):
        return [value for entry in node for value in _entries(entry, scope)]
    return node


def _entries(entry: Any, scope: Mapping[str, Any]) -> list[Any]:
    """One entry of a list where its `when` holds; with `each`, one for every element for which it holds."""
    if not isinstance(entry, Mapping):
        return [rendered(entry, scope)]
    each: Each | None = entry.get("each")
    fields = {name: field for name, field in entry.items() if name not in ("each", "when")}
    scopes = [scope] if each is None else [{**scope, each.name: one} for one in _listed(each, scope)]
    return [rendered(fields, inner) for inner in scopes if "when" not in entry or entry["when"].render(inner)]


def _listed(each: Each, scope: Mapping[str, Any]) -> Iterable[Any]:
    elements = each.elements.render(scope) or ()
    if isinstance(elements, str | Mapping) or not isinstance(elements, Iterable):
        raise UnreadableField(f"what `each: {each.name} in …` goes through is not a list")
    return elements


def built(kind: type[T], values: Mapping[str, Any], path: str = "") -> T:
    """A dataclass of the order from plain values, each turned into its declared type.

    Platforms mix their types, so a number is taken for text and text for a number; None and "" are the field's default.
    A moment without a zone is UTC. Raises `UnreadableField`, also for a required number, moment or id that isn't there:
    a VAT rate of nothing is not 0 %, and two records without an id are not the same.
    """
    cls: Any = kind
    hints = _hints(cls)
    arguments = {
        name: _typed(hints[name], value, f"{path}{name}")
        for name, value in values.items()
        if value is not None and value != "" and value != []
    }
    for name in (name for name in _required(cls) if name not in arguments):
        arguments[name] = _empty(hints[name], f"{path}{name}")
    return kind(**arguments)


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


@cache
def _required(kind: Any) -> tuple[str, ...]:
    missing = dataclasses.MISSING
    fields = dataclasses.fields(kind)
    return tuple(field.name for field in fields if field.default is missing and field.default_factory is missing)


def _empty(hint: Any, path: str) -> Any:
    """What a required field is when the platform left it empty."""
    if hint is str and path not in _IDENTITIES:
        return ""
    if get_origin(hint) is tuple:
        return ()
    raise UnreadableField(f"{path} is missing")


def _typed(hint: Any, value: Any, path: str) -> Any:
    if get_origin(hint) in (UnionType, Union):
        hint = next(option for option in get_args(hint) if option is not NoneType)
    if get_origin(hint) is tuple:
        return _elements(get_args(hint)[0], value, path)
    if hint is str:
        return _text(value, path)
    if hint is Decimal:
        return _number(value, path)
    if hint is datetime:
        return _moment(value, path)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise UnreadableField(f"{path} is not a mapping")
        return built(hint, value, f"{path}.")
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError:
            raise UnreadableField(f"{path} must be one of {', '.join(hint)}, not {value!r}") from None
    return value


def _elements(hint: Any, values: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(values, list | tuple):
        raise UnreadableField(f"{path} is not a list")
    return tuple(_typed(hint, value, f"{path}[{number}]") for number, value in enumerate(values))


def _text(value: Any, path: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise UnreadableField(f"{path} is not text")
    return format(value, "f") if isinstance(value, Decimal) else str(value).strip()


def _number(value: Any, path: str) -> Decimal:
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise UnreadableField(f"{path} is not a number")
    return number


def _moment(value: Any, path: str) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise UnreadableField(f"{path} is not a date and time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
