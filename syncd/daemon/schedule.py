"""When rules come due: interval and cron jobs that put the names of their rules where the working thread takes them.

Rules with the same time share one job, so they come due together. A job does nothing else, so none ever runs into the
next one: turns that pass while the work goes on (or the machine sleeps) fall together into one.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from syncd.config.schedule import cron_fields
from syncd.config.settings import Rule
from syncd.daemon.wall_clock import WallClock

_USUAL_INTERVAL_SECONDS: Final = 300
"""Of a rule with neither `every` nor `cron`."""

_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_A_BLINK: Final = timedelta(microseconds=1)


class DueRules:
    """The names of the rules that are due, between the schedule and the working thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: set[str] = set()
        self.missed = 0  # turns that fell together with one that was still waiting

    def add(self, names: Iterable[str], *, turn: bool = True) -> None:
        """These rules are due; with `turn` because their time came, and not because they were interrupted."""
        new = set(names)
        with self._lock:
            self.missed += len(new & self._names) if turn else 0
            self._names |= new

    def take(self) -> frozenset[str]:
        """All that are due; nobody else takes them."""
        with self._lock:
            taken = frozenset(self._names)
            self._names.clear()
        return taken


class Schedule:
    """The jobs of the rules in force.

    For tests: `scheduler` is another than APScheduler's thread, `choose` gives a number between two instead of chance.
    """

    def __init__(
        self,
        due: DueRules,
        clock: Callable[[], datetime],
        *,
        scheduler: BaseScheduler | None = None,
        choose: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._due = due
        self._clock = clock
        self._choose = choose
        self._scheduler = scheduler or BackgroundScheduler()
        self._scheduler.configure(timezone="UTC")
        self._scheduler.add_executor(DebugExecutor(), "here")  # a job takes no time, so no pool of threads

    def start(self) -> None:
        """Let time pass."""
        self._scheduler.start()

    def stop(self) -> None:
        """No rule comes due any more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def set(self, rules: Sequence[Rule], zone: tzinfo, jitter_seconds: float) -> None:
        """Put the rules into force. A job whose time is not new keeps its turns, with the rules that share it now."""
        jobs = grouped(rules)
        kept: dict[str, Any] = {job.id: job for job in self._scheduler.get_jobs()}
        for name in kept.keys() - {_id(every, zone, jitter_seconds) for every in jobs}:
            kept[name].remove()
        for every, names in jobs.items():
            identity = _id(every, zone, jitter_seconds)
            if identity in kept:
                kept[identity].modify(args=[names])
                continue
            trigger = Turns(_trigger(every, zone, self._clock()), jitter_seconds, self._choose)
            self._scheduler.add_job(
                self._due.add,
                trigger,
                args=[names],
                id=identity,
                name=", ".join(names),
                executor="here",
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )

    def begin_anew(self) -> None:
        """Forget every job's next turn: the clock was set back, and they would wait until it has caught up."""
        for job in self._scheduler.get_jobs():
            job.reschedule(job.trigger.begun_at(self._clock()))

    def next_turn(self) -> datetime | None:
        """When the next rule comes due; None before the start and without rules."""
        moments = [getattr(job, "next_run_time", None) for job in self._scheduler.get_jobs()]
        return min((moment for moment in moments if moment is not None), default=None)


def interval_of(rule: Rule) -> int | None:
    """Seconds between two turns of a rule; None with `cron`."""
    return None if rule.cron is not None else rule.every_seconds or _USUAL_INTERVAL_SECONDS


def grouped(rules: Sequence[Rule]) -> dict[int | str, tuple[str, ...]]:
    """The names of the rules that come due together, by their interval in seconds or their cron fields."""
    groups: dict[int | str, tuple[str, ...]] = {}
    for rule in rules:
        every = rule.cron if rule.cron is not None else rule.every_seconds or _USUAL_INTERVAL_SECONDS
        groups[every] = (*groups.get(every, ()), rule.name)
    return groups


def due_at_the_start(rules: Sequence[Rule]) -> list[str]:
    """The rules whose first turn is at once. Those with `cron` are worked on at their times only."""
    return [rule.name for rule in rules if rule.cron is None]


class Turns(BaseTrigger):  # type: ignore[misc]  # comes without types
    """The turns of another trigger, each up to `jitter_seconds` late, without losing its grid.

    (APScheduler's own jitter counts each interval from the delayed turn before: a rule every two minutes would lose
    half an hour a day.)
    """

    def __init__(
        self, grid: BaseTrigger, jitter_seconds: float, choose: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._grid = grid
        self._jitter_seconds = jitter_seconds
        self._choose = choose

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first turn of the grid behind the previous one, or from now on, and the delay."""
        # In UTC: Python counts the hours of a zone by its clock, and some come twice.
        after = now if previous_fire_time is None else previous_fire_time.astimezone(UTC) + _A_BLINK
        turn: datetime | None = self._grid.get_next_fire_time(None, after)
        if turn is None:
            return None
        return turn + timedelta(seconds=self._choose(0, self._longest_delay))

    def begun_at(self, now: datetime) -> Turns:
        """The same turns, with the grid of an interval beginning at `now`."""
        grid = self._grid
        if isinstance(grid, IntervalTrigger):
            grid = _interval(int(grid.interval_length), now)
        return Turns(grid, self._jitter_seconds, self._choose)

    @property
    def _longest_delay(self) -> float:
        """Less than an interval, or a delayed turn would swallow the next one."""
        interval = self._grid.interval_length if isinstance(self._grid, IntervalTrigger) else 60
        return min(self._jitter_seconds, interval / 2)

    def __str__(self) -> str:
        return str(self._grid)


def _id(every: int | str, zone: tzinfo, jitter_seconds: float) -> str:
    return f"every {every} s, jitter {jitter_seconds}" if isinstance(every, int) else f"{every} {zone} {jitter_seconds}"


def _trigger(every: int | str, zone: tzinfo, now: datetime) -> BaseTrigger:
    return _interval(every, now) if isinstance(every, int) else _cron(every, zone)


def _interval(seconds: int, now: datetime) -> IntervalTrigger:
    return IntervalTrigger(seconds=seconds, start_date=now + timedelta(seconds=seconds))


def _cron(text: str, zone: tzinfo) -> BaseTrigger:
    """Cron's own meaning: weekdays count from Sunday, and a day fits by its number or by its weekday."""
    minute, hour, day, month, weekday = cron_fields(text)
    fields = {"minute": _listed(minute), "hour": _listed(hour), "month": _listed(month), "timezone": UTC}
    days = {"day": _listed(day)}
    weekdays = {"day_of_week": "*" if weekday is None else ",".join(_WEEKDAYS[number] for number in sorted(weekday))}
    if day is not None and weekday is not None:
        grid: BaseTrigger = OrTrigger([CronTrigger(**fields, **days), CronTrigger(**fields, **weekdays)])
    else:
        grid = CronTrigger(**fields, **days, **weekdays)
    return WallClock(grid, zone, every_hour=hour is None)


def _listed(numbers: frozenset[int] | None) -> str:
    return "*" if numbers is None else ",".join(map(str, sorted(numbers)))
