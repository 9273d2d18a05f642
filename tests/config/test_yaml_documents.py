"""YAML as syncd reads it: types, exact places, and every way in which a file can be wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from configurations import marked
from hypothesis import example, given
from hypothesis import strategies as st

from syncd.config.document import load_document, parse_document, read_document, texts
from syncd.errors import ConfigurationError
from syncd.problem import Position


def parsed(text: str) -> Any:
    document, problems = parse_document(text, "f.yaml")
    assert problems == []
    assert document is not None
    return document.data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("~", None),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1.50", Decimal("1.50")),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1e5", "1e5"),
        ("+905320000000", "+905320000000"),
        ("12:30:00", "12:30:00"),
        ("1_000", "1_000"),
        ("2026-11-01", "2026-11-01"),
        ("2026-11-01T10:00:00Z", "2026-11-01T10:00:00Z"),
        (".5", ".5"),
        (".inf", ".inf"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("9" * 41, "9" * 41),
    ],
)
def test_only_what_looks_like_a_plain_number_or_boolean_is_one(text: str, value: object) -> None:
    data = parsed(f"key: {text}\n")["key"]
    assert data == value
    assert type(data) is type(value)


PROBLEMS = [
    ("a: b«: c", "a ':' can't stand here"),
    ("a: [1, 2\n«", "a ']' or ',' is missing"),
    ("a: {b: 1\n«", "a '}' or ',' is missing"),
    ("a: «{{ order.total }}", "a value that begins with {{ must be in quotes"),
    ("*«: 1", "a value that begins with * or & must be in quotes"),
    ("«\ta: 1", "a tab can't indent in YAML: use spaces"),
    ("a:\n«\tb: 1", "a tab can't indent in YAML: use spaces"),
    ("a: «`x`", "a value that begins with ` must be in quotes"),
    ("a: «@x", "a value that begins with @ must be in quotes"),
    ("a: «%x", "a value that begins with % must be in quotes"),
    ("a: 'x«", "a quote is opened and never closed"),
    ("a: 1\nb: 2\n«a: 3", "the key 'a' already stands in line 1"),
    ("x:\n  a: 1\n  «a: 3", "the key 'a' already stands in line 2"),
    ("a: 1\n b«: 2", "a ':' can't stand here"),
    ("- a\n«b: 1", "indented differently"),
    ("a: 1\n«<<: {b: 1}", "merging with << is not understood"),
    ("«115: a", 'the key 115 must be text: write "115"'),
    ("«true: a", 'the key true must be text: write "true"'),
    ("? «[a]\n: 1", "a key must be text"),
    ("?« \n: 1", "a key is missing"),
    ("a: &x [«*x]", "*x contains itself"),
    ("a: «*x", "nothing is named &x above"),
    ("a: «!!python/object:os.system x", "is not understood"),
    ("a: «!secret x", "the tag !secret is not understood"),
    ("a: 1\n«---\nb: 2", "a second document begins here"),
    ("a: «\x01", "U+0001 is not allowed in YAML"),
    ("a: «\ud800", "U+D800 is not allowed in YAML"),
    ('a: "«\\q"', "an unknown escape"),
    ("a: «- b", "a '-' can't stand here"),
    ("«", "the file is empty"),
]


@pytest.mark.parametrize(("text", "message"), PROBLEMS, ids=[problem[1][:30] for problem in PROBLEMS])
def test_what_is_no_yaml_for_us_is_told_in_plain_words(text: str, message: str) -> None:
    text, line, column = marked(text)
    _, problems = parse_document(text, "f.yaml")
    assert [problem.position for problem in problems] == [Position("f.yaml", line, column)]
    assert message in problems[0].message


def test_several_problems_of_keys_are_told_at_once() -> None:
    document, problems = parse_document("a: 1\na: 2\n5: x\nb: *no\n", "f.yaml")
    assert [problem.position.line for problem in problems] == [2, 3, 4]
    assert document is not None
    assert document.data == {"a": 1, "b": None}


def test_anchors_give_the_same_value_again() -> None:
    assert parsed("a: &x {k: [1]}\nb: *x\n") == {"a": {"k": [1]}, "b": {"k": [1]}}


def test_aliases_that_blow_up_are_refused() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    _, problems = parse_document("\n".join(rows), "f.yaml")
    assert [problem.message for problem in problems] == ["aliases (*name) blow this file up: write it plainly"]


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 50_000 + "a", "a: " + "{b: " * 500 + "1" + "}" * 500])
def test_deep_nesting_is_refused(text: str) -> None:
    _, problems = parse_document(text, "f.yaml")
    assert "nested" in problems[0].message


def test_a_byte_order_mark_is_no_character(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: b\n")
    assert read_document(file).keys[("a",)] == Position(str(file), 1, 1)


def test_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(b"a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 3\r\n")
    document = read_document(file)
    assert document.data == {"a": 1, "b": "x\ny\n", "c": 3}
    assert document.sources[("b",)].position_at(2) == Position(str(file), 4, 3)


@pytest.mark.parametrize(
    ("content", "message", "line", "column"),
    [
        ("a: 1\nb: ş".encode("iso-8859-9"), "the file is not UTF-8", 2, 4),
        ("a: 1\n".encode("utf-16"), "the file is not UTF-8", 1, 1),
        (b"a" * 2_000_001, "the file is larger than 2 MB", 1, 1),
        (b"", "the file is empty", 1, 1),
    ],
)
def test_a_file_that_cannot_be_text_is_a_problem(
    content: bytes, message: str, line: int, column: int, tmp_path: Path
) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(content)
    document, problems = load_document(file)
    assert document is None
    assert problems[0].position == Position(str(file), line, column)
    assert message in problems[0].message


def test_a_folder_or_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml", Path("a\0b")):
        document, problems = load_document(path)
        assert document is None
        assert "can't be read" in problems[0].message
    with pytest.raises(ConfigurationError):
        read_document(tmp_path)


STYLES = """\
plain: one two
plain_lines: one
  two

  three
single: 'it''s ŞĞ'
double: "tab\\there \\u015f \\\\ end"
double_lines: "one \\
   two
   three

   four"
literal: |
  first
    indented

  last ${HERE}
folded: >-
  first
  second

  third ${HERE}
kept: |+
  a

indicated: |2
    two more
list: [ one, "two", 'three' ]
"""


def test_every_character_of_a_text_has_its_exact_place() -> None:
    document, problems = parse_document(STYLES, "f.yaml")
    assert problems == []
    assert document is not None
    rows = STYLES.splitlines()
    checked = 0
    for steps, text in texts(document):
        for offset, character in enumerate(text):
            place = document.source_at(steps).position_at(offset)
            written = rows[place.line - 1][place.column - 1 : place.column]
            if character not in " \n\t" and written != "\\":
                assert written == character, (steps, offset)
                checked += 1
    assert checked > 100
    assert document.source_at(("double",)).position_at(3) == Position("f.yaml", 7, 13)
    assert document.source_at(("double",)).position_at(4) == Position("f.yaml", 7, 15)
    assert document.data["double"] == "tab\there ş \\ end"


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=30), max_size=6))
@example(["", "  a", "", " b"])
def test_literal_blocks_keep_their_places(rows: list[str]) -> None:
    rows = [f"x{row}" for row in rows]
    document, problems = parse_document("k: |\n" + "".join(f"  {row}\n" for row in rows), "f.yaml")
    if problems or document is None or not rows:
        return
    offset = 0
    for number, row in enumerate(rows):
        assert document.source_at(("k",)).position_at(offset) == Position("f.yaml", number + 2, 3)
        offset += len(row) + 1


@given(st.text(max_size=60))
@example("a: >\n\n  x\n y")
@example("? |\n  x\n: 'a''\n  b'")
def test_no_text_at_all_gives_a_traceback(text: str) -> None:
    document, problems = parse_document(text, "f.yaml")
    assert document is not None or problems
    for steps, value in texts(document) if document is not None else ():
        document.source_at(steps).position_at(len(value))  # type: ignore[union-attr]
