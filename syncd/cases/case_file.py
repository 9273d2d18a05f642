"""A file of cases: found, read, and checked as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from syncd.cases.case import Case
from syncd.config.document import Document, Steps, load_document
from syncd.config.schema_problems import Reading, schema_problems
from syncd.config.schemas import validator
from syncd.config.settings import Settings
from syncd.errors import UsageError
from syncd.mapping.syntax import nearest
from syncd.problem import Position, Problem

FOLDERS = ("tests", "cases")
ENDINGS = (".cases.yaml", ".cases.yml")


def case_files(paths: Sequence[Path], beside: Path) -> list[Path]:
    """The files that `paths` name: themselves, and the `*.cases.yaml` in and below folders.

    Without paths: those of the folders `tests` and `cases` beside the configuration. Raises UsageError for a path that
    doesn't exist.
    """
    for path in paths:
        if not path.exists():
            raise UsageError(f"There is no {path}.", "Name files of cases, or folders that hold some.")
    found: list[Path] = []
    for place in paths or [beside / name for name in FOLDERS]:
        below = sorted(file for file in place.rglob("*") if file.name.endswith(ENDINGS)) if place.is_dir() else [place]
        found += [file for file in below if file.is_file()]
    return list(dict.fromkeys(found))


def read_cases(file: Path, settings: Settings) -> tuple[list[Case], list[Problem]]:
    """The cases of a file and what is wrong with it. A file with a problem has no cases."""
    document, problems = load_document(file)
    if document is None or problems:
        return [], problems
    problems = schema_problems(validator("cases"), document.data, Reading(document))
    if problems:
        return [], problems
    cases = [_case(document, number, settings, problems) for number in range(len(document.data["cases"]))]
    problems += _repeated_names(cases)
    return ([], problems) if problems else (cases, [])


def _case(document: Document, number: int, settings: Settings, problems: list[Problem]) -> Case:
    above: dict[str, Any] = document.data
    entry: dict[str, Any] = above["cases"][number]
    steps: Steps = ("cases", number)
    kind = "raw" if "raw" in entry else "order"
    if kind not in entry:
        problems.append(Problem(document.value_at(steps), "the case has no order: write 'order' or 'raw'"))
    today = entry.get("today", above.get("today"))
    return Case(
        document=document,
        steps=steps,
        name=entry["name"],
        platform=_platform(document, steps, settings, problems),
        kind=kind,
        order=entry.get(kind, {}),
        inside=entry.get("inside", ""),
        change=entry.get("change", {}),
        change_raw=entry.get("change_raw", {}),
        knows=entry.get("knows", above.get("knows", {})),
        knows_steps=(*steps, "knows") if "knows" in entry else ("knows",),
        today=None if today is None else date.fromisoformat(today),
        expect=_expect(document, steps, entry, settings, problems),
    )


def _platform(document: Document, steps: Steps, settings: Settings, problems: list[Problem]) -> str:
    known = list(settings.platforms)
    case_steps: Steps = (*steps, "platform")
    written = case_steps if case_steps in document.values else ("platform",)
    name = document.data["cases"][steps[1]].get("platform", document.data.get("platform"))
    if name is None and len(known) == 1:
        return known[0]
    if name is None:
        message = f"the case names no platform: write 'platform', one of {', '.join(known)}"
        problems.append(Problem(document.value_at(steps), message))
    elif name not in known:
        message = f"there is no platform '{name}' in {settings.file}"
        problems.append(Problem(document.value_at(written), message, nearest(name, known)))
    return str(name)


def _expect(
    document: Document, steps: Steps, entry: dict[str, Any], settings: Settings, problems: list[Problem]
) -> dict[str, Any] | None:
    expect: dict[str, Any] | None = entry.get("expect")
    rule = (expect or {}).get("rule")
    names = [one.name for one in settings.rules]
    if rule is not None and rule not in names:
        place = document.value_at((*steps, "expect", "rule"))
        problems.append(Problem(place, f"there is no rule '{rule}' in {settings.file}", nearest(rule, names)))
    return expect


def _repeated_names(cases: Sequence[Case]) -> list[Problem]:
    seen: dict[str, Position] = {}
    problems = []
    for case in cases:
        place = case.value_at("name")
        if case.name in seen:
            problems.append(Problem(place, f"the name '{case.name}' is taken already in line {seen[case.name].line}"))
        seen.setdefault(case.name, place)
    return problems
