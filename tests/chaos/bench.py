"""Trying many things at once, each in a house of its own, and the table of what was tried and found."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TextIO

from chaos.house import House, Times
from chaos.orders import Due, shop_orders
from chaos.processes import Launcher
from chaos.truth import Verdict, judge


@dataclass(frozen=True)
class Size:
    """How much is tried: orders of a house, the seed of what is left to chance, and each how manieth point."""

    orders: int
    seed: int = 1
    every: int = 1
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """One thing to try. `kind` is its row in the table, `title` tells it from the others of its kind.

    `without` are guards of the program that are switched off for it.
    """

    kind: str
    title: str
    go: Callable[[Bench], Verdict]
    without: tuple[str, ...] = ()


@dataclass
class Tried:
    """A row of the table."""

    attempts: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)


class Bench:
    """Where houses are built. `without` are guards of the program that are switched off."""

    def __init__(self, launcher: Launcher, folder: Path, without: Sequence[str] = ()) -> None:
        self.launcher = launcher
        self.folder = folder
        self.without = tuple(without)
        self.struck: Counter[str] = Counter()

    @contextmanager
    def house(
        self,
        orders: int,
        *,
        seed: int = 1,
        buyers: int = 0,
        nameless: bool = False,
        codes: Sequence[str] = (),
        options: Sequence[str] = (),
        times: Times = Times(),  # noqa: B008 - immutable
        **more: Any,
    ) -> Iterator[House]:
        """A house whose shop has so many orders."""
        made, dues = shop_orders(orders, seed=seed, buyers=buyers, nameless=nameless, codes=codes)
        shops = more.pop("shops", {"site": made})
        dues = more.pop("dues", dues)
        house = House(self.launcher, self.folder, shops, dues, options, times, self.without, **more)
        with house:
            yield house
            self.struck.update(entry["fault"] for entry in house.control.audit() if entry["fault"])


def finish(house: House, *, seconds: float = 90, dues: Sequence[Due] | None = None, **judged: Any) -> Verdict:
    """Run the program until nothing waits, and judge what is there then."""
    unfinished = house.settle(seconds)
    return judged_now(house, unfinished, dues=dues, **judged)


def judged_now(
    house: House, unfinished: Sequence[str] = (), *, dues: Sequence[Due] | None = None, **judged: Any
) -> Verdict:
    """Judge what is there."""
    verdict = judge(
        house.control.books(),
        house.ledger.orders(),
        house.ledger.steps(),
        house.dues if dues is None else dues,
        **judged,
    )
    verdict.wrong[:0] = unfinished
    return verdict


class Suite:
    """Runs attempts, `parallel` at once, and collects what they found. `keep` is where houses of failures go."""

    def __init__(self, parallel: int, keep: Path | None = None, out: TextIO = sys.stdout) -> None:
        self._parallel = parallel
        self._keep = keep
        self._out = out
        self._lock = threading.Lock()
        self.rows: dict[tuple[str, str], Tried] = {}
        self.wrong: list[str] = []

    def __enter__(self) -> Self:
        memory = Path("/dev/shm")  # no disk has to survive a kill -9, and thousands of commits are waited for
        self._folder = Path(tempfile.mkdtemp(prefix="syncd-chaos-", dir=memory if memory.is_dir() else None))
        self.launcher = Launcher().__enter__()
        self._number = 0
        return self

    def __exit__(self, *_: object) -> None:
        self.launcher.__exit__()
        shutil.rmtree(self._folder, ignore_errors=True)

    def bench(self, without: Sequence[str] = ()) -> Bench:
        """A bench with a new folder."""
        with self._lock:
            self._number += 1
            folder = self._folder / f"{self._number:05}"
        return Bench(self.launcher, folder, without)

    def run(self, scenario: str, attempts: Iterable[Attempt], without: Sequence[str] = ()) -> None:
        """Run all of them."""
        begun = time.monotonic()
        with ThreadPoolExecutor(self._parallel) as pool:
            futures = {pool.submit(self._one, scenario, attempt, without): attempt for attempt in attempts}
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                if done % 100 == 0:
                    self._say(f"  {scenario}: {done} of {len(futures)} after {time.monotonic() - begun:.0f} s")

    def _one(self, scenario: str, attempt: Attempt, without: Sequence[str]) -> None:
        bench = self.bench((*without, *attempt.without))
        try:
            verdict = attempt.go(bench)
        except Exception as error:  # whatever it is, it belongs into the report, and the others go on
            verdict = Verdict(wrong=[f"{type(error).__name__}: {error}"])
        with self._lock:
            tried = self.rows.setdefault((scenario, attempt.kind), Tried())
            tried.attempts += 1
            tried.struck.update(bench.struck)
            found = [f"{scenario}, {attempt.kind}, {attempt.title}: {wrong}" for wrong in verdict.wrong]
            tried.verdict += verdict
            self.wrong += found
        for line in found:
            self._say(f"WRONG {line}")
        if found and self._keep is not None and bench.folder.exists():
            shutil.copytree(bench.folder, self._keep / f"{scenario}-{bench.folder.name}", dirs_exist_ok=True)
        shutil.rmtree(bench.folder, ignore_errors=True)

    def _say(self, line: str) -> None:
        self._out.write(line + "\n")
        self._out.flush()

    def faults(self) -> str:
        """How often each kind of fault struck."""
        struck: Counter[str] = Counter()
        for tried in self.rows.values():
            struck.update(tried.struck)
        return ", ".join(f"{kind} {count}" for kind, count in sorted(struck.items())) or "none"

    def table(self) -> str:
        """What was tried, row by row."""
        titles = (
            "what was tried",
            "times",
            "not reached",
            "faults",
            "orders",
            "invoiced",
            "twice",
            "lost",
            "surplus removed",
            "for a person",
            "wrong",
        )
        lines = [titles]
        for (scenario, kind), tried in sorted(self.rows.items()):
            verdict = tried.verdict
            held = ", ".join(f"{code} {count}" for code, count in sorted(verdict.held.items()) if code) or "–"
            counts = (
                *(tried.attempts, verdict.missed, tried.struck.total(), verdict.orders, verdict.invoiced),
                *(verdict.duplicates, verdict.losses, verdict.removed),
            )
            lines.append((f"({scenario}) {kind}", *map(str, counts), held, str(len(verdict.wrong))))
        widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if column in (0, 9) else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )
