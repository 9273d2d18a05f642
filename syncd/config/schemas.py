"""The JSON Schemas of everything a person writes, loaded and compiled once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from syncd.config.schedule import cron_mistake
from syncd.resources import SCHEMAS

FORMATS = FormatChecker(formats=())
"""The formats that are checked: `date`, `timezone`, `cron`."""


@cache
def schema(name: str) -> Mapping[str, Any]:
    """The content of `schemas/NAME.schema.json`; shared, so never change it."""
    content: Mapping[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    return content


@cache
def validator(name: str) -> Draft202012Validator:
    """A validator of `schemas/NAME.schema.json`."""
    return compiled(schema(name))


def compiled(content: Mapping[str, Any]) -> Draft202012Validator:
    """A validator of any schema; it may refer to the shipped ones by file name."""
    return Draft202012Validator(content, registry=_registry(), format_checker=FORMATS)


@cache
def _registry() -> Registry[Any]:
    names = ("rules", "mapping")
    resources = [(f"{name}.schema.json", Resource.from_contents(schema(name))) for name in names]
    registry: Registry[Any] = Registry().with_resources(resources)
    return registry


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or (len(value) == 10 and bool(date.fromisoformat(value)))


@FORMATS.checks("cron")
def _is_cron(value: object) -> bool:
    return not isinstance(value, str) or cron_mistake(value) is None


@FORMATS.checks("timezone")
def _is_timezone(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # an unknown zone is a KeyError
        return False
    return True
