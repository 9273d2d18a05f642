"""schemas/order.schema.json says what the dataclasses say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from factories import a_company_order, a_line, a_shipping_line, an_order
from jsonschema import Draft202012Validator

from syncd.orders.json import order_from_json, order_to_json
from syncd.orders.order import Order


def target(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    return root["$defs"][reference.removeprefix("#/$defs/")] if reference else schema


def differences(hint: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    schema = target(schema, root)
    if get_origin(hint) is UnionType:
        types = schema.get("type")
        if not isinstance(types, list) or "null" not in types:
            yield f"{path}: may be null"
            return
        yield from differences(get_args(hint)[0], {**schema, "type": types[0]}, root, path)
    elif is_dataclass(hint):
        hints = get_type_hints(hint)
        if list(schema["properties"]).sort() != list(hints).sort() or set(schema["properties"]) != set(hints):
            yield f"{path}: {set(schema['properties']) ^ set(hints)}"
        if schema.get("additionalProperties") is not False:
            yield f"{path}: is open"
        required = {item.name for item in fields(hint) if item.default is MISSING and item.default_factory is MISSING}
        if set(schema.get("required", ())) != required:
            yield f"{path}: required {set(schema.get('required', ())) ^ required}"
        for name, inner in hints.items():
            yield from differences(inner, schema["properties"][name], root, f"{path}.{name}")
    elif get_origin(hint) is tuple:
        if schema["type"] != "array":
            yield f"{path}: is a list"
        yield from differences(get_args(hint)[0], schema["items"], root, f"{path}[]")
    elif isinstance(hint, type) and issubclass(hint, StrEnum):
        if schema.get("enum") != [str(word) for word in hint]:
            yield f"{path}: other words"
    else:
        expected = {
            str: ("string", None),
            bool: ("boolean", None),
            Decimal: ("string", "decimal"),
            datetime: ("string", "date-time"),
        }
        if (schema.get("type"), schema.get("format")) != expected.get(hint, ("object", None)):
            yield f"{path}: {schema.get('type')}"


def described(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for group in ("properties", "$defs"):
        for name, inner in schema.get(group, {}).items():
            yield f"{path}/{group}/{name}", inner
            yield from described(inner, f"{path}/{group}/{name}")


def test_schema_and_dataclasses_are_in_step(order_schema: Mapping[str, Any]) -> None:
    Draft202012Validator.check_schema(dict(order_schema))
    assert list(differences(Order, order_schema, order_schema, "order")) == []


def test_every_key_has_a_description_and_examples_that_are_valid(order_schema: Mapping[str, Any]) -> None:
    for path, schema in described(order_schema):
        assert schema["description"].strip().endswith("."), path
        if "/$defs/" in path and path.count("/") == 2:
            continue
        assert schema["examples"], path
        validator = Draft202012Validator({**schema, "$defs": order_schema["$defs"]})
        for example in schema["examples"]:
            assert list(validator.iter_errors(example)) == [], path


@pytest.mark.parametrize("raw", [False, True])
def test_a_written_order_is_valid_and_read_back_the_same(order_schema: Mapping[str, Any], raw: bool) -> None:
    for order in (an_order(raw={"id": 42}), a_company_order(), an_order(lines=(a_line(), a_shipping_line()))):
        document = json.loads(json.dumps(order_to_json(order, raw=raw)))
        assert list(Draft202012Validator(dict(order_schema)).iter_errors(document)) == []
        again = order_from_json(document)
        assert again == order
        assert again.raw == (order.raw if raw else {})
