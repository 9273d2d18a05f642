"""A platform that orders come from, behind one interface for all connectors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from loguru import logger

from syncd.config.schedule import seconds
from syncd.config.settings import PlatformSettings, Secret
from syncd.errors import Hold, PlatformError, PlatformUnreachable, TemplateFailure
from syncd.orders.order import Order
from syncd.orders.status import Status
from syncd.platforms.client import Answer, PlatformClient
from syncd.platforms.connector import Connector, load_connector, with_defaults
from syncd.platforms.connector_fields import folded
from syncd.platforms.lists import order_lists
from syncd.platforms.look_up import LookUp
from syncd.platforms.outage import Outage
from syncd.platforms.record import UnreadableField, built, rendered
from syncd.platforms.stretches import Stretch, common_marks, in_time
from syncd.platforms.windows import Window
from syncd.words import sentence

_MOST_FAILURES: Final = 4
_FEW: Final = 20  # records handed on at once where each costs requests of its own


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of the connection test."""

    what: str
    ok: bool
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the platform. Either `order` or `problem` is there; `id` and `number` as far as they can be read."""

    raw: dict[str, Any]
    order: Order | None
    id: str
    number: str
    problem: Hold | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some records. `mark` stands on the page that completes a window: from there the next run goes on.

    The last page of a reading has one if the reading is complete. `unchanged` are ids of orders that the platform
    showed, too, just as they were when this process read them last. `window` is what time the records are of, where
    that can be told; `listed` counts list entries whose orders are yet to be looked up.
    """

    records: tuple[Record, ...]
    mark: datetime | None = None
    unchanged: tuple[str, ...] = ()
    window: Window | None = None
    listed: int = 0


class Platform:
    """One entry under `platforms:`. `account` is its identity there (of a shop: host and folder), whatever its name.

    For one thread at a time: its pace, and what it has looked up, are kept for one reader.
    """

    def __init__(
        self,
        settings: PlatformSettings,
        connector: Connector,
        *,
        transport: httpx.BaseTransport | None,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        before_request: Callable[[], None] = lambda: None,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        options = with_defaults(connector, settings.options)
        public = {name: value for name, value in options.items() if not isinstance(value, Secret)}
        self.name = settings.name
        self.title = settings.title
        self.connector = settings.connector
        self._parts = connector.parts
        self._folds = connector.parts["orders"].get("case") == "fold"
        words = {**connector.statuses, **settings.statuses}
        self._statuses = {self._folded(word): status for word, status in words.items()}
        self.told_words: set[str] = set()  # unknown status words that were logged already
        self.outage = Outage()  # what was said of its failures; whoever reads it keeps it
        self._lost_orders = Outage()
        self._scope = {**connector.functions, "settings": public, "tables": connector.tables}
        self._clock = clock
        self._client = PlatformClient(
            settings,
            connector.parts["http"],
            options,
            self._scope,
            transport=transport,
            clock=clock,
            sleep=sleep,
            before_request=before_request,
            on_trouble=on_trouble,
        )
        orders = self._parts["orders"]
        self._lists = order_lists(self.name, orders["lists"], self._scope, self._client.get)
        self._look_up = (
            LookUp(self.name, orders["look_up"], self._scope, self._client, clock) if "look_up" in orders else None
        )
        self.rescan = timedelta(seconds=seconds(orders["rescan"])) if "rescan" in orders else None
        self.expect = timedelta(seconds=seconds(orders["expect"])) if "expect" in orders else None
        self.versions: bool = orders.get("versions", False)
        self.overlap = min((one.overlap for one in self._lists if one.overlap is not None), default=timedelta(0))
        self.account: str = settings.account or rendered(connector.parts["account"], self._scope)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def check(self) -> tuple[Finding, ...]:
        """The connection test: whether orders can be read, then what the platform tells about itself."""
        part = self._parts["check"]
        try:
            self._client.get(*self._request(part, self._scope))
        except PlatformError as error:
            return (Finding(part["what"], False, error.message, error.remedy),)
        facts = tuple(self._fact(fact) for fact in part.get("facts", ()))
        return (Finding(part["what"], True, str(rendered(part["say"], self._scope))), *facts)

    def changes(self, since: datetime, *, rescan: bool = False) -> Iterator[Page]:
        """What changed after `since` (aware), each version of a record once; with `rescan` also the daily lists.

        Windows are read oldest first, and the mark rises as each of them was read to its end in every list. Raises
        `PlatformError`; the pages before it are good, but what carries no mark is not complete.
        """
        now = self._clock()
        lists = [one for one in self._lists if rescan or not one.daily]
        stretches = [one.stretches(since, now) for one in lists]
        if self._look_up is not None:
            yield from self._looked_up(self._look_up, stretches, now)
            return
        seen: set[tuple[str, int]] = set()
        ends: dict[int, datetime] = {}  # by list: the mark of what was read of it last
        reached = mark = None
        for number, stretch in in_time(stretches):
            for batch in stretch.read():
                ends |= {number: batch.mark} if batch.mark is not None else {}
                known = min(ends.values()) if len(ends) == len(stretches) else None
                mark, reached = (known if known != reached else None), known
                fresh = list(self._fresh(batch.records, seen))
                size = _FEW if self._parts["orders"].get("details") else max(len(fresh), 1)
                starts = range(0, len(fresh), size)
                for start in starts:
                    records = tuple(self.record(raw) for raw in fresh[start : start + size])
                    yield Page(records, mark if start == starts[-1] else None, window=stretch.window)
                if mark is not None and not fresh:
                    yield Page((), mark, window=stretch.window)
        if mark is None:
            yield Page((), reached)

    def _looked_up(self, look_up: LookUp, stretches: list[list[Stretch]], now: datetime) -> Iterator[Page]:
        """All lists first, since one may show what belongs to another's entry; then what each order holds."""
        entries: list[tuple[Stretch, Any]] = []
        ends: dict[int, datetime] = {}
        for number, stretch in in_time(stretches):
            for batch in stretch.read():
                entries += [(stretch, record) for record in batch.records]
                ends |= {number: batch.mark} if batch.mark is not None else {}
                yield Page((), window=stretch.window, listed=len(entries))
        marks = common_marks(stretches)
        failed: list[PlatformError] = []
        in_a_row = 0
        for group in look_up.groups(entries):
            window = group.shown_in.window
            passed = [mark for end, mark in marks if window is None or end < group.shown_in.mark]
            if passed and not failed:
                yield Page((), passed[-1], window=window)
            del marks[: len(passed)]
            unchanged = look_up.known(group)
            if unchanged is not None:
                yield Page((), unchanged=unchanged, window=window)
                continue
            try:
                raws, complete = look_up.records(group)
            except PlatformUnreachable:
                raise
            except PlatformError as error:  # one order's trouble; many in a row are the platform's
                failed.append(error)
                in_a_row += 1
                if in_a_row >= _MOST_FAILURES:
                    raise
                continue
            in_a_row = 0
            records = tuple(self.record(raw) for raw in raws if not self.skips(raw))
            yield Page(records, window=window)
            if complete and all(record.problem is None for record in records):
                look_up.remember(group, [record.id for record in records])
        self._tell_lost_orders(failed)
        yield Page((), None if failed else min(ends.values(), default=now))

    def _tell_lost_orders(self, failed: list[PlatformError]) -> None:
        """They are asked for again at every turn, but not told of every time."""
        if not failed:
            self._lost_orders.ended(self._clock())
            return
        level = "ERROR" if self._lost_orders.is_news("\n".join(map(str, failed)), self._clock()) else "DEBUG"
        for failure in failed:
            logger.log(level, "{} The mark stays, so it is asked for again.", failure)

    def _fresh(self, raws: list[Any], seen: set[tuple[str, int]]) -> Iterator[Any]:
        for raw in raws:
            if self.skips(raw):
                continue
            version = (self._shown("id", raw), hash(repr(raw)))
            if version not in seen:
                seen.add(version)
                yield raw

    def skips(self, raw: Any) -> bool:
        """Whether a record is none of an order; one of which that can't be told is not left out."""
        skip = self._parts["orders"].get("skip")
        try:
            return skip is not None and bool(skip.render({**self._scope, "record": raw}))
        except TemplateFailure:
            return False

    def _folded(self, word: str) -> str:
        return folded(word) if self._folds else word

    def knows(self, word: str) -> bool:
        """Whether that word of the platform for a status is one of ours, too."""
        return self._folded(word) in self._statuses

    def read(self, raw: Mapping[str, Any]) -> Order:
        """The order in a raw record; offline. Raises `Hold`: `record-unreadable`, or a reader's own code."""
        scope = {**self._scope, "record": raw}
        try:
            values = rendered(self._parts["orders"]["order"], scope)
            word = str(values["status"]).strip()
            status = self._statuses.get(self._folded(word), Status.OTHER)
            values |= {"status": status, "status_text": word, "raw": raw}
            return built(Order, values)
        except (TemplateFailure, UnreadableField) as failure:
            cause = _hold_behind(failure)
            if cause is not None:
                raise cause from failure
            raise _unreadable(sentence(f"the platform's record can't be read: {failure}")) from failure

    def record(self, raw: Any) -> Record:
        """A raw record with the order in it, or with the problem that keeps it from being read."""
        id_, number = self._shown("id", raw), self._shown("number", raw)
        if not isinstance(raw, dict):
            return Record(
                {"record": raw}, None, id_, number, _unreadable("the platform sent something else than a record.")
            )
        try:
            complete = self._with_details(raw)
            return Record(complete, self.read(complete), id_, number)
        except Hold as problem:
            return Record(raw, None, id_, number, problem)

    def _with_details(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The record and what has to be asked for one by one. A detail that is gone holds only this record."""
        scope = {**self._scope, "record": raw}
        for detail in self._parts["orders"].get("details", ()):
            try:
                if "when" in detail and not detail["when"].render(scope):
                    continue
                path, query = self._request(detail, scope)
            except TemplateFailure as failure:
                raise _unreadable(sentence(f"the platform's record can't be read: {failure}")) from failure
            answer = self._client.ask(path, query)
            if answer.status in (400, 404, 409, 410, 422):  # said of this record; the others have theirs
                raise _unreadable(f"GET {path} answered HTTP {answer.status}; was the order deleted meanwhile?")
            raw = {**raw, detail["into"]: self._good(path, answer)}
        return raw

    def _request(self, part: Mapping[str, Any], scope: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Path and query of a part with `get` and, perhaps, `query`."""
        return str(rendered(part["get"], scope)), rendered(part.get("query", {}), scope)

    def _good(self, path: str, answer: Answer) -> Any:
        if not (200 <= answer.status < 300 and answer.readable):
            raise self._client.failure(path, answer)
        return answer.body

    def _fact(self, fact: Mapping[str, Any]) -> Finding:
        answer = self._client.ask(*self._request(fact, self._scope))
        if not (200 <= answer.status < 300 and answer.readable):
            return Finding(fact["what"], True, f"not told (HTTP {answer.status}); it is not needed")
        scope = {**self._scope, "body": answer.body}
        try:
            ok = bool(fact["ok"].render(scope)) if "ok" in fact else True
            remedy = "" if ok else str(rendered(fact["remedy"], scope))
            return Finding(fact["what"], ok, str(rendered(fact["say"], scope)), remedy)
        except TemplateFailure:
            return Finding(fact["what"], True, "not told; the answer has another shape than expected")

    def _shown(self, field: str, raw: Any) -> str:
        """Id or number for people, also of a record that can't be read otherwise."""
        try:
            return str(rendered(self._parts["orders"]["order"][field], {**self._scope, "record": raw}))
        except TemplateFailure:
            return ""


def open_platform(
    settings: PlatformSettings,
    *,
    transport: httpx.BaseTransport | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    before_request: Callable[[], None] = lambda: None,
    on_trouble: Callable[[str], None] = lambda _: None,
) -> Platform:
    """The platform of an entry in the configuration. Raises `ConfigurationError`; nothing is sent yet.

    `before_request` is called before every request; when it raises, the request does not leave. `on_trouble` is told
    when an attempt fails, and "" when the platform answers again.
    """
    return Platform(
        settings,
        load_connector(settings.connector_file),
        transport=transport,
        clock=clock,
        sleep=sleep,
        before_request=before_request,
        on_trouble=on_trouble,
    )


def _unreadable(message: str) -> Hold:
    remedy = "Look at the record at the platform; if it is all right there, the connector file needs a change."
    return Hold("record-unreadable", message, remedy)


def _hold_behind(failure: BaseException | None) -> Hold | None:
    while failure is not None:
        if isinstance(failure, Hold):
            return failure
        failure = failure.__cause__
    return None
