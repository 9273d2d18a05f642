"""Scripted faults: the nth request that matches is answered badly, before or after its work was done."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

KINDS = (
    "429",
    "500",
    "502html",
    "close_before",
    "close_after",
    "timeout_after",
    "truncate",
    "html_403",
    "402",
    "401",
    "503",
    "556",
    "empty",
)
DONE_FIRST = ("close_after", "timeout_after", "truncate")
"""The kinds whose work is done before the answer is spoilt; with all others nothing was done."""


@dataclass(frozen=True)
class Fault:
    """One scripted fault.

    `path` is a regular expression that is searched in the request's path (`/v4/…`, `/oauth/token`, `/wp-json/…`), `nth`
    counts the requests that match from 1, and 0 means every one. `times` is how many in a row from the nth are spoilt.
    `stand` is the stand-in (`parasut`, `shop`, `trendyol` …) whose requests are meant, "" all. The kind `empty` answers
    a list with none of its records, in the stand-in's own shape.
    """

    kind: str
    method: str = "*"
    path: str = ""
    nth: int = 1
    times: int = 1
    stand: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known are {', '.join(KINDS)}")
        re.compile(self.path)

    def matches(self, method: str, path: str, stand: str = "") -> bool:
        return self.stand in ("", stand) and self.method in ("*", method) and re.search(self.path, path) is not None


def faults_from_json(text: str) -> tuple[Fault, ...]:
    """Faults from a JSON list of objects with the fields of `Fault`. Raises ValueError with what is wrong."""
    loaded = json.loads(text)
    if not isinstance(loaded, list):
        raise ValueError("faults are a JSON list of objects")
    known = {field.name for field in fields(Fault)}
    faults = []
    for entry in loaded:
        if not isinstance(entry, dict) or "kind" not in entry or not set(entry) <= known:
            raise ValueError(
                f"a fault is an object with kind and perhaps {', '.join(sorted(known - {'kind'}))}: {entry!r}"
            )
        values: dict[str, Any] = dict(entry)
        values["kind"] = str(values["kind"])
        faults.append(Fault(**values))
    return tuple(faults)


class FaultScript:
    """The faults in force and how often each has been met. Faults may be added while the sandbox runs."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults: list[tuple[Fault, list[int]]] = [(fault, [0]) for fault in faults]

    def add(self, fault: Fault) -> None:
        """Put a fault in force; its counting starts now."""
        self._faults.append((fault, [0]))

    def clear(self) -> None:
        self._faults.clear()

    def due(self, method: str, path: str, stand: str = "") -> Fault | None:
        """The fault that spoils this request; every matching fault counts the request."""
        found = None
        for fault, met in self._faults:
            if not fault.matches(method, path, stand):
                continue
            met[0] += 1
            if found is None and (fault.nth == 0 or fault.nth <= met[0] < fault.nth + fault.times):
                found = fault
        return found
