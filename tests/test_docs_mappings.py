"""The tables of docs/mappings.md list what is there, no more and no less."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from syncd.mapping.fields import FIELDS

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = json.loads((ROOT / "schemas" / "order.schema.json").read_text(encoding="utf-8"))


def rows() -> list[str]:
    text = (ROOT / "docs" / "mappings.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([a-z_]+(?:[.\[\]a-z_…]*\.[a-z_…]+))` \| [a-z/, ]+ \| .+ \|$", text, re.MULTILINE)


def order_paths(properties: dict[str, Any], prefix: str) -> Iterator[str]:
    for name, schema in properties.items():
        kind = schema.get("$ref", "").removeprefix("#/$defs/")
        if not kind:
            yield f"{prefix}.{name}"
        elif name == "shipping":  # the same parts as billing
            yield f"{prefix}.{name}.…"
        else:
            yield from order_paths(SCHEMA["$defs"][kind]["properties"], f"{prefix}.{name}")


def test_the_tables_list_every_field_of_mapping_and_order_once() -> None:
    definitions = SCHEMA["$defs"]
    expected = [f"{section}.{name}" for section, fields in FIELDS.items() for name in fields]
    expected += order_paths(SCHEMA["properties"], "order")
    expected += order_paths(definitions["line"]["properties"], "line")
    expected += order_paths(definitions["return"]["properties"], "return")
    expected += order_paths(definitions["return_line"]["properties"], "return.lines[]")
    assert sorted(rows()) == sorted(expected)


def test_shipping_has_the_parts_of_billing() -> None:
    assert SCHEMA["properties"]["shipping"]["$ref"] == SCHEMA["properties"]["billing"]["$ref"]
