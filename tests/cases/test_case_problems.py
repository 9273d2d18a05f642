"""What is wrong in a case file is told with its place, and the other cases run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from case_places import CasePlace, a_place, one_case

from syncd.cases.case_file import case_files
from syncd.errors import UsageError


def told(place: CasePlace) -> list[str]:
    """All problems, the file's name left out."""
    run = place.run()
    assert not run.passed
    found = [*run.problems, *(problem for one in run.results for problem in one.problems)]
    return [str(problem).removeprefix(f"{place.file}:").replace(f"{place.folder}/", "") for problem in found]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            one_case("{rul: site, lines: [{cod: 1}]}", "chnage: {}"),
            [
                "15:5: unknown key 'chnage' (did you mean change?)",
                "16:14: unknown key 'rul' under 'expect' (did you mean rule?)",
                "16:34: unknown key 'cod' (did you mean code?)",
            ],
        ),
        (one_case("", "platform: sit"), ["15:15: there is no platform 'sit' in syncd.yaml (did you mean site?)"]),
        (
            one_case("{rule: site-hazirlana}"),
            ["15:20: there is no rule 'site-hazirlana' in syncd.yaml (did you mean site-hazirlanan?)"],
        ),
        ("cases:\n  - name: a\n", ["2:5: the case has no order: write 'order' or 'raw'"]),
        ("cases: []\n", ["1:8: 'cases' is empty"]),
        ("cases:\n  - {name: a, order: x, raw: y}\n", ["2:25: 'order' and 'raw' exclude each other: keep one"]),
        ("cases:\n\t- a\n", ["2:1: a tab can't indent in YAML: use spaces"]),
        (
            "cases:\n  - {name: a, order: {}}\n  - {name: a, order: {}}\n",
            ["3:12: the name 'a' is taken already in line 2"],
        ),
        (one_case("{}", "today: 2026-02-30"), ["15:12: 'today' must be a day like 2026-11-24, not '2026-02-30'"]),
        (
            one_case("{}", "knows: {rounding: often}"),
            ["15:23: 'rounding' must be a way of rounding like line-rounded-6-line, not 'often'"],
        ),
        (
            one_case("{}", "change: {lines.7.total: 1}"),
            ["15:14: there is no entry '7' on the way to 'lines.7.total': the list has 2 entries, the first is 0"],
        ),
        (
            one_case("{}", "change: {buyr.name: x}"),
            ["15:14: there is no 'buyr' on the way to 'buyr.name' (did you mean buyer?)"],
        ),
        (
            one_case("{}", "change: {lines.0.total: abc}"),
            ['15:14: the order is not right: lines[0].total must be a number written as text, like "1559.30"'],
        ),
        (
            one_case("{}").replace("total: 60", "total: sixty"),
            ['14:70: the order is not right: lines[1].total must be a number written as text, like "1559.30"'],
        ),
        (
            one_case("{}", "change_raw: {status: x}"),
            ["15:5: 'change_raw' changes the platform's own record, and this is an order of syncd's: use 'change'"],
        ),
        (one_case("{}", 'inside: "3"'), ["15:13: there is no '3'"]),
        (
            "cases:\n  - {name: a, order: no.json, expect: {}}\n",
            ["2:22: cases/no.json can't be read: No such file or directory"],
        ),
        (
            "cases:\n  - {name: a, order: ../syncd.yaml, expect: {}}\n",
            ["2:22: cases/../syncd.yaml is not JSON: Expecting value: line 1 column 1 (char 0)"],
        ),
    ],
)
def test_a_problem_is_told_with_its_place(tmp_path: Path, text: str, problems: list[str]) -> None:
    assert told(a_place(tmp_path, text)) == problems


def test_a_file_of_several_orders_needs_to_be_told_which(tmp_path: Path) -> None:
    place = a_place(tmp_path, "cases:\n  - {name: a, order: all.json, expect: {}}\n")
    (place.folder / "cases" / "all.json").write_text("[{}, {}]")
    (problem,) = told(place)
    assert problem.endswith(
        "here should be one order, as keys with values; 'inside' says which of several (0 is the first)"
    )


def test_a_case_that_cannot_be_run_does_not_stop_the_others(tmp_path: Path) -> None:
    text = (
        one_case("{rule: site-hazirlanan}") + "  - {name: other, order: no.json}\n  - {name: third, order: no.json}\n"
    )
    run = a_place(tmp_path, text).run()
    assert [one.ending for one in run.results] == ["passed", "wrong", "wrong"]


def test_a_record_that_the_connector_cannot_read_is_held(tmp_path: Path) -> None:
    text = "cases:\n  - {name: a, raw: {id: 5}, expect: {rule: null, fires: false, hold: record-unreadable}}\n"
    assert a_place(tmp_path, text).run().passed


@pytest.mark.parametrize("around", [{"raw": {}, "steps": []}, {"id": "42", "number": "1042", "problem": None}])
def test_what_other_commands_print_may_be_given(tmp_path: Path, around: dict[str, Any]) -> None:
    order = {
        "id": "42",
        "number": "1042",
        "status": "preparing",
        "ordered_at": "2026-11-23T17:02:09Z",
        "currency": "TRY",
        "total": "120.00",
        "lines": [{"id": "1", "code": "K", "name": "Kupa", "quantity": "1", "total": "120.00", "vat_rate": "20"}],
        "buyer": {"name": "Ayşe Yılmaz"},
    }
    place = a_place(tmp_path, "cases:\n  - {name: a, order: 1042.json, expect: {totals: {payable: 120}}}\n")
    (place.folder / "cases" / "1042.json").write_text(json.dumps({"order": order, **around}))
    assert place.run().passed


def test_files_are_those_of_the_two_folders_or_those_named(tmp_path: Path) -> None:
    for name in ("cases/a.cases.yaml", "cases/deep/b.cases.yml", "tests/c.cases.yaml", "tests/d.yaml", "e.cases.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    found = [str(file.relative_to(tmp_path)) for file in case_files([], tmp_path)]
    assert found == ["tests/c.cases.yaml", "cases/a.cases.yaml", "cases/deep/b.cases.yml"]
    assert case_files([tmp_path / "tests" / "d.yaml"], tmp_path) == [tmp_path / "tests" / "d.yaml"]
    assert case_files([tmp_path / "cases" / "deep"] * 2, tmp_path) == [tmp_path / "cases" / "deep" / "b.cases.yml"]
    with pytest.raises(UsageError, match="There is no"):
        case_files([tmp_path / "nothing"], tmp_path)
