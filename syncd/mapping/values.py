"""How a value reads once it stands in text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from jinja2.runtime import Undefined

from syncd.mapping.failure import FilterError, kind_of
from syncd.mapping.limits import bounded_number, bounded_text


def plain(number: Decimal) -> str:
    """Digits and a point, never an exponent."""
    return format(bounded_number(number), "f")


def text_of(value: Any) -> str:
    """What `{{ value }}` puts into text: nothing for None, plain digits for a number, ISO 8601 for a moment (UTC).

    A list, mapping or record has no text of its own and is refused with FilterError.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return bounded_text(str(value))
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return plain(Decimal(repr(value)))
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Undefined):
        return str(value)
    if callable(value):
        raise FilterError("a function can't be put into text; call it with ( )")
    raise FilterError(f"a {kind_of(value)} can't be put into text; name a part of it, or use join")
