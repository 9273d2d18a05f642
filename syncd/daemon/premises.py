"""What the daemon keeps open between its runs: the ledger, the client of Paraşüt, the platforms."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import partial

from syncd.config.settings import PlatformSettings, Settings
from syncd.daemon.configuration import Configuration
from syncd.daemon.vitals import Vitals
from syncd.errors import ConfigurationError
from syncd.ledger.ledger import Ledger
from syncd.parasut.client import ParasutClient
from syncd.platforms.platform import Platform, open_platform
from syncd.sync.company import open_client
from syncd.sync.executor import asked_to_stop
from syncd.sync.judge import Judgement
from syncd.sync.readings import PATIENCE_SECONDS, Readings
from syncd.sync.workshop import Workshop, platform_variables


@dataclass(frozen=True, slots=True)
class Time:
    """The clocks, and how to wait. `unix` paces the calls to Paraşüt.

    `sleep` raises Stopped when the daemon is to stop; it is asked for no time at all before every call. It is a sign of
    life of the working thread; `sleep_aside` is the same for other threads.
    """

    sleep: Callable[[float], None]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    unix: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep_aside: Callable[[float], None] | None = None


class Premises:
    """Everything open of one company. Platforms are opened once: they remember what they have looked up."""

    def __init__(
        self,
        configuration: Configuration,
        ledger: Ledger,
        time: Time,
        vitals: Vitals,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.configuration = configuration
        self.ledger = ledger
        self.time = time
        self.readings = Readings(patience_seconds)
        self._vitals = vitals
        self._given_up: dict[str, threading.Event] = {}  # by platform: no further request leaves
        self._spent = (0, 0)  # calls of clients that were closed
        self._client = self._open_client(configuration.settings)
        self._platforms = self._open_platforms(configuration, {})

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.configuration.settings

    @property
    def calls(self) -> tuple[int, int]:
        """The requests to Paraşüt since the start, and how many of them were answered 429."""
        return self._spent[0] + self._client.calls, self._spent[1] + self._client.throttled

    @property
    def client(self) -> ParasutClient:
        """The client of Paraşüt."""
        return self._client

    def workshop(
        self, stopping: Callable[[], bool], between: Callable[[], None], gives_way: Callable[[], bool]
    ) -> Workshop:
        """What one run works with."""
        return Workshop(
            self.settings,
            self.ledger,
            self._platforms,
            self._client,
            self.time.clock,
            stopping,
            between,
            gives_way,
            self.readings,
            self._vitals.platform_read,
        )

    def switch(self, configuration: Configuration) -> None:
        """Put another configuration of the same company into force; what is the same in both stays open.

        What is being read of a platform that is another now, or for other rules, ends and is read anew.
        Raises ConfigurationError when a platform can't be opened; then everything stays as it was.
        """
        kept = {
            name: platform
            for name, platform in self._platforms.items()
            if _same_platform(name, self.configuration, configuration)
        }
        gone = {name: self._given_up[name] for name in self._platforms if name not in kept}
        try:
            platforms = self._open_platforms(configuration, kept)
        except ConfigurationError:
            self._given_up |= gone
            raise
        if configuration.settings.parasut != self.settings.parasut:
            client = self._open_client(configuration.settings)
            self._spent = self.calls
            self._client.close()
            self._client = client
        for name, ended in gone.items():
            ended.set()
            self.readings.give_up(name, self._platforms[name].close)
        if _judgement(configuration) != _judgement(self.configuration):
            self.readings.end()
        self._platforms = platforms
        self.configuration = configuration

    def close(self) -> None:
        """Give everything back but the ledger. A platform that does not answer just now keeps its connection."""
        self.readings.close()
        hanging = self.readings.begun()
        for name, platform in self._platforms.items():
            if name not in hanging:
                platform.close()
        self._client.close()

    def _open_client(self, settings: Settings) -> ParasutClient:
        return open_client(
            settings.parasut,
            self.ledger,
            unix_time=self.time.unix,
            sleep=self.time.sleep,
            before_call=self._before_request,
            on_trouble=self._vitals.parasut_in_trouble,
        )

    def _before_request(self) -> None:
        self.time.sleep(0)

    def _open_platforms(self, configuration: Configuration, kept: dict[str, Platform]) -> dict[str, Platform]:
        with ExitStack() as opened:
            platforms: dict[str, Platform] = {}
            for name, settings in configuration.settings.platforms.items():
                if name in kept:
                    platforms[name] = kept[name]
                    continue
                platforms[name] = self._open_platform(name, settings)
                opened.callback(platforms[name].close)
            opened.pop_all()  # all of them could be opened: they stay so
        return platforms

    def _open_platform(self, name: str, settings: PlatformSettings) -> Platform:
        """Of this platform a thread of its own reads."""
        sleep = self.time.sleep_aside or self.time.sleep
        given_up = threading.Event()

        def before_request() -> None:
            if given_up.is_set():
                raise asked_to_stop()
            sleep(0)

        platform = open_platform(
            settings,
            clock=self.time.clock,
            sleep=sleep,
            before_request=before_request,
            on_trouble=partial(self._vitals.platform_in_trouble, name),
        )
        self._given_up[name] = given_up
        return platform


def _judgement(configuration: Configuration) -> tuple[str, tzinfo]:
    """What orders are judged by as they are read."""
    settings = configuration.settings
    judgement = Judgement(settings.rules, settings.timezone, platform_variables(settings.platforms))
    return judgement.fingerprint, settings.timezone


def _same_platform(name: str, before: Configuration, after: Configuration) -> bool:
    old, new = before.settings.platforms.get(name), after.settings.platforms.get(name)
    if old is None or new is None or _placeless(old) != _placeless(new):
        return False
    return before.digest(old.connector_file) == after.digest(new.connector_file)


def _placeless(settings: PlatformSettings) -> PlatformSettings:
    """Where an entry stands in its file changes nothing."""
    return replace(settings, position=replace(settings.position, line=0, column=0))
