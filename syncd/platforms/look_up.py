"""Looking orders up one by one, where a platform's lists only tell which of them changed."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from syncd.errors import PlatformError, TemplateFailure
from syncd.platforms.client import Answer
from syncd.platforms.record import rendered
from syncd.platforms.stretches import Stretch
from syncd.words import sentence

_REMEMBERED: Final = 50_000
"""Keys whose last look is remembered: the orders of some weeks, about 10 MB."""


_SECOND_LOOK: Final = timedelta(minutes=15)


class Client(Protocol):
    """What a look needs of the platform's client."""

    def ask(self, path: str, query: Mapping[str, Any]) -> Answer:
        """Any answer, also a refusal."""

    def failure(self, path: str, answer: Answer) -> PlatformError:
        """The error for an answer that can't be used."""


@dataclass
class Group:
    """Keys that belong together, with the list entries that named them and the oldest stretch that showed one."""

    shown_in: Stretch
    keys: list[str] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look found: the versions of entries that led to it, all that ever did, the records' ids, and when."""

    last: frozenset[int]
    ever: frozenset[int]
    ids: tuple[str, ...]
    at: datetime
    again: bool  # whether it was the second look at the same versions

    def covers(self, versions: set[int], now: datetime) -> bool:
        """Whether these entries tell nothing new. An older one that comes back alone does: it isn't the last now."""
        told = versions <= self.last or self.last <= versions <= self.ever
        return told and (self.again or now - self.at < _SECOND_LOOK)


class LookUp:
    """The connector's `look_up`. Entries that did not change are not looked up again by this process, but for once,
    some time later: a platform's details may lag behind its lists.
    """

    def __init__(
        self,
        platform: str,
        part: Mapping[str, Any],
        scope: Mapping[str, Any],
        client: Client,
        clock: Callable[[], datetime],
    ) -> None:
        self._platform = platform
        self._part = part
        self._scope = scope
        self._client = client
        self._clock = clock
        self._looks: OrderedDict[str, _Look] = OrderedDict()

    def groups(self, entries: Iterable[tuple[Stretch, Any]]) -> list[Group]:
        """The entries in groups that share no key: by the oldest window that showed one of their entries.

        Those that no window shows come last, for their lists show them again as long as it matters.
        """
        owner: dict[str, Group] = {}
        for stretch, record in entries:
            keys = self._keys(stretch.name, record)
            if not keys:
                continue
            group = Group(stretch)
            for met in {id(owner[key]): owner[key] for key in keys if key in owner}.values():
                group.keys += met.keys
                group.entries += met.entries
                group.shown_in = min((group.shown_in, met.shown_in), key=_place)
            group.keys = list(dict.fromkeys([*group.keys, *keys]))
            group.entries.append({"list": stretch.name, "record": record})
            owner.update(dict.fromkeys(group.keys, group))
        return sorted({id(group): group for group in owner.values()}.values(), key=lambda group: _place(group.shown_in))

    def known(self, group: Group) -> tuple[str, ...] | None:
        """The ids of the records that this group gave before, when none of its entries is new."""
        versions = {_version(entry) for entry in group.entries}
        looks = [self._looks.get(key) for key in group.keys]
        if any(look is None or not look.covers(versions, self._clock()) for look in looks):
            return None
        return tuple(dict.fromkeys(id_ for look in looks if look is not None for id_ in look.ids))

    def records(self, group: Group) -> tuple[list[Any], bool]:
        """Ask for every key of a group: its records, and whether no key was refused. Raises PlatformError."""
        found = {key: self._found(key) for key in group.keys}
        try:
            records = rendered(self._part["records"], {**self._scope, "found": found, "entries": group.entries})
        except TemplateFailure as failure:
            message = sentence(f"what was found for {', '.join(group.keys)} can't be read: {failure}")
            raise PlatformError(self._platform, message) from failure
        several = list(records) if isinstance(records, list | tuple) else [records]
        return several, all(body is not None for body in found.values())

    def remember(self, group: Group, ids: Sequence[str]) -> None:
        """The group's records were handed on."""
        versions = frozenset(_version(entry) for entry in group.entries)
        for key in group.keys:
            before = self._looks.pop(key, None)
            again = before is not None and versions <= before.last
            self._looks[key] = _Look(
                last=before.last if again and before is not None else versions,
                ever=versions | (before.ever if before is not None else frozenset()),
                ids=tuple(ids),
                at=self._clock(),
                again=again,
            )
        while len(self._looks) > _REMEMBERED:
            self._looks.popitem(last=False)

    def _found(self, key: str) -> Any:
        """The answer for a key; None when the platform refuses it (it is not paid yet, or gone)."""
        scope = {**self._scope, "key": key}
        path = str(rendered(self._part["get"], scope))
        answer = self._client.ask(path, rendered(self._part.get("query", {}), scope))
        if answer.status in (400, 404, 409, 410, 422):
            return None
        if not (200 <= answer.status < 300 and answer.readable):
            raise self._client.failure(path, answer)
        return answer.body

    def _keys(self, name: str, record: Any) -> list[str]:
        try:
            keys = rendered(self._part["keys"], {**self._scope, "record": record, "list": name})
        except TemplateFailure as failure:
            message = sentence(f"an entry of the list of {name} names no order: {failure}")
            raise PlatformError(self._platform, message) from failure
        several = keys if isinstance(keys, list | tuple) else [keys]
        return [str(key) for key in several if key not in (None, "")]


def _place(stretch: Stretch) -> tuple[bool, datetime]:
    return stretch.window is None, stretch.mark


def _version(entry: Mapping[str, Any]) -> int:
    return hash(json.dumps(entry, sort_keys=True, default=str))
