"""Rules that get in each other's way."""

from __future__ import annotations

from pathlib import Path

import pytest
from configurations import SMALL, at, lines, load, marked

HEAD = SMALL[: SMALL.index("rules:")]
BAYI = """\
  bayi:
    connector: woocommerce
    url: https://bayi.test
    consumer_key: ${WC_KEY}
    consumer_secret: ${WC_SECRET}
"""


def rules(*entries: str) -> str:
    written = []
    for number, entry in enumerate(entries, start=1):
        platforms, since, condition, more = (*(part.strip() for part in entry.split("|")), "", "", "")[:4]
        trigger = f"status: preparing, since: {since or '2026-11-01'}" + (f", if: {condition}" if condition else "")
        written.append(
            f"  - name: r{number}\n    platforms: [{platforms}]\n    trigger: {{{trigger}}}\n"
            f"    {more or 'every: 2m'}\n"
        )
    return HEAD + BAYI + "rules:\n" + "".join(written)


COD = "order.payment.method == 'cod'"
FINE = {
    "different platforms": ("site", "bayi"),
    "the rest of a condition": (f"site||{COD}", "site|||otherwise: true"),
    "conditions that exclude each other": (f"site||{COD}", "site||order.payment.method == 'bacs'"),
    "a condition and its opposite": (f"site||{COD}", "site||order.payment.method != 'cod'"),
    "not": (f"site||{COD}", f'site||"not ({COD})"'),
    "lists": ("site||\"order.payment.method in ['a', 'b']\"", "site||\"order.payment.method not in ['a', 'b', 'c']\""),
    "one part of several": (
        f'site||"order.total > 5 and {COD}"',
        "site||order.payment.method == 'bacs' and order.note",
    ),
    "true and false": ("site||order.export.micro", "site||not order.export.micro"),
    "older orders": ("site|2026-11-05", "site|2026-11-01||otherwise: true"),
}
OVERLAPS = {
    "a condition and everything": (f"site||{COD}", "site"),
    "two conditions that may both be true": (f"site||{COD}", "site||order.total > 5"),
    "a text inside a text": (f"site||{COD}", "site||\"order.payment.method in 'codes'\""),
    "true and a value": ("site||order.note", "site||order.note == 'x'"),
    "older orders": ("site|2026-11-05", "site|2026-11-01"),
    "one of two platforms": (f"site||{COD}", "bayi, site"),
}
DEAD = {
    "an earlier rule without condition": ("site", "site"),
    "also when it says otherwise": ("site", "site|||otherwise: true"),
    "also with a condition of its own": ("site", f"site||{COD}|otherwise: true"),
    "the same condition": (f"site||{COD}", f"site||{COD}|otherwise: true"),
    "both platforms taken": ("site", "bayi", "site, bayi|||otherwise: true"),
    "later orders": ("site|2026-11-01", "site|2026-11-05|| otherwise: true"),
}


@pytest.mark.parametrize("entries", FINE.values(), ids=FINE)
def test_rules_that_leave_room_for_each_other(entries: tuple[str, ...], tmp_path: Path) -> None:
    assert lines(load(tmp_path, rules(*entries)), tmp_path) == []


@pytest.mark.parametrize("entries", OVERLAPS.values(), ids=OVERLAPS)
def test_an_overlap_has_to_be_meant(entries: tuple[str, ...], tmp_path: Path) -> None:
    problems = load(tmp_path, rules(*entries)).problems
    assert len(problems) == 1
    assert problems[0].message.startswith("rule 'r2' overlaps with 'r1' on site: write `otherwise: true`")


@pytest.mark.parametrize("entries", DEAD.values(), ids=DEAD)
def test_a_rule_that_gets_nothing_is_an_error(entries: tuple[str, ...], tmp_path: Path) -> None:
    problems = load(tmp_path, rules(*entries)).problems
    assert [problem.severity for problem in problems] == ["error"]
    assert f"rule 'r{len(entries)}' can never fire: 'r1' before it takes every order of site" in problems[0].message


def test_an_overlap_is_reported_at_the_shared_platform(tmp_path: Path) -> None:
    text, line, column = marked(rules(f"site||{COD}", "bayi, «site"))
    assert [at(problem) for problem in load(tmp_path, text).problems] == [("syncd.yaml", line, column)]


def test_a_rule_that_never_fires_is_reported_at_its_name(tmp_path: Path) -> None:
    text, line, column = marked(rules("site", "site").replace("name: r2", "name: «r2"))
    assert [at(problem) for problem in load(tmp_path, text).problems] == [("syncd.yaml", line, column)]


def test_one_of_two_platforms_taken_is_reported_at_that_one(tmp_path: Path) -> None:
    text, line, column = marked(rules("site", "bayi, «site|||otherwise: true"))
    problems = load(tmp_path, text).problems
    assert [(at(problem), problem.message) for problem in problems] == [
        (("syncd.yaml", line, column), "rule 'r2' never gets orders of site: 'r1' before it takes every order of site")
    ]


def test_a_status_that_the_shop_never_reports_is_an_error(tmp_path: Path) -> None:
    text, line, column = marked(SMALL.replace("status: preparing", "status: «delivered"))
    assert [at(problem) for problem in load(tmp_path, text).problems] == [("syncd.yaml", line, column)]
    fixed = text.replace("url: https://magaza.test", "url: https://magaza.test\n    statuses: {teslim: delivered}")
    assert load(tmp_path, fixed).problems == ()


def test_a_status_that_one_of_two_shops_never_reports_is_a_warning(tmp_path: Path) -> None:
    text = rules("site, bayi").replace("preparing", "delivered")
    text = text.replace("url: https://bayi.test", "url: https://bayi.test\n    statuses: {teslim: delivered}")
    assert [problem.severity for problem in load(tmp_path, text).problems] == ["warning"]


def test_an_overridden_status_counts(tmp_path: Path) -> None:
    text = SMALL.replace("status: preparing", "status: shipped")
    assert load(tmp_path, text).problems == ()
    overridden = text.replace("url: https://magaza.test", "url: https://magaza.test\n    statuses: {completed: other}")
    assert "the rule can never fire there" in load(tmp_path, overridden).problems[0].message
