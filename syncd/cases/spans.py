"""Where each value of a YAML text begins and ends, so that one can be replaced and all else stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from syncd.config.document import Steps


@dataclass(frozen=True, slots=True)
class Span:
    """The characters `[start, end)` of a value; `block` tells a list or mapping that is written over several lines.

    A literal (| or >) ends with its last line of text; an alias is its name, `*name`.
    """

    start: int
    end: int
    block: bool = False


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being walked through; `end` is that of the last value in it so far."""

    steps: Steps
    mapping: bool
    start: int
    flow: bool
    end: int
    key: str | None = None
    entries: int = field(default=0)

    def next_steps(self) -> Steps:
        return (*self.steps, self.key) if self.mapping and self.key is not None else (*self.steps, self.entries)


def spans_of(text: str) -> dict[Steps, Span]:
    """The span of every value of a YAML text that is known to be right. Its values are those of the document reader."""
    spans: dict[Steps, Span] = {}
    opened: list[_Open] = []

    def put(span: Span, steps: Steps) -> None:
        spans[steps] = span
        if opened:
            above = opened[-1]
            above.end = max(above.end, span.end)
            above.key = None
            above.entries += 1

    events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
    for event in events:
        start, end = event.start_mark.index, event.end_mark.index
        above = opened[-1] if opened else None
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            mapping = isinstance(event, yaml.MappingStartEvent)
            steps = above.next_steps() if above else ()
            opened.append(_Open(steps, mapping, start, bool(event.flow_style), end))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            done = opened.pop()
            put(Span(done.start, end if done.flow else done.end, block=not done.flow), done.steps)
        elif isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent)):
            if above is not None and above.mapping and above.key is None:
                above.key = getattr(event, "value", "")
                above.end = max(above.end, end)
            else:
                put(_leaf(event, text), above.next_steps() if above else ())
    return spans


def _leaf(event: Any, text: str) -> Span:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.ScalarEvent) and event.style in ("|", ">"):
        end = start + len(text[start:end].rstrip())
    return Span(start, end)
