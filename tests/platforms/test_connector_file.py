from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import respx
from fake_shop import NOW, settings
from jsonschema import Draft202012Validator

from syncd.config.document import read_document
from syncd.errors import ConfigurationError
from syncd.orders.order import Order
from syncd.platforms.connector import load_connector
from syncd.platforms.platform import Platform, open_platform
from syncd.resources import MAPPINGS, SCHEMAS

SHIPPED = MAPPINGS / "platforms" / "woocommerce.yaml"
SCHEMA = json.loads((SCHEMAS / "connector.schema.json").read_text("utf-8"))


def changed(tmp_path: Path, old: str, new: str) -> tuple[Path, int, int]:
    """The shipped connector with one change, and where that stands."""
    text = SHIPPED.read_text("utf-8")
    assert text.count(old) >= 1
    offset = text.index(old)
    file = tmp_path / "connector.yaml"
    file.write_text(text[:offset] + new + text[offset + len(old) :], "utf-8")
    return file, text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def problems(file: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_connector(file)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("file", sorted((MAPPINGS / "platforms").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_shipped_connector_loads_and_describes_its_settings(file: Path) -> None:
    connector = load_connector(file)
    Draft202012Validator.check_schema(connector.settings)
    for name, key in connector.settings["properties"].items():
        for example in key["examples"]:
            if not key.get("x-secret"):
                assert Draft202012Validator(key).is_valid(example), name
        assert key["description"], name


def test_the_secrets_of_woocommerce_are_marked() -> None:
    keys = load_connector(SHIPPED).settings["properties"]
    assert [name for name, key in keys.items() if key.get("x-secret")] == ["consumer_key", "consumer_secret"]


def test_a_connector_may_fill_every_field_of_the_order_but_those_the_engine_fills() -> None:
    fields = set(SCHEMA["properties"]["orders"]["properties"]["order"]["properties"])
    assert fields == set(Order.__dataclass_fields__) - {"status_text", "raw"}


def described(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of the schema that a person writes."""
    if not isinstance(schema, dict):
        return
    for name, key in schema.get("properties", {}).items():
        yield f"{path}.{name}", key
        yield from described(key, f"{path}.{name}")
    yield from described(schema.get("items"), f"{path}[]")
    for name, part in schema.get("$defs", {}).items():
        yield from described(part, f"{path}#{name}")


def test_every_key_of_the_schema_is_described_with_an_example() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    missing = [path for path, key in described(SCHEMA) if not key.get("description") or not key.get("examples")]
    assert missing == []


def test_an_unknown_key_is_told_at_its_place(tmp_path: Path) -> None:
    file, line, column = changed(tmp_path, "details:", "detials:")
    assert f"{file}:{line}:{column}: unknown key 'detials' under 'orders' (did you mean details?)" in problems(file)


def test_a_status_that_is_none_of_ours_is_told_at_its_place(tmp_path: Path) -> None:
    file, line, column = changed(tmp_path, "completed: shipped", "completed: shiped")
    (problem,) = problems(file)
    assert problem.startswith(f"{file}:{line}:{column + len('completed: ')}: 'completed' must be unpaid, awaiting_")
    assert problem.endswith("not 'shiped' (did you mean shipped?)")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("overlap: 5m", "overlap: 5 min", "'overlap' must be a time like 5m, not '5 min'"),
        ("user: consumer_key", "user: 7", "'user' must be text, not 7: put it in quotes"),
        ("status: 401", "status: often", "'status' must be a whole number, not 'often'"),
        ("each: item in", "each: item of", "'each' must be NAME in EXPRESSION, like item in record.line_items, not"),
        ("parameter: page", "parametre: page", "unknown key 'parametre' under 'number' (did you mean parameter?)"),
        ("      remedy: Update", "      remdy: Update", "'ok' needs the key 'remedy' beside it"),
    ],
)
def test_what_breaks_the_schema_is_told_in_plain_words(tmp_path: Path, old: str, new: str, told: str) -> None:
    file, _, _ = changed(tmp_path, old, new)
    assert any(told in problem for problem in problems(file))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("settings.per_page", "settings.perpage", "settings has no 'perpage' (did you mean per_page?)"),
        ("{{ settings.url", "{{ setting.url", "there is no variable 'setting' (did you mean settings?)"),
        ("settings.untaxed_vat_rate is", "settings.untaxed_rate is", "settings has no 'untaxed_rate'"),
        ("tables.tax_office_keys)", "tables.tax_ofice_keys)", "tables has no 'tax_ofice_keys'"),
        ("tables.tax_office_keys)", "tables.tax_office_keys.mersin)", "is a list, it has no 'mersin'"),
        ("address(record.billing)", "adress(record.billing)", "there is no variable 'adress' (did you mean address?)"),
        ("{{ body.value }}", "{{ record.value }}", "there is no variable 'record'"),
        ("{{ item.sku", "{{ itm.sku", "there is no variable 'itm' (did you mean item?)"),
        (
            "user: consumer_key",
            "user: consumer_kye",
            "'settings' has no key 'consumer_kye' (did you mean consumer_key?)",
        ),
    ],
)
def test_a_name_that_leads_nowhere_is_told_at_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    file, line, _ = changed(tmp_path, old, new)
    (problem,) = problems(file)
    assert problem.startswith(f"{file}:{line}:")
    assert told in problem


def test_a_secret_is_nothing_that_a_template_can_read(tmp_path: Path) -> None:
    file, _, _ = changed(tmp_path, "{{ settings.url | trim('/') }}/wp-json/wc/v3", "{{ settings.consumer_secret }}")
    assert "settings has no 'consumer_secret'" in problems(file)[0]


@pytest.mark.parametrize(
    "template",
    [
        "{{ record.anything.at['all'] | default('') }}",
        "{{ tables.carriers[record.carrier].name }}",
        "{{ tables.carriers.aras.name }} {{ tables.carriers.get('other', '') }}",
        "{{ tables.tax_office_keys | first }}",
        "{{ 'x' if settings.ca_file is defined else settings.url.lower() }}",
        "{% for key in settings.tax_number_keys %}{{ key }}{{ loop.index }}{% endfor %}",
        "{% set gone = record.coupon_lines | map(attribute='code') | list %}{{ gone | join(', ') }}",
    ],
)
def test_what_may_be_right_is_no_problem(tmp_path: Path, template: str) -> None:
    file, _, _ = changed(tmp_path, "\"{{ record.customer_note | default('') | unescape }}\"", json.dumps(template))
    text = file.read_text("utf-8").replace("\ntables:\n", "\ntables:\n  carriers: {aras: {name: Aras Kargo}}\n")
    file.write_text(text, "utf-8")
    assert load_connector(file).title == "WooCommerce"


def connected(file: Path, **options: Any) -> Platform:
    return open_platform(replace(settings(**options), connector_file=file), clock=lambda: NOW, sleep=lambda _: None)


def test_paths_and_queries_may_hold_settings(tmp_path: Path) -> None:
    file, _, _ = changed(
        tmp_path, "  get: /orders\n  query: {per_page: 1,", "  get: /{{ settings.per_page }}\n  query: {n: 1,"
    )
    text = file.read_text("utf-8").replace(
        "get: /settings/tax/woocommerce_tax_round_at_subtotal", "get: /tax/{{ title }}"
    )
    file.write_text(text.replace("{{ title }}", "{{ settings.tax_number_keys | first }}"), "utf-8")
    with respx.mock as shop:
        shop.get(url__startswith="https://www.shop.test/wp-json/wc/v3/").respond(json={"value": "yes"})
        assert connected(file, per_page=50, tax_number_keys=["vkn"]).check()[0].ok
        paths = [call.request.url.path.removeprefix("/wp-json/wc/v3") for call in shop.calls]
    assert (paths[0], paths[-1]) == ("/50", "/tax/vkn")


def test_a_connector_without_a_timeout_of_its_own_waits_a_minute(tmp_path: Path) -> None:
    text = SHIPPED.read_text("utf-8")
    begin, end = text.index("    timeout:\n"), text.index("    ca_file:\n")
    file = tmp_path / "connector.yaml"
    file.write_text(text[:begin] + text[end:], "utf-8")
    with respx.mock as shop:
        orders = shop.get(url__startswith="https://www.shop.test/wp-json/wc/v3/orders").respond(json=[])
        shop.get().respond(404)
        assert connected(file).check()[0].ok
    assert orders.calls[0].request.extensions["timeout"] == {"connect": 10, "read": 60, "write": 60, "pool": 60}


def test_an_address_that_the_connector_has_no_way_to_sign_in_at_is_a_problem_of_the_platform(tmp_path: Path) -> None:
    file, _, _ = changed(tmp_path, "    http: {way: oauth1, user: consumer_key, secret: consumer_secret}\n", "")
    with pytest.raises(ConfigurationError, match="site: woocommerce has no way to sign in at an http:// address"):
        connected(file, url="http://www.shop.test")


def test_settings_that_are_no_schema_are_told_at_their_place(tmp_path: Path) -> None:
    file, line, _ = changed(tmp_path, "type: integer", "type: intger")
    (problem,) = problems(file)
    assert problem.startswith(f"{file}:{line}:")
    assert "'settings' is no JSON Schema" in problem


def test_a_template_that_is_not_closed_is_told_at_its_place(tmp_path: Path) -> None:
    file, line, _ = changed(tmp_path, "{{ record.currency }}", "{{ record.currency | curency }}")
    (problem,) = problems(file)
    assert problem.startswith(f"{file}:{line}:")
    assert "curency" in problem


def test_a_mistake_behind_each_is_told_at_its_exact_place(tmp_path: Path) -> None:
    file, line, column = changed(tmp_path, "item in record.line_items", "item in record.line_items | nosuch")
    (problem,) = problems(file)
    assert problem.startswith(f"{file}:{line}:{column + len('item in record.line_items | ')}:")


def test_a_function_that_does_not_exist_is_told_at_its_place(tmp_path: Path) -> None:
    file, line, column = changed(tmp_path, "syncd.platforms.readers.vat_rate:vat_rate", "syncd.platforms.none:rate")
    (problem,) = problems(file)
    assert problem.startswith(f"{file}:{line}:{column}: the function can't be loaded")


def test_a_function_that_is_none_is_told_at_its_place(tmp_path: Path) -> None:
    file, line, _ = changed(tmp_path, "syncd.platforms.readers.vat_rate:vat_rate", "syncd.outgoing:USER_AGENT")
    (problem,) = problems(file)
    assert problem.startswith(f"{file}:{line}:")
    assert "USER_AGENT is no function" in problem


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    file, _, _ = changed(tmp_path, "{{ record.currency }}", "{{ record.currency | a }}")
    text = file.read_text("utf-8").replace("{{ record.total }}", "{{ record.total | b }}")
    file.write_text(text, "utf-8")
    assert len(problems(file)) == 2


def test_a_file_that_is_missing_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    assert "can't be read" in problems(tmp_path / "none.yaml")[0]


def test_the_page_about_woocommerce_names_every_setting_status_and_key() -> None:
    page = (Path(__file__).parents[2] / "docs" / "woocommerce.md").read_text("utf-8")
    data = read_document(SHIPPED).data
    for word in [*data["settings"]["properties"], *data["statuses"], *data["tables"]["tax_number_keys"]]:
        assert f"`{word}`" in page, word
