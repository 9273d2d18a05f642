"""Every key of a mapping file, misspelt and with a wrong value: told at its exact place in that file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from configurations import FULL, SMALL, at, lines, load, marked

from syncd.config.load import Loaded
from syncd.config.schemas import schema
from syncd.mapping.document import FIELDS
from syncd.orders.order import LineKind

KINDS = [kind.value for kind in LineKind if kind is not LineKind.PRODUCT]
CONFIG = SMALL + "    mapping: magazam\n"


def written() -> str:
    """A mapping that uses every field, each with the example of its description, one key to a line."""
    content = schema("mapping")
    rows = ["extends: satis-faturasi"]
    for section, fields in FIELDS.items():
        rows.append(f"{section}:")
        properties = content["properties"][section]["properties"]
        rows += [f"  {name}: {json.dumps(properties[name]['examples'][0], ensure_ascii=False)}" for name in fields]
    rows.append("kinds:")
    properties = content["$defs"]["kind"]["properties"]
    for kind in KINDS:
        rows.append(f"  {kind}:")
        for name in dict.fromkeys((*FIELDS["line"], *FIELDS["product"])):
            rows.append(f"    {name}: {json.dumps(properties[name]['examples'][0], ensure_ascii=False)}")
    return "\n".join(rows) + "\n"


MAPPING = written()
# Line, column of the key, key, column of the value (None for a section).
KEYS = [
    (number, found.start("key") + 1, found["key"], found.start("value") + 1 if found["value"] else None)
    for number, row in enumerate(MAPPING.splitlines(), start=1)
    if (found := re.match(r"^ *(?P<key>[a-z_]+):(?: (?P<value>.+))?$", row))
]
FIELDS_WITH_VALUES = [(number, column, key) for number, _, key, column in KEYS if column and key != "extends"]
SECTIONS = [(number, key) for number, _, key, column in KEYS if column is None]


def checked(folder: Path, mapping: str, config: str = CONFIG) -> Loaded:
    return load(folder, config, mappings__parasut__magazam=mapping)


def with_row(number: int, row: str) -> str:
    rows = MAPPING.splitlines()
    rows[number - 1] = row
    return "\n".join(rows) + "\n"


def indented(number: int) -> int:
    row = MAPPING.splitlines()[number - 1]
    return len(row) - len(row.lstrip())


def without_what_is_below(number: int, row: str) -> str:
    """The mapping with another row in place of a section."""
    rows, depth = MAPPING.splitlines(), indented(number)
    end = number
    while end < len(rows) and len(rows[end]) - len(rows[end].lstrip()) > depth:
        end += 1
    return "\n".join([*rows[: number - 1], row, *rows[end:]]) + "\n"


def test_the_mapping_that_uses_every_field_is_right(tmp_path: Path) -> None:
    loaded = checked(tmp_path, MAPPING)
    assert lines(loaded, tmp_path) == []
    assert len(KEYS) == len(MAPPING.splitlines())


def test_schema_and_code_know_the_same_fields() -> None:
    content: Any = schema("mapping")
    properties = content["properties"]
    assert set(properties) == {"extends", "kinds", *FIELDS}
    assert {section: set(properties[section]["properties"]) for section in FIELDS} == {
        section: set(fields) for section, fields in FIELDS.items()
    }
    assert set(properties["kinds"]["properties"]) == set(KINDS)
    assert set(content["$defs"]["kind"]["properties"]) == {*FIELDS["line"], *FIELDS["product"]}


@pytest.mark.parametrize(("number", "column", "key"), [key[:3] for key in KEYS])
def test_every_misspelt_key_of_a_mapping_is_found_at_its_place(
    number: int, column: int, key: str, tmp_path: Path
) -> None:
    row = MAPPING.splitlines()[number - 1]
    loaded = checked(tmp_path, with_row(number, row.replace(f"{key}:", f"{key}x:", 1)))
    here = [problem for problem in loaded.problems if at(problem) == ("magazam.yaml", number, column)]
    assert [problem.message.partition(" under ")[0] for problem in here] == [f"unknown key '{key}x'"]
    assert here[0].suggestion == key
    assert loaded.settings is None


@pytest.mark.parametrize("value", ["[a, b]", "{wrong: 1}"])
@pytest.mark.parametrize(("number", "column", "key"), FIELDS_WITH_VALUES)
def test_every_field_that_is_no_text_is_found_at_its_value(
    number: int, column: int, key: str, value: str, tmp_path: Path
) -> None:
    loaded = checked(tmp_path, with_row(number, f"{' ' * indented(number)}{key}: {value}"))
    shown = "a list" if value.startswith("[") else "keys with values"
    assert [(at(problem), problem.message) for problem in loaded.problems] == [
        (
            ("magazam.yaml", number, column),
            f"'{key}' must be text, with {{{{ }}}} for what comes from the order, not {shown}",
        )
    ]


@pytest.mark.parametrize("value", ["just text", "5", "[name]"])
@pytest.mark.parametrize(("number", "key"), SECTIONS)
def test_every_section_without_keys_is_found_at_its_value(number: int, key: str, value: str, tmp_path: Path) -> None:
    depth = indented(number)
    loaded = checked(tmp_path, without_what_is_below(number, f"{' ' * depth}{key}: {value}"))
    (problem,) = loaded.problems
    assert at(problem) == ("magazam.yaml", number, depth + len(f"{key}: ") + 1)
    assert problem.message.startswith(f"'{key}' must be keys with values, not ")


EXTENDS = "a mapping's name without folder and ending"
PROBLEMS = [
    ("extends: satis-faturasi", "extends: «5", f"'extends' must be {EXTENDS}, not 5"),
    ("extends: satis-faturasi", "extends: «[a]", f"'extends' must be {EXTENDS}, not a list"),
    ("extends: satis-faturasi", 'extends: «""', "'extends' is empty"),
    ("extends: satis-faturasi", "extends: «../satis", f"'extends' must be {EXTENDS}, not '../satis'"),
    ("extends: satis-faturasi", "extends: «satis-fatura", "(did you mean satis-faturasi?)"),
    ("  fax: ", "  fax: x\n  «fax: ", "the key 'fax' already stands in line 10"),
    ("  unit: ", '  unit: "{{ «lin.code }}"  # ', "(did you mean line?)"),
    ("  short_name: ", '  short_name: "{{ order.buyer.«nam }}"  # ', "order.buyer has no 'nam' (did you mean name?)"),
    ("  district: ", '  district: "{{ order.billing.district | «uper_tr }}"  # ', "(did you mean upper_tr?)"),
    ("  city: ", '  city: "{{ «line.code }}"  # ', "line"),
]


@pytest.mark.parametrize(("old", "new", "message"), PROBLEMS, ids=lambda text: str(text).strip()[:40])
def test_a_problem_of_a_mapping_stands_at_its_key_or_value(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in MAPPING
    text, line, column = marked(MAPPING.replace(old, new, 1))
    loaded = checked(tmp_path, text)
    assert {at(problem) for problem in loaded.problems} == {("magazam.yaml", line, column)}, lines(loaded, tmp_path)
    assert message in str(loaded.problems[0])
    assert loaded.settings is None


def test_a_mapping_that_several_rules_share_is_complained_about_once(tmp_path: Path) -> None:
    text, line, column = marked(MAPPING.replace("  fax:", "  «faxx:", 1))
    rule = CONFIG[CONFIG.index("  - name:") :].replace("site-hazirlanan", "site-kalan") + "    otherwise: true\n"
    loaded = checked(tmp_path, text, CONFIG.replace("2026-11-01}", "2026-11-01, if: order.total > 100}") + rule)
    assert [at(problem) for problem in loaded.problems] == [("magazam.yaml", line, column)]


def test_the_override_of_a_rule_takes_every_field_of_a_mapping(tmp_path: Path) -> None:
    of_a_line = dict.fromkeys((*FIELDS["line"], *FIELDS["product"]))
    names = [f"{section}.{name}" for section, fields in FIELDS.items() for name in fields]
    names += [f"kinds.{kind}.{name}" for kind in KINDS for name in of_a_line]
    overrides = "".join(f"      {name}: x\n" for name in names)
    assert lines(load(tmp_path, SMALL + "    override:\n" + overrides), tmp_path) == []
    assert "override" in FULL
