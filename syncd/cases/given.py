"""The order of a case: from its file or the case itself, changed as the case says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from syncd.cases.case import Case
from syncd.cases.dotted import NoSuchPlace, value_at, with_value
from syncd.config.document import Steps
from syncd.errors import ConfigurationError
from syncd.orders.json import OrderFormatError, order_from_json, order_to_json
from syncd.orders.order import Order
from syncd.problem import Position, Problem
from syncd.sync.saved_order import is_order, unwrapped

_STEP = re.compile(r"[^.\[\]]+")


def given_order(case: Case, read: Callable[[Mapping[str, Any]], Order]) -> Order:
    """The order that the case is about; `read` makes one of the platform's own record.

    Raises ConfigurationError for what is wrong in the case or its file, and Hold when the connector can't read the
    record.
    """
    record = _record(case)
    if case.kind == "raw" or not is_order(record):
        for path, value in case.change_raw.items():
            record = _changed(case, record, "change_raw", path, value)
        order = read(record)
    elif case.change_raw:
        message = "'change_raw' changes the platform's own record, and this is an order of syncd's: use 'change'"
        raise _wrong(case.key_at("change_raw"), message)
    else:
        order = _order(case, record, (case.kind,))
    if not case.change:
        return order
    document = order_to_json(order)
    for path, value in case.change.items():
        document = _changed(case, document, "change", path, value)
    return replace(_order(case, document, ("change",)), raw=order.raw)


def _record(case: Case) -> Any:
    """The record that the case gives, unwrapped from what `syncd orders show` prints around it."""
    place = case.value_at(case.kind)
    content = case.order
    if isinstance(content, str):
        path = Path(case.document.file).parent / content
        try:
            content = _content(path)
        except OSError as error:
            raise _wrong(place, f"{path} can't be read: {error.strerror or error}") from error
        except ValueError as error:
            raise _wrong(place, f"{path} is not JSON: {error}") from error
    if case.inside:
        try:
            content = value_at(content, case.inside)
        except NoSuchPlace as error:
            raise _wrong(case.value_at("inside"), str(error), error.suggestion) from error
    content = unwrapped(content)
    if not isinstance(content, dict):
        hint = "; 'inside' says which of several (0 is the first)" if isinstance(content, list) else ""
        raise _wrong(place, f"here should be one order, as keys with values{hint}")
    return content


@cache
def _content(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)


def _changed(case: Case, data: Any, part: str, path: str, value: Any) -> Any:
    try:
        return with_value(data, path, value)
    except NoSuchPlace as error:
        raise _wrong(case.key_at(part, path), str(error), error.suggestion) from error


def _order(case: Case, document: Mapping[str, Any], steps: Steps) -> Order:
    try:
        return order_from_json(document)
    except OrderFormatError as error:
        raise _wrong(_place(case, steps, str(error)), f"the order is not right: {error}") from error


def _place(case: Case, steps: Steps, message: str) -> Position:
    """Where the key stands that the message begins with, as `lines[0].total`; its nearest parent otherwise."""
    path = [int(step) if step.isdigit() else step for step in _STEP.findall(message.split(" ")[0])]
    if steps == ("change",):
        dotted = ".".join(str(step) for step in path)
        named = [key for key in case.change if dotted == key or dotted.startswith(f"{key}.")]
        named += [key for key in case.change if key.startswith(f"{dotted}.")]
        return case.key_at("change", named[0]) if named else case.key_at("change")
    return case.value_at(*steps, *path)


def _wrong(position: Position, message: str, suggestion: str | None = None) -> ConfigurationError:
    return ConfigurationError([Problem(position, message, suggestion)])
