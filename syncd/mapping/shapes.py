"""What a JSON Schema says about a value: which parts it has, and what an element of it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncd.mapping.limits import TEXT_METHODS

_MAPPING_METHODS = frozenset({"items", "keys", "values", "get"})
_LIST_METHODS = frozenset({"count", "index"})
_DEPTH = 6


@dataclass(frozen=True)
class Shape:
    """A schema together with the whole it was cut from, where its `$ref`s lead. An unknown shape is None instead."""

    schema: Mapping[str, Any]
    root: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The one JSON type besides null, or "" when there is none or several."""
        types = self.schema.get("type", "")
        if isinstance(types, list):
            types = [name for name in types if name != "null"]
            return str(types[0]) if len(types) == 1 else ""
        return str(types) or ("object" if "properties" in self.schema else "")

    @property
    def word(self) -> str:
        """The type in plain words."""
        return {"string": "text", "integer": "a number", "number": "a number", "boolean": "true/false"}.get(
            self.type, f"a {self.type}" if self.type else "a value"
        )

    @property
    def is_plain_text(self) -> bool:
        """Text in the template, too: money and moments are text only in JSON, an enumeration has parts."""
        return self.type == "string" and "format" not in self.schema and "enum" not in self.schema

    def names(self) -> list[str]:
        """The names of the parts that are listed."""
        return list(self.schema.get("properties", ()))

    def part(self, name: str) -> tuple[bool, Shape | None]:
        """`(known to be wrong, shape)` of a named part; a shape of None can't be checked any further."""
        properties = self.schema.get("properties", {})
        if name in properties:
            return False, shape(properties[name], self.root)
        if self.type == "object" and any(key not in _CHECKED and not key.startswith("x-") for key in self.schema):
            return False, None
        if self.type == "object":
            rest = self.schema.get("additionalProperties", True)
            if isinstance(rest, Mapping):
                return False, None if name in _MAPPING_METHODS else shape(rest, self.root)
            return rest is False and name not in _MAPPING_METHODS, None
        if self.type == "array":
            return name not in _LIST_METHODS, None
        if self.is_plain_text:
            return name not in TEXT_METHODS, None
        return self.type == "boolean", None

    def element(self) -> Shape | None:
        """The shape of an element of a list."""
        items = self.schema.get("items")
        return shape(items, self.root) if self.type == "array" and isinstance(items, Mapping) else None

    def paths_to(self, name: str, prefix: str, depth: int = 0) -> Iterator[str]:
        """Every listed path below this one that ends in `name`, lists left aside."""
        if depth > _DEPTH or self.type != "object":
            return
        for key in self.names():
            if key == name:
                yield f"{prefix}.{key}"
            inner = self.part(key)[1]
            if inner is not None:
                yield from inner.paths_to(name, f"{prefix}.{key}", depth + 1)


_CHECKED = frozenset(
    {
        "$id", "$schema", "$defs", "$ref", "$comment", "type", "properties", "additionalProperties", "required",
        "title", "description", "examples", "default", "minProperties", "maxProperties", "deprecated", "format",
        "readOnly", "writeOnly", "unevaluatedProperties"
    }
)  # fmt: skip
"""Keywords beside which a closed object has no other parts: `anyOf`, `patternProperties` … make it open."""


def shape(schema: Any, root: Mapping[str, Any]) -> Shape | None:
    """The shape of a schema after following references and looking past null; None when it allows several things."""
    for _ in range(32):
        if not isinstance(schema, Mapping):
            return None
        if "$ref" in schema:
            schema = _target(str(schema["$ref"]), root)
            continue
        choices = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(choices, list) and "properties" not in schema:
            real = [choice for choice in choices if not (isinstance(choice, Mapping) and choice.get("type") == "null")]
            if len(real) != 1:
                return None
            schema = real[0]
            continue
        if isinstance(schema.get("allOf"), list) and len(schema["allOf"]) == 1 and "properties" not in schema:
            schema = schema["allOf"][0]
            continue
        return Shape(schema, root)
    return None


def array_of(items: Shape | None) -> Shape:
    """A list of such elements."""
    if items is None:
        return Shape({"type": "array"}, {})
    return Shape({"type": "array", "items": items.schema}, items.root)


TEXT = Shape({"type": "string"}, {})


def _target(reference: str, root: Mapping[str, Any]) -> Any:
    if not reference.startswith("#"):
        return None
    found: Any = root
    for step in reference[1:].strip("/").split("/"):
        if step:
            step = step.replace("~1", "/").replace("~0", "~")
            found = found.get(step) if isinstance(found, Mapping) else None
    return found
