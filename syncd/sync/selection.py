"""The part of the work that a command asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from syncd.config.settings import Rule, Settings
from syncd.errors import UsageError
from syncd.ledger.ledger import Ledger
from syncd.ledger.orders import OrderKey, OrderRow, State
from syncd.sync.collect import Collected, collect
from syncd.sync.judge import Judgement
from syncd.sync.report import Report, Selection
from syncd.sync.workshop import Workshop

_NEVER = datetime.max.replace(tzinfo=UTC)


def collect_all(workshop: Workshop, selection: Selection, judgement: Judgement, *, store: bool) -> Iterator[Collected]:
    wanted = {name for rule in selected_rules(workshop.settings, selection) for name in rule.platforms}
    if selection.order is not None:
        wanted &= {selection.order[0]}
    for name, platform in workshop.platforms.items():
        if name in wanted:
            yield collect(platform, workshop.ledger, judgement, workshop.clock, store=store)


def selected_rules(settings: Settings, selection: Selection) -> list[Rule]:
    rules = [rule for rule in settings.rules if selection.rule in (None, rule.name)]
    if not rules:
        names = ", ".join(rule.name for rule in settings.rules)
        raise UsageError(f"There is no rule {selection.rule!r}.", f"The rules are: {names}.")
    return rules


def due_rows(
    ledger: Ledger, changed: Mapping[OrderKey, OrderRow], selection: Selection, platforms: Collection[str]
) -> list[OrderRow]:
    """The due orders a command asked for, oldest first; `changed` comes before what the ledger says."""
    stored = [row for row in ledger.orders.in_state([State.DUE], rule=selection.rule) if row.key not in changed]
    fresh = [row for row in changed.values() if row.state is State.DUE]
    # A row whose platform is no longer configured can't be planned; it waits in the ledger.
    rows = [row for row in stored + fresh if row.platform in platforms and selected(row, selection)]
    return sorted(rows, key=lambda row: (row.ordered_at or _NEVER, row.package))


def selected(row: OrderRow, selection: Selection) -> bool:
    if selection.rule is not None and row.rule != selection.rule:
        return False
    if selection.order is None:
        return True
    platform, text = selection.order
    return row.platform == platform and text in (row.number, row.package)


def counted(report: Report, workshop: Workshop) -> Report:
    if workshop.client is not None:
        report.calls = workshop.client.calls
        report.throttled = workshop.client.throttled
    return report
