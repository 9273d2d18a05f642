"""The YAML parser's complaints in plain words."""

from __future__ import annotations

import re

import yaml

from syncd.problem import Position, Problem

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_WORDS = (
    ("mapping values are not allowed", "a ':' can't stand here: put the value in quotes, or check the indentation"),
    ("could not find expected ':'", "a ':' is missing after the key, or the line is indented wrongly"),
    (
        "did not find expected key",
        "this line is indented differently from the keys above, or a quote or bracket is wrong",
    ),
    ("did not find expected '-' indicator", "this line is indented differently from the '-' entries above"),
    ("did not find expected ',' or '}'", "a '}' or ',' is missing, or a value needs quotes"),
    ("did not find expected ',' or ']'", "a ']' or ',' is missing, or a value needs quotes"),
    ("found unexpected end of stream", "a quote is opened and never closed"),
    ("found unexpected document indicator", "a quote is opened and never closed"),
    ("did not find expected alphabetic or numeric character", "a value that begins with * or & must be in quotes"),
    ("found unknown escape character", 'an unknown escape: in "double quotes" a backslash is written as \\\\'),
    ("did not find expected hexdecimal number", 'a wrong escape: in "double quotes" a backslash is written as \\\\'),
    ("did not find expected <document start>", "this line belongs to nothing above: check the indentation"),
    ("block sequence entries are not allowed", "a '-' can't stand here: put it on a line of its own"),
    ("found undefined tag handle", "a value that begins with ! must be in quotes"),
    ("exceeded maximum nesting depth", "nested too deeply"),
    ("block mapping", "this line is indented differently from the keys above"),
)


def syntax_problem(error: yaml.YAMLError | UnicodeError, text: str, file: str) -> Problem:
    """The parser's complaint about `text` in plain words, at the place where it noticed."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return _character_problem(text, file)
    position = Position(file, mark.line + 1, mark.column + 1)
    complaint = str(getattr(error, "problem", None) or error)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    character = line[mark.column : mark.column + 1]
    if "cannot start any token" in complaint or "tab character" in complaint:
        if character == "\t" or "\t" in line[: mark.column + 1]:
            return Problem(position, "a tab can't indent in YAML: use spaces")
        return Problem(position, f"a value that begins with {character} must be in quotes")
    for phrase, words in _WORDS:
        if phrase in complaint:
            return Problem(position, words)
    return Problem(position, f"not readable as YAML: {complaint}")


def _character_problem(text: str, file: str) -> Problem:
    """A character that YAML forbids; the parser gives no line for it."""
    found = _UNPRINTABLE.search(text)
    offset = found.start() if found else 0
    line, column = place_of(text, offset)
    code = f"U+{ord(text[offset]):04X}" if found else "an unreadable character"
    return Problem(Position(file, line, column), f"{code} is not allowed in YAML: delete it")


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of the character at `offset`; no line break but YAML's own stands before it."""
    rows = (text[:offset] + "x").splitlines()
    return len(rows), len(rows[-1])
