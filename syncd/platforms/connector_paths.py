"""What the templates of a connector may read: does every name in them lead somewhere?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from syncd.config.connectors import secret_keys
from syncd.config.document import Document, Steps
from syncd.mapping.syntax import nearest
from syncd.mapping.template import Template, check_paths
from syncd.platforms.authentication import NEEDED
from syncd.problem import Problem

Scope = Mapping[str, Mapping[str, Any]]
"""A variable's name → the JSON Schema of its value; `{}` for what only the platform knows."""

_ANYTHING: Mapping[str, Any] = {}
_ADDED: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("http", "error"): ("body", "text"),
    ("check", "facts", "say"): ("body",),
    ("check", "facts", "ok"): ("body",),
    ("check", "facts", "remedy"): ("body",),
    ("orders", "lists", "records"): ("body", "headers"),
    ("orders", "lists", "pages"): ("body", "headers"),
    ("orders", "lists", "changes", "follow", "stamp"): ("record",),
    ("orders", "look_up", "keys"): ("record", "list"),
    ("orders", "look_up", "get"): ("key",),
    ("orders", "look_up", "query"): ("key",),
    ("orders", "look_up", "records"): ("found", "entries"),
    ("orders", "skip"): ("record",),
    ("orders", "details"): ("record",),
    ("orders", "order"): ("record",),
}
"""The part of a connector → the variables that its templates have besides settings, tables and functions."""


@dataclass(frozen=True, slots=True)
class Each:
    """`item in record.line_items`: the name that every element of a list gets in the fields beside it."""

    name: str
    elements: Template


def path_problems(
    parts: Mapping[str, Any],
    settings: Mapping[str, Any],
    tables: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]],
) -> list[Problem]:
    """Every name in the compiled `parts` of a connector that leads nowhere, at its place.

    `settings` is the connector's JSON Schema, `tables` its constants. A secret is no part of `settings` here, since no
    template gets to see it.
    """
    scope = {
        **dict.fromkeys(functions, _ANYTHING),
        "settings": _seen(settings),
        "tables": _schema_of(tables),
    }
    return list(_problems(parts, (), scope))


def name_problems(document: Document) -> list[Problem]:
    """What is wrong with the keys of `settings` that `http.authentication` names, and keys that a way of it lacks.

    A key must exist, and one whose value signs requests must be a secret: what is none may stand in messages.
    """
    known = document.data["settings"]["properties"]
    secrets = secret_keys(document.data["settings"])
    problems = []
    for scheme, part in document.data["http"]["authentication"].items():
        steps: Steps = ("http", "authentication", scheme)
        needed = NEEDED[part["way"]]
        problems += [
            Problem(document.value_at((*steps, "way")), f"the way '{part['way']}' needs the key '{key}' beside it")
            for key in needed
            if key not in part
        ]
        problems += [
            Problem(document.key_at((*steps, key)), f"the way '{part['way']}' has no '{key}'")
            for key in part
            if key not in (*needed, "way")
        ]
        named = {(*steps, key): part[key] for key in ("user", "secret") if key in part and key in needed}
        if "headers" in needed:
            named |= {(*steps, "headers", name): key for name, key in part.get("headers", {}).items()}
        for place, key in named.items():
            if key not in known:
                problems.append(
                    Problem(document.value_at(place), f"'settings' has no key '{key}'", nearest(key, known))
                )
            elif key not in secrets and place[-1] != "user":
                problems.append(Problem(document.key_at(("settings", "properties", key)), _not_secret(key, place)))
    return list(dict.fromkeys(problems))


def _not_secret(key: str, place: Steps) -> str:
    message = f"'{key}' signs requests, so it needs `x-secret: true`; without it its value may be shown"
    return f"{message} (what is no secret goes to http.headers)" if "headers" in place else message


def _problems(node: Any, names: tuple[str, ...], scope: Scope) -> Iterable[Problem]:
    if names in _ADDED:
        scope = {**scope, **dict.fromkeys(_ADDED[names], _ANYTHING)}
    if isinstance(node, Template):
        yield from check_paths(node, scope)
    elif isinstance(node, Mapping):
        each = node.get("each")
        if isinstance(each, Each):
            yield from check_paths(each.elements, scope)
            scope = {**scope, each.name: _ANYTHING}
        elif isinstance(each, str):  # it could not be compiled; the name is there all the same
            scope = {**scope, each.partition(" in ")[0].strip(): _ANYTHING}
        for name, below in node.items():
            yield from _problems(below, (*names, name), scope)
    elif isinstance(node, list):
        for below in node:
            yield from _problems(below, names, scope)


def _seen(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of what templates see of the settings."""
    hidden = secret_keys(settings)
    shown = {name: key for name, key in settings["properties"].items() if name not in hidden}
    return {**settings, "properties": shown, "additionalProperties": False}


def _schema_of(constant: Any) -> Mapping[str, Any]:
    """The schema of a constant: its keys all the way down, and what kind of value it is."""
    if isinstance(constant, Mapping):
        below = {name: _schema_of(value) for name, value in constant.items()}
        return {"type": "object", "properties": below, "additionalProperties": False}
    if isinstance(constant, list):
        return {"type": "array"}
    return {"type": "string"} if isinstance(constant, str) else _ANYTHING
