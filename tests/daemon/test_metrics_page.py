"""docs/operations.md says what is there: metrics, alerts, units, forms of the log, paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml
from factories import NOW, ROOT
from test_metrics import Watched

from syncd.daemon import endpoints, readiness, vitals
from syncd.ledger.ledger import Mark
from syncd.ledger.order_row import State
from syncd.logs import Form

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.fixture
def exposed(tmp_path: Path) -> dict[str, set[str]]:
    """The labels of every metric of syncd's own."""
    watched = Watched(tmp_path)
    watched.put(State.HELD, 1, hold_code="amount-unclear")
    watched.ledger.set_mark(Mark("woocommerce", "a", NOW, NOW, "r", NOW))
    watched.vitals.worked_at = watched.vitals.configured_at = watched.vitals.parasut_answered_at = NOW
    read = watched.read()
    watched.ledger.close()
    return {
        name: set(re.findall(r"(\w+)=", next(iter(samples))))
        for name, samples in read.items()
        if name.startswith("syncd_")
    }


def test_the_table_names_every_metric_with_its_labels(exposed: dict[str, set[str]]) -> None:
    table = re.findall(r"^\| `(syncd_\w+)(?:\{([\w,]+)\})?` \|", PAGE, re.MULTILINE)
    assert len(table) == len(dict(table))
    assert {name: set(labels.split(",")) - {""} for name, labels in table} == exposed


def test_the_states_that_it_names_are_all_there_are() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `syncd_orders{"))
    assert {state.value for state in State} == set(re.findall(r"`(\w+)`", row))


def test_every_alert_and_file_that_it_names_exists() -> None:
    text = (ROOT / "examples" / "prometheus" / "syncd.rules.yml").read_text(encoding="utf-8")
    alerts = {rule["alert"] for group in yaml.safe_load(text)["groups"] for rule in group["rules"]}
    assert set(re.findall(r"\bSyncd[A-Z]\w+", PAGE)) <= alerts
    for name in re.findall(r"(?:CLONE/|`)((?:systemd|examples)/[\w@./-]+\w)", PAGE):
        assert (ROOT / name).is_file(), name


def test_the_forms_of_the_log_and_the_paths_are_those_of_the_code() -> None:
    section = PAGE.partition("\n## The log\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(get_args(Form))
    paths = {route.path for route in endpoints._app(None, list, bytes, 1).routes}  # type: ignore[arg-type]
    assert set(re.findall(r"^\| `(/\w+)` \|", PAGE, re.MULTILINE)) == paths


def test_the_times_that_it_names_are_those_of_the_code() -> None:
    assert vitals.SILENT_LIMIT_SECONDS == 180
    assert PAGE.count("three minutes") == 2
    assert readiness._PROBED_FOR.total_seconds() == 10
    assert "at\nmost every ten seconds" in PAGE
    assert readiness._QUIET.total_seconds() == 24 * 3600
    assert "counts as good for a day" in PAGE


def test_the_steps_for_systemd_fit_the_units() -> None:
    unit = (ROOT / "systemd" / "syncd.service").read_text(encoding="utf-8")
    assert "LoadCredential=syncd:/etc/syncd/credentials\n" in unit
    assert "--config /etc/syncd/syncd.yaml\n" in unit
    assert "RestartSec=5s\n" in unit
    assert "RestartMaxDelaySec=5min\n" in unit
    for words in ("install -m 600 -t /etc/syncd/credentials secrets/*", "/etc/syncd/syncd.yaml", "after 5 seconds",
                  "after 5 minutes"):  # fmt: skip
        assert words in PAGE
