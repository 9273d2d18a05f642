"""Every YAML block of README and docs is YAML as syncd reads it, with keys and values that its schemas allow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
import pytest

from syncd.config.document import parse_document
from syncd.config.mapping_files import MappingFiles, Templates
from syncd.config.schemas import compiled, schema
from syncd.config.settings import PlatformSettings, Secret
from syncd.platforms.platform import open_platform
from syncd.problem import Position, Problem

ROOT = Path(__file__).resolve().parent.parent
OF_THE_SANDBOX = ROOT / "docs" / "sandbox.md"  # its YAML is not syncd's; the sandbox's own tests carry it out
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").rglob("*.md") if page != OF_THE_SANDBOX)]
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


def parts_of_a_connector() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The keys of a connector; a page shows parts of one, so nothing is required."""

    def optional(part: Any) -> Any:
        if isinstance(part, list):
            return [optional(inner) for inner in part]
        if not isinstance(part, dict):
            return part
        return {key: optional(inner) for key, inner in part.items() if key != "required" or not isinstance(inner, list)}

    keys, definitions = listed("connector")
    return optional(keys), optional(definitions)


def complaints(data: Mapping[str, Any]) -> list[list[str]]:
    """What each kind of file (`syncd.yaml`, a rule, a mapping, a connector) says against these keys and values."""
    found = []
    kinds = (
        listed("syncd"),
        listed("rules", "$defs", "rule"),
        listed("mapping"),
        listed("cases"),
        parts_of_a_connector(),
    )
    for keys, definitions in kinds:
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


def test_the_connector_shown_is_a_connector_that_works(tmp_path: Path) -> None:
    text = next(text for place, text in BLOCKS if "write-a-connector" in place)
    file = tmp_path / "pazarim.yaml"
    file.write_text(text, encoding="utf-8")
    options = {"seller_id": "4711", "token": Secret("invented")}
    settings = PlatformSettings("pazarim", "pazarim", "Pazarım", options, Position("syncd.yaml", 1, 1), {}, file)
    line = {"id": 7, "sku": "KUPA", "title": "Kupa", "count": "2", "price": "59.90", "vat": 20}
    record = {
        "id": 1, "no": "P-1", "state": "SENT", "created_at": "2026-11-20T10:00:00+03:00", "updated_at": "",
        "total": "119.80", "buyer": {"name": "Deniz Örnek"}, "lines": [line],
    }  # fmt: skip
    answer = httpx.Response(200, json={"items": [record], "pages": 1})
    platform = open_platform(settings, transport=httpx.MockTransport(lambda _: answer))
    (order,) = (one.order for page in platform.changes(datetime(2026, 11, 1, tzinfo=UTC)) for one in page.records)
    assert order is not None
    assert (order.status, order.total, order.lines[0].total) == ("shipped", Decimal("119.80"), Decimal("119.80"))
    assert platform.check()[0].ok


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_yaml_block_is_overlooked(page: Path) -> None:
    assert len(re.findall(r"^ *```ya?ml\b", page.read_text(encoding="utf-8"), re.MULTILINE)) == len(blocks(page))


def test_there_are_blocks_to_read() -> None:
    assert len(BLOCKS) > 3
    assert any(IS_MAPPING.search(text) for _, text in BLOCKS)
