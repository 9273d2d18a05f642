"""What `/metrics` says of a ledger and of the daemon; that every alert asks for a metric that exists."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from factories import NOW, ROOT, a_rule, an_order
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event
from worlds import World

from syncd.config.settings import Settings
from syncd.daemon.metrics import Metrics
from syncd.daemon.vitals import Vitals
from syncd.errors import LedgerError
from syncd.ledger.company import BudgetState
from syncd.ledger.ledger import Ledger, Mark, open_ledger
from syncd.ledger.order_row import OrderRow, State
from syncd.orders.json import order_to_json
from syncd.sandbox.options import SandboxOptions
from syncd.sync.dates import last_legal_day
from syncd.sync.executor import STOP_SETTING

RULES = (a_rule(), a_rule(name="pazaryeri", platforms=("trendyol",)))
ALERTS = ROOT / "examples" / "prometheus" / "syncd.rules.yml"
HOUR = timedelta(hours=1)


def settings(folder: Path) -> Settings:
    """Two platforms with a rule each; nothing is asked of them."""
    nobody = SimpleNamespace(
        options=SandboxOptions(rate_requests=10, rate_seconds=10), parasut_url="http://p.test", shop_url="http://s.test"
    )
    world = World(cast(Any, nobody), folder, rules=RULES)
    site = world.settings().platforms["site"]
    trendyol = replace(site, name="trendyol", connector="trendyol")
    return replace(world.settings(), platforms={"site": site, "trendyol": trendyol})


class Watched:
    """A ledger, a daemon's vitals, and what Prometheus would read of them."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings(folder)
        self.ledger: Ledger = open_ledger(self.settings.ledger_url, "p.test/115")
        self.vitals = Vitals(clock=lambda: NOW, monotonic=lambda: 30.0, started_at=NOW - 3 * HOUR, _beat_at=18.0)
        self.metrics = Metrics(self.vitals, lambda: self.settings, lambda: self.ledger)

    def put(self, state: State, *numbers: int, platform: str = "site", **columns: Any) -> None:
        order: Callable[..., Any] = columns.pop("order", an_order)
        connector = "woocommerce" if platform == "site" else platform
        owner = None if state is State.LEFT else {"site": "site-hazirlanan"}.get(platform, "pazaryeri")
        self.ledger.orders.save(
            (
                OrderRow(
                    **{
                        "connector": connector, "account": "a", "package": str(number), "platform": platform,
                        "number": str(number), "status": "preparing", "fingerprint": "f", "seen_at": NOW,
                        "changed_at": NOW - HOUR, "state": state, "rule": owner, "document": order_to_json(order()),
                    } | columns
                ),
                None,
            )
            for number in numbers
        )  # fmt: skip

    def read(self) -> dict[str, dict[str, float]]:
        """The samples, by metric and labels (`rule=site-hazirlanan,state=due`)."""
        found: dict[str, dict[str, float]] = {}
        for family in text_string_to_metric_families(self.metrics().decode()):
            for sample in family.samples:
                labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
                found.setdefault(sample.name, {})[labels] = sample.value
        return found


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    here = Watched(tmp_path)
    yield here
    here.ledger.close()


def test_orders_are_counted_by_rule_and_state_and_holds_by_reason(watched: Watched) -> None:
    watched.put(State.INVOICED, 1, 2, 3, invoice_id="9")
    watched.put(State.HELD, 4, 5, hold_code="amount-unclear")
    watched.put(State.HELD, 6, platform="trendyol", hold_code="replacement-order")
    watched.put(State.LEFT, 7)
    read = watched.read()
    counted = {labels: value for labels, value in read["syncd_orders"].items() if value}
    assert counted == {
        "rule=site-hazirlanan,state=invoiced": 3,
        "rule=site-hazirlanan,state=held": 2,
        "rule=pazaryeri,state=held": 1,
        "rule=,state=left": 1,
    }
    assert read["syncd_orders"]["rule=pazaryeri,state=due"] == 0  # an alert needs the series before the first order
    assert read["syncd_held_orders"] == {"code=amount-unclear": 2, "code=replacement-order": 1}


def test_the_longest_waiting_order_of_each_rule_has_its_age(watched: Watched) -> None:
    watched.put(State.DUE, 1, changed_at=NOW - HOUR)
    watched.put(State.DUE, 2, changed_at=NOW - 5 * HOUR)
    watched.put(State.WAITING, 3, platform="trendyol", changed_at=NOW - 2 * HOUR)
    watched.put(State.INVOICED, 4, changed_at=NOW - 99 * HOUR)
    watched.put(State.HELD, 5, changed_at=NOW + HOUR)  # the clock was set back
    assert watched.read()["syncd_oldest_order_seconds"] == {
        "rule=site-hazirlanan,state=due": 5 * 3600,
        "rule=site-hazirlanan,state=held": 0,
        "rule=pazaryeri,state=waiting": 2 * 3600,
    }


@pytest.mark.parametrize(
    ("days_left", "counted"), [(-9, "past"), (-1, "past"), (0, "near"), (1, "near"), (2, "near"), (3, None)]
)
@pytest.mark.parametrize("field", ["shipped_at", "delivered_at"])
def test_a_last_legal_day_that_is_near_or_past_puts_an_order_at_risk(
    field: str, days_left: int, counted: str | None, watched: Watched
) -> None:
    sent = NOW - timedelta(days=7 - days_left)
    watched.put(State.DUE, 1, order=lambda: an_order(**{field: sent}))
    assert last_legal_day(an_order(**{field: sent}), watched.settings.timezone) == date(2026, 11, 24) + timedelta(
        days=days_left
    )
    at_risk = watched.read()["syncd_orders_at_risk"]
    assert {labels for labels, value in at_risk.items() if value} == (
        {f"deadline={counted},rule=site-hazirlanan"} if counted else set()
    )


def test_the_day_counts_where_the_rules_live(watched: Watched) -> None:
    # 21:30 UTC is half past midnight in Istanbul: the 22nd, whose seventh day is the 29th
    watched.vitals.clock = lambda: datetime.fromisoformat("2026-11-29T20:59:00+00:00")
    watched.put(State.HELD, 1, order=lambda: an_order(shipped_at=datetime.fromisoformat("2026-11-21T21:30:00+00:00")))
    assert watched.read()["syncd_orders_at_risk"]["deadline=near,rule=site-hazirlanan"] == 1
    watched.vitals.clock = lambda: datetime.fromisoformat("2026-11-29T21:00:00+00:00")
    assert watched.read()["syncd_orders_at_risk"]["deadline=past,rule=site-hazirlanan"] == 1


def test_what_was_delivered_counts_from_then_and_what_needs_no_invoice_not_at_all(watched: Watched) -> None:
    long_ago = NOW - timedelta(days=30)
    watched.put(State.HELD, 1, order=lambda: an_order(shipped_at=long_ago, delivered_at=NOW - timedelta(days=1)))
    watched.put(State.HELD, 2, order=lambda: an_order(delivered_at=long_ago), invoice_id="9")
    for number, state in enumerate((State.INVOICED, State.IGNORED, State.ENDED, State.LEFT), 3):
        watched.put(state, number, order=lambda: an_order(delivered_at=long_ago))
    watched.put(State.HELD, 8, status="cancelled", order=lambda: an_order(delivered_at=long_ago))
    watched.put(State.DUE, 9)
    assert set(watched.read()["syncd_orders_at_risk"].values()) == {0}


def test_platforms_show_lag_failures_and_doubt_by_their_names(watched: Watched) -> None:
    watched.put(State.INVOICED, 1)
    watched.ledger.set_mark(Mark("woocommerce", "a", NOW, NOW, "r", NOW - HOUR, doubted_since=NOW))
    watched.vitals.platform_errors = {"trendyol": "401"}
    read = watched.read()
    assert read["syncd_platform_lag_seconds"] == {"platform=site": 3600, "platform=trendyol": 3 * 3600}
    assert read["syncd_platform_doubted"] == {"platform=site": 1, "platform=trendyol": 0}
    assert read["syncd_platform_up"] == {"platform=site": 1, "platform=trendyol": 0}
    watched.ledger.set_mark(Mark("trendyol", "107703", NOW, NOW, "r", NOW - HOUR / 2))  # no orders yet
    assert watched.read()["syncd_platform_lag_seconds"]["platform=trendyol"] == 1800


def test_the_budget_left_is_what_may_be_sent_at_this_moment(watched: Watched) -> None:
    now = NOW.timestamp()

    def budget(sent: tuple[float, ...], blocked_until: float = 0.0) -> float:
        watched.ledger.company.with_budget(lambda _: (BudgetState(sent, 0.15, blocked_until), None))
        return watched.read()["syncd_parasut_budget_left_requests"][""]

    assert budget(()) == 10
    assert budget((now - 10.2, now - 10.1, now - 1, now)) == 7
    assert budget(tuple(now - step / 10 for step in range(10))) == 0
    assert budget((), now + 5) == 0
    assert watched.read()["syncd_parasut_budget_requests"] == {"": 10}


def test_the_daemons_own_figures(watched: Watched) -> None:
    watched.vitals.runs = {"site-hazirlanan": 12}
    watched.vitals.stopped_rules = {"pazaryeri": "five holds of one kind"}
    watched.vitals.calls, watched.vitals.throttled, watched.vitals.missed_turns = 31, 2, 4
    watched.vitals.parasut_error, watched.vitals.configuration_problems = "402", 3
    watched.vitals.worked_at = watched.vitals.configured_at = watched.vitals.parasut_answered_at = NOW
    watched.ledger.set_rule("pazaryeri", paused=True)
    watched.ledger.set_setting(STOP_SETTING, "2026-11-24")
    read = watched.read()
    now = NOW.timestamp()
    single = {name: values[""] for name, values in read.items() if "" in values}
    assert {name: value for name, value in single.items() if not name.startswith("process_")} == {
        "syncd_start_time_seconds": now - 3 * 3600,
        "syncd_silent_seconds": 12,
        "syncd_configuration_problems": 3,
        "syncd_configuration_timestamp_seconds": now,
        "syncd_last_run_timestamp_seconds": now,
        "syncd_missed_turns_total": 4,
        "syncd_parasut_requests_total": 31,
        "syncd_parasut_throttled_total": 2,
        "syncd_parasut_up": 0,
        "syncd_parasut_last_answer_timestamp_seconds": now,
        "syncd_parasut_budget_requests": 10,
        "syncd_parasut_budget_left_requests": 10,
        "syncd_ledger_up": 1,
        "syncd_paused": 1,
        "syncd_notices_pending": 0,
        "syncd_commands_pending": 0,
    }
    assert read["syncd_runs_total"] == {"rule=site-hazirlanan": 12, "rule=pazaryeri": 0}
    assert read["syncd_rule_stopped"] == {"rule=site-hazirlanan": 0, "rule=pazaryeri": 1}
    assert read["syncd_rule_paused"] == {"rule=site-hazirlanan": 0, "rule=pazaryeri": 1}
    assert "process_resident_memory_bytes" in read


def test_a_ledger_that_cannot_be_read_costs_its_own_metrics_only(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise LedgerError("The ledger can't be used: disk I/O error.")

    monkeypatch.setattr(watched.ledger.overview, "pending", broken)
    read = watched.read()
    assert read["syncd_ledger_up"] == {"": 0}
    assert "syncd_orders" not in read
    assert read["syncd_parasut_up"] == {"": 1}


def test_no_label_says_anything_of_a_buyer_or_an_order(watched: Watched) -> None:
    watched.put(State.HELD, 1042, hold_code="amount-unclear", reason="Ayşe Yılmaz ayse@ornek.test", customer="77123")
    text = watched.metrics().decode()
    assert not [word for word in ("Ayşe", "ornek", "1042", "77123") if word in text]


def test_names_and_help_are_as_prometheus_wants_them(watched: Watched) -> None:
    watched.put(State.HELD, 1, hold_code="amount-unclear")
    for family in text_string_to_metric_families(watched.metrics().decode()):
        assert re.fullmatch(r"(syncd|process)_[a-z_]+", family.name)
        assert family.documentation.endswith("."), family.name
        assert family.type in ("gauge", "counter")
        assert not re.search(r"_(total|ms|minutes|hours)$", family.name)


def test_a_scrape_of_many_orders_is_cheap(watched: Watched) -> None:
    sent = NOW - timedelta(days=5)
    watched.put(State.INVOICED, *range(800), invoice_id="9")
    watched.put(State.WAITING, *range(800, 900), order=lambda: an_order(shipped_at=sent))
    watched.metrics()
    began = time.process_time()
    watched.metrics()
    took = time.process_time() - began
    assert took < 0.25, took  # 50 ms with 100,000 orders, of which 6,000 are open
    plans = "\n".join(_plans(watched))
    assert plans.count("SCAN orders USING COVERING INDEX") == 1  # the counts; everything else goes to its rows
    assert "SCAN orders\n" not in plans + "\n"


def _plans(watched: Watched) -> Iterator[str]:
    """How SQLite goes about each question of a scrape."""
    asked: list[tuple[str, Any]] = []
    engine = watched.ledger._database._engine

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and "FROM orders" in statement:
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    watched.metrics()
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) >= 4
    with engine.connect() as connection:
        for statement, parameters in asked:
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                yield str(row[-1])


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


def test_every_metric_and_label_that_an_alert_names_exists(watched: Watched) -> None:
    watched.put(State.HELD, 1, hold_code="amount-unclear")
    watched.put(State.DUE, 2)
    watched.vitals.worked_at = NOW
    read = watched.read()
    for alert in alerts():
        named = set(re.findall(r"\bsyncd_[a-z_]+", alert["expr"]))
        assert named <= set(read), alert["alert"]
        assert named or alert["expr"].startswith("up{")
        shown = " ".join(alert["annotations"].values())
        labels = {part.split("=")[0] for name in named for sample in read[name] for part in sample.split(",")}
        labels |= {"instance"}  # Prometheus' own
        assert set(re.findall(r"\$labels\.(\w+)", shown)) <= labels, alert["alert"]
        asked = set(re.findall(r"(\w+)=\"", alert["expr"])) - {"job"}
        assert asked <= labels, alert["alert"]


def test_every_alert_says_what_happened_and_what_to_do() -> None:
    names = [alert["alert"] for alert in alerts()]
    assert len(names) == len(set(names))
    for alert in alerts():
        assert re.fullmatch(r"Syncd[A-Za-z]+", alert["alert"])
        assert alert["labels"]["severity"] in ("warning", "critical")
        assert set(alert["annotations"]) == {"summary", "description"}
        assert len(alert["annotations"]["description"]) > 60


def test_promtool_accepts_the_alerts_where_it_is_installed() -> None:
    promtool = shutil.which("promtool")
    words = [promtool, "check", "rules", ALERTS] if promtool else ["true"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    for alert in alerts():  # what can be said without it: brackets are closed
        expression = alert["expr"]
        assert all(expression.count(left) == expression.count(right) for left, right in ("()", "{}", "[]"))
