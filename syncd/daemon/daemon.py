"""`syncd run`: what belongs together of schedule, working thread, signals, endpoints, systemd and notices."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Final

from loguru import logger

from syncd import __version__
from syncd.config.settings import Settings
from syncd.daemon.configuration import Configuration, read_configuration
from syncd.daemon.endpoints import Endpoints
from syncd.daemon.metrics import Metrics
from syncd.daemon.notices import Notices
from syncd.daemon.premises import Premises, Time
from syncd.daemon.readiness import Readiness
from syncd.daemon.reload import affected_lines, affected_orders, changes, needs_restart
from syncd.daemon.schedule import DueRules, Schedule, due_at_the_start
from syncd.daemon.stopping import Sleep, Stopping
from syncd.daemon.systemd import SILENT_LIMIT_SECONDS, Notifier
from syncd.daemon.vitals import Vitals
from syncd.daemon.worker import Worker
from syncd.errors import Busy, ConfigurationError
from syncd.ledger.ledger import Ledger, open_ledger
from syncd.logs import set_up_logs
from syncd.sync.company import company_key

PATIENCE_SECONDS: Final = 8.0
"""How long the request in hand may take after the daemon was asked to stop."""

_TURN_EVERY_SECONDS: Final = 0.5
_LOOK_EVERY_SECONDS: Final = 0.5


def run(file: Path, environ: Mapping[str, str], *, verbose: bool = False) -> int:
    """Run the daemon until it is asked to stop (SIGTERM, SIGINT); returns the exit code.

    0 after a clean stop, 1 when the request in hand did not end in time (what it intended is in the ledger). SIGHUP
    reads the configuration again. Raises ConfigurationError, LedgerError, Busy (another daemon) and SyncdError (the
    endpoints' address) before the first turn.
    """
    with Signals() as signals:
        return Daemon(file, environ, signals, verbose=verbose).run()


class Signals:
    """Signals as a queue; a second one that asks to stop ends the program at once, wherever it is.

    A handler may only touch what needs no lock: it runs in the midst of anything that the main thread does.
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._before: dict[int, object] = {}
        self._stops = 0

    def __enter__(self) -> Signals:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal gave

    def next(self, timeout_seconds: float) -> int | None:
        """The next signal; None when there was none in that time."""
        try:
            return self._queue.get(timeout=timeout_seconds)
        except queue.Empty:
            return None

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGHUP:
            self._stops += 1
            if self._stops > 1:
                os.write(2, b"syncd: stopped at once; what was intended is in the ledger\n")
                os._exit(1)
        self._queue.put(number)


class Daemon:
    """One company's daemon."""

    def __init__(self, file: Path, environ: Mapping[str, str], signals: Signals, *, verbose: bool = False) -> None:
        self._file = file
        self._environ = environ
        self._signals = signals
        self._verbose = verbose
        self._vitals = Vitals()
        self._stopping = Stopping()
        self._due = DueRules()
        self._schedule = Schedule(self._due, self._vitals.clock)
        self._notifier = Notifier(environ)
        self._begun = threading.Event()
        self._status = ""

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
            clean = self._run(configuration, ledger, stack)
            if not clean:
                stack.pop_all()  # the thread that did not end still uses all of it
        if not clean:
            return 1
        logger.info("stopped")
        return 0

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

    def _run(self, configuration: Configuration, ledger: Ledger, stack: ExitStack) -> bool:
        """The daemon's life with its ledger; whether it ended cleanly."""
        vitals, settings = self._vitals, configuration.settings
        sleep = Sleep(self._stopping, vitals.beat)
        premises = Premises(configuration, ledger, Time(sleep, clock=vitals.clock))
        stack.callback(premises.close)
        vitals.configured_at = vitals.clock()
        self._premises = premises
        self._notices = self._new_notices(settings)
        stack.enter_context(self._endpoints(settings, premises))
        self._schedule.set(settings.rules, settings.timezone, settings.daemon.jitter_seconds)
        self._due.add(due_at_the_start(settings.rules), turn=False)
        self._worker = Worker(
            premises,
            self._due,
            vitals,
            self._stopping,
            lambda: self._notices,
            reload=self._reload,
            clock_set_back=self._schedule.begin_anew,
        )
        # A thread that hangs must not keep the program: after the patience it is left behind.
        thread = threading.Thread(target=self._work, name="syncd-worker", daemon=True)
        thread.start()
        self._schedule.start()
        try:
            self._watch(thread, settings)
        finally:
            self._schedule.stop()
        return self._stop(thread)

    def _work(self) -> None:
        self._worker.begin()
        self._begun.set()
        while not self._stopping():
            self._worker.turn()
            self._stopping.wait(_TURN_EVERY_SECONDS)
        self._worker.end()

    def _watch(self, thread: threading.Thread, settings: Settings) -> None:
        """Until a signal asks to stop: tell systemd how it goes, pass reloads on."""
        with ExitStack() as watched:
            ready = False
            while thread.is_alive():
                if not ready and self._begun.is_set():
                    ready = True
                    self._notifier.ready(self._words())
                    watched.enter_context(
                        self._notifier.watchdog(self._vitals, silent_limit_seconds=_silent_limit(settings))
                    )
                number = self._signals.next(_LOOK_EVERY_SECONDS)
                if number == signal.SIGHUP:
                    self._notifier.reloading()
                    self._worker.asked_to_reload = True
                elif number is not None:
                    return
                if ready and self._words() != self._status:
                    self._status = self._words()
                    self._notifier.status(self._status)
            logger.critical("the working thread has ended")

    def _stop(self, thread: threading.Thread) -> bool:
        """Let the request in hand end; whether everything came to its end in time."""
        asked_at = time.monotonic()
        died = not thread.is_alive()
        self._vitals.stopping = True
        self._stopping.ask()
        doing = self._vitals.working_on
        self._notifier.stopping(f"stopping; finishes {doing}" if doing else "stopping")
        logger.info("asked to stop{}", f"; finishes the request in hand ({doing})" if doing else "")
        thread.join(max(PATIENCE_SECONDS - (time.monotonic() - asked_at), 0))
        if thread.is_alive():
            logger.critical(
                "the request in hand ({}) had no answer within {:.0f} s and is left behind; what was intended is in the "
                "ledger, and the next start holds its order until somebody has looked",
                self._vitals.working_on or doing or "telling people",
                PATIENCE_SECONDS,
            )
            return False
        return not died

    def _reload(self) -> None:
        """In the working thread, between two runs: read the configuration again, and switch to it if it is good."""
        vitals, premises = self._vitals, self._premises
        vitals.working_on = "a reload"
        try:
            vitals.configuration_problems = self._switch(premises)
        finally:
            self._notifier.ready(self._words())

    def _switch(self, premises: Premises) -> int:
        """Put the newest files into force; returns how many problems forbid it."""
        new, problems = read_configuration(self._file, self._environ)
        for problem in problems:
            logger.log("ERROR" if problem.severity == "error" else "WARNING", "{}", problem)
        if new is None:
            count = sum(problem.severity == "error" for problem in problems)
            logger.error("the configuration is not reloaded ({} problems); the last good one stays in force", count)
            return count
        old = premises.configuration
        restart = needs_restart(old.settings, new.settings)
        if restart:
            for reason in restart:
                logger.error("changed: {}", reason)
            logger.error("that takes a restart: the configuration is not reloaded, the last good one stays in force")
            return len(restart)
        affected = affected_orders(premises.ledger, new.settings)
        try:
            opened = premises.switch(new)
        except ConfigurationError as error:
            for problem in error.problems:
                logger.error("{}", problem)
            logger.error("the configuration is not reloaded; the last good one stays in force")
            return len(error.problems)
        settings = new.settings
        self._set_up_logs(settings)
        self._tell_changes(old, new, affected_lines(affected), opened)
        self._schedule.set(settings.rules, settings.timezone, settings.daemon.jitter_seconds)
        before = {rule.name for rule in old.settings.rules}
        self._due.add([name for name in due_at_the_start(settings.rules) if name not in before], turn=False)
        self._notices.close()
        self._notices = self._new_notices(settings)
        self._vitals.configured_at = self._vitals.clock()
        known = {*settings.platforms}
        self._vitals.platform_errors = {
            name: why for name, why in self._vitals.platform_errors.items() if name in known
        }
        return 0

    def _tell_changes(self, old: Configuration, new: Configuration, affected: list[str], opened: list[str]) -> None:
        lines = changes(old, new)
        if not lines:
            logger.info("reloaded: nothing has changed")
            return
        logger.info("reloaded; {}:", "1 change" if len(lines) == 1 else f"{len(lines)} changes")
        for line in [*lines, *affected]:
            logger.info("{}", line)
        if opened:
            logger.debug("opened anew: {}", ", ".join(opened))

    @contextmanager
    def _endpoints(self, settings: Settings, premises: Premises) -> Iterator[None]:
        listen = settings.daemon.listen
        if listen is None:
            with nullcontext():
                yield
            return
        metrics = Metrics(self._vitals, lambda: premises.settings, lambda: premises.ledger)
        endpoints = Endpoints(
            listen,
            vitals=self._vitals,
            ready=Readiness(self._vitals, lambda: premises.ledger),
            metrics=metrics,
            silent_limit_seconds=_silent_limit(settings),
        )
        with endpoints:
            logger.info("/healthz, /readyz and /metrics answer at {}", endpoints.address)
            yield

    def _new_notices(self, settings: Settings) -> Notices:
        return Notices(settings.notify, self._premises.ledger, self._vitals, self._vitals.clock, settings.timezone)

    def _words(self) -> str:
        """How the daemon is, for `systemctl status`."""
        vitals = self._vitals
        if vitals.working_on:
            return vitals.working_on
        if vitals.parasut_error:
            return f"Paraşüt: {vitals.parasut_error}"
        turn = self._schedule.next_turn()
        zone = self._premises.settings.timezone
        return f"waits for {turn.astimezone(zone):%H:%M:%S}" if turn is not None else "no rule is to come due"

    def _set_up_logs(self, settings: Settings) -> None:
        names = {*settings.platforms, *(platform.connector for platform in settings.platforms.values())}
        set_up_logs(
            [secret.reveal() for secret in settings.secrets],
            names=names,
            verbose=self._verbose,
            level="INFO",
            form=settings.daemon.log,
        )


def _silent_limit(settings: Settings) -> float:
    """One answer may take `timeout`; longer silence than that, twice and a little, is a thread that hangs."""
    return max(SILENT_LIMIT_SECONDS, 2.0 * settings.parasut.timeout_seconds + 60)
