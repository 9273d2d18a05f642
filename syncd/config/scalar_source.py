"""Where each character of a YAML text stands in its file.

The parser tells where a scalar begins and ends. This walks the raw characters between, by the rules of the scalar's
style, and notes a place for every character of the text. If the walk comes to another text than the parser did, only
the beginning is told: a place near by is better than a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from syncd.problem import Source

Place = tuple[int, int]
"""Line and column, from 1."""

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_HEX_ESCAPES = {"x": 2, "u": 4, "U": 8}


def scalar_source(event: Any, lines: Sequence[str], file: str) -> Source:
    """The place of every character of a scalar event's value in the `lines` of its file."""
    first = (event.start_mark.line + 1, event.start_mark.column + 1)
    start = (first[0], first[1] + (1 if event.style in ("'", '"') else 0))
    same_line = event.start_mark.line == event.end_mark.line
    width = event.end_mark.column - event.start_mark.column
    if same_line and event.style not in ("|", ">"):
        quotes = 2 if event.style in ("'", '"') else 0
        if width == len(event.value) + quotes:
            return Source(file, ((0, *start),))
    walk: Callable[[Any, Sequence[str]], list[tuple[str, Place]]] = {
        "|": _block, ">": _block, '"': _double_quoted, "'": _single_quoted,
    }.get(event.style, _plain)  # fmt: skip
    try:
        characters = walk(event, lines)
    except (IndexError, ValueError):
        characters = []
    if "".join(character for character, _ in characters) != event.value:
        return Source(file, ((0, *start),))
    return Source(file, _runs(characters) or ((0, *start),))


def _runs(characters: list[tuple[str, Place]]) -> tuple[tuple[int, int, int], ...]:
    runs: list[tuple[int, int, int]] = []
    expected: Place = (0, 0)
    for offset, (_, (line, column)) in enumerate(characters):
        if (line, column) != expected:
            runs.append((offset, line, column))
        expected = (line, column + 1)
    return tuple(runs)


def _block(event: Any, lines: Sequence[str]) -> list[tuple[str, Place]]:
    """Literal and folded blocks: the value's lines are found one after the other among the raw lines."""
    header = event.start_mark.line
    body = range(header + 1, min(event.end_mark.line + 1, len(lines)))
    value: str = event.value
    indent = _block_indent(lines[header][event.start_mark.column :], [lines[number] for number in body], value)
    characters: list[tuple[str, Place]] = []
    last: Place = (header + 2, indent + 1)
    for number in body:
        piece = lines[number][indent:]
        rest = value[len(characters) :]
        if not lines[number].strip():
            if event.style == "|" and rest.startswith(piece + "\n"):
                for column, character in enumerate(piece + "\n"):
                    characters.append((character, (number + 1, indent + 1 + column)))
            continue
        while rest[:1] == "\n" or (rest[:1] == " " and not rest.startswith(piece)):
            characters.append((rest[0], last))
            rest = rest[1:]
        if not rest.startswith(piece):
            break
        characters += [(character, (number + 1, indent + 1 + column)) for column, character in enumerate(piece)]
        last = (number + 1, indent + 1 + len(piece))
        if event.style == "|" and value[len(characters) :].startswith("\n"):
            characters.append(("\n", last))
    characters += [(character, last) for character in value[len(characters) :] if character == "\n"]
    return characters


def _block_indent(header: str, body: list[str], value: str) -> int:
    first = next((line for line in body if line.strip()), "")
    return len(first) - len(first.lstrip(" ")) - _own_spaces(value, header) if first else 0


def _own_spaces(value: str, header: str) -> int:
    """Spaces that belong to the text: only with an indentation indicator (`|2`) can the first line begin with some."""
    if not any(character.isdigit() for character in header.split("#")[0]):
        return 0
    line = next((line for line in value.split("\n") if line.strip()), "")
    return len(line) - len(line.lstrip(" "))


def _plain(event: Any, lines: Sequence[str]) -> list[tuple[str, Place]]:
    return _flow(event, lines, lambda line, column: (line[column], 1), quotes=0)


def _single_quoted(event: Any, lines: Sequence[str]) -> list[tuple[str, Place]]:
    def read(line: str, column: int) -> tuple[str, int]:
        return line[column], 2 if line.startswith("''", column) else 1

    return _flow(event, lines, read, quotes=1)


def _double_quoted(event: Any, lines: Sequence[str]) -> list[tuple[str, Place]]:
    def read(line: str, column: int) -> tuple[str, int]:
        if line[column] != "\\":
            return line[column], 1
        if column + 1 == len(line):  # the line break is escaped: nothing stands for it
            return "", 1
        letter = line[column + 1]
        if letter in _HEX_ESCAPES:
            digits = line[column + 2 : column + 2 + _HEX_ESCAPES[letter]]
            return chr(int(digits, 16)), 2 + len(digits)
        return _ESCAPES[letter], 2

    return _flow(event, lines, read, quotes=1)


def _flow(
    event: Any, lines: Sequence[str], read: Callable[[str, int], tuple[str, int]], quotes: int
) -> list[tuple[str, Place]]:
    """Plain and quoted scalars: line breaks fold to a space, empty lines to line feeds, blanks around breaks vanish."""
    first, last = event.start_mark.line, event.end_mark.line
    characters: list[tuple[str, Place]] = []
    breaks = 0
    continued = False
    for number in range(first, last + 1):
        line = lines[number] if number < len(lines) else ""
        begin = event.start_mark.column + quotes if number == first else len(line) - len(line.lstrip(" \t"))
        end = event.end_mark.column - quotes if number == last else len(line.rstrip(" \t"))
        if number == last and not quotes:
            end = len(line[:end].rstrip(" \t"))
        if number > first:
            blank = begin >= end and number != last
            if blank:
                breaks += 1
                continue
            if breaks:
                characters += [("\n", (number + 1, begin + 1))] * breaks
            elif not continued:
                characters.append((" ", (number + 1, begin + 1)))
            breaks = 0
        continued = False
        column = begin
        while column < end:
            character, width = read(line, column)
            if character:
                characters.append((character, (number + 1, column + 1)))
            continued = not character
            column += width
    return characters
