"""Results in words, for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from syncd.cases.compare import ABSENT, Difference
from syncd.cases.recording import Change
from syncd.cases.run import CaseResult, CaseRun
from syncd.config.keys import flow
from syncd.words import counted


def result_lines(one: CaseResult) -> Iterator[str]:
    """A case that didn't pass: where it stands, what differs, and who made it so."""
    yield f"{one.case.position}: {one.case.name}"
    for problem in one.problems:
        yield f"  {problem}"
    if one.ending == "empty":
        yield "  it expects nothing yet: `syncd test --update` writes down what comes out"
    for difference in one.differences:
        place = one.case.value_at("expect", *difference.steps)
        yield f"  {difference.path} ({place.file}:{place.line}:{place.column})"
        yield f"    expected  {value_text(difference.expected)}"
        yield f"    got       {value_text(difference.actual)}"
        origin = _origin(one, difference)
        if origin:
            yield f"    made by   {origin}"
    if one.outcome is not None and one.ending == "failed":
        yield f"  what happens: {one.outcome.story}"


def change_line(change: Change) -> str:
    """What `--update` wrote."""
    place = f"{change.position}: {change.case}"
    if not change.path:
        return f"{place}: {'written' if change.before is ABSENT else 'written anew'}"
    return f"{place}: {change.path}: {value_text(change.before)} → {value_text(change.after)}"


def closing_lines(run: CaseRun) -> Iterator[str]:
    """How many passed, and what nobody tests."""
    failed = run.count("failed") + run.count("empty")
    wrong = run.count("wrong")
    parts = [f"{run.count('passed')} passed"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{wrong} can't be run"] if wrong else []
    parts += ["some files can't be read"] if run.problems else []
    total = len(run.results)
    yield f"{counted(total, 'case')}: {', '.join(parts)}"
    if run.untested:
        yield f"rules that no case fires: {', '.join(run.untested)}"
    else:
        yield "every rule is fired by a case"


def run_data(run: CaseRun, changes: list[Change]) -> dict[str, Any]:
    """A run for programs."""
    return {
        "files": [str(file) for file in run.files],
        "passed": run.passed,
        "cases": [_result_data(one) for one in run.results],
        "problems": [str(problem) for problem in run.problems],
        "changes": [
            {"place": change.position, "case": change.case, "path": change.path, "after": change.after}
            for change in changes
        ],
        "untested_rules": list(run.untested),
    }


def value_text(value: Any) -> str:
    """A value as it would stand in YAML; "nothing" for none."""
    if value is ABSENT:
        return "nothing"
    return flow(_plain(value))


def _result_data(one: CaseResult) -> dict[str, Any]:
    return {
        "name": one.case.name,
        "file": one.case.position.file,
        "line": one.case.position.line,
        "ending": one.ending,
        "seconds": Decimal(f"{one.seconds:.4f}"),
        "story": None if one.outcome is None else one.outcome.story,
        "differences": [
            {
                "path": difference.path,
                "place": one.case.value_at("expect", *difference.steps),
                "expected": difference.expected,
                "actual": None if difference.actual is ABSENT else difference.actual,
                "made_by": _origin(one, difference),
            }
            for difference in one.differences
        ],
        "problems": [str(problem) for problem in one.problems],
    }


def _origin(one: CaseResult, difference: Difference) -> str | None:
    """Who made the value, or the nearest thing above it that has a maker."""
    if one.outcome is None:
        return None
    steps = [str(step) for step in difference.steps]
    for depth in range(len(steps), 0, -1):
        origin = one.outcome.origins.get(".".join(steps[:depth]))
        if origin is not None:
            return origin
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(below) for below in value]
    return value if isinstance(value, (str, bool, int, Decimal)) or value is None else str(value)
