"""Requests that are held at a point until somebody releases them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from syncd.sandbox.audit import Entry, News

GO, DROP = "go", "drop"


@dataclass
class Held:
    """A request at a point (`before` it is carried out, or `after` it was); `gone`: its client has hung up."""

    entry: Entry
    point: str
    released: asyncio.Future[str]
    gone: bool = False

    def shown(self) -> dict[str, Any]:
        entry = self.entry
        return {
            **{name: getattr(entry, name) for name in ("number", "stand", "nth", "request", "method", "path")},
            "fault_id": entry.fault_id,
            "point": self.point,
            "gone": self.gone,
        }


class Holds:
    """What is held now. For the serving thread."""

    def __init__(self) -> None:
        self._held: dict[int, Held] = {}
        self._news = News()

    async def stop(self, entry: Entry, point: str, gone: asyncio.Future[None]) -> str:
        """Hold a request until it is released: `go` or `drop`. `gone` is done when the client hangs up."""
        held = Held(entry, point, asyncio.get_running_loop().create_future())
        self._held[entry.number] = held
        self._news.tell()
        try:
            either: list[asyncio.Future[Any]] = [held.released, gone]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            held.gone = gone.done()
            return await held.released
        finally:
            del self._held[entry.number]

    def release(self, then: str, number: int | None = None) -> list[int]:
        """Let a held request (or all) `go` on, or `drop` it; the numbers of those that were held."""
        chosen = [held for held in self._held.values() if number in (None, held.entry.number)]
        for held in chosen:
            if not held.released.done():
                held.released.set_result(then)
        return [held.entry.number for held in chosen]

    async def shown(self, wait: float = 0.0, fault: int | None = None) -> list[dict[str, Any]]:
        """What is held, the first first; waits so many seconds until something is (by that fault)."""

        def found() -> list[dict[str, Any]]:
            return [held.shown() for held in self._held.values() if fault in (None, held.entry.fault_id)]

        result: list[dict[str, Any]] = await self._news.wait_for(found, wait)
        return result
