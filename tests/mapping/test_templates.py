"""Templates keep types, are strict about what is not there, exact in numbers, and bounded."""

from __future__ import annotations

import string
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from factories import HERE, PLATFORM, a_line, an_order
from hypothesis import given
from hypothesis import strategies as st

from syncd.errors import ConfigurationError, TemplateFailure
from syncd.mapping.template import compile_constant, compile_expression, compile_template
from syncd.problem import Position, Source

ORDER = an_order(
    number="01234567890",
    total=Decimal("1559.30"),
    lines=(a_line("1199.80"), a_line("299.50", id="2", name="Antep Fıstığı")),
    raw={"items": [{"id": 7, "keys": "a"}], "note": None, "rate": 0.1},
)
VARIABLES: Mapping[str, Any] = {"order": ORDER, "platform": PLATFORM}


def render(text: str, **variables: Any) -> Any:
    return compile_template(text, Source.at(HERE)).render({**VARIABLES, **variables})


def failure(text: str, **variables: Any) -> TemplateFailure:
    with pytest.raises(TemplateFailure) as caught:
        render(text, **variables)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ order.total }}", Decimal("1559.30")),
        ("{{ order.number }}", "01234567890"),
        ('{{ "007" }}', "007"),
        ("{{ 5 }}", 5),
        ("{{ none }}", None),
        ("{{ order.export.micro }}", False),
        ("{{ order.ordered_at }}", datetime(2026, 11, 23, 17, 2, 9, tzinfo=UTC)),
        ("{{ order.payment }}", ORDER.payment),
        ("{{ order.lines | map(attribute='id') }}", ["1", "2"]),
        ("  {{ order.total }}\n", Decimal("1559.30")),
        ("{# why #}{{ order.total }}", Decimal("1559.30")),
    ],
)
def test_one_expression_keeps_its_type(text: str, value: Any) -> None:
    found = render(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("No {{ order.number }}", "No 01234567890"),
        ("{{ order.total }} TL", "1559.30 TL"),
        ("{{ 100 * 1000000000000 / 1 }}.", "100000000000000."),
        ("[{{ none }}]", "[]"),
        ("{{ order.export.micro }}!", "false!"),
        ("am {{ order.ordered_at }}", "am 2026-11-23T17:02:09Z"),
        ("{{ order.status }}/{{ order.lines[0].kind }}", "preparing/product"),
        (
            "{% for line in order.lines %}{{ loop.index }}:{{ line.name }} {% endfor %}",
            "1:Çelik Termos 2:Antep Fıstığı ",
        ),
        ("{% if order.coupons %}x{% endif %}", ""),
        ("{{ '<b>' }}&", "<b>&"),
    ],
)
def test_anything_else_is_text(text: str, value: str) -> None:
    assert render(text) == value


@pytest.mark.parametrize("text", ["Kargo bedeli", "007", "", "100 %", "a } b { c", "'"])
def test_text_without_a_tag_stands_for_itself(text: str) -> None:
    template = compile_template(text, Source.at(HERE))
    assert template.is_constant
    assert template.render({}) == text


@pytest.mark.parametrize("value", [False, 0, Decimal("1.5"), None])
def test_a_constant_of_another_type_is_given_back_as_it_is(value: Any) -> None:
    assert compile_constant(value, Source.at(HERE)).render(VARIABLES) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ order.total * 0.1 }}", Decimal("155.930")),
        ("{{ 0.1 + 0.2 }}", Decimal("0.3")),
        ("{{ 0.123456789012345678901 }}", Decimal("0.123456789012345678901")),
        ("{{ 1 / 4 }}", Decimal("0.25")),
        ("{{ 2 ** -1 }}", Decimal("0.5")),
        ("{{ 7 // 2 }}", 3),
        ("{{ order.raw.rate * order.total }}", Decimal("155.930")),
        ("{{ 2.5 | round }}", Decimal(3)),
        ("{{ -2.5 | round }}", Decimal(-3)),
        ("{{ 1250 | round(-2) }}", Decimal(1300)),
        ("{{ 1.21 | round(1, 'ceil') }}", Decimal("1.3")),
        ("{{ order.lines | sum(attribute='total') }}", Decimal("1499.30")),
        ("{{ order.total > 1559.29 and order.total == 1559.3 }}", True),
    ],
)
def test_numbers_stay_exact(text: str, value: Any) -> None:
    found = render(text)
    assert found == value
    assert type(found) is type(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_a_number_in_text_reads_back_as_itself(number: Decimal) -> None:
    text = render("{{ n }};", n=number)
    assert "E" not in text.upper()
    assert Decimal(text[:-1]) == number


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("{{ order.biling.name }}", 10, "order.biling: there is no 'biling' in the order (did you mean billing?)"),
        ("{{ nobody }}", 4, "there is no variable 'nobody'"),
        ("x {{ order.lines[5].name }}", 18, "order.lines[5]: the list has no element 5"),
        ("{{ order.shipped_at.year }}", 21, "order.shipped_at.year: nothing is there that could have a 'year'"),
        ("{{ order.raw.nte }}", 14, "order.raw.nte: there is no 'nte' in the mapping (did you mean note?)"),
        ("{{ order.total + order.number }}", 4, "unsupported operand type(s) for +: number and text"),
        ("{{ order.total < none }}", 4, "'<' not supported between instances of number and nothing"),
        ("a {{ order.number }} b {{ 1 / 0 }}", 27, "division by zero"),
        ("{{ order.buyer.name | decimal }}", 23, "the text is not a number"),
        ("{{ order.lines }}.", 4, "a list can't be put into text; name a part of it, or use join"),
        ("{{ order.buyer }}.", 4, "a Buyer can't be put into text; name a part of it, or use join"),
        ("{{ order.number.upper }}.", 4, "a function can't be put into text; call it with ( )"),
        (
            "{{ order.lines | map(attribute='nam') | join }}",
            41,
            "nam: there is no 'nam' in the line (did you mean name?)",
        ),
        ("{% for x in order.total %}{% endfor %}", 13, "a loop needs a list"),
        ("{{ [order.nix] }}", 11, "order.nix: there is no 'nix' in the order"),
    ],
)
def test_what_fails_is_named_at_its_place(text: str, column: int, message: str) -> None:
    found = failure(text)
    assert (found.message, found.position) == (message, Position("test.yaml", 1, column))


def test_a_failure_in_a_block_scalar_has_the_line_of_the_file() -> None:
    text = "Sipariş {{ order.number }}\nÖdeme {{ order.payment.metod }}\n"
    source = Source("m.yaml", ((0, 12, 5), (27, 13, 7)))
    with pytest.raises(TemplateFailure) as caught:
        compile_template(text, source).render(VARIABLES)
    assert str(caught.value).startswith("m.yaml:13:30: order.payment.metod: ")


def test_no_failure_repeats_a_value_of_the_order() -> None:
    for text in (
        "{{ order.buyer.email | decimal }}",
        "{{ order.buyer.email | date }}",
        "{{ order.buyer.email | moment }}",
    ):
        assert ORDER.buyer.email not in str(failure(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ order.nix | default('d') }}", "d"),
        ("{{ order.nix.much.deeper | default('d') }}", "d"),
        ("{{ order.raw.note.text | default('d') }}", "d"),
        ("{{ nobody is defined }}", False),
        ("{{ order.shipped_at | default('d', true) }}", "d"),
        ("{{ 'yes' if order.lines[9] is defined else 'no' }}", "no"),
    ],
)
def test_what_may_be_missing_can_be_asked_for(text: str, value: Any) -> None:
    assert render(text) == value


def test_a_key_of_a_record_goes_before_the_methods_of_a_mapping() -> None:
    assert render("{{ order.raw.items[0].keys }}") == "a"
    assert render("{{ order.raw['items'][0]['id'] }}") == 7
    assert render("{{ order.raw.get('gone', 'd') }}") == "d"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ order.number", "test.yaml:1:10: unexpected the end, expected }}"),
        ("{{ a b }}", "test.yaml:1:6: expected token }}, got 'b'"),
        ("ok {{ x }} {% if %}", "test.yaml:1:18: expected an expression, got %}"),
        ("{{ § }}", "test.yaml:1:4: unexpected char '§'"),
        ("{{ (a }}", "test.yaml:1:7: unexpected '}', expected ')'"),
        ("{{ a | uper }}", "test.yaml:1:8: there is no filter 'uper' (did you mean upper?)"),
        ("{{ a | moment('Europe/Ankara') }}", "test.yaml:1:8: there is no time zone 'Europe/Ankara'"),
        (
            "{{ a | moment('%d.%m.%Y', 'UTC') }}",
            "test.yaml:1:8: there is no time zone '%d.%m.%Y'; the zone comes first, then the pattern",
        ),
        (
            "{{ a | moment('UTC', pattern='%d.%m') }}",
            "test.yaml:1:8: '%d.%m' names no year: write letters like '%d.%m.%Y %H:%M:%S'",
        ),
        ("{{ a | float }}", "test.yaml:1:8: there is no filter 'float' (did you mean decimal?)"),
        ("{{ a if x is  not defind }}", "test.yaml:1:19: there is no test 'defind' (did you mean defined?)"),
        ("{% incldue 'x' %}", "test.yaml:1:4: encountered unknown tag 'incldue'"),
        (
            "a{% include 'x' %}",
            "test.yaml:1:5: a field's template stands alone: include, import, extends and block don't work",
        ),
        ("{% for a in b recursive %}{% endfor %}", "test.yaml:1:4: recursive loops are not available"),
    ],
)
def test_wrong_syntax_is_a_problem_at_its_place(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        compile_template(text, Source.at(HERE))
    assert [str(found) for found in caught.value.problems] == [problem]


def test_a_bare_expression_is_evaluated() -> None:
    condition = compile_expression("order.total > 0 and order.currency == 'TRY'", Source.at(HERE))
    assert condition.render(VARIABLES) is True


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "test.yaml:1:1: unexpected the end"),
        (" {{ order.total }}", "test.yaml:1:2: write the expression alone, without {{"),
        ("order.total > 0 order", "test.yaml:1:17: the expression should end here"),
        ("order.total >", "test.yaml:1:13: unexpected the end"),
        ("order.total = 0", "test.yaml:1:13: the expression should end here"),
    ],
)
def test_a_wrong_expression_is_a_problem_at_its_place(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        compile_expression(text, Source.at(HERE))
    assert [str(found) for found in caught.value.problems] == [problem]


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}",
        "{% macro m(a) %}{{ m(a) }}{{ m(a) }}{% endmacro %}{{ m(1) }}",
        "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x=9) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}{{ n.x }}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ [0] * 10 ** 9 }}",
        "{{ 10 ** 99 ** 99 }}",
        "{{ 1e999999999 | int }}",
        "x{{ 1e999999999 }}",
        "{{ range(10 ** 9) | list }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ ('a' * 60000).replace('a', 'b' * 60000) }}",
        "{{ ('a' * 60000) | replace('a', 'b' * 60000) }}",
        "{{ ('a' * 60000).join(range(9999) | map('string')) }}",
        "{{ (['a' * 60000] * 9999) | join }}",
        "{{ 'a'.ljust(10 ** 9) }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{% for i in range(9000) %}0123456789{% endfor %}",
        "{{ order.__class__.__mro__ }}",
        "{{ order.raw.update({'a': 1}) }}",
        "{{ order.lines[0].__init__.__globals__ }}",
    ],
)
def test_a_hostile_template_fails_quickly(text: str) -> None:
    began = time.process_time()
    failure(text)
    assert time.process_time() - began < 2


@given(st.text(alphabet=string.ascii_letters + "{}%#|.()[]'\" \n+-*/~=,0123456789ıİ", max_size=60))
def test_no_text_ends_in_anything_but_a_value_or_our_errors(text: str) -> None:
    for compiler in (compile_template, compile_expression):
        try:
            compiler(text, Source.at(HERE)).render(VARIABLES)
        except ConfigurationError as error:
            assert all(1 <= problem.position.column <= len(text) + 1 for problem in error.problems)
        except TemplateFailure as error:
            assert 1 <= error.position.column <= len(text) + 1


def test_a_filter_of_the_caller_is_known_only_where_it_was_given() -> None:
    doubled = compile_template("{{ 4 | doubled }}", Source.at(HERE), {"doubled": lambda value: value * 2})
    assert doubled.render({}) == 8
    with pytest.raises(ConfigurationError):
        compile_template("{{ 4 | doubled }}", Source.at(HERE))
