"""What Prometheus reads at `/metrics`: the ledger as it is at that moment, and the daemon's signs of life.

No metric names a buyer, and no order: labels are rules, platforms, states and reasons.
"""

from __future__ import annotations

import platform as machine
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, get_args

from loguru import logger
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from syncd import __version__
from syncd.config.settings import Settings
from syncd.daemon.vitals import Vitals
from syncd.errors import SyncdError
from syncd.ledger.company import BudgetState
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import State
from syncd.sync.dates import LEGAL_DAYS, NEAR_DAYS, Stage, stage_of
from syncd.sync.executor import STOP_SETTING

_NO_RULE: Final = ""


class Metrics:
    """The metrics' text, made anew at each call. `settings` and `ledger` give what is in force at that moment.

    `reading` tells for how many seconds platforms are being read, by name.
    """

    def __init__(
        self,
        vitals: Vitals,
        settings: Callable[[], Settings],
        ledger: Callable[[], Ledger],
        reading: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Daemon(vitals, settings, reading))
        self._registry.register(_Ledger(vitals, settings, ledger))
        ProcessCollector(registry=self._registry)

    def __call__(self) -> bytes:
        return generate_latest(self._registry)


class _Daemon(Collector):
    """What the process itself knows."""

    def __init__(
        self, vitals: Vitals, settings: Callable[[], Settings], reading: Callable[[], Mapping[str, float]]
    ) -> None:
        self._vitals = vitals
        self._settings = settings
        self._reading = reading

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        vitals, settings = self._vitals, self._settings()
        build = GaugeMetricFamily(
            "syncd_build_info", "The version of syncd and of Python; always 1.", labels=["version", "python"]
        )
        build.add_metric([__version__, machine.python_version()], 1)
        yield build
        yield _gauge("syncd_start_time_seconds", "When the daemon started.", _unix(vitals.started_at))
        yield _gauge(
            "syncd_silent_seconds", "Since when the working thread has given no sign of life.", vitals.silent_for()
        )
        yield _gauge(
            "syncd_configuration_problems",
            "Problems of the newest configuration files, which are therefore not in force; 0 when they are.",
            vitals.configuration_problems,
        )
        if vitals.configured_at is not None:
            yield _gauge(
                "syncd_configuration_timestamp_seconds",
                "When the configuration in force was loaded.",
                _unix(vitals.configured_at),
            )
        runs = CounterMetricFamily("syncd_runs", "Runs of a rule since the start.", labels=["rule"])
        stopped = GaugeMetricFamily("syncd_rule_stopped", "1 if the rule's last run was stopped.", labels=["rule"])
        for rule in settings.rules:
            runs.add_metric([rule.name], vitals.runs.get(rule.name, 0))
            stopped.add_metric([rule.name], int(rule.name in vitals.stopped_rules))
        yield from (runs, stopped)
        if vitals.worked_at is not None:
            yield _gauge("syncd_last_run_timestamp_seconds", "When the last run ended.", _unix(vitals.worked_at))
        yield _counter(
            "syncd_missed_turns", "Turns that fell together with one that was still waiting.", vitals.missed_turns
        )
        yield _counter("syncd_parasut_requests", "Requests sent to Paraşüt since the start.", vitals.calls)
        yield _counter("syncd_parasut_throttled", "Requests that Paraşüt answered with 429.", vitals.throttled)
        yield _gauge(
            "syncd_parasut_up",
            "0 while the company can't work at Paraşüt (login, subscription, rights), or gets no answer.",
            int(not vitals.parasut_error and not vitals.parasut_trouble),
        )
        if vitals.parasut_answered_at is not None:
            yield _gauge(
                "syncd_parasut_last_answer_timestamp_seconds",
                "When Paraşüt answered last.",
                _unix(vitals.parasut_answered_at),
            )
        up = GaugeMetricFamily(
            "syncd_platform_up",
            "0 if the platform could not be read last time, or its last request had no answer.",
            labels=["platform"],
        )
        reading = GaugeMetricFamily(
            "syncd_platform_reading_seconds", "For how long it is being read; 0 while it is not.", labels=["platform"]
        )
        being_read = self._reading()
        for name in settings.platforms:
            up.add_metric([name], int(name not in vitals.platform_errors and name not in vitals.platform_troubles))
            reading.add_metric([name], being_read.get(name, 0.0))
        yield from (up, reading)


class _Ledger(Collector):
    """What the ledger says, read at each scrape. One that can't be read costs its metrics, not the scrape."""

    def __init__(self, vitals: Vitals, settings: Callable[[], Settings], ledger: Callable[[], Ledger]) -> None:
        self._vitals = vitals
        self._settings = settings
        self._ledger = ledger

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        metrics: list[Metric] = []
        try:
            metrics += self._read(self._ledger(), self._settings(), self._vitals.clock())
        except SyncdError as error:
            logger.error("the metrics lack what the ledger knows: {}", error)
            metrics = []
        yield _gauge("syncd_ledger_up", "1 if the ledger can be read.", int(bool(metrics)))
        yield from metrics

    def _read(self, ledger: Ledger, settings: Settings, now: datetime) -> Iterator[Metric]:
        yield from _orders(ledger, settings, now)
        yield _at_risk(ledger, settings, now)
        yield from _platforms(ledger, settings, now, self._vitals.started_at)
        yield from _budget(ledger.company.budget(), settings, now)
        paused = ledger.overview.paused_rules()
        rules = GaugeMetricFamily("syncd_rule_paused", "1 while a person has paused the rule.", labels=["rule"])
        for rule in settings.rules:
            rules.add_metric([rule.name], int(rule.name in paused))
        yield rules
        yield _gauge(
            "syncd_paused",
            "1 while a person has paused everything (`syncd pause`).",
            int(ledger.setting(STOP_SETTING) is not None),
        )
        notices, commands = ledger.overview.pending()
        yield _gauge("syncd_notices_pending", "Notices that nobody was told of yet.", notices)
        yield _gauge("syncd_commands_pending", "Commands that the daemon has not answered yet.", commands)


def _orders(ledger: Ledger, settings: Settings, now: datetime) -> Iterator[Metric]:
    orders = GaugeMetricFamily(
        "syncd_orders",
        "Orders that the ledger knows, by rule (empty: none wants it) and state.",
        labels=["rule", "state"],
    )
    owned = [state for state in State if state is not State.LEFT]  # what a rule owns is never left alone
    counts: dict[tuple[str, State], int] = {(rule.name, state): 0 for rule in settings.rules for state in owned}
    counts |= {(rule or _NO_RULE, state): count for (rule, state), count in ledger.orders.counts().items()}
    for (rule, state), count in counts.items():
        orders.add_metric([rule, str(state)], count)
    yield orders
    oldest = GaugeMetricFamily(
        "syncd_oldest_order_seconds",
        "How long the order that has not changed for the longest time is as it is.",
        labels=["rule", "state"],
    )
    for (rule_name, state), changed_at in ledger.overview.oldest_changes().items():
        oldest.add_metric([rule_name or _NO_RULE, str(state)], _since(changed_at, now))
    yield oldest
    holds = GaugeMetricFamily("syncd_held_orders", "Orders that need a person, by reason (hold code).", labels=["code"])
    for code, count in ledger.orders.holds().items():
        holds.add_metric([code], count)
    yield holds


def _at_risk(ledger: Ledger, settings: Settings, now: datetime) -> Metric:
    today = now.astimezone(settings.timezone).date()
    counts: dict[tuple[str, str], int] = {(rule.name, stage): 0 for rule in settings.rules for stage in get_args(Stage)}
    for rule, moment, count in ledger.overview.fulfilled():
        last_day = moment.astimezone(settings.timezone).date() + timedelta(days=LEGAL_DAYS)
        stage = stage_of(last_day, today)
        if stage is not None:
            key = (rule or _NO_RULE, stage)
            counts[key] = counts.get(key, 0) + count
    metric = GaugeMetricFamily(
        "syncd_orders_at_risk",
        f"Orders without an invoice whose last legal day is past, or near (within {NEAR_DAYS} days).",
        labels=["rule", "deadline"],
    )
    for (name, deadline), count in counts.items():
        metric.add_metric([name, deadline], count)
    return metric


def _platforms(ledger: Ledger, settings: Settings, now: datetime, started_at: datetime) -> Iterator[Metric]:
    lag = GaugeMetricFamily(
        "syncd_platform_lag_seconds",
        "Since the moment up to which the platform was read; since the daemon's start if it never was.",
        labels=["platform"],
    )
    doubted = GaugeMetricFamily(
        "syncd_platform_doubted", "1 while the platform shows much less than it must.", labels=["platform"]
    )
    read: dict[str, datetime] = {}
    in_doubt: set[str] = set()
    for mark in ledger.marks():
        name = ledger.overview.platform_of(mark.connector, mark.account) or _only_one(settings, mark.connector)
        if name is None:
            continue
        read[name] = max(mark.read_at, read.get(name, mark.read_at))
        if mark.doubted_since is not None:
            in_doubt.add(name)
    for name in settings.platforms:
        lag.add_metric([name], _since(read.get(name, started_at), now))
        doubted.add_metric([name], int(name in in_doubt))
    yield from (lag, doubted)


def _only_one(settings: Settings, connector: str) -> str | None:
    """The name of a platform without orders; marks know accounts, not names."""
    names = [name for name, platform in settings.platforms.items() if platform.connector == connector]
    return names[0] if len(names) == 1 else None


def _budget(budget: BudgetState, settings: Settings, now: datetime) -> Iterator[Metric]:
    allowed, moment = settings.parasut.rate_requests, now.timestamp()
    window = settings.parasut.rate_seconds + budget.margin
    sent = sum(1 for one in budget.sent if moment - window < one <= moment + window)
    left = 0 if budget.blocked_until > moment else max(allowed - sent, 0)
    yield _gauge("syncd_parasut_budget_requests", "Requests to Paraşüt that are allowed per window.", allowed)
    yield _gauge("syncd_parasut_budget_left_requests", "Requests to Paraşüt that may leave at this moment.", left)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _since(moment: datetime, now: datetime) -> float:
    """Seconds."""
    return max((now - moment).total_seconds(), 0.0)


def _unix(moment: datetime) -> float:
    return moment.astimezone(UTC).timestamp()
