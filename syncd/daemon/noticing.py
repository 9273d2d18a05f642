"""What is to be told, given what is and what was noticed before: pure functions, nothing is read or sent here.

Every function returns what changes among the notices. A notice stands as long as what it tells of: it goes when its
order is no longer held, its rule runs again. What people want to hear the end of (platform, company) stays with an
`until` in its document.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final

from syncd.config.settings import Event
from syncd.ledger.ledger import Mark
from syncd.ledger.notices import Notice, OrderFacts
from syncd.ledger.order_row import State
from syncd.masking import mask
from syncd.orders.json import OrderFormatError, order_from_json
from syncd.orders.status import SIDE_EXITS
from syncd.sync.dates import Stage, last_legal_day, stage_of

WATCHED: Final = "watched"
"""The kind of a notice that nobody is told of yet."""

_UNREAD_FOR: Final = timedelta(minutes=30)
_STOPPED_FOR: Final = timedelta(minutes=5)  # a request that got lost is soon made up for
_LONGEST_DETAIL: Final = 300
_KEPT_FOR: Final = timedelta(days=7)
_GRACE: Final = timedelta(minutes=10)
_CODE = re.compile(r"in a row \(([a-z]+(?:-[a-z]+)*)\)")  # what a run says of equal holds; one that broke off has none


@dataclass
class Changes:
    """Notices to store, and keys to forget."""

    saved: list[Notice] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def __iadd__(self, other: Changes) -> Changes:
        self.saved += other.saved
        self.dropped += other.dropped
        return self


@dataclass(frozen=True, slots=True)
class Due:
    """An order without an invoice, and the last day on which the law allows one."""

    last_day: date
    name: str
    total: str | None
    currency: str


@dataclass
class Orders:
    """What is known of orders, by their number in the ledger.

    `holds` are those noticed: code, and the last line of the history. `stages` are the deadlines noticed. `due` are all
    orders that have a last day, whether it is near or not; `read` tells of which state of an order that was found.
    """

    holds: dict[int, tuple[str, int]] = field(default_factory=dict)
    stages: dict[int, Stage] = field(default_factory=dict)
    due: dict[int, Due] = field(default_factory=dict)
    read: dict[int, datetime] = field(default_factory=dict)

    def to_read(self, rows: Iterable[OrderFacts]) -> list[int]:
        """The orders whose documents are needed to tell their last day."""
        return [row.id for row in rows if _may_be_late(row) and self.read.get(row.id) != row.changed_at]


def known_orders(notices: Iterable[Notice]) -> Orders:
    """What the notices of holds and deadlines say was noticed."""
    orders = Orders()
    for notice in notices:
        number = int(notice.key.partition("/")[2])
        if notice.kind == Event.HOLD:
            orders.holds[number] = (notice.document["code"], notice.document["episode"])
        elif notice.kind == Event.DEADLINE:
            orders.stages[number] = notice.document["stage"]
    return orders


def orders_noticed(
    rows: Iterable[OrderFacts],
    episodes: Mapping[int, int],
    documents: Mapping[int, Mapping[str, Any]],
    known: Orders,
    at: datetime,
    zone: tzinfo,
) -> Changes:
    """Holds that began or ended; `known` follows, also with the last days.

    `episodes` is the last line of the history of each held order, `documents` are the orders that `known` has to read.
    """
    changes = Changes()
    for row in rows:
        hold = (row.hold_code or "", episodes.get(row.id, 0))
        if row.state is not State.HELD:
            if known.holds.pop(row.id, None) is not None:
                changes.dropped.append(f"{Event.HOLD}/{row.id}")
        elif known.holds.get(row.id) != hold:
            known.holds[row.id] = hold
            document = {**_order(row.name, _total(row), row.currency), "code": hold[0], "episode": hold[1]}
            changes.saved.append(Notice(f"{Event.HOLD}/{row.id}", Event.HOLD, document, at))
        if not _may_be_late(row):
            known.due.pop(row.id, None)
            known.read.pop(row.id, None)
        elif row.id in documents:
            known.read[row.id] = row.changed_at
            last_day = _last_day(documents[row.id], zone)
            known.due.pop(row.id, None)
            if last_day is not None:
                known.due[row.id] = Due(last_day, row.name, _total(row), row.currency)
    return changes


def forgotten(known: Orders, seen: Collection[int]) -> Changes:
    """Notices of orders that are none of those that are open; `known` follows."""
    changes = Changes()
    for number in [number for number in known.holds if number not in seen]:
        del known.holds[number]
        changes.dropped.append(f"{Event.HOLD}/{number}")
    for number in [number for number in known.read if number not in seen]:
        del known.read[number]
        known.due.pop(number, None)
    return changes


def deadlines_noticed(known: Orders, today: date, at: datetime) -> Changes:
    """Orders whose last legal day comes within two days, and once more when it is past; `known` follows.

    Not those that changed within the last ten minutes: on the first day hundreds come that are invoiced at once.
    """
    changes = Changes()
    for number, due in known.due.items():
        stage = stage_of(due.last_day, today)
        if stage is not None and known.stages.get(number) is None and at - known.read[number] < _GRACE:
            continue  # it came, or became due, just now: its turn is about to come
        if stage is not None and known.stages.get(number) != stage:
            known.stages[number] = stage
            document = {**_order(due.name, due.total, due.currency), "last_day": due.last_day.isoformat()}
            changes.saved.append(Notice(f"{Event.DEADLINE}/{number}", Event.DEADLINE, {**document, "stage": stage}, at))
    for number in list(known.stages):
        if number not in known.due or stage_of(known.due[number].last_day, today) is None:
            del known.stages[number]
            changes.dropped.append(f"{Event.DEADLINE}/{number}")
    return changes


def rules_noticed(
    stopped: Mapping[str, str],
    ran: Collection[str],
    paused: Collection[str],
    known: Iterable[Notice],
    at: datetime,
) -> Changes:
    """Rules that stopped. `ran` are those that had a run since the start; one a person paused is not worth a word."""
    changes = Changes()
    before = {notice.document["rule"]: notice for notice in known}
    for rule, why in stopped.items():
        found = _CODE.search(why)
        code = found[1] if found else ""
        if rule in paused or (rule in before and before[rule].document["code"] == code):
            continue
        document = {"rule": rule, "code": code, "since": at.isoformat()}
        changes.saved.append(Notice(f"rule/{rule}", Event.RULE_STOPPED, document, at))
    changes.dropped += [notice.key for rule, notice in before.items() if rule in ran and rule not in stopped]
    return changes


def platforms_noticed(
    errors: Mapping[str, str],
    marks: Mapping[str, Mark],
    known: Iterable[Notice],
    worked_at: datetime | None,
    at: datetime,
) -> Changes:
    """Platforms that can't be read for half an hour, or whose answers are doubted; and once, that it is over.

    `marks` are by the platforms' names; `worked_at` is when the last run since the start ended.
    """
    changes = Changes()
    doubted = {name: mark.doubted_since for name, mark in marks.items() if mark.doubted_since is not None}
    failing: dict[str, Notice] = {}
    doubts: dict[str, Notice] = {}
    for notice in known:
        if notice.document.get("until") is None:
            (doubts if notice.document["doubt"] else failing)[notice.document["platform"]] = notice
    for name, since in doubted.items():
        if name not in doubts:
            changes.saved.append(_platform(name, since, at, doubt=True))
    for name, notice in doubts.items():
        if name not in doubted and name in marks:
            changes.saved.append(_ended(notice, at))
    for name, error in errors.items():
        if name in doubted:
            continue  # told already, in better words
        if name not in failing:
            begun = _platform(name, at, at, detail=error)
            changes.saved.append(_watched(begun.key, begun.document, at))
            continue
        since = _moment(failing[name].document["since"])
        if failing[name].kind == WATCHED and at - since >= _UNREAD_FOR:
            changes.saved.append(_platform(name, since, at, detail=error))
    for name, notice in failing.items():
        if name in errors and name not in doubted:
            continue
        read_at = marks[name].read_at if name in marks else worked_at
        if read_at is None or read_at <= _moment(notice.document["since"]):
            continue  # after a restart nobody has tried yet
        if notice.kind == WATCHED:
            changes.dropped.append(notice.key)
        else:
            changes.saved.append(_ended(notice, at))
    return changes


def company_noticed(error: str, answered_at: datetime | None, known: Iterable[Notice], at: datetime) -> Changes:
    """That Paraşüt has done nothing for the company for five minutes, and once, that it does again."""
    now = next((notice for notice in known if notice.document.get("until") is None), None)
    if now is None:
        document = {"since": at.isoformat(), "until": None, "detail": _detail(error)}
        return Changes([_watched(f"company/{at.isoformat()}", document, at)] if error else [])
    since = _moment(now.document["since"])
    if error and now.kind == WATCHED and at - since >= _STOPPED_FOR:
        document = {**now.document, "detail": _detail(error)}
        return Changes([Notice(now.key, Event.COMPANY, document, at)])
    if not error and answered_at is not None and answered_at > since:
        return Changes(dropped=[now.key]) if now.kind == WATCHED else Changes([_ended(now, at)])
    return Changes()


def configuration_noticed(problems: int, known: Iterable[Notice], at: datetime) -> Changes:
    """That a reload was refused, for so many problems."""
    now = next(iter(known), None)
    if problems and (now is None or now.document["problems"] != problems):
        return Changes([Notice("configuration", Event.CONFIGURATION, {"problems": problems}, at)])
    if not problems and now is not None:
        return Changes(dropped=[now.key])
    return Changes()


def outlived(notices: Iterable[Notice], at: datetime) -> Changes:
    """What is over, and was noticed a week ago."""
    return Changes(dropped=[one.key for one in notices if is_over(one) and at - one.noticed_at > _KEPT_FOR])


def is_over(notice: Notice) -> bool:
    """Whether it tells of something that has passed: of no use to a channel that is new."""
    return notice.kind == Event.SUMMARY or bool(notice.document.get("until"))


def _may_be_late(row: OrderFacts) -> bool:
    return row.awaited and row.status not in SIDE_EXITS


def _last_day(document: Mapping[str, Any], zone: tzinfo) -> date | None:
    try:
        # Lines have no say in it, and are most of the work of reading an order.
        return last_legal_day(order_from_json({**document, "lines": [], "returns": []}), zone)
    except OrderFormatError:
        return None  # written by another version; it is read anew when the order changes


def _order(name: str, total: str | None, currency: str) -> dict[str, Any]:
    return {"order": name, "total": total, "currency": currency}


def _total(row: OrderFacts) -> str | None:
    return None if row.total is None else f"{row.total:f}"


def _watched(key: str, document: Mapping[str, Any], at: datetime) -> Notice:
    return Notice(key, WATCHED, document, at, told_at=at)  # nothing waits to be told


def _platform(name: str, since: datetime, at: datetime, *, detail: str = "", doubt: bool = False) -> Notice:
    document = {"platform": name, "doubt": doubt, "since": since.isoformat(), "until": None, "detail": _detail(detail)}
    return Notice(f"{'doubt' if doubt else 'platform'}/{name}/{since.isoformat()}", Event.PLATFORM, document, at)


def _ended(notice: Notice, at: datetime) -> Notice:
    return Notice(notice.key, notice.kind, {**notice.document, "until": at.isoformat()}, at)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _detail(text: str) -> str:
    words = mask(" ".join(text.split()))
    return words if len(words) <= _LONGEST_DETAIL else f"{words[:_LONGEST_DETAIL]}…"
