"""A daemon without its threads, over a real sandbox and with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apscheduler.schedulers.base
import pytest
from apscheduler.schedulers.base import BaseScheduler
from places import CONFIG, Place

from syncd.daemon.configuration import read_configuration
from syncd.daemon.premises import Time
from syncd.daemon.service import Service
from syncd.daemon.stopping import Sleep, Stopping
from syncd.daemon.vitals import Vitals
from syncd.ledger.ledger import Ledger, open_ledger
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox
from syncd.sync.company import company_key

START = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)  # 9 o'clock in Istanbul
QUIET = "daemon: {listen: off, jitter: 0s}\n"


class MovedClock:
    """Time that stands still until somebody sleeps or the test moves it."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)

    def unix(self) -> float:
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept.append(seconds)
            self.now += timedelta(seconds=seconds)


class ByHand(BaseScheduler):  # type: ignore[misc]
    """APScheduler without its thread."""

    def wakeup(self) -> None:
        return

    def shutdown(self, wait: bool = True) -> None:
        super().shutdown(wait)

    def look(self) -> None:
        """Put what is due by now to where it goes."""
        self._process_jobs()


def by_that_clock(clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries ask the real clock; let them ask this one."""

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return clock.now.astimezone(tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Now)
    # signatures for shops on plain HTTP carry a time stamp
    monkeypatch.setattr("oauthlib.oauth1.rfc5849.generate_timestamp", lambda: str(int(clock.unix())))


@dataclass
class Household:
    """The parts of a running daemon."""

    place: Place
    ledger: Ledger
    clock: MovedClock
    service: Service
    scheduler: ByHand
    vitals: Vitals
    stopping: Stopping

    @property
    def sandbox(self) -> Sandbox:
        return self.place.sandbox

    def turn(self) -> None:
        self.service.worker.turn()

    def until(self, end: datetime) -> None:
        """Let time pass: turn by turn, as soon as a rule comes due."""
        while True:
            self.scheduler.look()
            self.turn()
            coming = self.service.schedule.next_turn()
            if coming is None or coming > end:
                self.clock.now = max(end, self.clock.now)
                return
            self.clock.now = max(coming, self.clock.now)

    def later(self, **span: float) -> None:
        self.until(self.clock.now + timedelta(**span))

    def reload(self, config: str) -> None:
        self.place.config.write_text(config, encoding="utf-8")
        self.service.worker.asked_to_reload = True
        self.turn()

    def invoiced(self) -> list[str]:
        return [str(invoice["order_no"]) for invoice in self.sandbox.parasut.invoices.values()]

    def reads(self) -> int:
        """How often the shop's orders were asked for."""
        return sum(exchange.path.endswith("/orders") for exchange in self.sandbox.shop_traffic)


@contextmanager
def household(
    folder: Path, monkeypatch: pytest.MonkeyPatch, config: str = CONFIG + QUIET, **options: Any
) -> Iterator[Household]:
    """A daemon that has begun, at 9 o'clock; `options` are the sandbox's."""
    clock = MovedClock()
    by_that_clock(clock, monkeypatch)
    with Sandbox(SandboxOptions(**{"rate_requests": 0, **options}), clock=clock.unix) as sandbox:
        place = Place(folder, sandbox)
        place.config.write_text(config, encoding="utf-8")
        environment = place.environment()
        configuration, problems = read_configuration(place.config, environment)
        assert configuration is not None, problems
        settings = configuration.settings
        ledger = open_ledger(settings.ledger_url, company_key(settings.parasut))
        vitals = Vitals(clock=clock, monotonic=clock.unix)
        stopping = Stopping()
        sleep = _CheckedSleep(stopping, vitals, clock)
        scheduler = ByHand()
        with ledger.company.daemon(), ledger.company.lease():
            service = Service(
                place.config,
                environment,
                configuration,
                ledger,
                vitals,
                stopping,
                Time(sleep, clock, clock.unix, clock.unix),
                scheduler=scheduler,
            )
            service.schedule.start()
            service.worker.begin()
            yield Household(place, ledger, clock, service, scheduler, vitals, stopping)
            service.schedule.stop()
            service.close()
        ledger.close()


class _CheckedSleep(Sleep):
    """The daemon's own wait, which moves the clock instead of waiting."""

    def __init__(self, stopping: Stopping, vitals: Vitals, clock: MovedClock) -> None:
        super().__init__(stopping, vitals.beat, clock.unix)
        self._clock = clock

    def __call__(self, seconds: float) -> None:
        super().__call__(0)
        self._clock.sleep(seconds)
