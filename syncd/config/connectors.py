"""What a connector file says about the configuration: the platform's own keys and its status words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing.exceptions import Unresolvable

from syncd.config.document import Document, load_document
from syncd.config.lookup import connector_folders, find_by_name, names_in
from syncd.config.schema_problems import Reading, schema_problems
from syncd.config.schemas import compiled, schema
from syncd.config.settings import Secret
from syncd.mapping.syntax import nearest
from syncd.orders.status import MAIN_WAY, Status
from syncd.problem import Position, Problem


@dataclass(frozen=True, slots=True)
class ConnectorWords:
    """The part of a connector that the configuration is checked with."""

    path: Path
    settings: Mapping[str, Any]
    statuses: Mapping[str, Status]
    validator: Draft202012Validator

    @property
    def secrets(self) -> frozenset[str]:
        """The keys whose values must never be printed."""
        return secret_keys(self.settings)

    def reaches(self, statuses: Mapping[str, Status], trigger: Status) -> bool:
        """Whether an order can ever reach `trigger`, when `statuses` come before the connector's own words."""
        words = {**self.statuses, **statuses}.values()
        return any(word in MAIN_WAY and MAIN_WAY.index(word) >= MAIN_WAY.index(trigger) for word in words)


@dataclass(slots=True)
class Connectors:
    """The connectors beside a configuration and the shipped ones; each is read once."""

    folder: Path
    problems: list[Problem]
    _read: dict[Path, ConnectorWords | None] = field(default_factory=dict)

    def named(self, name: str, asked_at: Position) -> ConnectorWords | None:
        """The connector of that name; None after its problems were noted."""
        path = find_by_name(name, connector_folders(self.folder))
        if path is None:
            folder = self.folder / "mappings" / "platforms"
            message = f"there is no connector '{name}': neither {folder / name}.yaml nor one that ships with syncd"
            suggestion = nearest(name, list(names_in(connector_folders(self.folder))))
            self.problems.append(Problem(asked_at, message, suggestion))
            return None
        if path not in self._read:
            self._read[path] = self._words(path)
        return self._read[path]

    def _words(self, path: Path) -> ConnectorWords | None:
        document, problems = load_document(path)
        self.problems += problems
        if document is None or problems:
            return None
        data = document.data if isinstance(document.data, dict) else {}
        settings = data.get("settings")
        if not isinstance(settings, dict):
            self.problems.append(Problem(document.value_at(()), "a connector needs its keys under 'settings'"))
            return None
        problem = settings_problem(document)
        if problem is not None:
            self.problems.append(problem)
            return None
        words = data.get("statuses")
        known = {str(status) for status in Status}
        statuses = {
            word: Status(ours)
            for word, ours in (words.items() if isinstance(words, dict) else ())
            if isinstance(ours, str) and ours in known
        }
        return ConnectorWords(path, settings, statuses, compiled(_whole(settings)))


def secret_keys(settings: Mapping[str, Any]) -> frozenset[str]:
    """The keys of a JSON Schema for settings whose values are secret: `x-secret: true` or `format: secret`."""
    properties: Mapping[str, Any] = settings.get("properties", {})
    return frozenset(
        name
        for name, key in properties.items()
        if isinstance(key, Mapping) and (key.get("x-secret") or key.get("format") == "secret")
    )


def settings_problem(document: Document) -> Problem | None:
    """Why the `settings` of a connector file can't be used as a JSON Schema; None when they can."""
    try:
        Draft202012Validator.check_schema(document.data["settings"])
    except SchemaError as error:
        place = document.value_at(("settings", *error.absolute_path))
        return Problem(place, f"'settings' is no JSON Schema: {error.message}")
    return None


def option_problems(words: ConnectorWords, options: Any, reading: Reading) -> list[Problem]:
    """What is wrong with a platform's entry, apart from the keys that every platform has."""
    try:
        return schema_problems(words.validator, options, reading)
    except (Unresolvable, re.error, SchemaError) as error:
        place = Position(str(words.path), 1, 1)
        return [Problem(place, f"'settings' of this connector can't be used as JSON Schema: {error}")]


def options_of(
    words: ConnectorWords, entry: Mapping[str, Any], folder: Path, unknown: Collection[str]
) -> dict[str, Any]:
    """The connector's own keys: secrets wrapped, files (`ca_file`) as absolute paths."""
    options: dict[str, Any] = {}
    for name, value in entry.items():
        if name in _shared_keys():
            continue
        if name in words.secrets and isinstance(value, str):
            options[name] = Secret(value)
        elif name.endswith("_file") and isinstance(value, str) and name not in unknown:
            options[name] = str((folder / value).absolute())
        else:
            options[name] = value
    return options


def _whole(settings: Mapping[str, Any]) -> dict[str, Any]:
    properties = {**dict.fromkeys(_shared_keys(), True), **settings.get("properties", {})}
    return {**settings, "type": "object", "properties": properties, "additionalProperties": False}


def _shared_keys() -> tuple[str, ...]:
    return tuple(schema("syncd")["$defs"]["platform"]["properties"])
