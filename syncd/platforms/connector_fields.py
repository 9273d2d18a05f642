"""The fields of an order that a connector fills, checked against the order itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from syncd.config.document import Document, Steps
from syncd.mapping.syntax import nearest
from syncd.orders.order import Order
from syncd.problem import Problem

_GROUP_WORDS = frozenset({"each", "when"})
_ORDER: Steps = ("orders", "order")


def field_problems(document: Document) -> list[Problem]:
    """Every key under `orders.order` that no order, buyer, line, payment … has, at its place."""
    orders = document.data.get("orders") if isinstance(document.data, Mapping) else None
    order = orders.get("order") if isinstance(orders, Mapping) else None
    return list(_unknown(document, Order, order, _ORDER))


def _unknown(document: Document, kind: Any, node: Any, steps: Steps) -> Iterator[Problem]:
    if isinstance(node, list):
        for number, group in enumerate(node):
            yield from _unknown(document, kind, group, (*steps, number))
        return
    if not isinstance(node, Mapping):
        return
    hints = get_type_hints(kind)
    for name, below in node.items():
        place = (*steps, name)
        if name in hints:
            part = _part(hints[name])
            if part is not None:
                yield from _unknown(document, part, below, place)
        elif name not in _GROUP_WORDS or steps == _ORDER:
            where = ".".join(str(step) for step in steps)
            words = [*hints, *_GROUP_WORDS] if isinstance(steps[-1], int) else [*hints]
            yield Problem(document.key_at(place), f"unknown key '{name}' under {where}", nearest(str(name), words))


def _part(hint: Any) -> Any:
    """The dataclass that a field holds, alone or in a tuple; None for plain values."""
    if get_origin(hint) in (UnionType, Union):
        hint = next(option for option in get_args(hint) if option is not NoneType)
    if get_origin(hint) is tuple:
        hint = get_args(hint)[0]
    return hint if dataclasses.is_dataclass(hint) else None
