"""Reading platforms and remembering what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, tzinfo
from typing import Any

from loguru import logger

from syncd.config.settings import Rule
from syncd.errors import PlatformError
from syncd.ledger.ledger import Ledger
from syncd.ledger.orders import OrderKey, OrderRow
from syncd.orders.status import Status
from syncd.platforms.platform import Platform, Record
from syncd.sync.judge import Judgement, Seen, decide, judge

Clock = Callable[[], datetime]


@dataclass
class Collected:
    """What came from one platform."""

    platform: str
    seen: int = 0
    changed: list[OrderRow] = field(default_factory=list)
    raw: dict[OrderKey, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    error: PlatformError | None = None


def collect(platform: Platform, ledger: Ledger, judgement: Judgement, clock: Clock, *, store: bool) -> Collected:
    """Read what changed at a platform since the mark, and judge it.

    With `store` False the ledger is left alone; `changed` and `raw` hold what would be remembered. The mark rises only
    when the platform was read to the end. A platform that fails is reported in `error`; what it showed before is kept.
    """
    collected = Collected(platform.name)
    collected.error = _moved(platform, ledger)
    if collected.error is not None:
        return collected
    if store:
        ledger.orders.rename_platform(platform.connector, platform.account, platform.name)
    since = ledger.mark(platform.connector, platform.account) or earliest_since(
        [rule for rule in judgement.rules if platform.name in rule.platforms], judgement.zone
    )
    unknown_words: set[str] = set()
    try:
        for page in platform.changes(since):
            batch = list(_judged(platform, page.records, ledger, judgement, clock()))
            collected.seen += len(page.records)
            collected.changed += [row for row, _ in batch]
            unknown_words |= {
                record.order.status_text
                for record in page.records
                if record.order is not None and record.order.status is Status.OTHER and record.order.status_text
            }
            if not store:
                collected.raw |= {row.key: seen.raw for row, seen in batch}
            else:
                ledger.orders.save((row, seen.raw) for row, seen in batch)
                if page.mark is not None:
                    ledger.set_mark(platform.connector, platform.account, page.mark, clock())
    except PlatformError as error:
        collected.error = error
        logger.error("{}", error)
    for word in sorted(unknown_words):
        logger.info(
            "{}: the status {!r} is none that fires a rule; map it with `statuses` if it should", platform.name, word
        )
    return collected


def _moved(platform: Platform, ledger: Ledger) -> PlatformError | None:
    """An order is known by the shop's address, too: under another address every order would be a new one."""
    before = ledger.orders.other_account(platform.name, platform.connector, platform.account)
    if before is None:
        return None
    return PlatformError(
        platform.name,
        f"the ledger knows this platform as {before}, the configuration names {platform.account}.",
        f"If it is the same shop, add `account: {before}` to the platform, or its orders would be invoiced again. "
        "If it is another shop, give it another name under `platforms`.",
    )


def judge_again(ledger: Ledger, judgement: Judgement) -> list[OrderRow]:
    """Open orders that other rules than today's have judged, judged by today's."""
    return [
        decide(row, ledger.orders.whole(row), judgement)
        for row in ledger.orders.to_judge_again(judgement.fingerprint)
        if row.document is not None and row.platform in judgement.variables
    ]


def earliest_since(rules: Sequence[Rule], zone: tzinfo) -> datetime:
    """The first moment of the earliest `since`."""
    return datetime.combine(min(rule.trigger.since for rule in rules), time.min, zone)


def _judged(
    platform: Platform, records: Sequence[Record], ledger: Ledger, judgement: Judgement, now: datetime
) -> Iterator[tuple[OrderRow, Seen]]:
    seen = [
        Seen(
            key=OrderKey(platform.connector, platform.account, record.id),
            platform=platform.name,
            number=record.number,
            raw=record.raw,
            at=now,
            order=record.order,
            problem=record.problem,
        )
        for record in records
    ]
    rows = ledger.orders.many(one.key for one in seen)
    for one in seen:
        row = judge(one, rows.get(one.key), judgement)
        if row is not None:
            yield row, one
