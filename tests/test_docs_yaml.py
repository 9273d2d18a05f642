"""Every YAML block of README and docs is YAML as syncd reads it, with keys and values that its schemas allow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from syncd.config.document import parse_document
from syncd.config.mapping_files import MappingFiles, Templates
from syncd.config.schemas import compiled, schema
from syncd.problem import Position, Problem

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^(?P<indent> *)```yaml\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Each YAML block as it may stand alone, and where it begins."""
    text = page.read_text(encoding="utf-8")
    name = page.relative_to(ROOT)
    return [
        (f"{name}, block in line {text.count(chr(10), 0, found.start('text')) + 1}", dedent(found["text"]))
        for found in BLOCK.finditer(text)
    ]


BLOCKS = [block for page in PAGES for block in blocks(page)]
IS_MAPPING = re.compile(r"^extends:", re.MULTILINE)


def listed(name: str, *path: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The listed keys of an object in a schema, and the definitions they may refer to."""
    content = schema(name)
    part = content
    for step in path:
        part = part[step]
    return part["properties"], content.get("$defs", {})


def complaints(data: Mapping[str, Any]) -> list[list[str]]:
    """What each kind of file (`syncd.yaml`, a rule, a mapping) says against these keys and values."""
    found = []
    for keys, definitions in (listed("syncd"), listed("rules", "$defs", "rule"), listed("mapping")):
        unknown = [f"{key} is no key here" for key in data if key not in keys]
        wrong = [
            f"{key}: {error.message}"
            for key in data
            if key in keys
            for error in compiled({**keys[key], "$defs": definitions}).iter_errors(data[key])
        ]
        found.append(unknown + wrong)
    return found


@pytest.mark.parametrize(("place", "text"), BLOCKS, ids=[place for place, _ in BLOCKS])
def test_a_block_says_what_syncd_understands(place: str, text: str) -> None:
    document, problems = parse_document(text, place)
    assert problems == []
    assert document is not None
    against = complaints(document.data)
    assert [] in against, "\n".join(min(against, key=len))


@pytest.mark.parametrize(
    "text", [text for _, text in BLOCKS if IS_MAPPING.search(text)], ids=lambda text: text.partition("\n")[0]
)
def test_a_mapping_shown_is_a_mapping_that_works(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "mappings" / "parasut"
    folder.mkdir(parents=True)
    (folder / "shown.yaml").write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    mapping = MappingFiles(tmp_path, Templates(problems), problems).named("shown", Position("docs", 1, 1))
    assert problems == []
    assert mapping is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_yaml_block_is_overlooked(page: Path) -> None:
    assert len(re.findall(r"^ *```ya?ml\b", page.read_text(encoding="utf-8"), re.MULTILINE)) == len(blocks(page))


def test_there_are_blocks_to_read() -> None:
    assert len(BLOCKS) > 3
    assert any(IS_MAPPING.search(text) for _, text in BLOCKS)
