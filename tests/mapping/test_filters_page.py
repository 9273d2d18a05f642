"""docs/filters.md names every filter of ours and its examples come out as it says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from factories import HERE, PLATFORM, an_order

from syncd.mapping.filters import FILTERS, OWN_FILTERS
from syncd.mapping.template import compile_template
from syncd.mapping.values import text_of
from syncd.problem import Source

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "filters.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)[1:-1])
    for row in re.findall(r"^\| `.*$", PAGE, re.MULTILINE)
]
ORDER = replace(an_order(), total=Decimal("1559.30"), ordered_at=datetime(2026, 11, 23, 22, 30, tzinfo=UTC))


def test_the_tables_name_exactly_our_own_filters() -> None:
    assert sorted(name for row in ROWS for name in re.findall(r"`(\w+)`", row[0])) == sorted(OWN_FILTERS)


def test_the_list_of_the_others_is_complete() -> None:
    listed = re.search(r"From Jinja itself: (.*?)\.\s", PAGE, re.DOTALL)
    assert listed is not None
    assert sorted(re.findall(r"`(\w+)`", listed.group(1))) == sorted(set(FILTERS) - set(OWN_FILTERS))


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_an_example_gives_what_the_page_says(row: tuple[str, ...]) -> None:
    name, _, example, result = row
    assert re.findall(r"`(\w+)`", name)[0] in example
    template = compile_template(example.strip("`"), Source.at(HERE))
    assert text_of(template.render({"order": ORDER, "platform": PLATFORM})) == result.strip("`")
