"""The table of docs/statuses.md says what the connector files say, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syncd.orders.status import Status
from syncd.platforms.connector import Connector, load_connector

ROOT = Path(__file__).resolve().parent.parent
CONNECTORS = [load_connector(path) for path in sorted((ROOT / "mappings" / "platforms").glob("*.yaml"))]


def table() -> dict[str, dict[str, list[str]]]:
    """Our status → column → the words in the cell."""
    lines = (ROOT / "docs" / "statuses.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    header, _, *body = rows
    return {
        row[0].strip("`"): {
            name: re.findall(r"`([^`]+)`", cell) for name, cell in zip(header[1:], row[1:], strict=True)
        }
        for row in body
    }


def test_the_table_has_a_row_for_each_status_of_ours_in_their_order() -> None:
    assert list(table()) == [str(status) for status in Status]


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.title)
def test_a_column_holds_the_words_of_its_connector(connector: Connector) -> None:
    written = {status: sorted(cells[connector.title]) for status, cells in table().items()}
    known = {str(status): sorted(w for w, ours in connector.statuses.items() if ours is status) for status in Status}
    assert written == known


def test_there_are_no_columns_but_those_of_the_connectors_and_the_panel() -> None:
    (columns, *others) = [set(cells) for cells in table().values()]
    assert columns == {"panel", *(connector.title for connector in CONNECTORS)}
    assert all(other == columns for other in others)
