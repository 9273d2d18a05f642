"""Places in plain data, written with dots: `lines.0.vat_rate`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class NoSuchPlace(LookupError):
    """A path leads nowhere; the message says from where on, and `known` what is there instead."""

    def __init__(self, message: str, known: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.known = known


def value_at(data: Any, path: str) -> Any:
    """What stands at `path`; raises NoSuchPlace."""
    for step in path.split("."):
        data = _below(data, step, path)
    return data


def with_value(data: Any, path: str, value: Any) -> Any:
    """A copy of `data` with another value at `path`. The last step may be a new key; raises NoSuchPlace."""
    first, _, rest = path.partition(".")
    if isinstance(data, Mapping) and not rest:
        return {**data, first: value}
    inner = with_value(_below(data, first, path), rest, value) if rest else value
    if isinstance(data, Mapping):
        return {**data, first: inner}
    _below(data, first, path)
    return [inner if number == int(first) else entry for number, entry in enumerate(data)]


def _below(data: Any, step: str, path: str) -> Any:
    if isinstance(data, Mapping):
        if step in data:
            return data[step]
        raise NoSuchPlace(f"there is no '{step}' on the way of '{path}'", tuple(map(str, data)))
    if isinstance(data, list):
        if step.isascii() and step.isdigit() and int(step) < len(data):
            return data[int(step)]
        size = f"the list has {len(data)} entries, counted from 0"
        raise NoSuchPlace(f"there is no entry '{step}' on the way of '{path}': {size}")
    raise NoSuchPlace(f"nothing lies below '{step}' on the way of '{path}'")
