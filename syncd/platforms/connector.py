"""A connector file: how to talk to one kind of platform, read, checked and compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from syncd.config.connectors import settings_problem
from syncd.config.document import Document, Steps, read_document
from syncd.config.schema_problems import Reading, schema_problems
from syncd.config.schemas import validator
from syncd.errors import ConfigurationError
from syncd.mapping.template import compile_expression, compile_template
from syncd.orders.status import Status
from syncd.platforms.connector_fields import field_problems
from syncd.platforms.connector_paths import Each, name_problems, path_problems
from syncd.problem import Position, Problem, Source

_EXPRESSIONS = frozenset({"when", "ok", "skip"})
_AS_WRITTEN = frozenset({"title", "settings", "statuses", "tables", "functions"})


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector, compiled. `parts` is the file's data with a `Template` for each text that holds `{{`."""

    file: Path
    title: str
    settings: Mapping[str, Any]
    parts: Mapping[str, Any]
    statuses: Mapping[str, Status]
    tables: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]


def load_connector(path: Path) -> Connector:
    """The connector in the YAML file at `path`. Raises `ConfigurationError` with every problem and its place.

    Every path in its templates that begins with `settings` or `tables` has to lead somewhere; what a platform's own
    record holds is not known here, and is not checked.
    """
    document = read_document(path)
    problems = schema_problems(validator("connector"), document.data, Reading(document))
    wrong_settings = None if problems else settings_problem(document)
    if wrong_settings is not None:
        problems.append(wrong_settings)
    told = {problem.position for problem in problems}
    problems += [problem for problem in field_problems(document) if problem.position not in told]
    if problems:
        raise ConfigurationError(sorted(dict.fromkeys(problems), key=lambda problem: problem.position))
    functions = {name: _function(document, name, problems) for name in document.data.get("functions", {})}
    parts = _compiled(document, (), problems)
    problems += name_problems(document)
    problems += path_problems(parts, document.data["settings"], document.data.get("tables", {}), functions)
    if problems:
        raise ConfigurationError(sorted(dict.fromkeys(problems), key=lambda problem: problem.position))
    return Connector(
        file=path,
        title=document.data["title"],
        settings=document.data["settings"],
        parts=parts,
        statuses={word: Status(status) for word, status in document.data["statuses"].items()},
        tables=document.data.get("tables", {}),
        functions=functions,
    )


def with_defaults(connector: Connector, options: Mapping[str, Any]) -> dict[str, Any]:
    """The platform's own settings, completed by the `default` of each key of the connector's settings schema."""
    properties: Mapping[str, Mapping[str, Any]] = connector.settings["properties"]
    defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    return defaults | dict(options)


def _function(document: Document, name: str, problems: list[Problem]) -> Callable[..., Any]:
    module, _, attribute = document.data["functions"][name].partition(":")
    try:
        found = getattr(import_module(module), attribute)
        if callable(found):
            return found  # type: ignore[no-any-return]
        why = f"{attribute} is no function"
    except Exception as error:  # a module of the user's own may fail in any way while it is imported
        why = str(error) or type(error).__name__
    problems.append(Problem(document.value_at(("functions", name)), f"the function can't be loaded: {why}"))
    return lambda *_: None


def _compiled(document: Document, steps: Steps, problems: list[Problem]) -> Any:
    value = _value_of(document.data, steps)
    if isinstance(value, dict):
        below = [key for key in value if steps or key not in _AS_WRITTEN]
        return {key: _compiled(document, (*steps, key), problems) for key in below}
    if isinstance(value, list):
        return [_compiled(document, (*steps, number), problems) for number in range(len(value))]
    if not isinstance(value, str):
        return value
    try:
        return _compiled_text(value, steps, document.source_at(steps))
    except ConfigurationError as error:
        problems.extend(error.problems)
        return value


def _compiled_text(text: str, steps: Steps, source: Source) -> Any:
    if steps[-1] in _EXPRESSIONS:
        return compile_expression(text, source)
    if steps[-1] == "each":
        name, _, elements = text.partition(" in ")
        return Each(name.strip(), compile_expression(elements, _from(source, len(text) - len(elements))))
    return compile_template(text, source) if "{{" in text or "{%" in text else text


def _from(source: Source, offset: int) -> Source:
    """The source of the text's rest, which begins at `offset`."""
    place: Position = source.position_at(offset)
    later = tuple((start - offset, line, column) for start, line, column in source.starts if start > offset)
    return Source(source.file, ((0, place.line, place.column), *later))


def _value_of(data: Any, steps: Steps) -> Any:
    for step in steps:
        data = data[step]
    return data
