"""Variable paths are checked against schemas: every wrong one is found at its place, no right one is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from factories import HERE

from syncd.mapping.document import scope
from syncd.mapping.template import check_paths, compile_expression, compile_template
from syncd.problem import Source
from syncd.resources import SCHEMAS

ORDER_SCHEMA: Mapping[str, Any] = json.loads((SCHEMAS / "order.schema.json").read_text(encoding="utf-8"))


def problems(text: str, section: str = "contact") -> list[str]:
    return [str(found) for found in check_paths(compile_template(text, Source.at(HERE)), scope(section, ORDER_SCHEMA))]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ order.biling.name }}", "10: order has no 'biling' (did you mean billing?)"),
        ("{{ order.billing.nmae }}", "18: order.billing has no 'nmae' (did you mean name?)"),
        ("{{ order . biling }}", "12: order has no 'biling' (did you mean billing?)"),
        ("{{ order['biling'].name }}", "11: order has no 'biling' (did you mean billing?)"),
        ("{{ order.tax_number }}", "10: order has no 'tax_number' (did you mean order.buyer.tax_number?)"),
        ("{{ biling.name }}", "4: there is no variable 'biling' (did you mean order.billing?)"),
        ("{{ ordr.number }}", "4: there is no variable 'ordr' (did you mean order?)"),
        ("{{ platform.titel }}", "13: platform has no 'titel' (did you mean title?)"),
        ("{{ order.number.upr() }}", "17: order.number is text, it has no 'upr'"),
        ("{{ order.lines.name }}", "16: order.lines is a list, it has no 'name'"),
        ("{{ order.lines[0].nam }}", "19: order.lines[0] has no 'nam' (did you mean name?)"),
        ("{{ order.lines[1:][0].nam }}", "23: this has no 'nam' (did you mean name?)"),
        ("{{ (order.lines | first).nam }}", "26: this has no 'nam' (did you mean name?)"),
        ("{{ (order.lines | sort | last).nam }}", "32: this has no 'nam' (did you mean name?)"),
        ("{{ (order.lines | find('kind', 'fee')).nam }}", "40: this has no 'nam' (did you mean name?)"),
        ("{{ order.lines | find('knd', 'fee') }}", "24: an element of the list has no 'knd' (did you mean kind?)"),
        ("{{ order.lines | map(attribute='nam') }}", "33: an element of the list has no 'nam' (did you mean name?)"),
        (
            "{{ order.lines | selectattr('knd') | list }}",
            "30: an element of the list has no 'knd' (did you mean kind?)",
        ),
        ("{{ order.lines | sum(attribute='totl') }}", "33: an element of the list has no 'totl' (did you mean total?)"),
        ("{{ order.returns | map(attribute='lines') | first }}{{ order.x }}", "62: order has no 'x'"),
        ("{% for l in order.lines %}{{ l.nam }}{% endfor %}", "32: l has no 'nam' (did you mean name?)"),
        ("{% for l in order.lines if l.knd %}{% endfor %}", "30: l has no 'knd' (did you mean kind?)"),
        ("{% for r in order.returns %}{% for l in r.lines %}{{ l.x }}{% endfor %}{% endfor %}", "56: l has no 'x'"),
        ("{% set b = order.buyer %}{{ b.nmae }}", "31: b has no 'nmae' (did you mean name?)"),
        ("{% with b = order.buyer %}{{ b.nmae }}{% endwith %}", "32: b has no 'nmae' (did you mean name?)"),
        ("{% macro m(a) %}{{ order.x }}{% endmacro %}{{ m(1) }}", "26: order has no 'x'"),
        ("{{ 'a' if order.x else 'b' }}", "17: order has no 'x'"),
        ("{{ order.number | default(order.x) }}", "33: order has no 'x'"),
        ("{{ order.x is defined }}", "10: order has no 'x'"),
        ("{{ [order.x] ~ {'a': 1} }}", "11: order has no 'x'"),
        ("{{ line.name }}", "4: there is no variable 'line' (did you mean order.lines?)"),
        ("{{ loop.index }}", "4: there is no variable 'loop'"),
        ("{% filter upper %}{{ order.x }}{% endfilter %}", "28: order has no 'x'"),
        ("{% set a %}{{ order.x }}{% endset %}", "21: order has no 'x'"),
    ],
)
def test_a_wrong_path_is_found_at_its_place(text: str, problem: str) -> None:
    assert problems(text) == [f"test.yaml:1:{problem}"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ order.billing.name }}",
        "{{ order.raw.anything.at['all'] }}",
        "{{ order.number.upper().lower() }}",
        "{{ order.number[0:3] }}",
        "{{ order.ordered_at.year }}",
        "{{ order.status.value }}",
        "{{ order.total.quantize }}",
        "{{ order.lines | length }}",
        "{{ (order.lines | groupby('vat_rate') | first).grouper }}",
        "{% for name, part in order.raw.items() %}{{ name }}{{ part.x }}{% endfor %}",
        "{% for l in order.lines %}{{ loop.index }}{{ l.name }}{% else %}{{ order.number }}{% endfor %}",
        "{% if order.note %}{% set x = order.buyer %}{% else %}{% set x = order.billing %}{% endif %}{{ x.phone }}",
        "{% set order2 = order.raw %}{{ order2.x }}",
        "{% macro m(a, b=1) %}{{ a.x }}{{ b.y }}{{ varargs }}{% endmacro %}{{ m(order) }}",
        "{% set n = namespace(a=1) %}{% set n.a = 2 %}{{ n.a }}",
        "{{ (order.buyer.name or order.raw).x }}",
        "{{ (order.note | default({})).x }}",
        "{{ range(3) | list }}",
        "{{ (order.lines | map('upper') | first).x }}",
        "{% for l in order.lines %}{% for l in order.coupons %}{{ l.upper() }}{% endfor %}{{ l.name }}{% endfor %}",
        "No tags at all",
    ],
)
def test_what_is_right_or_can_not_be_told_is_no_problem(text: str) -> None:
    assert problems(text) == []


def test_every_wrong_path_of_a_template_is_told_in_the_order_of_the_text() -> None:
    found = check_paths(
        compile_template("{{ order.x }} {{ order.y.z }}\n{{ rule.nam }}", Source("m.yaml", ((0, 3, 9), (30, 4, 5)))),
        scope("invoice", ORDER_SCHEMA),
    )
    assert [(problem.position.line, problem.position.column) for problem in found] == [(3, 18), (3, 32), (4, 13)]


def test_a_bare_expression_is_checked_too() -> None:
    template = compile_expression("order.totl > 0", Source.at(HERE))
    assert [str(found) for found in check_paths(template, scope("condition", ORDER_SCHEMA))] == [
        "test.yaml:1:7: order has no 'totl' (did you mean total?)"
    ]


@pytest.mark.parametrize("section", ["line", "product", "kinds"])
def test_a_line_is_known_where_there_is_one(section: str) -> None:
    assert problems("{{ line.name }}{{ order.number }}", section) == []
    assert problems("{{ line.nam }}", section) == ["test.yaml:1:9: line has no 'nam' (did you mean name?)"]


@pytest.mark.parametrize(
    ("schema", "wrong"),
    [
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, True),
        ({"type": ["object", "null"], "properties": {"a": {}}, "additionalProperties": False}, True),
        (
            {
                "anyOf": [{"$ref": "#/$defs/r"}, {"type": "null"}],
                "$defs": {"r": {"type": "object", "additionalProperties": False}},
            },
            True,
        ),
        ({"type": "object", "properties": {"a": {}}}, False),
        ({"type": "object", "additionalProperties": {"type": "string"}}, False),
        ({"type": "object", "additionalProperties": False, "patternProperties": {"^x": {}}}, False),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, False),
        ({"$ref": "https://elsewhere.test/schema"}, False),
        ({"$ref": "#/$defs/loop", "$defs": {"loop": {"$ref": "#/$defs/loop"}}}, False),
        (True, False),
        ({}, False),
    ],
)
def test_only_a_closed_schema_rules_a_part_out(schema: Any, wrong: bool) -> None:
    found = check_paths(compile_template("{{ it.xyz }}", Source.at(HERE)), {"it": schema})
    assert bool(found) is wrong
