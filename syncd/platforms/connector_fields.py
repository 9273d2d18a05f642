"""The fields of an order that a connector fills, checked against the order itself, and its words against each other."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from syncd.config.document import Document, Steps
from syncd.mapping.syntax import nearest
from syncd.orders.order import Order
from syncd.orders.status import Status
from syncd.problem import Problem

_GROUP_WORDS = frozenset({"each", "when"})
_ORDER: Steps = ("orders", "order")
_SEPARATORS = re.compile(r"[\s_-]+")
_TURKISH = str.maketrans("İIı", "iii")


def field_problems(document: Document) -> list[Problem]:
    """What can't be right in a connector's words: keys under `orders.order` that no order, buyer, line … has, keys that
    each of them needs, constants that are none of a field's words, formats that hold no moment, and status words that
    are the same under `case: fold` but mean different things. Each at its place.
    """
    data = document.data if isinstance(document.data, Mapping) else {}
    orders = data.get("orders")
    orders = orders if isinstance(orders, Mapping) else {}
    found = [*_unknown(document, Order, orders.get("order"), _ORDER), *_formats(document, orders.get("lists"))]
    if orders.get("case") == "fold" and isinstance(data.get("statuses"), Mapping):
        found += _clashes(document, data["statuses"])
    return found


def folded(word: str) -> str:
    """A status word without capitals, Turkish ones too, and without blanks, `_` and `-`."""
    return _SEPARATORS.sub("", word.translate(_TURKISH)).casefold()


def _formats(document: Document, lists: Any) -> Iterator[Problem]:
    for number, entry in enumerate(lists if isinstance(lists, list) else ()):
        changes = entry.get("changes") if isinstance(entry, Mapping) else None
        written = changes.get("format") if isinstance(changes, Mapping) else None
        if isinstance(written, str) and written not in ("epoch_ms", "epoch_s") and "%" not in written:
            place = document.value_at(("orders", "lists", number, "changes", "format"))
            message = f"'{written}' holds no moment: write epoch_ms, epoch_s, or letters like %Y-%m-%dT%H:%M:%SZ"
            yield Problem(place, message)


def _clashes(document: Document, statuses: Mapping[Any, Any]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for word, status in statuses.items():
        other = seen.setdefault(folded(str(word)), str(word))
        if statuses.get(other) != status:
            message = f"'{word}' and '{other}' are the same word under `case: fold`, but mean different things"
            yield Problem(document.key_at(("statuses", word)), message)


def _unknown(document: Document, kind: Any, node: Any, steps: Steps) -> Iterator[Problem]:
    if isinstance(node, list):
        for number, group in enumerate(node):
            yield from _unknown(document, kind, group, (*steps, number))
        return
    if not isinstance(node, Mapping):
        return
    hints = get_type_hints(kind)
    if isinstance(steps[-1], int):
        for field in dataclasses.fields(kind):
            required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            if required and field.name not in node:
                where = ".".join(str(step) for step in steps[:-1])
                yield Problem(document.value_at(steps), f"missing key '{field.name}' in an entry of {where}")
    for name, below in node.items():
        place = (*steps, name)
        if name in hints:
            part = _part(hints[name])
            if part is not None:
                yield from _unknown(document, part, below, place)
            elif _is_wrong_word(hints[name], below):
                words = list(hints[name])
                message = f"'{name}' must be one of {', '.join(words)}, not '{below}'"
                yield Problem(document.value_at(place), message, nearest(str(below), words))
        elif name not in _GROUP_WORDS or steps == _ORDER:
            where = ".".join(str(step) for step in steps)
            words = [*hints, *_GROUP_WORDS] if isinstance(steps[-1], int) else [*hints]
            yield Problem(document.key_at(place), f"unknown key '{name}' under {where}", nearest(str(name), words))


def _is_wrong_word(hint: Any, value: Any) -> bool:
    """Whether a constant stands where only certain words may."""
    named = isinstance(hint, type) and issubclass(hint, Enum) and hint is not Status  # a status is the platform's word
    return named and isinstance(value, str) and "{" not in value and value not in list(hint)


def _part(hint: Any) -> Any:
    """The dataclass that a field holds, alone or in a tuple; None for plain values."""
    if get_origin(hint) in (UnionType, Union):
        hint = next(option for option in get_args(hint) if option is not NoneType)
    if get_origin(hint) is tuple:
        hint = get_args(hint)[0]
    return hint if dataclasses.is_dataclass(hint) else None
