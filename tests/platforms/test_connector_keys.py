"""Every key of the shipped connector, misspelt one by one: told where the key stands, or where it is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.config.document import Steps, read_document
from syncd.errors import ConfigurationError
from syncd.platforms.connector import load_connector
from syncd.problem import Problem
from syncd.resources import MAPPINGS

SHIPPED = MAPPINGS / "platforms" / "woocommerce.yaml"
TEXT = SHIPPED.read_text("utf-8")
DOCUMENT = read_document(SHIPPED)

ORDER_PARTS = ("buyer", "lines", "payment", "shipment", "returns")


def is_the_platforms_word(steps: Steps) -> bool:
    """Query parameters and status words: only the platform knows which there are."""
    return (steps[:1] == ("statuses",) and len(steps) == 2) or bool({"query", "ties"} & set(steps[:-1]))


def is_a_name(steps: Steps) -> bool:
    """What the connector calls its own settings, functions and tables: missed where it is used."""
    return (steps[0] in ("functions", "tables") and len(steps) == 2) or steps[:2] == ("settings", "properties")


def is_below_a_part_of_the_order(steps: Steps) -> bool:
    return steps[:2] == ("orders", "order") and len(steps) > 3 and steps[2] in ORDER_PARTS


def closed() -> list[Steps]:
    """Keys that nothing but the schema of connectors allows."""
    return [
        steps
        for steps in DOCUMENT.keys
        if not (is_the_platforms_word(steps) or is_a_name(steps) or is_below_a_part_of_the_order(steps))
        and steps != ("settings", "required")
    ]


def used(section: str) -> list[str]:
    """Functions, tables and settings that the connector's own templates or its authentication read."""
    names = DOCUMENT.data["settings"]["properties"] if section == "settings" else DOCUMENT.data[section]
    read_by_syncd_alone = {"timeout", "ca_file"}
    return [name for name in names if section != "settings" or name not in read_by_syncd_alone]


def dotted(steps: Steps) -> str:
    return ".".join(map(str, steps))


def misspelt(steps: Steps, folder: Path) -> tuple[list[Problem], tuple[int, int]]:
    """What is said when an x follows that key, and the line and column where the key stands."""
    place, key = DOCUMENT.key_at(steps), str(steps[-1])
    rows = TEXT.splitlines()
    row, end = rows[place.line - 1], place.column - 1 + len(key)
    assert row[place.column - 1 : end] == key
    rows[place.line - 1] = f"{row[:end]}x{row[end:]}"
    file = folder / "connector.yaml"
    file.write_text("\n".join(rows) + "\n", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_connector(file)
    assert {problem.position.file for problem in caught.value.problems} == {str(file)}
    return list(caught.value.problems), (place.line, place.column)


@pytest.mark.parametrize("steps", closed(), ids=dotted)
def test_every_misspelt_key_of_a_connector_is_told_at_its_exact_place(steps: Steps, tmp_path: Path) -> None:
    problems, place = misspelt(steps, tmp_path)
    here = [problem for problem in problems if (problem.position.line, problem.position.column) == place]
    assert [problem.message.partition(" under ")[0] for problem in here] == [f"unknown key '{steps[-1]}x'"]
    assert here[0].suggestion == steps[-1]


@pytest.mark.parametrize("name", used("functions"))
def test_a_misspelt_function_is_missed_where_it_is_called(name: str, tmp_path: Path) -> None:
    problems, _ = misspelt(("functions", name), tmp_path)
    assert problems
    for problem in problems:
        row = TEXT.splitlines()[problem.position.line - 1]
        assert row[problem.position.column - 1 :].startswith(name)
        assert (problem.message, problem.suggestion) == (f"there is no variable '{name}'", f"{name}x")


@pytest.mark.parametrize(
    ("section", "name"), [(section, name) for section in ("settings", "tables") for name in used(section)]
)
def test_a_misspelt_setting_or_table_is_missed_where_it_is_read(section: str, name: str, tmp_path: Path) -> None:
    steps: Steps = ("settings", "properties", name) if section == "settings" else (section, name)
    problems, _ = misspelt(steps, tmp_path)
    assert problems
    for problem in problems:
        row = TEXT.splitlines()[problem.position.line - 1]
        assert row[problem.position.column - 1 :].startswith(name)
        assert f"no '{name}'" in problem.message or f"no key '{name}'" in problem.message
        assert problem.suggestion


@pytest.mark.parametrize("name", DOCUMENT.data["settings"]["properties"])
@pytest.mark.parametrize("needed", ["description", "examples"])
def test_a_setting_that_is_not_described_is_told_at_its_key(name: str, needed: str, tmp_path: Path) -> None:
    problems, _ = misspelt(("settings", "properties", name, needed), tmp_path)
    owner = DOCUMENT.key_at(("settings", "properties", name))
    assert [(problem.position.line, problem.position.column, problem.message) for problem in problems] == [
        (owner.line, owner.column, f"missing key '{needed}' under '{name}'")
    ]


def test_most_keys_are_closed() -> None:
    assert len(closed()) > 100
    assert {steps[0] for steps in closed()} == set(DOCUMENT.data)


@pytest.mark.parametrize("steps", [steps for steps in DOCUMENT.keys if is_below_a_part_of_the_order(steps)], ids=dotted)
def test_every_misspelt_field_of_a_part_of_the_order_is_told_at_its_exact_place(steps: Steps, tmp_path: Path) -> None:
    problems, place = misspelt(steps, tmp_path)
    here = [problem for problem in problems if (problem.position.line, problem.position.column) == place]
    assert [problem.message.partition(" under ")[0] for problem in here] == [f"unknown key '{steps[-1]}x'"]
    assert here[0].suggestion == steps[-1]
