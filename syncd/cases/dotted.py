"""Places in plain data, written with dots: `lines.0.vat_rate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncd.mapping.syntax import nearest


class NoSuchPlace(LookupError):
    """A path leads nowhere; the message says from where on, and `suggestion` what was probably meant."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def value_at(data: Any, path: str) -> Any:
    """What stands at `path`; raises NoSuchPlace."""
    for step in path.split("."):
        data = _below(data, step, path)
    return data


def with_value(data: Any, path: str, value: Any) -> Any:
    """A copy of `data` with another value at `path`. The last step may be a new key; raises NoSuchPlace."""
    return _replaced(data, path.split("."), path, value)


def _replaced(data: Any, steps: Sequence[str], path: str, value: Any) -> Any:
    first, *rest = steps
    if isinstance(data, Mapping) and not rest:
        return {**data, first: value}
    below = _below(data, first, path)
    inner = _replaced(below, rest, path, value) if rest else value
    if isinstance(data, Mapping):
        return {**data, first: inner}
    return [inner if number == int(first) else entry for number, entry in enumerate(data)]


def _below(data: Any, step: str, path: str) -> Any:
    if isinstance(data, Mapping):
        if step in data:
            return data[step]
        raise NoSuchPlace(_nothing(f"no '{step}'", step, path), nearest(step, map(str, data)))
    if isinstance(data, list):
        if step.isascii() and step.isdigit() and int(step) < len(data):
            return data[int(step)]
        entries = "1 entry" if len(data) == 1 else f"{len(data)} entries"
        raise NoSuchPlace(_nothing(f"no entry '{step}'", step, path) + f": the list has {entries}, the first is 0")
    raise NoSuchPlace(_nothing(f"nothing below the place before '{step}'", step, path))


def _nothing(what: str, step: str, path: str) -> str:
    return f"there is {what}" + (f" on the way to '{path}'" if step != path else "")
