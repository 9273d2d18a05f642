"""The body of a platform's answer, read the forgiving way."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

_LINE_WITH_JSON = re.compile(r"^[ \t]*(?=[\[{])", re.MULTILINE)


class UnreadableAnswer(ValueError):
    """The body is no JSON, also not behind a byte order mark or printed warnings."""


def parse_body(content: bytes) -> Any:
    """The JSON value in `content`, numbers with a point as `Decimal`.

    Shops on badly kept hosts print a byte order mark or PHP notices before the JSON. Those are skipped, but only when
    the body does not begin with JSON itself: the tail of a cut answer may look like JSON, and an order list that ends
    in `"refunds": []` must not be taken for an empty list.
    """
    text = content.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    starts = [0] if text[:1] in ("[", "{") else [found.end() for found in _LINE_WITH_JSON.finditer(text)]
    for start in starts:
        try:
            value = json.loads(text[start:].rstrip("\ufeff \t\r\n"), parse_float=Decimal)
            return _whole_characters(value) if "\\ud" in text.lower() else value
        except (ValueError, RecursionError):
            continue
    raise UnreadableAnswer("the answer is not JSON")


def _whole_characters(value: Any) -> Any:
    """Half an emoji, cut off by a field's length, is no character: nothing can store or print it."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole_characters(item) for item in value]
    if isinstance(value, dict):
        return {_whole_characters(name): _whole_characters(item) for name, item in value.items()}
    return value
