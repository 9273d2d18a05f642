"""Shortening text to what a field holds."""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"


def truncate_bytes(text: str, length: int, end: str = "") -> str:
    """At most `length` bytes of UTF-8, the last of them `end` when something was cut.

    No character is cut in half, and none is parted from the marks or joined signs that belong to it.
    """
    if len(text.encode()) <= length:
        return text
    end_bytes = len(end.encode())
    if end_bytes > length:
        end, end_bytes = "", 0
    kept = len(text.encode()[: max(length - end_bytes, 0)].decode(errors="ignore"))
    while kept > 0 and _belongs_to_the_one_before(text, kept):
        kept -= 1
    return text[:kept].rstrip() + end


def _belongs_to_the_one_before(text: str, index: int) -> bool:
    if index >= len(text):
        return False
    character = text[index]
    return (
        unicodedata.combining(character) != 0
        or unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or character == _JOINER
        or text[index - 1] == _JOINER
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
