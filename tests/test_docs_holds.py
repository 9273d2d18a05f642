"""The pages about holds name exactly the codes that the code can raise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("docs/holds.md", "docs/tr/bekletmeler.md")


def hold_codes(source: str) -> Iterator[str]:
    """The codes of all `Hold(…)` in a module.

    A code is a string literal, a choice between literals, or a constant of the module; a hold that is made anew from
    the ledger (`row.hold_code`) has a code that was raised before. Anything else can't be told here and is an error.
    """
    tree = ast.parse(source)
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "Hold":
            named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            yield from _values((node.args + named)[0], constants)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _values(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _values(node.body, constants)
        yield from _values(node.orelse, constants)
    elif isinstance(node, ast.Subscript) and isinstance(constants.get(_name(node.value)), ast.Dict):
        table = constants[_name(node.value)]
        assert isinstance(table, ast.Dict)
        for value in table.values:
            yield from _values(value, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _values(constants[node.id], constants)
    elif not any(_name(part) == "hold_code" for part in ast.walk(node) if isinstance(part, ast.expr)):
        raise AssertionError(f"line {node.lineno}: the code of this hold can't be told: {ast.unparse(node)}")


def doubt_codes(connector: str) -> Iterator[str]:
    """The codes of a connector's doubts."""
    yield from re.findall(r"^\s*(?:- )?hold_code: ([a-z-]+)$", connector, re.MULTILINE)


def all_codes() -> set[str]:
    files = sorted((ROOT / "syncd").rglob("*.py"))
    connectors = sorted((ROOT / "mappings" / "platforms").glob("*.yaml"))
    raised = {code for file in files for code in hold_codes(file.read_text(encoding="utf-8"))}
    return raised | {code for file in connectors for code in doubt_codes(file.read_text(encoding="utf-8"))}


def sections(page: str) -> list[str]:
    return re.findall(r"^## (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_every_hold_has_one_section_and_every_section_a_hold(page: str) -> None:
    assert sorted(sections(page)) == sorted(all_codes())


def test_both_pages_have_the_same_order() -> None:
    assert sections(PAGES[0]) == sections(PAGES[1])


@pytest.mark.parametrize("page", PAGES)
def test_every_section_says_what_happened_why_and_what_to_do(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    parts = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]
    assert {len(re.findall(r"^\*\*", part, re.MULTILINE)) for part in parts} == {3}


def test_codes_are_found_however_they_are_written() -> None:
    source = (
        "CODE = 'by-constant'\nTABLE = {1: 'by-table'}\n"
        "raise Hold('plain', '')\nraise errors.Hold(CODE, '')\nHold(code='named', message='')\n"
        "Hold('one' if x else 'other', '')\nHold(TABLE[key], '')\nHold(row.hold_code or '', '')\n"
    )
    assert set(hold_codes(source)) == {"plain", "by-constant", "named", "one", "other", "by-table"}


def test_a_code_that_cannot_be_told_is_an_error() -> None:
    with pytest.raises(AssertionError, match="can't be told"):
        list(hold_codes("Hold(compute(), '')"))
