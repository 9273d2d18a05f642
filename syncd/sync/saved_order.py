"""Trying a mapping on an order from a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from syncd.config.settings import Settings
from syncd.errors import ParasutError, UsageError
from syncd.ledger.order_row import OrderKey
from syncd.orders.json import order_from_json
from syncd.orders.order import Order
from syncd.platforms.platform import open_platform
from syncd.sync.company import open_workshop
from syncd.sync.judge import Seen, judge
from syncd.sync.knowledge import LedgerKnowledge
from syncd.sync.preview import plan_or_hold
from syncd.sync.refresh import Refresher
from syncd.sync.report import Report, Result, Verdict
from syncd.sync.workshop import Workshop

_MEMORY = "sqlite:///:memory:"


def preview_saved(file: Path, settings: Settings, *, platform: str | None, rule: str | None, offline: bool) -> Report:
    """Plan the order (or the orders of a list) in a JSON file as if it had reached its trigger.

    The file holds the platform's own record or our canonical order. The ledger's mirror helps when there is one; with
    `offline` nobody is asked. Raises UsageError for a file or names that don't fit.
    """
    name = _platform_name(settings, platform)
    records = _read(file)
    report = Report()
    with ExitStack() as stack:
        url = settings.ledger_url if _exists(settings.ledger_url) else _MEMORY
        workshop = stack.enter_context(open_workshop(settings, network=not offline, ledger_url=url))
        reader = workshop.platforms.get(name) or open_platform(settings.platforms[name])
        stack.callback(reader.close)
        if workshop.client is not None:
            try:
                Refresher(workshop.client, workshop.ledger, workshop.clock).refresh(len(records))
            except ParasutError as error:
                report.stopped = error
        knowledge = LedgerKnowledge(workshop.ledger, looked_up=False)
        for raw in records:
            if not is_order(raw) and reader.skips(raw):
                raise UsageError("The connector skips this record (`orders.skip`): it is no order.")
            order = _order(raw, reader.read)
            key = OrderKey(reader.connector, reader.account, order.id)
            report.results.append(_planned(key, name, order, rule, workshop, knowledge))
        report.calls = 0 if workshop.client is None else workshop.client.calls
    return report


def _planned(
    key: OrderKey, platform: str, order: Order, rule: str | None, workshop: Workshop, knowledge: LedgerKnowledge
) -> Result:
    seen = Seen(key, platform, order.number, {}, datetime.now(UTC), order)
    row = judge(seen, None, workshop.judgement)
    if row is None:
        raise UsageError(
            f"{platform}/{order.number} is {order.status_text} and has no lines: there is nothing to plan."
        )
    wanted = next((one for one in workshop.settings.rules if one.name == (rule or row.rule)), None)
    if rule is not None and wanted is None:
        raise UsageError(f"There is no rule {rule!r}.", "Name one from the configuration.")
    if wanted is None:
        return Result(row, Verdict.WAITS, f"no rule wants it: {row.reason}")
    return plan_or_hold(row, order, workshop.context(wanted, platform), workshop.ledger, knowledge)


def _order(raw: dict[str, Any], read: Callable[[Mapping[str, Any]], Order]) -> Order:
    try:
        return order_from_json(raw) if is_order(raw) else read(raw)
    except ValueError as error:
        raise UsageError(
            f"The order can't be read: {error}.", "Save it with `syncd orders show --format json`."
        ) from error


def _platform_name(settings: Settings, platform: str | None) -> str:
    if platform is None and len(settings.platforms) == 1:
        return next(iter(settings.platforms))
    if platform is None or platform not in settings.platforms:
        known = ", ".join(settings.platforms)
        raise UsageError("Name the platform the order is from.", f"Use --platform with one of: {known}.")
    return platform


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        raise UsageError(f"{file} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"{file} is not JSON: {error}.") from error
    records = [unwrapped(record) for record in (content if isinstance(content, list) else [content])]
    if not records or not all(isinstance(record, dict) for record in records):
        raise UsageError(f"{file} holds no order.", "It should hold one order, or a list of orders, as JSON objects.")
    return records


def is_order(record: Mapping[str, Any]) -> bool:
    """Whether a record is an order of ours, not the platform's own."""
    return {"lines", "ordered_at"} <= record.keys()


def unwrapped(record: Any) -> Any:
    """The record in what `syncd orders show` and `syncd fetch` print as JSON: the platform's says more than ours."""
    printed = isinstance(record, dict) and any({"order", other} <= record.keys() for other in ("steps", "problem"))
    return record.get("raw") or record["order"] if printed else record


def _exists(url: str) -> bool:
    prefix = "sqlite:///"
    return url.startswith(prefix) and Path(url.removeprefix(prefix)).is_file()
