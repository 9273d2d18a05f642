"""What is expected against what comes out: only what is written is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from syncd.config.document import Steps


class Absent(Enum):
    """No value at all."""

    ABSENT = "nothing"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Difference:
    """A place below `expect` where something else came out. `actual` is ABSENT when nothing did."""

    steps: Steps
    expected: Any
    actual: Any

    @property
    def path(self) -> str:
        """The place as people read it: `lines.0.gross`."""
        return ".".join(str(step) for step in self.steps)


def differences(expected: Any, actual: Any, steps: Steps = ()) -> Iterator[Difference]:
    """Every difference, in the order of what is expected.

    Numbers are compared by their value, so that 118.8 equals 118.80; a number may be written as text. Text is compared
    as it is. A list must have as many entries as came out. `null` means: nothing of that kind.
    """
    if isinstance(actual, Mapping) and isinstance(expected, str) and "code" in actual:
        actual = actual["code"]  # `hold: export-order`
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key, value in expected.items():
            yield from differences(value, actual.get(key, ABSENT), (*steps, key))
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for number, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, (*steps, number))
    elif not _same(expected, actual):
        yield Difference(steps, expected, actual)


def _same(expected: Any, actual: Any) -> bool:
    if expected is None:
        return actual is None or actual is ABSENT
    if actual is None or actual is ABSENT or isinstance(expected, (Mapping, list)):
        return False
    if isinstance(actual, bool) or isinstance(expected, bool):
        return expected is actual
    if isinstance(actual, (Decimal, int)):
        try:
            return Decimal(expected) == actual
        except InvalidOperation:
            return False
    return not isinstance(actual, (Mapping, list)) and str(expected) == str(actual)
