"""Telling people: notices what happened since it looked last, and hands each channel what it has not told yet.

The daemon calls `after_run` when a run over rules ended and `tick` every few seconds (at least once a minute), always
from the thread that works. Both only ask the ledger for what changed since; sending happens in threads of its own, so
that a mail server that hangs never delays an order. Each thing is noticed once and remembered in the ledger, together
with how far each channel has got: a restart repeats nothing and loses nothing. Only a message that is under way when
syncd is killed is sent once more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from loguru import logger

from syncd.config.settings import Event, Notify
from syncd.daemon.channels.delivery import deliver
from syncd.daemon.failing_watch import FailingWatch
from syncd.daemon.messages import Writer
from syncd.daemon.noticing import (
    WATCHED,
    Changes,
    Orders,
    company_noticed,
    configuration_noticed,
    deadlines_noticed,
    forgotten,
    is_over,
    known_orders,
    orders_noticed,
    outlived,
    platforms_noticed,
    rules_noticed,
)
from syncd.daemon.post import CHANNEL, Post, Progress, Send
from syncd.daemon.summary import summary_of
from syncd.daemon.vitals import Vitals
from syncd.errors import LedgerError
from syncd.ledger.ledger import Ledger
from syncd.ledger.notices import Notice, OrderFacts
from syncd.ledger.order_row import State
from syncd.sync.executor import STOP_SETTING

_LOOK_EVERY: Final = timedelta(seconds=15)
_LOOK_AT_ALL_EVERY: Final = timedelta(hours=1)  # open orders whose row changed without a new `changed_at`
_LATE_WRITERS: Final = timedelta(minutes=2)  # a row may be committed that much later than it says
_CLOSES_WITHIN_SECONDS: Final = 2.0
_SUMMARISED: Final = "summarised"  # the day whose summary is written, or was passed over
_SIGNS: Final = (Event.RULE_STOPPED, Event.PLATFORM, WATCHED, Event.COMPANY, Event.CONFIGURATION)


class Notices:
    """Tells people what `notify` asks for. With None nobody is told anything."""

    def __init__(
        self,
        notify: Notify | None,
        ledger: Ledger,
        vitals: Vitals,
        clock: Callable[[], datetime],
        zone: tzinfo,
        *,
        send: Send = deliver,
    ) -> None:
        self._notify = notify
        self._ledger = ledger
        self._vitals = vitals
        self._clock = clock
        self._zone = zone
        self._send = send
        self._failing = FailingWatch(ledger, vitals, clock)
        self._writer = Writer(notify.language if notify else "tr", zone, company_name(ledger))
        self._wanted = {str(event) for channel in (notify.channels if notify else ()) for event in channel.events}
        self._posts: list[Post] | None = None  # until the ledger was asked how far they have got
        self._orders: Orders | None = None  # until all open orders were looked at
        self._newest: dict[str, datetime] = {}
        self._looked_at = datetime.fromtimestamp(0, UTC)
        self._looked_at_all = self._looked_at
        self._complaint = ""

    def after_run(self) -> None:
        """A run over rules ended: notice what it did, and tell it. Never raises."""
        self._turn(look=True)

    def tick(self) -> None:
        """Time has passed: notice what came with it, and tell what waited. Never raises."""
        now = self._clock()
        self._turn(look=not self._looked_at <= now < self._looked_at + _LOOK_EVERY)

    def close(self) -> None:
        """Let messages under way arrive, for two seconds at most, and remember those that did. Never raises."""
        until = time.monotonic() + _CLOSES_WITHIN_SECONDS
        for post in self._posts or ():
            post.wait(until - time.monotonic())
        self._guarded(self._collect)

    def _turn(self, *, look: bool) -> None:
        def all_of_it() -> None:
            try:
                if self._notify is not None:
                    self._notice_and_tell(look)
            finally:
                self._failing.look()  # whoever asks for it sees that, also where nobody is to be told

        self._guarded(all_of_it)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Telling people must never disturb the work."""
        complaint = ""
        try:
            work()
        except LedgerError as error:
            complaint = str(error)
        except Exception as error:
            complaint = f"something unexpected happened ({type(error).__name__})"
            if complaint != self._complaint:
                logger.opt(exception=error).debug("while noticing")
        if complaint:
            self._orders = None  # memory and ledger may differ now: begin anew
            if complaint != self._complaint:
                logger.error("nobody could be told of news: {}", complaint)
        self._complaint = complaint

    def _notice_and_tell(self, look: bool) -> None:
        now = self._clock()
        if self._posts is None:
            self._open(now)
        if look:
            self._look(now)
            self._looked_at = now
        self._collect()
        self._tell(now)

    def _open(self, now: datetime) -> None:
        assert self._notify is not None
        self._newest = self._ledger.notices.newest()
        posts = []
        for channel in self._notify.channels:
            progress = Progress.of(self._ledger.notices.get(f"{CHANNEL}/{channel.name}"), now)
            posts.append(Post(channel, progress, self._send))
        self._posts = posts

    # --- noticing

    def _look(self, now: datetime) -> None:
        at = max([now, *(moment + timedelta(microseconds=1) for moment in self._newest.values())])
        today = now.astimezone(self._zone).date()
        changes = self._orders_changed(now, at)
        assert self._orders is not None
        changes += deadlines_noticed(self._orders, today, at)
        changes += self._signs(at)
        changes += self._summary(now, at)
        # What no channel wants to hear doesn't wait to be told.
        saved = [one if one.kind in self._wanted else replace(one, told_at=at) for one in changes.saved]
        self._ledger.notices.change(saved, changes.dropped)
        for notice in changes.saved:
            self._newest[notice.kind] = at

    def _orders_changed(self, now: datetime, at: datetime) -> Changes:
        book = self._ledger.notices
        if self._orders is None or now - self._looked_at_all > _LOOK_AT_ALL_EVERY or now < self._looked_at_all:
            if self._orders is None:
                self._orders = known_orders(book.of_kinds([Event.HOLD, Event.DEADLINE]))
            seen: set[int] = set()
            changes = self._noticed(book.open_orders(), at, seen)
            changes += forgotten(self._orders, seen)
            changes += outlived(book.of_kinds([Event.PLATFORM, Event.COMPANY]), at)
            self._looked_at_all = now
            return changes
        return self._noticed(book.changed_orders(self._looked_at - _LATE_WRITERS), at, set())

    def _noticed(self, rows: Iterable[OrderFacts], at: datetime, seen: set[int]) -> Changes:
        """Look at orders a few at a time: there may be a great many, each with its document."""
        changes, batch = Changes(), list[OrderFacts]()

        def look() -> None:
            assert self._orders is not None
            episodes = self._ledger.notices.last_words([row.id for row in batch if row.state is State.HELD])
            documents = self._ledger.notices.documents(self._orders.to_read(batch))
            nonlocal changes
            changes += orders_noticed(batch, episodes, documents, self._orders, at, self._zone)
            batch.clear()

        for row in rows:
            seen.add(row.id)
            batch.append(row)
            if len(batch) == 200:
                look()
        look()
        return changes

    def _signs(self, at: datetime) -> Changes:
        """What the daemon's signs of life and the platforms' marks tell."""
        ledger, vitals = self._ledger, self._vitals
        book = ledger.notices
        stopped = dict(vitals.stopped_rules)
        everything_paused = ledger.setting(STOP_SETTING) is not None
        paused = {rule for rule in stopped if everything_paused or ledger.rule(rule).paused}
        standing: dict[str, list[Notice]] = {kind: [] for kind in _SIGNS}
        for notice in book.of_kinds(_SIGNS):
            standing[notice.kind].append(notice)
        changes = rules_noticed(stopped, set(vitals.runs), paused, standing[Event.RULE_STOPPED], at)
        name_of = ledger.overview.platform_of
        marks = {name_of(mark.connector, mark.account) or mark.connector: mark for mark in ledger.marks()}
        watched = [notice for notice in standing[WATCHED] if "platform" in notice.document]
        known = standing[Event.PLATFORM] + watched
        changes += platforms_noticed(dict(vitals.platform_errors), marks, known, vitals.worked_at, at)
        company = standing[Event.COMPANY] + [notice for notice in standing[WATCHED] if notice not in watched]
        changes += company_noticed(vitals.parasut_error, vitals.parasut_answered_at, company, at)
        changes += configuration_noticed(vitals.configuration_problems, standing[Event.CONFIGURATION], at)
        return changes

    def _summary(self, now: datetime, at: datetime) -> Changes:
        """The summary of yesterday, once a day; none for a time of day that passed before the first start."""
        assert self._notify is not None
        due_at = self._notify.daily_summary
        if due_at is None:
            return Changes()
        local = now.astimezone(self._zone)
        newest = local.date() if local.time() >= due_at else local.date() - timedelta(days=1)
        last = self._ledger.notices.get(_SUMMARISED)
        if last is not None and date.fromisoformat(last.document["day"]) >= newest:
            return Changes()
        done = Notice(_SUMMARISED, _SUMMARISED, {"day": newest.isoformat()}, at)
        if last is None or newest != local.date():
            return Changes([done])
        assert self._orders is not None
        document = summary_of(newest, self._ledger, self._orders.due.values(), self._zone)
        return Changes([done, Notice(str(Event.SUMMARY), Event.SUMMARY, document, at)])

    # --- telling

    def _tell(self, now: datetime) -> None:
        for post in self._posts or ():
            if not post.free(now):
                continue
            kinds = [kind for kind in self._told_now(post, now) if self._is_new(post, kind)]
            if not kinds:
                continue
            up_to = {str(kind): self._newest[kind] for kind in kinds}
            notices = self._untold(post, kinds)
            if notices:
                post.begin(self._writer.message(notices, now), up_to, now)
            else:  # what was new is over already
                post.pass_over(up_to)

    def _untold(self, post: Post, kinds: Sequence[Event]) -> list[Notice]:
        told, since = post.progress.told, post.progress.since
        after = min(told[kind] for kind in kinds) if all(kind in told for kind in kinds) else None
        return [
            notice
            for notice in self._ledger.notices.of_kinds(kinds, after)
            if (notice.kind not in told or notice.noticed_at > told[notice.kind])
            and not (is_over(notice) and notice.noticed_at < since)
        ]

    def _told_now(self, post: Post, now: datetime) -> list[Event]:
        assert self._notify is not None
        quiet = self._notify.quiet_hours
        if quiet is not None and quiet.hold(now.astimezone(self._zone).time()):
            return sorted(post.channel.events & quiet.exceptions)
        return sorted(post.channel.events)

    def _is_new(self, post: Post, kind: Event) -> bool:
        told = post.progress.told.get(kind)
        return kind in self._newest and (told is None or self._newest[kind] > told)

    def _collect(self) -> None:
        """Remember what has arrived."""
        now = self._clock()
        for post in self._posts or ():
            up_to = post.finish(now)
            if up_to is not None:
                state = Notice(f"{CHANNEL}/{post.channel.name}", CHANNEL, post.progress.as_json(), now, told_at=now)
                self._ledger.notices.told(state, up_to, now)


def company_name(ledger: Ledger) -> str:
    """What a company is called in messages: its number at Paraşüt."""
    return ledger.company.company.rpartition("/")[2]
