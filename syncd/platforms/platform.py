"""A platform that orders come from, behind one interface for all connectors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from syncd.config.settings import PlatformSettings, Secret
from syncd.errors import Hold, PlatformError, TemplateFailure
from syncd.orders.order import Order
from syncd.orders.status import Status
from syncd.platforms.changes import NoProgress, Window, walk
from syncd.platforms.client import Answer, PlatformClient
from syncd.platforms.connector import Connector, load_connector, with_defaults
from syncd.platforms.record import UnreadableField, built, rendered


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
    """Some records. `mark` stands on the page that completes the window: from there the next run goes on."""

    records: tuple[Record, ...]
    mark: datetime | None = None


class Platform:
    """One entry under `platforms:`. `account` is its identity there (of a shop: host and folder), whatever its name."""

    def __init__(
        self,
        settings: PlatformSettings,
        connector: Connector,
        *,
        transport: httpx.BaseTransport | None,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        options = with_defaults(connector, settings.options)
        public = {name: value for name, value in options.items() if not isinstance(value, Secret)}
        self.name = settings.name
        self.title = settings.title
        self.connector = settings.connector
        self._parts = connector.parts
        self._statuses = {**connector.statuses, **settings.statuses}
        self._scope = {**connector.functions, "settings": public, "tables": connector.tables}
        self._clock = clock
        self._client = PlatformClient(
            settings, connector.parts["http"], options, self._scope, transport=transport, clock=clock, sleep=sleep
        )
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
        facts = tuple(self._fact(fact) for fact in part["facts"])
        return (Finding(part["what"], True, str(rendered(part["say"], self._scope))), *facts)

    def changes(self, since: datetime) -> Iterator[Page]:
        """What changed after `since` (aware), oldest first, each version of a record once.

        `mark` is the newest stamp seen, and never later than now: a record stamped in the future must not hide those
        that come before it. Raises `PlatformError`; the pages before it are good, but the window is not complete.
        """
        part = self._parts["orders"]
        window = Window.of(part["changes"], part["pages"], rendered(part["pages"]["of"], self._scope))
        started, newest = self._clock(), since
        seen: set[tuple[str, datetime | None]] = set()
        try:
            for raws, done in walk(self._list, self._stamp, window, since):
                fresh = []
                for raw in raws:
                    stamp = self._stamp(raw)
                    newest = max(newest, stamp or newest)
                    version = (self._shown("id", raw) or repr(raw), stamp)
                    if version not in seen:
                        seen.add(version)
                        fresh.append(raw)
                records = tuple(self.record(raw) for raw in fresh)
                yield Page(records, max(since, min(newest, started)) if done else None)
        except NoProgress:
            message = "the list of orders does not obey the filter by change."
            raise PlatformError(self.name, message, "Is the platform's software new enough? `check` tells.") from None

    def read(self, raw: Mapping[str, Any]) -> Order:
        """The order in a raw record; offline. Raises `Hold`: `record-unreadable`, or a reader's own code."""
        scope = {**self._scope, "record": raw}
        try:
            values = rendered(self._parts["orders"]["order"], scope)
            word = str(values["status"])
            values |= {"status": self._statuses.get(word, Status.OTHER), "status_text": word, "raw": raw}
            return built(Order, values)
        except (TemplateFailure, UnreadableField) as failure:
            cause = _hold_behind(failure)
            if cause is not None:
                raise cause from failure
            raise _unreadable(f"the platform's record can't be read: {failure}.") from failure

    def _list(self, query: Mapping[str, Any]) -> tuple[list[Any], int | None]:
        part = self._parts["orders"]
        path, always = self._request(part, self._scope)
        answer = self._client.get(path, {**always, **query})
        if not isinstance(answer.body, list):
            raise PlatformError(self.name, f"GET {path} did not answer with a list.")
        count = answer.headers.get(part["pages"]["total_pages"], "")
        return answer.body, int(count) if count.isdigit() else None

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
        for detail in self._parts["orders"]["details"]:
            try:
                if not detail["when"].render(scope):
                    continue
                path, query = self._request(detail, scope)
            except TemplateFailure as failure:
                raise _unreadable(f"the platform's record can't be read: {failure}.") from failure
            answer = self._client.ask(path, query)
            if answer.status in (404, 410):
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
            return Finding(fact["what"], True, f"not told (HTTP {answer.status}); the key need not read settings")
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

    def _stamp(self, raw: Any) -> datetime | None:
        try:
            stamp = rendered(self._parts["orders"]["changes"]["stamp"], {**self._scope, "record": raw})
        except TemplateFailure:
            return None
        return stamp if isinstance(stamp, datetime) else None


def open_platform(
    settings: PlatformSettings,
    *,
    transport: httpx.BaseTransport | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
) -> Platform:
    """The platform of an entry in the configuration. Raises `ConfigurationError`; nothing is sent yet."""
    return Platform(settings, load_connector(settings.connector_file), transport=transport, clock=clock, sleep=sleep)


def _unreadable(message: str) -> Hold:
    remedy = "Look at the record at the platform; if it is all right there, the connector file needs a change."
    return Hold("record-unreadable", message, remedy)


def _hold_behind(failure: BaseException | None) -> Hold | None:
    while failure is not None:
        if isinstance(failure, Hold):
            return failure
        failure = failure.__cause__
    return None
