"""The keys of a schema as the example and the reference page show them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncd.config.document import parse_document, read_document
from syncd.config.schemas import schema
from syncd.resources import MAPPINGS

CONNECTORS = ("woocommerce", "trendyol", "hepsiburada", "n11")
"""The connectors that ship with syncd, in the order in which pages show them."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its schema with `$ref`s resolved, and whether it can't be left out."""

    name: str
    schema: Mapping[str, Any]
    required: bool

    @property
    def description(self) -> str:
        """The schema's text."""
        return str(self.schema.get("description", ""))


def keys_of(content: Mapping[str, Any], root: str) -> Iterator[Key]:
    """The keys of an object; `root` names the schema file that its `#/…` references mean."""
    for name, part in content.get("properties", {}).items():
        yield Key(name, resolved(part, root)[0], name in content.get("required", ()))


def resolved(part: Mapping[str, Any], root: str) -> tuple[Mapping[str, Any], str]:
    """A schema with its `$ref` followed, keys beside the reference first, and the schema file it was found in."""
    reference = part.get("$ref")
    if reference is None:
        return part, root
    file, _, pointer = reference.partition("#/")
    root = file.removesuffix(".schema.json") or root
    target: Mapping[str, Any] = schema(root)
    for step in pointer.split("/"):
        target = target[step]
    return {**target, **{name: value for name, value in part.items() if name != "$ref"}}, root


def connector_settings(connector: str) -> Mapping[str, Any]:
    """The keys that a shipped connector adds to a platform."""
    settings: Mapping[str, Any] = read_document(Path(MAPPINGS / "platforms" / f"{connector}.yaml")).data["settings"]
    return settings


def flow(value: Any, inside: bool = False) -> str:
    """A value as YAML on one line; `inside` a list or mapping more needs quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key, True)}: {flow(below, True)}" for key, below in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(below, True) for below in value) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    text = str(value)
    if not isinstance(value, str):
        return text
    wrapped = parse_document(f"[{text}]" if inside else f"- {text}", "")
    plain = wrapped[0] is not None and not wrapped[1] and wrapped[0].data == [text]
    return (
        text
        if plain and "${" not in text[1:] and not (inside and "$" in text)
        else json.dumps(text, ensure_ascii=False)
    )
