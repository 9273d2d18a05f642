"""The faults in force: which of them strikes a request, decided by counting and by hashing, never by chance."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from syncd.sandbox.faults import MIXED, SLOW, USUAL_MIX, Fault
from syncd.sandbox.naming import template


@dataclass
class InForce:
    """A fault, its number, and what became of it: matching requests met, and struck, also in a row by kind."""

    fault: Fault
    number: int
    since: float
    met: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        self.row: Counter[str] = Counter()

    def shown(self) -> dict[str, Any]:
        said = {name: value for name, value in vars(self.fault).items() if name in Fault.__dataclass_fields__}
        return {"id": self.number, "met": self.met, "struck": self.struck, **said}


class FaultScript:
    """The faults in force. More may be put in force while the sandbox runs, from any thread.

    Draws hash the fault's seed and kind, the kind of request (stand-in, method, path without ids) and its running
    number among them: requests of another kind, or the order of parallel ones, change nothing.
    """

    def __init__(self, faults: Iterable[Fault] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._in_force: list[InForce] = []
        self._running: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
        self._put = 0
        self.latest: InForce | None = None
        """The fault that `due` last gave, for whoever asked it."""
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> int:
        """Put a fault in force; its counting starts now. Its number."""
        with self._lock:
            self._put += 1
            self._in_force.append(InForce(fault, self._put, self._clock()))
            return self._put

    def clear(self) -> None:
        with self._lock:
            self._in_force.clear()

    def remove(self, number: int) -> bool:
        """Take one fault away; whether it was there."""
        with self._lock:
            left = [entry for entry in self._in_force if entry.number != number]
            gone, self._in_force = len(left) < len(self._in_force), left
            return gone

    def shown(self) -> list[dict[str, Any]]:
        """The faults in force with their numbers (`id`), and how many requests they `met` and `struck`."""
        with self._lock:
            return [entry.shown() for entry in self._in_force]

    def due(self, method: str, path: str, stand: str = "") -> Fault | None:
        """The fault that spoils this request; every matching fault counts the request.

        A mixed one comes as the kind that was drawn, and a range of seconds as the ones drawn.
        """
        with self._lock:
            kind, number = self._counted(method, path, stand, slow=False)
            self.latest, found = None, None
            for entry in list(self._in_force):
                if entry.fault.kind in SLOW or not entry.fault.matches(method, path, stand):
                    continue
                entry.met += 1
                if found is None and self._strikes(entry, kind, number):
                    found, self.latest = entry.fault, entry
                else:
                    entry.row[kind] = 0
            return None if found is None else _settled(found, kind, number)

    def slowness(self, method: str, path: str, stand: str = "") -> dict[str, float]:
        """The seconds that this request loses by each kind of slowness."""
        with self._lock:
            kind, number = self._counted(method, path, stand, slow=True)
            lost = dict.fromkeys(SLOW, 0.0)
            for entry in self._in_force:
                fault = entry.fault
                if fault.kind not in SLOW or not fault.matches(method, path, stand):
                    continue
                entry.met += 1
                if not self._strikes(entry, kind, number):
                    entry.row[kind] = 0
                    continue
                lost[fault.kind] += fault.time(_draw(fault.seed, "time", fault.kind, kind, number))
            return lost

    def _counted(self, method: str, path: str, stand: str, slow: bool) -> tuple[str, int]:
        kind = f"{stand} {method} {template(path)}"
        self._running[slow][kind] += 1
        return kind, self._running[slow][kind]

    def _strikes(self, entry: InForce, kind: str, number: int) -> bool:
        fault = entry.fault
        if fault.most and entry.struck >= fault.most:
            return False
        if fault.until and entry.met > fault.until:
            return False
        if fault.for_seconds and self._clock() - entry.since >= fault.for_seconds:
            return False
        if fault.rate:
            if entry.met < fault.nth or (fault.in_a_row and entry.row[kind] >= fault.in_a_row):
                return False
            if _draw(fault.seed, fault.kind, kind, number) >= fault.rate:
                return False
        elif fault.nth and not fault.nth <= entry.met < fault.nth + fault.times:
            return False
        entry.struck += 1
        entry.row[kind] += 1
        return True


def _settled(fault: Fault, kind: str, number: int) -> Fault:
    if fault.kind == MIXED:
        kinds = fault.of or USUAL_MIX
        chosen = kinds[int(_draw(fault.seed, "which", kind, number) * len(kinds))]
        fault = replace(fault, kind=chosen, of=())
    if isinstance(fault.seconds, tuple):
        fault = replace(fault, seconds=fault.time(_draw(fault.seed, "time", fault.kind, kind, number)))
    return fault


def _draw(*of: object) -> float:
    """A figure from 0 to below 1 that depends on nothing but what is named."""
    digest = hashlib.blake2b("|".join(map(str, of)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
