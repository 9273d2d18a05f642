"""README and docs name only commands, options and make targets that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from syncd.cli import main

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
END_OF_A_COMMAND = {">", ">>", "|", "&&", ";", "<", "…"}


def program() -> Any:
    """The whole command line, as click sees it."""
    app = typer.Typer(no_args_is_help=True)
    app.callback(invoke_without_command=True)(main.root)
    for name in dict.fromkeys(main._MODULES.values()):
        import_module(f"syncd.cli.{name}").register(app)
    return get_command(app)


PROGRAM = program()


def commands(text: str) -> Iterator[list[str]]:
    """The words of every syncd in a line of shell, without what redirects, follows or is left out (…)."""
    words = shlex.split(text, comments=True)
    for start, word in enumerate(words):
        if word == "syncd" and all("=" in before or before in END_OF_A_COMMAND for before in words[:start][-1:]):
            rest = words[start + 1 :]
            yield rest[: next((end for end, one in enumerate(rest) if one in END_OF_A_COMMAND), len(rest))]


def parsed(words: list[str]) -> Any:
    """What click makes of the words after `syncd`; raises its complaint."""
    group, rest, context = PROGRAM, list(words), None
    while True:
        context = group.make_context(group.name or "syncd", rest, parent=context, resilient_parsing=False)
        if not hasattr(group, "commands"):
            return context
        rest = [*context._protected_args, *context.args]
        if not rest:
            return context
        _, command, rest = group.resolve_command(context, rest)
        group = command


def lines_of(page: Path) -> list[str]:
    """What the page shows to be typed: indented and fenced lines."""
    text = page.read_text(encoding="utf-8")
    fenced = [row for block in FENCED.findall(text) for row in block.splitlines()[1:-1]]
    return [row.strip() for row in [*fenced, *re.findall(r"^ {4,}\S.*$", FENCED.sub("", text), re.MULTILINE)]]


def spans_of(page: Path) -> list[str]:
    return SPAN.findall(FENCED.sub("", page.read_text(encoding="utf-8")))


def table_of(page: Path) -> list[str]:
    """What the first column of the page's tables shows."""
    cells = re.findall(r"^\| (`.+?) \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [span for cell in cells for span in SPAN.findall(cell)]


TYPED = [
    (str(page.relative_to(ROOT)), " ".join(words), words)
    for page in PAGES
    for row in [*lines_of(page), *table_of(page)]
    if "syncd" in row and row.count('"') % 2 == 0 and row.count("'") % 2 == 0
    for words in commands(row)
]
NAMED = [
    (str(page.relative_to(ROOT)), " ".join(words), words)
    for page in PAGES
    for span in spans_of(page)
    if span.startswith("syncd ")
    for words in commands(span)
]


@pytest.mark.parametrize("words", [words for _, _, words in TYPED], ids=[f"{page}: {text}" for page, text, _ in TYPED])
def test_a_command_that_is_shown_can_be_typed(words: list[str]) -> None:
    parsed(words)


@pytest.mark.parametrize("words", [words for _, _, words in NAMED], ids=[f"{page}: {text}" for page, text, _ in NAMED])
def test_a_command_that_is_named_exists_with_its_options(words: list[str]) -> None:
    try:
        parsed([word for word in words if word != "--help"])
    except Exception as complaint:
        # prose may leave out what a command is about, like the order of `syncd orders retry` or `syncd apply --order`
        told = type(complaint).__name__
        assert told == "MissingParameter" or (told, words[-1][:2]) == ("BadOptionUsage", "--"), complaint


@pytest.mark.parametrize(
    "words",
    [
        ["chek"],
        ["orders", "shw", "site/1"],
        ["check", "--conect"],
        ["orders", "show"],
        ["plan", "--format", "xml"],
        ["orders", "list", "--state", "hled"],
        ["approve", "one", "two"],
    ],
)
def test_what_does_not_exist_is_noticed(words: list[str]) -> None:
    with pytest.raises(Exception) as caught:
        parsed(words)
    assert {base.__name__ for base in type(caught.value).__mro__} >= {"UsageError"}


def test_commands_are_found_in_lines_of_shell() -> None:
    assert list(commands("CREDENTIALS_DIRECTORY=/etc/x syncd status")) == [["status"]]
    assert list(commands("mkdir a && syncd init a   # asks")) == [["init", "a"]]
    assert list(commands("syncd orders show site/1 --format json > order.json")) == [
        ["orders", "show", "site/1", "--format", "json"]
    ]
    assert list(commands("systemctl enable syncd")) == []


def test_the_readme_shows_commands_in_blocks_and_in_its_table() -> None:
    blocks = {words[0] for row in lines_of(README) for words in commands(row) if words}
    table = {words[0] for row in table_of(README) for words in commands(row) if words}
    assert blocks >= {"init", "check", "plan", "status"}
    assert table >= {"status", "orders", "plan", "approve", "pause", "resume"}


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z_-]*):", makefile, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_that_are_named_exist(page: Path) -> None:
    shown = [*lines_of(page), *spans_of(page)]
    named = {found for row in shown for found in re.findall(r"^make ([a-z][a-z_-]*)", row)}
    assert named <= targets()
    if page == README:
        assert named >= {"demo", "test"}


def test_every_target_without_a_file_is_phony() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split())
    assert phony == targets()


def test_scripts_and_files_that_the_makefile_calls_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in re.findall(r"python (\S+\.py)", makefile):
        assert (ROOT / name).is_file(), name
    for name in re.findall(r"python -m (syncd\.\S+)", makefile):
        assert import_module(name)
