"""What JSON Schema complains about, in plain words, at the key or value concerned."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from jsonschema import Draft202012Validator

from syncd.config.document import Document, Steps
from syncd.config.schedule import cron_mistake
from syncd.mapping.syntax import nearest
from syncd.problem import Position, Problem

_Complaint = Any
"""A jsonschema ValidationError; its own types admit "unset" for what every error of a validator has."""

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list like [one, two]",
    "object": "keys with values",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A document (or the part at `base`) as it is checked.

    `unknown` are values that can't be told yet (a secret that isn't there): nothing is said about them. Values in
    `hidden` came from outside and are not repeated in messages.
    """

    document: Document
    base: Steps = ()
    unknown: Collection[Steps] = ()
    hidden: Collection[Steps] = ()


def schema_problems(validator: Draft202012Validator, value: Any, reading: Reading) -> list[Problem]:
    """Every way in which `value`, which stands at `reading.base`, breaks the schema, in the file's order."""
    found = [problem for error in validator.iter_errors(value) for problem in _problems(error, reading)]
    return sorted(dict.fromkeys(found), key=lambda problem: problem.position)


def _problems(error: _Complaint, reading: Reading) -> Iterator[Problem]:
    steps: Steps = (*reading.base, *error.absolute_path)
    if steps in reading.unknown:
        return
    if "propertyNames" in error.absolute_schema_path:
        yield _wrong_name(error, reading, steps)
        return
    special = _SPECIAL.get(str(error.validator))
    if special is not None:
        yield from special(error, reading, steps)
        return
    yield Problem(reading.document.value_at(steps), _wrong_value(error, reading, steps), _meant(error))


def _unknown_keys(error: _Complaint, reading: Reading, steps: Steps) -> Iterator[Problem]:
    known = error.schema.get("properties", {})
    patterns = error.schema.get("patternProperties", ())
    missing = [key for key in known if key not in error.instance]
    for key in error.instance:
        if key not in known and not any(re.search(pattern, key) for pattern in patterns):
            where = f" under {_name(steps)}" if steps and isinstance(steps[-1], str) else ""
            suggestion = nearest(key, missing) or nearest(key, known)
            yield Problem(reading.document.key_at((*steps, key)), f"unknown key '{key}'{where}", suggestion)


def _missing_keys(error: _Complaint, reading: Reading, steps: Steps) -> Iterator[Problem]:
    known = error.schema.get("properties", {})
    missing = [key for key in known if key not in error.instance]
    meant = {nearest(key, missing): key for key in error.instance if key not in known}
    for key in error.validator_value:
        if key in error.instance:
            continue
        where = f" under {_name(steps)}" if steps else ""
        misspelt = meant.get(key)
        if misspelt is None:
            yield Problem(_owner(reading.document, steps), f"missing key '{key}'{where}")
        elif error.schema.get("additionalProperties") is not False:  # else it is reported as an unknown key already
            yield Problem(reading.document.key_at((*steps, misspelt)), f"unknown key '{misspelt}'{where}", key)


def _missing_beside(error: _Complaint, reading: Reading, steps: Steps) -> Iterator[Problem]:
    for key, needed in error.validator_value.items():
        for other in needed if key in error.instance else ():
            if other not in error.instance:
                yield Problem(reading.document.key_at((*steps, key)), f"'{key}' needs the key '{other}' beside it")


def _exclusive(error: _Complaint, reading: Reading, steps: Steps) -> Iterator[Problem]:
    keys = error.validator_value.get("required", [])
    places = [reading.document.key_at((*steps, key)) for key in keys if (*steps, key) in reading.document.keys]
    yield Problem(max(places, default=reading.document.value_at(steps)), error.validator_value["x-message"])


def _repeated(error: _Complaint, reading: Reading, steps: Steps) -> Iterator[Problem]:
    seen: list[Any] = []
    for number, value in enumerate(error.instance):
        if value in seen:
            yield Problem(
                reading.document.value_at((*steps, number)), f"{_shown(value)} stands twice in {_name(steps)}"
            )
        seen.append(value)


def _no_choice(error: _Complaint, reading: Reading, steps: Steps) -> Iterator[Problem]:
    """For several alternatives: what is wrong with the one that has the value's shape, else what the key expects."""
    told = False
    for inner in error.context or ():
        if inner.validator == "type" and not inner.relative_path:
            continue
        branch = error.validator_value[inner.schema_path[0]]
        if branch.get("type") == "object" and isinstance(error.instance, Mapping):
            yield from _problems(inner, reading)
            told = True
    if not told:
        yield Problem(reading.document.value_at(steps), _wrong_value(error, reading, steps), _meant(error))


_SPECIAL: Mapping[str, Callable[[_Complaint, Reading, Steps], Iterator[Problem]]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "dependentRequired": _missing_beside,
    "not": _exclusive,
    "uniqueItems": _repeated,
    "anyOf": _no_choice,
}


def _wrong_name(error: _Complaint, reading: Reading, steps: Steps) -> Problem:
    expects = error.schema.get("x-expects", "another name")
    position = reading.document.key_at((*steps, error.instance))
    return Problem(position, f"the key '{error.instance}' must be {expects}")


def _wrong_value(error: _Complaint, reading: Reading, steps: Steps) -> str:
    name, value, rule = _name(steps), error.instance, error.validator_value
    if value is None and error.validator != "enum":
        return f"{name} is empty: it must be {_expected(error)}"
    if value in ("", [], {}) and error.validator in ("minLength", "minItems", "minProperties", "pattern"):
        return f"{name} is empty"
    hidden = steps in reading.hidden or error.schema.get("x-secret")
    but = "" if hidden else f", not {_shown(value)}"
    match error.validator:
        case "minimum":
            return f"{name} must be at least {rule}{but}"
        case "maximum":
            return f"{name} must be at most {rule}{but}"
        case "exclusiveMinimum":
            return f"{name} must be more than {rule}{but}"
        case "format" if rule == "cron" and not hidden:
            return f"{name} must be {_expected(error)}: {cron_mistake(value)}"
        case "type" if rule == "string" and "x-expects" not in error.schema and isinstance(value, (bool, int)):
            return f"{name} must be text{but}: put it in quotes"
    return f"{name} must be {_expected(error)}{but}"


def _expected(error: _Complaint) -> str:
    if error.validator in ("enum", "const"):
        return _either([_plain(choice) for choice in _listed(error.validator_value)])
    if "x-expects" in error.schema:
        return str(error.schema["x-expects"])
    if error.validator == "type":
        return _either([_TYPES.get(str(kind), str(kind)) for kind in _listed(error.validator_value)])
    examples = error.schema.get("examples") or ()
    return f"something like {_plain(examples[0])}" if examples else _words_of(error)


def _words_of(error: _Complaint) -> str:
    return re.sub(r"\s+", " ", f"as its schema says ({error.validator}: {error.validator_value})")[:120]


def _meant(error: _Complaint) -> str | None:
    if not isinstance(error.instance, str):
        return None
    if error.validator == "enum":
        return nearest(error.instance, [choice for choice in error.validator_value if isinstance(choice, str)])
    if error.validator == "format" and error.validator_value == "timezone":
        return nearest(error.instance, available_timezones())
    if error.validator == "anyOf":
        return nearest(error.instance, [choice["const"] for choice in error.validator_value if "const" in choice])
    return None


def _owner(document: Document, steps: Steps) -> Position:
    """Where a mapping that lacks a key is complained about: its own key, or where it begins."""
    return document.key_at(steps) if steps and isinstance(steps[-1], str) else document.value_at(steps)


def _name(steps: Steps) -> str:
    if not steps:
        return "the file"
    last = steps[-1]
    if isinstance(last, str):
        return f"'{last}'"
    above = next((step for step in reversed(steps) if isinstance(step, str)), None)
    return f"entry {last + 1}" + (f" of '{above}'" if above else "")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 40 else f"'{value[:40]}…'"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Mapping):
        return "keys with values"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "empty" if value is None else str(value)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _either(choices: list[str]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
