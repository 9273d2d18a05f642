"""`syncd run`: the process around the service: ledger and lease, threads, signals, endpoints, systemd."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import Final

from loguru import logger

from syncd import __version__
from syncd.config.settings import Settings
from syncd.daemon.configuration import Configuration, read_configuration
from syncd.daemon.endpoints import Endpoints
from syncd.daemon.metrics import Metrics
from syncd.daemon.premises import Time
from syncd.daemon.readiness import Readiness
from syncd.daemon.service import Service
from syncd.daemon.signals import Signals
from syncd.daemon.stopping import Sleep, Stopping, left_behind
from syncd.daemon.systemd import Notifier
from syncd.daemon.vitals import SILENT_LIMIT_SECONDS, Vitals
from syncd.errors import Busy, ConfigurationError
from syncd.ledger.ledger import Ledger, open_ledger
from syncd.logs import set_up_logs
from syncd.sync.company import company_key
from syncd.sync.readings import THREAD_PREFIX
from syncd.words import about

PATIENCE_SECONDS: Final = 8.0
"""How long the request in hand may take after the daemon was asked to stop."""

_WORKER: Final = "syncd-worker"
_TURN_EVERY_SECONDS: Final = 0.5
_LOOK_EVERY_SECONDS: Final = 0.5


def run(file: Path, environ: Mapping[str, str], *, verbose: bool = False) -> int:
    """Run the daemon until it is asked to stop (SIGTERM, SIGINT); returns the exit code.

    0 after a clean stop, also when a request that only reads was left off; 1 when a write in hand did not end in time
    (what it intended is in the ledger). A thread that `left_a_thread` tells of may still wait for its answer then.
    SIGHUP reads the configuration again. Raises ConfigurationError, LedgerError, Busy (another daemon) and SyncdError
    (the endpoints' address) before the first turn.
    """
    with Signals() as signals:
        return Daemon(file, environ, signals, verbose=verbose).run()


def left_a_thread() -> bool:
    """Whether a request that had no answer in time still keeps the working thread, or one that reads a platform."""
    return any(thread.name == _WORKER or thread.name.startswith(THREAD_PREFIX) for thread in threading.enumerate())


class Daemon:
    """One company's daemon, as a process."""

    def __init__(self, file: Path, environ: Mapping[str, str], signals: Signals, *, verbose: bool = False) -> None:
        self._file = file
        self._environ = environ
        self._signals = signals
        self._verbose = verbose
        self._vitals = Vitals()
        self._stopping = Stopping()
        self._notifier = Notifier(environ)
        self._begun = threading.Event()

    def run(self) -> int:
        """Until it is asked to stop; the exit code. Raises as `run` above."""
        configuration, problems = read_configuration(self._file, self._environ)
        if configuration is None:
            raise ConfigurationError([problem for problem in problems if problem.severity == "error"])
        settings = configuration.settings
        self._set_up_logs(settings)
        for problem in problems:
            logger.warning("{}", problem)
        with ExitStack() as stack:
            ledger = open_ledger(settings.ledger_url, company_key(settings.parasut))
            stack.callback(ledger.close)
            stack.enter_context(ledger.company.daemon())
            if not self._take_the_lease(stack, ledger):
                return 0
            logger.info("syncd {} works for {} by {}", __version__, company_key(settings.parasut), self._file)
            code = self._live(configuration, ledger, stack)
            if any(thread.name == _WORKER for thread in threading.enumerate()):
                stack.pop_all()  # it still uses all of that
        if code == 0:
            logger.info("stopped")
        return code

    def _take_the_lease(self, stack: ExitStack, ledger: Ledger) -> bool:
        """Wait until no command works on the ledger; False when asked to stop meanwhile."""
        said = False
        while True:
            try:
                stack.enter_context(ledger.company.lease())
            except Busy:
                if not said:
                    said = True
                    logger.warning("a command works on this ledger; the daemon begins when it has ended")
                    self._notifier.status("waits for a command that works on the ledger")
                if self._signals.next(_LOOK_EVERY_SECONDS) in (signal.SIGTERM, signal.SIGINT):
                    return False
            else:
                return True

    def _live(self, configuration: Configuration, ledger: Ledger, stack: ExitStack) -> int:
        """From the first turn to the last; the exit code."""
        vitals = self._vitals
        service = Service(
            self._file,
            self._environ,
            configuration,
            ledger,
            vitals,
            self._stopping,
            Time(Sleep(self._stopping, vitals.beat), sleep_aside=Sleep(self._stopping, lambda: None)),
            in_force=self._set_up_logs,
            reloaded=lambda: self._notifier.ready(self._words(service)),
        )
        stack.callback(service.close)
        stack.enter_context(self._endpoints(service))
        # A thread that hangs must not keep the program: after the patience it is left behind.
        thread = threading.Thread(target=self._work, args=[service], name=_WORKER, daemon=True)
        thread.start()
        service.schedule.start()
        try:
            self._watch(service, thread)
        finally:
            service.schedule.stop()
        return self.stop(thread, ledger)

    def _work(self, service: Service) -> None:
        """The working thread."""
        service.worker.begin()
        self._begun.set()
        while not self._stopping():
            service.worker.turn()
            self._stopping.wait(_TURN_EVERY_SECONDS)
        service.worker.end()

    def _watch(self, service: Service, thread: threading.Thread) -> None:
        """Until a signal asks to stop: tell systemd how it goes, pass reloads on."""
        settings = service.premises.settings
        ready, said = False, ""
        with ExitStack() as watched:
            while thread.is_alive():
                if not ready and self._begun.is_set():
                    ready = True
                    self._notifier.ready(self._words(service))
                    watched.enter_context(
                        self._notifier.watchdog(self._vitals, silent_limit_seconds=_silent_limit(settings))
                    )
                number = self._signals.next(_LOOK_EVERY_SECONDS)
                if number == signal.SIGHUP:
                    self._notifier.reloading()
                    service.worker.asked_to_reload = True
                elif number is not None:
                    return
                if ready and self._words(service) != said:
                    said = self._words(service)
                    self._notifier.status(said)
            logger.critical("the working thread has ended")

    def stop(self, thread: threading.Thread, ledger: Ledger) -> int:
        """Let the request in hand end, if it does so in time; the exit code."""
        until = time.monotonic() + PATIENCE_SECONDS
        died = not thread.is_alive()
        self._vitals.stopping = True
        self._stopping.ask()
        doing = self._vitals.working_on
        words = f"stopping; the request in hand is finished ({doing})" if doing else "stopping"
        self._notifier.stopping(words)
        logger.info("{}", words)
        thread.join(max(until - time.monotonic(), 0))
        if thread.is_alive():
            doing = self._vitals.working_on or doing or "telling people"
            left = left_behind(ledger, self._vitals.started_at, doing, PATIENCE_SECONDS)
            logger.log("CRITICAL" if left.write else "INFO", "{}", left.words)
            return int(left.write)
        return int(died)

    def _endpoints(self, service: Service) -> AbstractContextManager[object]:
        """Answering, if the configuration wants them. Raises SyncdError when their address can't be had."""
        settings, premises = service.premises.settings, service.premises
        if settings.daemon.listen is None:
            return nullcontext()
        endpoints = Endpoints(
            settings.daemon.listen,
            vitals=self._vitals,
            ready=Readiness(self._vitals, lambda: premises.ledger),
            metrics=Metrics(
                self._vitals, lambda: premises.settings, lambda: premises.ledger, lambda: premises.readings.begun()
            ),
            silent_limit_seconds=_silent_limit(settings),
        )
        logger.info("/healthz, /readyz and /metrics answer at {}", endpoints.address)
        return endpoints

    def _words(self, service: Service) -> str:
        """How the daemon is, for `systemctl status`."""
        vitals = self._vitals
        if vitals.working_on:
            return vitals.working_on
        if vitals.parasut_error:
            return about("Paraşüt", vitals.parasut_error)
        turn = service.schedule.next_turn()
        zone = service.premises.settings.timezone
        return f"waits for {turn.astimezone(zone):%H:%M:%S}" if turn is not None else "no rule is to come due"

    def _set_up_logs(self, settings: Settings) -> None:
        set_up_logs(
            [secret.reveal() for secret in settings.secrets],
            names=settings.order_prefixes,
            verbose=self._verbose,
            level="INFO",
            form=settings.daemon.log,
            zone=settings.timezone,
        )


def _silent_limit(settings: Settings) -> float:
    """One answer may take `timeout`; longer silence than that, twice and a little, is a thread that hangs."""
    return max(SILENT_LIMIT_SECONDS, 2.0 * settings.parasut.timeout_seconds + 60)
