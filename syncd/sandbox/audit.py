"""What each request did: the trail that a checker reads, and the counters of requests."""

from __future__ import annotations

import asyncio
import contextvars
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from syncd.sandbox.naming import is_write

PEOPLE = "people"

_deeds: contextvars.ContextVar[Deeds | None] = contextvars.ContextVar("deeds", default=None)


@dataclass
class Deeds:
    """What was done to records, each as `kind/id`, once."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


def note(deed: str, kind: str, identity: object) -> None:
    """Say that a record was `created`, `updated` or `deleted`; whoever is being watched did it."""
    deeds = _deeds.get()
    if deeds is not None:
        done: list[str] = getattr(deeds, deed)
        name = f"{kind}/{identity}"
        if name not in done and not (deed == "updated" and name in deeds.created):
            done.append(name)


@contextmanager
def watched(deeds: Deeds) -> Iterator[None]:
    """What is noted meanwhile goes into `deeds`."""
    token = _deeds.set(deeds)
    try:
        yield
    finally:
        _deeds.reset(token)


@dataclass
class Entry:
    """One request. `number` counts all of them, `nth` those of the stand-in; `time` is in unix seconds.

    `worked`: it was carried out. `status` is what the stand-in answered, or would have; 0 while there is none.
    `answered`: an answer with that status was sent. `state`: open, held, over.
    """

    number: int
    stand: str
    nth: int
    time: float
    method: str
    path: str
    request: str
    fault: str = ""
    fault_id: int = 0
    worked: bool = False
    status: int = 0
    answered: bool = False
    state: str = "open"
    deeds: Deeds = field(default_factory=Deeds)

    def shown(self) -> dict[str, Any]:
        said = {name: value for name, value in vars(self).items() if name != "deeds"}
        moment = datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {**said, "time": moment, **vars(self.deeds)}


class Audit:
    """The trail of all stand-ins. For the serving thread, but for the reading of counters."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._stands: dict[str, Counter[str]] = {}
        self._writes: Counter[str] = Counter()
        self._open = 0
        self._news = News()

    def begin(self, stand: str, method: str, path: str, request: str, time: float) -> Entry:
        """A request came."""
        counted = self._stands.setdefault(stand, Counter())
        counted[request] += 1
        self._writes[stand] += is_write(request, method)
        self._open += 1
        entry = Entry(len(self.entries) + 1, stand, counted.total(), time, method, path, request)
        self.entries.append(entry)
        return entry

    def settle(self, entry: Entry, state: str) -> None:
        """The request is `held`, goes on (`open`), or is `over`."""
        if state == "over" and entry.state != "over":
            self._open -= 1
        entry.state = state
        self._news.tell()

    def people(self, act: str, time: float, deeds: Deeds) -> None:
        """Somebody did something by hand."""
        entry = Entry(len(self.entries) + 1, PEOPLE, 0, time, "", "", act, worked=True, state="over", deeds=deeds)
        self.entries.append(entry)
        self._news.tell()

    def counts(self) -> dict[str, Any]:
        """How many requests there were, in all and by stand-in and name; `open` are being worked on or held."""
        stands = {
            name: {"total": counted.total(), "writes": self._writes[name], "by_request": dict(counted)}
            for name, counted in self._stands.items()
        }
        total = sum(counted.total() for counted in self._stands.values())
        return {"total": total, "writes": self._writes.total(), "open": self._open, "stands": stands}

    async def after(self, number: int, stand: str, wait: float) -> list[dict[str, Any]]:
        """The requests after that number that are over or held, as JSON; waits so long for the first one."""

        def found() -> list[dict[str, Any]]:
            later = self.entries[max(0, number) :]
            return [entry.shown() for entry in later if entry.state != "open" and stand in ("", entry.stand)]

        result: list[dict[str, Any]] = await self._news.wait_for(found, wait)
        return result


class News:
    """Lets coroutines wait until something has changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def tell(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait_for(self, found: Any, seconds: float) -> Any:
        """What `found()` gives as soon as that is something, or after so many seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not (result := found()) and loop.time() < end:
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.add(future)
            await asyncio.wait([future], timeout=end - loop.time())
            self._waiting.discard(future)
        return result
