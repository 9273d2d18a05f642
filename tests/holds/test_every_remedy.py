"""No hold without a remedy that is executed."""

from __future__ import annotations

import re

import test_remedies_amounts
import test_remedies_reading
import test_remedies_records
import test_remedies_sending
import test_remedies_unseen
from factories import ROOT

TABLES = (
    test_remedies_reading.CASES,
    test_remedies_amounts.CASES,
    test_remedies_records.CASES,
    test_remedies_sending.CASES,
    test_remedies_unseen.CASES,
)


def test_every_hold_of_the_page_has_remedies_that_are_executed() -> None:
    page = (ROOT / "docs" / "holds.md").read_text(encoding="utf-8")
    played = {case.code for table in TABLES for case in table if case.remedies}
    assert set(re.findall(r"^## (.+)$", page, re.MULTILINE)) == played


def test_every_way_out_of_a_hold_has_a_name_of_its_own() -> None:
    names = [f"{case.code}: {words}" for table in TABLES for case in table for words in case.remedies]
    assert sorted(set(names)) == sorted(names)
