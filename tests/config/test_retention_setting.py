"""`retention`: in days, thirty at least, and none by default."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from configurations import SMALL, lines, load


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("400d", 400), ("3650d", 3650)])
def test_it_is_a_number_of_days(tmp_path: Path, text: str, days: int) -> None:
    settings = load(tmp_path, SMALL + f"retention: {text}\n").settings
    assert settings is not None
    assert settings.retention == timedelta(days=days)


def test_without_it_everything_is_kept(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALL).settings
    assert settings is not None
    assert settings.retention is None


@pytest.mark.parametrize("text", ["29d", "0d", "-400d", "400", "400h", "1y", "yes", "030d", "999999d"])
def test_anything_else_is_a_mistake_that_says_how_to_write_it(tmp_path: Path, text: str) -> None:
    (problem,) = lines(load(tmp_path, SMALL + f"retention: {text}\n"), tmp_path)
    assert problem.startswith("syncd.yaml:19:12: ")
    assert "days like 400d, at least 30d" in problem


def test_it_may_come_from_outside(tmp_path: Path) -> None:
    loaded = load(tmp_path, SMALL + "retention: ${PARASUT_CLIENT_ID}\n")
    assert loaded.settings is None
    assert len(loaded.errors) == 1
