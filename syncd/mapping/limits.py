"""Bounds that keep a template from eating time or memory, whatever it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from syncd.mapping.failure import FilterError

OUTPUT_LIMIT = 64 * 1024
"""Characters that a template, or any text inside one, may have."""

STEP_LIMIT = 10_000
"""Rounds of loops and calls in one rendering."""

SEQUENCE_LIMIT = 10_000
"""Elements of a list that a template builds."""

MAGNITUDE_LIMIT = 100
"""Digits that a number may have before its decimal point, and after it."""

TEXT_METHODS = frozenset(
    {
        "capitalize", "casefold", "count", "endswith", "find", "isalnum", "isalpha", "isdecimal", "isdigit",
        "islower", "isnumeric", "isspace", "isupper", "join", "lower", "lstrip", "partition", "removeprefix",
        "removesuffix", "replace", "rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines",
        "startswith", "strip", "swapcase", "title", "upper"
    }
)  # fmt: skip
"""Methods of text that a template may call: those whose result has a bound."""

_WIDE_FORMAT = re.compile(r"%[^a-zA-Z%]*(\d{4,}|\*)")


def bounded_text(text: str) -> str:
    """The text, unless it is longer than any field can be."""
    if len(text) > OUTPUT_LIMIT:
        raise FilterError(f"the text is longer than {OUTPUT_LIMIT} characters")
    return text


def bounded_number(number: Decimal) -> Decimal:
    """The number, unless writing it out would fill pages."""
    if not number.is_finite():
        raise FilterError("the number is not finite")
    decimals = -int(number.as_tuple().exponent)
    if number and (number.adjusted() > MAGNITUDE_LIMIT or decimals > MAGNITUDE_LIMIT):
        raise FilterError(f"the number has more than {MAGNITUDE_LIMIT} digits")
    return number


def check_product(left: Any, right: Any) -> None:
    """Whether `left * right` stays within bounds."""
    for value, times in ((left, right), (right, left)):
        if isinstance(times, int) and isinstance(value, str) and len(value) * times > OUTPUT_LIMIT:
            raise FilterError(f"the text is longer than {OUTPUT_LIMIT} characters")
        if isinstance(times, int) and isinstance(value, list | tuple) and len(value) * times > SEQUENCE_LIMIT:
            raise FilterError(f"the list has more than {SEQUENCE_LIMIT} elements")
    if (
        isinstance(left, int)
        and isinstance(right, int)
        and left.bit_length() + right.bit_length() > 8 * MAGNITUDE_LIMIT
    ):
        raise FilterError(f"the number has more than {MAGNITUDE_LIMIT} digits")


def check_sum(left: Any, right: Any) -> None:
    """Whether `left + right` stays within bounds."""
    if isinstance(left, list | tuple) and isinstance(right, list | tuple) and len(left) + len(right) > SEQUENCE_LIMIT:
        raise FilterError(f"the list has more than {SEQUENCE_LIMIT} elements")


def check_power(base: Any, exponent: Any) -> None:
    """Whether `base ** exponent` stays within bounds."""
    if isinstance(exponent, int | Decimal) and not -MAGNITUDE_LIMIT <= exponent <= MAGNITUDE_LIMIT:
        raise FilterError(f"an exponent may be at most {MAGNITUDE_LIMIT}")
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * exponent > 8 * MAGNITUDE_LIMIT:
        raise FilterError(f"the number has more than {MAGNITUDE_LIMIT} digits")


def check_format(template: Any) -> None:
    """Whether `template % values` can only grow by what the values hold."""
    if isinstance(template, str) and _WIDE_FORMAT.search(template):
        raise FilterError("a format may be at most 999 characters wide")


def check_replace(text: str, old: str, new: str) -> None:
    """Whether replacing can't make the text longer than a field."""
    if len(text) + (text.count(old) if old else len(text) + 1) * len(new) > OUTPUT_LIMIT:
        raise FilterError(f"the text is longer than {OUTPUT_LIMIT} characters")


def check_join(separator: str, parts: Sequence[Any]) -> None:
    """Whether the joined text can't become longer than a field."""
    if sum(len(part) if isinstance(part, str) else 32 for part in parts) + len(separator) * len(parts) > OUTPUT_LIMIT:
        raise FilterError(f"the text is longer than {OUTPUT_LIMIT} characters")
