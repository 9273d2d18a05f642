"""What can be read of a configuration that has problems: enough to look into the ledger, and to stop the daemon."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from syncd.config.document import Steps
from syncd.config.interpolation import Interpolated
from syncd.config.rules import RuleText, finished
from syncd.config.schema_problems import Reading, schema_problems
from syncd.config.schemas import validator
from syncd.config.settings import ParasutSettings, PlatformSettings, Secret, Settings, Unread
from syncd.problem import Problem

_USUAL_ZONE: Final = "Europe/Istanbul"
_NEEDED: Final[frozenset[Steps]] = frozenset(
    {("ledger",), ("timezone",), ("parasut",), ("parasut", "company_id"), ("parasut", "base_url")}
)


def readable_settings(
    file: Path,
    main: Interpolated,
    platforms: Mapping[str, PlatformSettings],
    rules: Sequence[RuleText],
    secrets: Sequence[Secret],
    problems: Sequence[Problem],
) -> Settings | None:
    """Settings of the parts that have no problem; None when ledger, company or time zone can't be told.

    They hold no login. `platforms` are those that could be read; of `rules` the faulty ones are left out.
    """
    data = main.document.data
    errors = [problem for problem in problems if problem.severity == "error"]
    if main.unknown & _NEEDED or _wrong(main, errors):
        return None
    parasut, ledger = data.get("parasut"), data.get("ledger")
    if not isinstance(parasut, dict) or not isinstance(parasut.get("company_id"), int) or not isinstance(ledger, str):
        return None
    whole = [rule for rule in rules if _is_whole(rule)]
    names = [name for rule in rules if isinstance(name := rule.data.get("name"), str)]
    known = {rule.data["name"] for rule in whole}
    entries = data.get("platforms")
    nothing = Secret("")
    return Settings(
        file=file,
        parasut=ParasutSettings(
            company_id=parasut["company_id"],
            client_id=nothing,
            client_secret=nothing,
            username=nothing,
            password=nothing,
            base_url=parasut.get("base_url", "https://api.parasut.com").rstrip("/"),
        ),
        ledger_url=ledger_url(ledger, file.parent),
        timezone=zone(data.get("timezone", _USUAL_ZONE), ()),
        platforms=platforms,
        rules=tuple(finished(rule) for rule in whole),
        secrets=tuple(dict.fromkeys(secrets)),
        unread=Unread(
            problems=tuple(errors),
            rules=tuple(dict.fromkeys(name for name in names if name not in known)),
            platforms=tuple(str(name) for name in entries if name not in platforms)
            if isinstance(entries, dict)
            else (),
        ),
    )


def ledger_url(url: str, folder: Path) -> str:
    """The ledger's address, with its path as seen from the configuration's `folder`."""
    prefix = "sqlite:///"
    return f"{prefix}{(folder / url.removeprefix(prefix)).absolute()}" if url.startswith(prefix) else url


def zone(name: str, unknown: Collection[Steps]) -> ZoneInfo:
    """The time zone of that name; Turkey's where the name is not known."""
    return ZoneInfo(_USUAL_ZONE if ("timezone",) in unknown else name)


def _wrong(main: Interpolated, errors: Sequence[Problem]) -> bool:
    """Whether one of the values that are needed is itself wrong; what is wrong inside `parasut` need not matter."""
    document = main.document
    places = {document.value_at(steps) for steps in _NEEDED if steps in document.values and steps != ("parasut",)}
    return any(problem.position in places for problem in errors)


def _is_whole(rule: RuleText) -> bool:
    return rule.whole and not schema_problems(validator("rules"), [rule.data], Reading(rule.document))
