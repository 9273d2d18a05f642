"""What another configuration changes, in words: pure comparisons."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final

from syncd.config.settings import PaymentChoice, PlatformSettings, Rule, Secret, Settings
from syncd.daemon.configuration import Configuration
from syncd.mapping.template import Template
from syncd.problem import Position
from syncd.sync.company import company_key
from syncd.words import counted

_LONGEST_VALUE: Final = 60

# Where the daemon's names for a rule's fields are not those of the YAML.
_YAML_NAMES: Final = {
    "every_seconds": "every",
    "timeout_seconds": "timeout",
    "jitter_seconds": "jitter",
    "inexact": "totals.inexact",
    "canary": "go_live: canary",
}


def needs_restart(old: Settings, new: Settings) -> list[str]:
    """The changes that can't be put into force in a running daemon: other company, other ledger."""
    reasons = []
    if company_key(old.parasut) != company_key(new.parasut):
        reasons.append(f"the company: {company_key(old.parasut)} → {company_key(new.parasut)}")
    if old.ledger_url != new.ledger_url:
        reasons.append(f"the ledger: {old.ledger_url} → {new.ledger_url}")
    return reasons


def changes(old: Configuration, new: Configuration) -> list[str]:
    """Everything that is different, one line each; secrets are only said to be others."""
    before, after = old.settings, new.settings
    lines = [*_rules(before.rules, after.rules), *_platforms(before.platforms, after.platforms)]
    lines += [f"parasut: {change}" for change in _fields(before.parasut, after.parasut)]
    if before.timezone != after.timezone:
        lines.append(f"timezone: {before.timezone} → {after.timezone}")
    if before.retention != after.retention:
        lines.append(f"retention: {_days(before.retention)} → {_days(after.retention)}")
    for change in _fields(before.daemon, after.daemon):
        late = "; takes effect at the next start" if change.startswith("listen") else ""
        lines.append(f"daemon.{change}{late}")
    if _plain(before.notify) != _plain(after.notify):
        lines.append("notify: changed")
    yaml = {before.file, after.file}
    for file in sorted({*old.digests, *new.digests} - yaml):
        if file not in old.digests:
            lines.append(f"{file}: read now, too")
        elif file not in new.digests:
            lines.append(f"{file}: no longer read")
        elif old.digest(file) != new.digest(file):
            lines.append(f"{file}: changed")
    return lines


def beginning_paused(old: Settings, new: Settings, paused: Collection[str]) -> tuple[list[str], list[str]]:
    """The `paused` rules that are gone, and the new rules, which may be those under another name.

    A new rule takes over the orders of one that is gone; as long as nobody has said so, they stay paused with it.
    """
    before, after = ([rule.name for rule in settings.rules] for settings in (old, new))
    gone = [name for name in before if name not in after and name in paused]
    return gone, [name for name in after if name not in before] if gone else []


def differs(old: Any, new: Any) -> bool:
    """Whether two values of the settings differ in more than the places they were written at."""
    return bool(_plain(old) != _plain(new))


def _rules(old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[str]:
    before, after = {rule.name: rule for rule in old}, {rule.name: rule for rule in new}
    for name in before:
        if name not in after:
            yield f"rule {name}: gone"
    for name, rule in after.items():
        if name not in before:
            yield f"rule {name}: new"
        else:
            yield from (f"rule {name}: {change}" for change in _fields(before[name], rule))
    common = [name for name in before if name in after]
    if common != [name for name in after if name in before]:
        yield f"order of the rules: {', '.join(after)}"


def _platforms(old: Mapping[str, PlatformSettings], new: Mapping[str, PlatformSettings]) -> Iterator[str]:
    yield from (f"platform {name}: gone" for name in old if name not in new)
    for name, platform in new.items():
        if name not in old:
            yield f"platform {name}: new"
        else:
            yield from (f"platform {name}: {change}" for change in _fields(old[name], platform))


def _fields(old: Any, new: Any) -> Iterator[str]:
    """`field: before → after` for each field of two dataclasses that differs; keys of mappings one by one."""
    for field in fields(old):
        before, after = getattr(old, field.name), getattr(new, field.name)
        name = _YAML_NAMES.get(field.name, field.name)
        if isinstance(before, Position) or _plain(before) == _plain(after):
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            prefix = "" if name == "options" else f"{name}."
            for key in [*before, *(key for key in after if key not in before)]:
                if _plain(before.get(key)) != _plain(after.get(key)):
                    yield f"{prefix}{key}: {_shown(before.get(key))} → {_shown(after.get(key))}"
        elif field.name == "mapping":
            yield f"mapping {after.name}: {', '.join(_mapping_fields(before, after))}"
        elif is_dataclass(before) and is_dataclass(after) and not isinstance(before, Template):
            yield from (f"{name}.{change}" for change in _fields(before, after))
        else:
            unit = "s" if field.name.endswith("_seconds") else ""
            yield f"{name}: {_shown(before, unit)} → {_shown(after, unit)}"


def _mapping_fields(old: Any, new: Any) -> Iterator[str]:
    """The fields of two mappings that are filled differently: `invoice.description`."""
    if old.name != new.name:
        yield f"instead of {old.name}"
    before, after = dict(_templates(old)), dict(_templates(new))
    for name in [*before, *(name for name in after if name not in before)]:
        if before.get(name) != after.get(name):
            yield name


def _templates(mapping: Any) -> Iterator[tuple[str, str]]:
    for field in fields(mapping):
        section = getattr(mapping, field.name)
        if isinstance(section, Mapping):
            for key, value in section.items():
                if isinstance(value, Mapping):
                    yield from ((f"{field.name}.{key}.{name}", template.text) for name, template in value.items())
                else:
                    yield f"{field.name}.{key}", value.text


def _days(span: timedelta | None) -> str:
    return "none" if span is None else counted(span.days, "day")


def _plain(value: Any) -> Any:
    """A value without the places it was written at, so that two can be compared."""
    if isinstance(value, Template):
        return value.text
    if isinstance(value, Position):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _shown(value: Any, unit: str = "") -> str:
    match value:
        case None:
            return "none"
        case int() if unit:
            return f"{value}{unit}"
        case Secret():
            return "***"
        case Template():
            text = value.text
        case PaymentChoice():
            text = ", ".join(word for word in (value.account, value.type, value.platform) if word) or "unpaid"
        case bool():
            text = str(value).lower()
        case str() | int() | Decimal() | date() | Path() | Enum():
            text = str(value)
        case tuple() | list():
            text = ", ".join(map(_shown, value))
        case _:
            text = str(_plain(value))
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
