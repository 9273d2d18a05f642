"""Reading platforms and remembering what they show."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo
from typing import Any, Final

from loguru import logger

from syncd.config.settings import Rule
from syncd.errors import Hold, PlatformError, SyncdError
from syncd.ledger.ledger import Ledger, Mark
from syncd.ledger.order_row import OrderKey, OrderRow, State
from syncd.ledger.pruning import still_pruned
from syncd.platforms.platform import Platform, Record
from syncd.sync.doubt import Expectation
from syncd.sync.judge import ORDER_CHANGED, Judgement, Seen, decide, judge, sold
from syncd.sync.progress import Progress

Clock = Callable[[], datetime]

_RESCAN_EVERY: Final = timedelta(days=1)


@dataclass
class Collected:
    """What came from one platform. `changed` are the orders that are new or changed; of those that the ledger keeps
    anyway only the held ones, for a first reading may bring a hundred thousand.
    """

    platform: str
    seen: int = 0
    rescanned: bool = False
    changed: list[OrderRow] = field(default_factory=list)
    raw: dict[OrderKey, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    error: PlatformError | None = None
    pending: str = ""  # how far the reading is, in words, while it still goes on; what it found comes later


def collect(
    platform: Platform,
    ledger: Ledger,
    judgement: Judgement,
    clock: Clock,
    *,
    reader: str,
    store: bool,
    between: Callable[[], None] = lambda: None,
    progress: Progress | None = None,
    on_rise: Callable[[], None] = lambda: None,
) -> Collected:
    """Read what changed at a platform since the mark, and judge it; once a day also what changed long before it.

    With `store` False the ledger is left alone; `changed` and `raw` hold what would be remembered. Else every page
    reaches the ledger as it comes, and the mark rises with every window that was read to its end, the oldest first; but
    not before the platform showed at least half of what the ledger knows to have changed in the time that is read again
    (see doubt.py). So a reading that is cut off goes on at the window it was in. `between` is called between pages;
    what it raises (Stopped) ends the reading, and what was read before is kept. `reader` is a digest of the settings
    that records are read with; when it has changed, the records that are kept are read again. A platform that fails is
    reported in `error`; what it showed before is kept. `progress` is kept up to date for other threads, and `on_rise`
    called whenever the mark has risen.
    """
    collected = Collected(platform.name)
    collected.error = _moved(platform, ledger)
    if collected.error is not None:
        _tell_failure(platform, collected.error, clock())
        return collected
    if store:
        ledger.orders.rename_platform(platform.connector, platform.account, platform.name)
    rules = [rule for rule in judgement.rules if platform.name in rule.platforms]
    earliest = earliest_since(rules, judgement.zone)
    mark = ledger.mark(platform.connector, platform.account)
    # A `since` that is earlier than the one that was read from asks for what was never read.
    whole = mark is None or mark.since > earliest
    unfinished = mark is not None and not whole and mark.rescanned_at is None  # a first reading that was cut off
    start = earliest if mark is None or whole else min(mark.mark, clock())  # a clock may have been ahead
    again = mark is not None and not (unfinished and mark.reader == reader) and _rescan_due(mark, reader, clock())
    if store and not whole and platform.rescan is not None and again:
        collected.rescanned = True
        start = max(min(start, clock() - platform.rescan), earliest)
    also_daily = collected.rescanned or whole or unfinished
    progress = progress or Progress(platform.name, judgement.zone)
    if whole:
        progress.begins(start)
    elif unfinished:
        progress.goes_on(start)
    expectation = Expectation(platform, ledger, mark, start)

    def take(records: Sequence[Record]) -> None:
        if not records:  # many pages of look-ups have none, and each would be a transaction
            return
        with ledger.orders.alone:  # nobody else decides over these orders meanwhile
            batch = list(_judged(platform, records, ledger, judgement, clock()))
            if store:
                ledger.orders.save((row, seen.raw) for row, seen in batch)
        if store:
            collected.changed += [row for row, _ in batch if row.state is State.HELD]
        else:
            collected.changed += [row for row, _ in batch]
            collected.raw |= {row.key: seen.raw for row, seen in batch}

    def rise(reached: datetime, known: Mark | None, *, finished: bool) -> Mark:
        """Of a reading that is not `finished` the mark tells no more than that all was read up to it."""
        now = clock()
        since = earliest if known is None else min(earliest, known.since)
        rescanned = known.rescanned_at if known is not None and not whole else None
        read_at, by = now, reader
        if finished:
            rescanned = now if also_daily else rescanned
        elif known is not None:
            read_at, by = max(known.read_at, reached), reader if whole else known.reader
        else:
            read_at = reached
        risen = Mark(platform.connector, platform.account, reached, since, by, read_at, rescanned)
        ledger.set_mark(risen)
        on_rise()
        return risen

    known, begun = mark, clock()
    reached: datetime | None = None
    try:
        if mark is not None and mark.reader != reader:
            take(_read_again(platform, ledger))
        for page in platform.changes(start, rescan=also_daily):
            between()
            collected.seen += len(page.records)
            take(page.records)
            expectation.shown([*page.unchanged, *(record.id for record in page.records)])
            _tell_new_words(platform, page.records)
            progress.goes(page)
            reached = page.mark  # what has one as its last page was read to its end
            if not store or reached is None or reached >= begun:
                continue
            if whole or (known is not None and reached > known.mark and expectation.is_met):
                known = rise(reached, known, finished=False)
        if store and reached is not None:
            if mark is not None:
                expectation.settle(mark, clock(), judgement.zone)
            rise(reached, known, finished=True)
    except PlatformError as error:
        collected.error = error
        _tell_failure(platform, error, clock())
    except SyncdError:
        raise
    except Exception as error:  # one platform's trouble never stops the others
        words = f"something unexpected happened while it was read ({type(error).__name__})."
        collected.error = PlatformError(platform.name, words, "See the log and report it.")
        _tell_failure(platform, collected.error, clock(), unexpected=error)
    else:
        lasted = platform.outage.ended(clock())
        if lasted is not None:
            logger.info("{}: is read again, after {}", platform.name, _span(lasted))
    return collected


def _tell_failure(platform: Platform, error: PlatformError, now: datetime, unexpected: Exception | None = None) -> None:
    """Not at every turn: it fails in the same way until somebody mends it."""
    level = "ERROR" if platform.outage.is_news(str(error), now) else "DEBUG"
    if unexpected is None:
        logger.log(level, "{}", error)
    else:
        name = type(unexpected).__name__
        logger.opt(exception=unexpected).log(level, "{}: unexpected {}", platform.name, name)


def _span(lasted: timedelta) -> str:
    seconds = int(lasted.total_seconds())
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"


def _rescan_due(mark: Mark, reader: str, now: datetime) -> bool:
    """Once a day, and when other settings may list other orders."""
    last = mark.rescanned_at
    return last is None or not timedelta(0) <= now - last < _RESCAN_EVERY or mark.reader != reader


def _tell_new_words(platform: Platform, records: Sequence[Record]) -> None:
    """Log every status word that nobody mapped, once."""
    words = {record.order.status_text for record in records if record.order is not None} - platform.told_words - {""}
    for word in sorted(word for word in words if not platform.knows(word)):
        platform.told_words.add(word)
        logger.warning(
            "{}: the status {!r} is not known and fires no rule; map it with `statuses` if it should",
            platform.name,
            word,
        )


def _read_again(platform: Platform, ledger: Ledger) -> list[Record]:
    """The kept records of open orders, as today's settings read them."""
    return [
        platform.record(raw)
        for row in ledger.orders.unreadable_or_open(platform.connector, platform.account)
        if (raw := ledger.orders.raw(row))
    ]


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


def judge_again(ledger: Ledger, judgement: Judgement, now: datetime) -> list[OrderRow]:
    """Open orders that other rules than today's have judged, judged by today's."""
    rows = [
        (row, decide(row, ledger.orders.whole(row), judgement))
        for row in ledger.orders.to_judge_again(judgement.fingerprint)
        if row.document is not None and row.platform in judgement.variables
    ]
    return [
        replace(again, changed_at=now) if (again.state, again.rule) != (row.state, row.rule) else again
        for row, again in rows
    ]


def earliest_since(rules: Sequence[Rule], zone: tzinfo) -> datetime:
    """The first moment of the earliest `since`."""
    return datetime.combine(min(rule.trigger.since for rule in rules), time.min, zone)


def _judged(
    platform: Platform, records: Sequence[Record], ledger: Ledger, judgement: Judgement, now: datetime
) -> Iterator[tuple[OrderRow, Seen]]:
    seen = [
        Seen(
            key=OrderKey(platform.connector, platform.account, record.id or _nameless(record)),
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
        known = rows.get(one.key)
        if platform.versions and _is_older(one, known):
            continue
        try:
            row = judge(one, known, judgement)
        except Exception as error:  # one bad record never stops the others
            logger.opt(exception=error).error("{}: unexpected {}", one.key, type(error).__name__)
            words = f"Something unexpected happened while the record was read ({type(error).__name__})."
            problem = Hold("record-unreadable", words, "See the log and report it; the other orders go on.")
            row = judge(replace(one, order=None, raw={"id": one.key.package}, problem=problem), known, judgement)
        if row is not None and row.hold_code == ORDER_CHANGED and known is not None:
            row = _unless_only_read_otherwise(row, known, one, platform, ledger)
        if row is not None:
            yield still_pruned(row, now), one


def _nameless(record: Record) -> str:
    """A key for a record that tells no id: the same for the same record, another for every other."""
    text = json.dumps(record.raw, sort_keys=True, default=str)
    return f"~{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def _is_older(seen: Seen, known: OrderRow | None) -> bool:
    """Whether the ledger knows a later version: a server of the platform's lags behind."""
    if known is None or known.updated_at is None or seen.order is None or seen.order.updated_at is None:
        return False
    return seen.order.updated_at < known.updated_at


def _unless_only_read_otherwise(
    row: OrderRow, known: OrderRow, seen: Seen, platform: Platform, ledger: Ledger
) -> OrderRow:
    """An order whose kept record, read as today's settings say, comes to the same did not change at the platform."""
    if known.hold_code == ORDER_CHANGED or seen.order is None or known.pruned_at is not None:
        return row
    try:
        before = platform.read(ledger.orders.raw(known))
    except Hold:
        return row
    if sold(before) != sold(seen.order):
        return row
    return replace(row, state=known.state, hold_code=known.hold_code, reason=known.reason, remedy=known.remedy)
