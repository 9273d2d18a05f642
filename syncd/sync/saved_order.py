"""Trying a mapping on an order from a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from syncd.config.settings import Settings
from syncd.errors import Hold, ParasutError, UsageError
from syncd.ledger.order_row import OrderKey, State
from syncd.orders.json import order_from_json
from syncd.orders.order import Order
from syncd.orders.status import MAIN_WAY, Status
from syncd.platforms.platform import Platform, open_platform
from syncd.sync.company import open_workshop
from syncd.sync.judge import MAP_THE_WORD, Seen, described, judge, status_words
from syncd.sync.knowledge import LedgerKnowledge
from syncd.sync.preview import plan_or_hold
from syncd.sync.refresh import Refresher
from syncd.sync.report import Report, Result, Verdict, as_held
from syncd.sync.workshop import Workshop

_MEMORY = "sqlite:///:memory:"


@dataclass(frozen=True, slots=True)
class _Saved:
    """A record of the file, and what was printed around it, if anything: its platform, id and number."""

    name: str
    record: dict[str, Any]
    platform: str | None
    id: str
    number: str


def preview_saved(file: Path, settings: Settings, *, platform: str | None, rule: str | None, offline: bool) -> Report:
    """Plan the order (or the orders of a list) in a JSON file as if it had reached its trigger.

    Of one that is on no way to it (unpaid, cancelled, returned, of an unknown status) a run would make nothing: it
    waits, and says so.

    The file holds the platform's own record or our canonical order, alone or as a command printed it, with the
    platform's name. A record that can't be read is held, and the others are planned. The ledger's mirror helps when
    there is one; with `offline` nobody is asked. Raises UsageError for a file or names that don't fit.
    """
    saved = _read(file)
    name = _platform_name(settings, platform, saved)
    report = Report()
    with ExitStack() as stack:
        url = settings.ledger_url if _exists(settings.ledger_url) else _MEMORY
        workshop = stack.enter_context(open_workshop(settings, network=not offline, ledger_url=url))
        reader = workshop.platforms.get(name) or open_platform(settings.platforms[name])
        stack.callback(reader.close)
        if workshop.client is not None:
            try:
                Refresher(workshop.client, workshop.ledger, workshop.clock).refresh(len(saved))
            except ParasutError as error:
                report.stopped = error
        knowledge = LedgerKnowledge(workshop.ledger, looked_up=False)
        for one in saved:
            if not is_order(one.record) and reader.skips(one.record):
                raise UsageError(f"The connector skips {one.name} (`orders.skip`): it is no order.")
            report.add([_planned(one, name, reader, rule, workshop, knowledge)])
        report.calls = 0 if workshop.client is None else workshop.client.calls
    return report


def _planned(
    saved: _Saved, platform: str, reader: Platform, rule: str | None, workshop: Workshop, knowledge: LedgerKnowledge
) -> Result:
    """The plan of one record; one that can't be read is held, as it would be, and says so among the others."""
    now = datetime.now(UTC)
    try:
        order = _order(saved, reader.read)
    except Hold as problem:
        unread = Seen(
            OrderKey(reader.connector, reader.account, saved.id), platform, saved.number, {}, now, None, problem
        )
        held = judge(unread, None, workshop.judgement)
        assert held is not None  # what can't be read is never left out
        return as_held(held)
    seen = Seen(OrderKey(reader.connector, reader.account, order.id), platform, order.number, {}, now, order)
    row = judge(seen, None, workshop.judgement)
    if row is None:
        words = f"is {status_words(order)} and has no lines: a run would leave it out"
        return Result(described(seen, None, "", ""), Verdict.WAITS, words)
    if order.status not in MAIN_WAY:
        hint = f"; {MAP_THE_WORD}" if order.status is Status.OTHER else ""
        return Result(row, Verdict.WAITS, f"is {status_words(order)}: a run would make nothing of it{hint}")
    wanted = next((one for one in workshop.settings.rules if one.name == (rule or row.rule)), None)
    if rule is not None and wanted is None:
        raise UsageError(f"There is no rule {rule!r}.", "Name one from the configuration.")
    if wanted is None and row.state is State.HELD:
        return as_held(row)
    if wanted is None:
        return Result(row, Verdict.WAITS, f"no rule wants it: {row.reason}")
    return plan_or_hold(row, order, workshop.context(wanted, platform), workshop.ledger, knowledge)


def _order(saved: _Saved, read: Callable[[Mapping[str, Any]], Order]) -> Order:
    try:
        return order_from_json(saved.record) if is_order(saved.record) else read(saved.record)
    except ValueError as error:
        raise UsageError(
            f"{saved.name} can't be read: {error}.", "Save it with `syncd orders show --format json`."
        ) from error


def _platform_name(settings: Settings, platform: str | None, saved: Sequence[_Saved]) -> str:
    """The platform that was named, else the only one, else the one that all records were printed with."""
    printed = {one.platform for one in saved}
    chosen = platform or (printed.pop() if len(printed) == 1 else None)
    if platform is None and chosen not in settings.platforms and len(settings.platforms) == 1:
        return next(iter(settings.platforms))
    if chosen is None or chosen not in settings.platforms:
        known = ", ".join(settings.platforms)
        raise UsageError("Name the platform the order is from.", f"Use --platform with one of: {known}.")
    return chosen


def _read(file: Path) -> list[_Saved]:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        raise UsageError(f"{file} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"{file} is not JSON: {error}.") from error
    entries = content if isinstance(content, list) else [content]
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{file} holds no order.", "It should hold one order, or a list of orders, as JSON objects.")
    return [_saved(file, number, entry) for number, entry in enumerate(entries, 1)]


def _saved(file: Path, place: int, entry: dict[str, Any]) -> _Saved:
    name = f"order {place} of {file}"
    record = unwrapped(entry)
    if record is entry:
        return _Saved(name, record, None, str(place), str(place))
    if not isinstance(record, dict):
        why = entry.get("problem")
        told = f": {why['message']}" if isinstance(why, dict) and why.get("message") else ""
        remedy = "With `syncd fetch --raw --format json` the record itself is saved, and can be tried again."
        raise UsageError(f"{name} could not be read when it was saved{told}", remedy)
    shown = {key: str(entry.get(key) or "") for key in ("platform", "id", "number")}
    return _Saved(name, record, shown["platform"] or None, shown["id"] or str(place), shown["number"])


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
