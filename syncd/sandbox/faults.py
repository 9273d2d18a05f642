"""Faults: what is to go wrong, with which requests, and how often."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from syncd.sandbox.naming import means, request_name

STANDS = ("parasut", "shop", "trendyol", "hepsiburada", "n11")

NOT_DONE = (
    *("429", "429_bare", "500", "502", "502html", "503", "504", "556", "401", "402", "403", "html_403", "html_200"),
    *("close_before", "reset_before", "down", "hang"),
)
"""The kinds whose request is never carried out."""
DONE_FIRST = (
    *("close_after", "reset_after", "timeout_after", "truncate", "cut", "drip", "html_200_after"),
    *("500_after", "502_after", "503_after", "504_after"),
)
"""The kinds whose work is done before the answer is spoilt."""
DONE_LATER = ("late", "late_hang", "hang_done")
"""The kinds whose work is done when the client expects no answer any more."""
LOGIN = ("expire_token", "revoke_tokens", "password")
"""The kinds that end tokens just before the request."""
HELD = ("hold_before", "hold_after")
SLOW = ("way", "slow", "jitter")
"""The kinds that only take time: before the request arrives, before the work, after it. They come on top of others."""
MIXED = "mixed"
KINDS = (*NOT_DONE, *DONE_FIRST, *DONE_LATER, *LOGIN, *HELD, *SLOW, "empty", MIXED)

USUAL_MIX = (
    *(
        "429",
        "500",
        "502html",
        "503",
        "504",
        "close_before",
        "reset_before",
        "close_after",
        "timeout_after",
        "truncate",
    ),
    *("cut", "500_after", "502_after", "html_200_after", "late"),
)
_SECONDS = {
    "way": 0.3,
    "slow": 1.0,
    "jitter": 0.3,
    "late": 5.0,
    "late_hang": 5.0,
    "drip": 2.0,
    "down": 2.0,
    "password": 5.0,
}

Seconds = float | tuple[float, float]


@dataclass(frozen=True)
class Fault:
    """One fault.

    `path` is a regular expression that is searched in the request's path (`/v4/…`, `/oauth/token`, `/wp-json/…`),
    `request` its name or a word for many (see `naming`). `stand` is the stand-in (`parasut`, `shop`, `trendyol` …)
    whose requests are meant, "" all. Without `rate`, `nth` counts the requests that match from 1, 0 means every one,
    and `times` is how many in a row from the nth are spoilt. With `rate` (0 to 1) that part of them is, from the nth
    on, as a hash of `seed` says, and never more than `in_a_row` in a row of one kind of request (0: no limit).
    `most` ends it after so many strikes, `until` after that matching request, `for_seconds` after that time (0: never).
    `seconds` is the time, or the range of it, that some kinds need; `retry_after` what a 429 or 503 tells. `of` are the
    kinds that `mixed` takes. The kind `empty` answers a list with none of its records, in the stand-in's own shape.
    """

    kind: str
    method: str = "*"
    path: str = ""
    nth: int = 1
    times: int = 1
    stand: str = ""
    request: str = ""
    rate: float = 0.0
    seed: int = 1
    in_a_row: int = 2
    most: int = 0
    until: int = 0
    for_seconds: float = 0.0
    seconds: Seconds | None = None
    retry_after: int | None = None
    of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for kind in (self.kind, *self.of):
            if kind not in KINDS:
                raise ValueError(f"unknown fault {kind!r}; known are {', '.join(KINDS)}")
        if MIXED in self.of or (self.of and self.kind != MIXED):
            raise ValueError("a fault has `of` when it is mixed, and no mixed one in it")
        if self.stand and self.stand not in STANDS:
            raise ValueError(f"a fault can't strike {self.stand!r}; the stand-ins are {', '.join(STANDS)}")
        if not 0 <= self.rate <= 1:
            raise ValueError(f"a fault's rate is between 0 and 1, not {self.rate}")
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"a fault's path {self.path!r} is no regular expression: {error}") from error

    def matches(self, method: str, path: str, stand: str = "") -> bool:
        if self.stand not in ("", stand) or self.method not in ("*", method):
            return False
        if re.search(self.path, path) is None:
            return False
        return not self.request or means(self.request, request_name(stand, method, path), method)

    def time(self, draw: float = 0.5) -> float:
        """The seconds that it takes; `draw` (0 to 1) picks them where they are a range."""
        if self.seconds is None:
            return _SECONDS.get(self.kind, 0.0)
        if isinstance(self.seconds, tuple):
            shortest, longest = self.seconds
            return shortest + (longest - shortest) * draw
        return self.seconds


def faults_from_json(text: str) -> tuple[Fault, ...]:
    """Faults from a JSON list of objects with the fields of `Fault`. Raises ValueError with what is wrong."""
    loaded = json.loads(text)
    if not isinstance(loaded, list):
        raise ValueError("faults are a JSON list of objects")
    return faults_of(loaded)


def faults_from_file(file: Path) -> tuple[Fault, ...]:
    """Faults from a YAML file: a list, or a mapping with one under `faults`. Raises ValueError with what is wrong."""
    try:
        loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{file}: {error}") from error
    return faults_of(loaded or [])


def faults_of(loaded: Any) -> tuple[Fault, ...]:
    """Faults from parsed JSON or YAML: a fault, a list of them, or `{"faults": [...]}`. Raises ValueError."""
    if isinstance(loaded, Mapping) and set(loaded) == {"faults"}:
        loaded = loaded["faults"]
    return tuple(_fault(entry) for entry in (loaded if isinstance(loaded, list) else [loaded]))


def _fault(entry: Any) -> Fault:
    known = {field.name for field in fields(Fault)}
    if not isinstance(entry, Mapping) or "kind" not in entry or not set(entry) <= known:
        raise ValueError(f"a fault is an object with kind and perhaps {', '.join(sorted(known - {'kind'}))}: {entry!r}")
    values: dict[str, Any] = dict(entry)
    values["kind"] = str(values["kind"])
    values["of"] = tuple(map(str, values.get("of") or ()))
    if isinstance(values.get("seconds"), list):
        values["seconds"] = tuple(values["seconds"])
    if values.get("retry_after") == "none":
        values["retry_after"] = None
        values["kind"] = "429_bare" if values["kind"] == "429" else values["kind"]
    if "rate" in values and "nth" not in values:
        values["nth"] = 0
    for name, sorts in _SORTS.items():
        if name in values and (isinstance(values[name], bool) or not isinstance(values[name], sorts)):
            raise ValueError(f"a fault's {name} can't be {values[name]!r}")
    wide = values.get("seconds")
    if isinstance(wide, tuple) and (len(wide) != 2 or not all(isinstance(one, int | float) for one in wide)):
        raise ValueError(f"a fault's seconds are a number or [from, to], not {list(wide)!r}")
    return Fault(**values)


_NUMBER: tuple[type, ...] = (int, float)
_SORTS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("method", "path", "stand", "request"), (str,)),
    **dict.fromkeys(("nth", "times", "seed", "in_a_row", "most", "until"), (int,)),
    **dict.fromkeys(("rate", "for_seconds"), _NUMBER),
    "seconds": (*_NUMBER, tuple, type(None)),
    "retry_after": (int, type(None)),
}
