"""Writing down what came out: the values of `expect` are replaced in the file's text, all else stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from syncd.cases.case import Case
from syncd.cases.compare import ABSENT, Difference, differences
from syncd.cases.outcome import Outcome
from syncd.cases.spans import Span, spans_of
from syncd.config.document import Document, Steps, parse_document
from syncd.config.keys import flow
from syncd.problem import Position

_LINE = ("code", "name", "quantity", "unit_price", "discount", "vat_rate", "gross")
_CONTACT = ("name", "match", "id", "tax_number")
_TOTALS = ("order", "payable")
_BY_HAND = "the file was left as it is: a program can't change what is expected here (anchors?); do it by hand"


class NotRecorded(Exception):
    """A file's text can't be changed so that its cases pass; it was left alone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A case whose expectations are to be what came out."""

    case: Case
    outcome: Outcome
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Change:
    """What was written: the value at `path` below `expect`, "" for all of it. `before` is ABSENT for what is new."""

    position: Position
    case: str
    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def recorded(text: str, file: str, wanted: Sequence[Wanted]) -> tuple[str, list[Change]]:
    """The text of a file of cases with what came out written into it, and what was changed. Raises NotRecorded."""
    spans = spans_of(text)
    edits: list[_Edit] = []
    written: list[tuple[Case, Steps, Any, Any]] = []
    for one in wanted:
        for steps, before, after in _values(one):
            written.append((one.case, steps, before, after))
            edits.append(_edit(text, spans, (*one.case.steps, "expect", *steps), after))
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    document = _proven(text, file, wanted)
    changes = []
    for case, steps, before, after in written:
        place = document.key_at((*case.steps, "expect", *steps))
        changes.append(Change(place, case.name, ".".join(map(str, steps)), before, after))
    return text, changes


def first_expectation(outcome: Outcome) -> dict[str, Any]:
    """What is written for a case that expects nothing yet: who takes the order, and the figures that matter."""
    data = outcome.data
    told: dict[str, Any] = {"rule": data["rule"]}
    if data["rule"] is not None:
        told["fires"] = data["fires"]
    told |= {key: data[key] for key in ("left", "waits", "ended") if key in data}
    if "hold" in data:
        told["hold"] = data["hold"]["code"]
    if "lines" in data:
        told["contact"] = {key: data["contact"][key] for key in _CONTACT if key in data["contact"]}
        told |= {key: data[key] for key in ("category", "payment", "issue_date")}
        told["lines"] = [{key: line[key] for key in _LINE if key != "discount" or line[key]} for line in data["lines"]]
        told["totals"] = {key: data["totals"][key] for key in _TOTALS}
        told |= {"notes": data["notes"]} if data["notes"] else {}
    return _plain(told)  # type: ignore[no-any-return]


def _values(one: Wanted) -> Iterator[tuple[Steps, Any, Any]]:
    """What to write where: the steps below `expect`, what stood there, and what is to stand there."""
    expect, data = one.case.expect, one.outcome.data
    if expect is None:
        yield (), ABSENT, first_expectation(one.outcome)
        return
    if any(key not in data and value is not None for key, value in expect.items()):
        yield (), expect, first_expectation(one.outcome)  # it ends otherwise now: held, not invoiced …
        return
    whole: set[Any] = set()
    for difference in one.differences:
        top = difference.steps[0]
        if top in whole:
            continue
        expected, actual = difference.expected, difference.actual
        if actual is ABSENT or any(isinstance(value, (Mapping, list)) for value in (expected, actual)):
            whole.add(top)
    for difference in one.differences:
        if difference.steps[0] not in whole:
            yield difference.steps, difference.expected, _plain(difference.actual)
    for top in expect:
        if top in whole:
            yield (top,), expect[top], _plain(_shaped(data[top], expect[top], top))


def _shaped(actual: Any, like: Any, key: Any) -> Any:
    """What came out, with the keys that were written before, so that a terse case stays terse."""
    if key == "hold" and not isinstance(like, Mapping):
        return actual["code"]
    if isinstance(actual, Mapping) and isinstance(like, Mapping):
        return {name: _shaped(actual[name], like[name], name) for name in like if name in actual} or dict(actual)
    if isinstance(actual, list) and actual and isinstance(actual[0], Mapping):
        written = {name: None for line in (like if isinstance(like, list) else ()) for name in line}
        return [{name: line[name] for name in (written or dict.fromkeys(_LINE)) if name in line} for line in actual]
    return actual


def _edit(text: str, spans: Mapping[Steps, Span], steps: Steps, value: Any) -> _Edit:
    span = spans.get(steps)
    if span is None:
        return _new_key(text, spans, steps, value)
    if span.block:
        column = span.start - (text.rfind("\n", 0, span.start) + 1)
        return _Edit(span.start, span.end, _block(value, column))
    return _Edit(span.start, span.end, flow(value))


def _new_key(text: str, spans: Mapping[Steps, Span], steps: Steps, value: Any) -> _Edit:
    """The key at the end of the mapping it belongs to."""
    above = spans[steps[:-1]]
    if not above.block:
        before = text[above.start : above.end - 1].rstrip()
        comma = "" if before.endswith((",", "{")) else ", "
        return _Edit(above.start + len(before), above.end - 1, f"{comma}{steps[-1]}: {flow(value)}")
    column = above.start - (text.rfind("\n", 0, above.start) + 1)
    end = text.find("\n", above.end)
    end = len(text) if end < 0 else end
    return _Edit(end, end, f"\n{' ' * column}{steps[-1]}:\n{' ' * (column + 2)}{_block(value, column + 2)}")


def _block(value: Any, column: int) -> str:
    """A value over several lines, the first without its indentation; a key or entry on each."""
    pad = "\n" + " " * column
    if isinstance(value, Mapping) and value:
        rows = []
        for key, below in value.items():
            long = isinstance(below, list) and below and isinstance(below[0], Mapping)
            inner = f"{pad}  {_block(below, column + 2)}" if long else f" {flow(below)}"
            rows.append(f"{flow(key)}:{inner}")
        return pad.join(rows)
    if isinstance(value, list) and value:
        return pad.join(f"- {flow(entry)}" for entry in value)
    return flow(value)


def _plain(value: Any) -> Any:
    """Days as text, numbers without an exponent and without zeros beyond the kuruş."""
    if isinstance(value, Mapping):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(below) for below in value]
    if isinstance(value, Decimal):
        short = value.quantize(Decimal("0.01")) if value == round(value, 2) else value.normalize()
        return int(value) if value == int(value) and "." not in f"{value:f}" else Decimal(f"{short:f}")
    return value.isoformat() if isinstance(value, date) else value


def _proven(text: str, file: str, wanted: Sequence[Wanted]) -> Document:
    """The new text, read again: every case must now expect what came out, and still be the same case."""
    document, problems = parse_document(text, file)
    if document is None or problems:
        raise NotRecorded(_BY_HAND)
    for one in wanted:
        case = document.data["cases"][one.case.steps[1]]
        before = one.case.document.data["cases"][one.case.steps[1]]
        others = [{key: value for key, value in entry.items() if key != "expect"} for entry in (case, before)]
        if others[0] != others[1] or any(differences(case.get("expect"), one.outcome.data)):
            raise NotRecorded(_BY_HAND)
    return document
