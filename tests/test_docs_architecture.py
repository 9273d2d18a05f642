"""The page on the architecture names what is there."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Table

from syncd.ledger import tables

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[str]:
    """The names in the first column of the tables under a heading."""
    section = PAGE.split(f"{heading}\n", 1)[1]
    section = re.split(r"^##+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    firsts = re.findall(r"^\| (`[^|]*`) \|", section, flags=re.MULTILINE)
    return [name for first in firsts for name in re.findall(r"`([^`…]+)`", first)]


def test_every_module_of_sync_has_its_one_line() -> None:
    modules = [file.stem for file in (ROOT / "syncd" / "sync").glob("*.py") if file.stem != "__init__"]
    assert sorted(rows("### The modules of `sync/`")) == sorted(modules)


def test_every_table_of_the_ledger_has_its_one_line() -> None:
    found = [one.name for one in vars(tables).values() if isinstance(one, Table)]
    assert sorted(rows("## The ledger")) == sorted(found)


def test_every_module_that_the_page_names_by_its_path_is_there() -> None:
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", PAGE)
    missing = [name for name in named if not (ROOT / "syncd" / name).exists() and not (ROOT / name).exists()]
    assert (missing, len(named) > 20) == ([], True)
