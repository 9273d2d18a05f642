"""The example and the reference page say what the schemas say, and the schemas explain every key."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from syncd.config.document import parse_document
from syncd.config.first import FirstAnswers, FirstPlatform, write_first_configuration
from syncd.config.first_platforms import offered_platform
from syncd.config.generate import ROOT, pages
from syncd.config.keys import CONNECTORS, connector_settings, flow
from syncd.config.load import load_settings
from syncd.config.schemas import compiled, schema

WRITTEN = ("syncd", "rules", "mapping")
EXAMPLE = (ROOT / "syncd.yaml.example").read_text(encoding="utf-8")


def keys(content: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that a schema describes, with its schema."""
    if isinstance(content, list):
        for part in content:
            yield from keys(part, path)
    if not isinstance(content, dict):
        return
    for name, part in content.items():
        if name == "properties":
            for key, below in part.items():
                yield f"{path}.{key}", below
                yield from keys(below, f"{path}.{key}")
        elif name not in ("examples", "default", "not", "const", "enum"):
            yield from keys(part, path)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Everything that the example reads from outside."""
    for name in re.findall(r"\$\{credential:(\w+)\}", EXAMPLE):
        (tmp_path / name).write_text("secret")
    return {"CREDENTIALS_DIRECTORY": str(tmp_path)}


@pytest.mark.parametrize("name", WRITTEN)
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(dict(schema(name)))


@pytest.mark.parametrize("name", WRITTEN)
def test_every_key_has_a_description_and_examples_that_are_right(name: str) -> None:
    found = list(keys(schema(name)))
    assert len(found) >= 20
    for path, content in found:
        assert content.get("description", "").endswith("."), path
        assert content.get("examples"), path
        for example in [*content["examples"], *([content["default"]] if "default" in content else [])]:
            whole = {**content, "$defs": schema(name).get("$defs", {})}
            wrong = [error for error in compiled(whole).iter_errors(example) if "platforms" not in path]
            assert wrong == [], (path, example)


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_unknown_is_allowed(name: str) -> None:
    def objects(content: Any) -> Iterator[dict[str, Any]]:
        if isinstance(content, dict):
            if "properties" in content and "description" in content:
                yield content
            for part in content.values():
                yield from objects(part)

    open_ones = [item["description"] for item in objects(schema(name)) if item.get("additionalProperties") is not False]
    # A platform's own keys are known to its connector only.
    assert open_ones == ([schema("syncd")["$defs"]["platform"]["description"]] if name == "syncd" else [])


@pytest.mark.parametrize("path", pages(), ids=str)
def test_a_generated_page_is_up_to_date(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == pages()[path], "run python -m syncd.config.generate"


def test_the_example_passes_the_check(tmp_path: Path, environ: dict[str, str]) -> None:
    config = tmp_path / "syncd.yaml"
    config.write_text(EXAMPLE, encoding="utf-8")
    loaded = load_settings(config, environ)
    assert loaded.problems == ()
    assert loaded.settings is not None
    assert [rule.name for rule in loaded.settings.rules] == [
        "site-kapida-odeme",
        "site-odenmis",
        "pazaryeri-kargolanan",
    ]
    assert [platform.connector for platform in loaded.settings.platforms.values()] == list(CONNECTORS)


def test_the_example_passes_with_everything_switched_on(tmp_path: Path, environ: dict[str, str]) -> None:
    exclusive = r"cron|product: {use|ca_file|include"
    text = re.sub(rf"^( *)#(?!(?:{exclusive}))(?=[a-z_]+: )", r"\1", EXAMPLE, flags=re.MULTILINE)
    assert text.count("\n#") < EXAMPLE.count("\n#")
    config = tmp_path / "syncd.yaml"
    config.write_text(text, encoding="utf-8")
    assert load_settings(config, environ).problems == ()


def test_the_example_holds_every_key() -> None:
    known = [*keys(schema("syncd")), *keys(schema("rules"))]
    known += [key for connector in CONNECTORS for key in keys(connector_settings(connector))]
    missing = [path for path, _ in known if not re.search(rf"(?<![\w.]){path.rpartition('.')[2]}: ", EXAMPLE + "\n")]
    sections = [
        path for path in missing if f"\n{path.rpartition('.')[2]}:\n" not in re.sub(r"(?m)^[ #-]+", "", EXAMPLE)
    ]
    assert sections == []


def test_the_reference_page_holds_every_key() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for name in WRITTEN:
        for path, content in keys(schema(name)):
            assert f"| `{path.rpartition('.')[2]}` |" in page, path
            assert " ".join(content["description"].split()).replace("|", "\\|") in page, path


@pytest.mark.parametrize("connector", CONNECTORS)
def test_the_reference_page_holds_every_key_of_the_shipped_connectors(connector: str) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    _, _, rest = page.partition(f"\n## platforms.NAME: keys of {connector}\n")
    section = rest.partition("\n## ")[0]
    assert f"[{connector}.md]({connector}.md)" in section
    for name in connector_settings(connector)["properties"]:
        assert f"| `{name}` |" in section


def test_every_shipped_connector_is_shown() -> None:
    assert set(CONNECTORS) == {file.stem for file in (ROOT / "mappings" / "platforms").glob("*.yaml")}


def test_the_example_and_the_service_name_the_same_credentials_and_folder(tmp_path: Path) -> None:
    unit = (ROOT / "systemd" / "syncd.service").read_text(encoding="utf-8")
    assert "\nLoadCredential=syncd:/etc/syncd/credentials\n" in unit  # every file there, whatever its name
    names = re.findall(r"^ +\w+: \$\{credential:(\w+)\}$", EXAMPLE, re.MULTILINE)
    assert re.findall(r"^ +\w+: \$\{(?!credential:)", EXAMPLE, re.MULTILINE) == []

    values = {
        "site": {"url": "https://magaza.test", "consumer_key": "ck_1", "consumer_secret": "cs_1"},
        "trendyol": {"seller_id": 1, "api_key": "k", "api_secret": "s"},
        "hepsiburada": {
            "merchant_id": "0a0a0a0a-0000-4000-8000-00000000a001",
            "service_key": "k",
            "integrator": "x_dev",
        },
        "n11": {"seller_id": 2, "app_key": "k", "app_secret": "s"},
    }
    chosen = [FirstPlatform(offered_platform(name, tmp_path), told) for name, told in values.items()]
    answers = FirstAnswers(chosen, 1, "id", "secret", "user", "password", "2026-01-01")
    write_first_configuration(tmp_path, answers)
    assert sorted(file.name for file in (tmp_path / "secrets").iterdir()) == sorted(names)

    assert "\nStateDirectory=syncd\n" in unit
    assert "\nledger: sqlite:////var/lib/syncd/ledger.db\n" in EXAMPLE


def test_the_check_of_the_example_is_quick(tmp_path: Path, environ: dict[str, str]) -> None:
    config = tmp_path / "syncd.yaml"
    config.write_text(EXAMPLE, encoding="utf-8")
    begin = time.perf_counter()
    load_settings(config, environ)
    assert time.perf_counter() - begin < 0.5


@pytest.mark.parametrize(
    "value",
    ["plain", "a: b", "{{ x }}", "*", "007", "7", "true", "off", "a, b", "#x", "", "ğ ü", "a #b", "- x", "it's", '"q"'],
)
def test_values_are_written_so_that_they_are_read_again(value: str) -> None:
    for data in (value, [value], {"k": value}, {"k": [value, {"x": value}]}):
        document, problems = parse_document(f"v: {flow(data)}\n", "f.yaml")
        assert problems == []
        assert document is not None
        assert document.data == {"v": data}
