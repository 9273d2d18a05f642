"""`syncd test` as people and CI call it, and the examples that it ships with."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from case_places import a_place, one_case
from places import CONFIG

from syncd.cases.run import CaseRun, run_cases
from syncd.cli.main import main
from syncd.config.document import read_document
from syncd.config.load import load_settings
from syncd.config.schemas import compiled, schema

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "examples" / "four-platforms"
PAGE = (ROOT / "docs" / "rule-tests.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SYNCD_CONFIG", raising=False)
    return tmp_path


def called(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["test", *words])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out + printed.err


def test_cases_that_pass_end_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_place(folder, one_case("{rule: site-hazirlanan}"))
    assert called(capsys) == (0, "1 case: 1 passed\nevery rule is fired by a case\n")


def test_a_failed_case_ends_with_1_until_it_is_updated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_place(folder, one_case("{category: Web}"))
    code, out = called(capsys)
    assert code == 1
    assert out.startswith("cases/site.cases.yaml:2:5: kartla\n  category (cases/site.cases.yaml:15:24)\n")
    assert out.endswith("\n\n1 case: 0 passed, 1 failed\nevery rule is fired by a case\n")
    code, out = called(capsys, "--update")
    assert code == 0
    assert out.splitlines()[0] == "cases/site.cases.yaml:15:14: kartla: category: Web → Web Satışları"
    assert called(capsys)[0] == 0


def test_a_case_that_expects_nothing_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_place(folder, one_case())
    code, out = called(capsys)
    assert code == 1
    assert "it expects nothing yet: `syncd test --update` writes down what comes out" in out


def test_nothing_to_run_ends_with_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_place(folder, "").file.unlink()
    assert called(capsys) == (1, "There is no file *.cases.yaml in tests or cases.\n")


def test_a_path_that_does_not_exist_is_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_place(folder, one_case("{}"))
    code, out = called(capsys, "case")
    assert (code, out.splitlines()[0]) == (2, "error: There is no case.")


def test_a_broken_configuration_is_told_as_check_does(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_place(folder, one_case("{}"), CONFIG.replace("connector: woocommerce", "connector: woocomerce"))
    code, out = called(capsys)
    assert code == 1
    assert out.startswith("syncd.yaml:")


def test_programs_get_everything_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_place(folder, one_case("{totals: {payable: 1}}") + "  - {name: b, order: no.json}\n")
    code, out = called(capsys, "--format", "json")
    told: dict[str, Any] = json.loads(out)
    assert code == 1
    assert [(one["name"], one["line"], one["ending"]) for one in told["cases"]] == [
        ("kartla", 2, "failed"),
        ("b", 16, "wrong"),
    ]
    assert told["cases"][0]["differences"] == [
        {
            "path": "totals.payable",
            "place": "cases/site.cases.yaml:15:32",
            "expected": 1,
            "actual": 178.8,
            "made_by": None,
        }
    ]
    assert (told["passed"], told["untested_rules"]) == (False, [])


def test_results_that_can_not_be_written_name_their_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_place(folder, one_case("{rule: site-hazirlanan}"))
    (folder / "taken").write_text("a file")
    assert called(capsys, "--junit", "taken/results.xml") == (
        2,
        "error: The results can't be written to taken/results.xml: File exists.\n"
        "       Name a file that may be written with --junit.\n",
    )
    code, out = called(capsys, "--junit", ".")
    assert (code, out.splitlines()[0]) == (2, "error: The results can't be written to .: Is a directory.")


def test_ci_gets_junit_with_file_and_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_place(folder, one_case("{category: Web}") + "  - {name: b, order: no.json}\n")
    (folder / "tests").mkdir()
    (folder / "tests" / "broken.cases.yaml").write_text("cases: {\x07}\n")
    assert called(capsys, "--junit", "out/results.xml")[0] == 1
    suites = ElementTree.parse(folder / "out" / "results.xml").getroot()
    assert {name: suites.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "2",
    }
    told = [(case.get("file"), case.get("line"), case.get("name"), case[0].tag) for case in suites.iter("testcase")]
    assert told == [
        ("tests/broken.cases.yaml", "1", "the file", "error"),
        ("cases/site.cases.yaml", "2", "kartla", "failure"),
        ("cases/site.cases.yaml", "16", "b", "error"),
    ]
    failure = suites.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "category (cases/site.cases.yaml:15:24)"
    assert "got       Web Satışları" in (failure.text or "")


def test_nothing_is_left_behind(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_place(folder, one_case("{rule: site-hazirlanan}"))
    before = sorted(folder.rglob("*"))
    called(capsys)
    assert sorted(folder.rglob("*")) == before


def the_example(folder: Path) -> CaseRun:
    loaded = load_settings(folder / "syncd.yaml", {}, secrets="optional")
    assert loaded.settings is not None, loaded.problems
    assert loaded.problems == ()
    return run_cases(sorted((folder / "cases").glob("*.cases.yaml")), loaded.settings)


def test_the_example_of_four_platforms_passes_and_leaves_nothing_out() -> None:
    run = the_example(EXAMPLE)
    assert [one.case.name for one in run.results if one.ending != "passed"] == []
    assert run.passed
    assert run.untested == ()
    endings = {name: set[str]() for name in ("site", "trendyol", "hepsiburada", "n11")}
    for one in run.results:
        assert one.outcome is not None
        endings[one.case.platform] |= {"lines", "hold", "waits", "ended"} & one.outcome.data.keys()
    assert set(map(frozenset, endings.values())) == {frozenset({"lines", "hold", "waits", "ended"})}


def test_the_example_is_checked_and_tested_by_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "--without-secrets", "--config", str(EXAMPLE / "syncd.yaml")])
    assert not ended.value.code, capsys.readouterr().out
    assert called(capsys, "--config", str(EXAMPLE / "syncd.yaml"))[0] == 0


def test_a_broken_mapping_fails_in_every_platform_of_the_example(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    config = tmp_path / "syncd.yaml"
    text = config.read_text(encoding="utf-8")
    override = '    mapping: satis-faturasi\n    override: {line.name: "{{ line.code }}"}\n'
    config.write_text(text.replace("    mapping: satis-faturasi\n", override), encoding="utf-8")
    failed = {one.case.platform for one in the_example(tmp_path).results if one.ending == "failed"}
    assert failed == {"site", "trendyol", "hepsiburada", "n11"}


def test_the_page_shows_what_happens(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, written, *_ = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    place = a_place(folder, first)
    assert called(capsys, "--update")[0] == 0
    expect = written.split("    expect:\n")[1]
    assert place.file.read_text(encoding="utf-8") == first + "    expect:\n" + expect
    place = a_place(
        folder, first + "    expect:\n" + expect, CONFIG + "    override: {kinds.shipping.code: KARGO-01}\n"
    )
    code, out = called(capsys)
    shown = re.findall(r"^ {4}(cases/site.*(?:\n {4}.*)*)", PAGE, re.MULTILINE)[0]
    lines = [line.removeprefix("    ") for line in shown.splitlines()]
    assert code == 1
    places = re.compile(r"syncd\.yaml:\d+:\d+")
    assert [places.sub("", line) for line in out.splitlines()[: len(lines)]] == [places.sub("", line) for line in lines]


def test_the_other_cases_of_the_page_pass(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    place = a_place(folder, blocks[0])
    order = read_document(place.file).data["cases"][0]["order"]
    (place.file.parent / "orders").mkdir()
    saved = {"order": order, "raw": {}, "steps": []}
    (place.file.parent / "orders" / "1042.json").write_text(json.dumps(saved, default=str), encoding="utf-8")
    config = CONFIG.replace("Web Satışları", "Satış > Web Sitesi")
    for block in blocks[2:]:
        a_place(folder, block, config)
        code, out = called(capsys)
        assert code == 0, out


def keys(content: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every key that the schema describes, with its schema."""
    found: list[tuple[str, dict[str, Any]]] = []
    for name, part in content.items() if isinstance(content, dict) else ():
        if name == "properties":
            found += [(f"{path}.{key}", below) for key, below in part.items()]
            found += [one for key, below in part.items() for one in keys(below, f"{path}.{key}")]
        elif name == "$defs" or isinstance(part, dict):
            found += keys(part, path)
        elif isinstance(part, list):
            found += [one for entry in part for one in keys(entry, path)]
    return found


def test_every_key_of_the_schema_is_described_and_shown() -> None:
    found = keys(schema("cases"))
    assert len(found) > 60
    for path, content in found:
        assert content.get("description", "").endswith("."), path
        assert content.get("examples"), path
        for example in content["examples"]:
            assert list(compiled({**content, "$defs": schema("cases")["$defs"]}).iter_errors(example)) == [], path


def test_the_page_names_every_key_of_a_case() -> None:
    case = schema("cases")["$defs"]["case"]["properties"]
    for name in [*case, *case["expect"]["properties"], *case["expect"]["properties"]["totals"]["properties"]]:
        assert f"`{name}`" in PAGE, name
