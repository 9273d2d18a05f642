"""What works inside the daemon, without threads and signals: schedule, worker, notices, the switch to other files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from apscheduler.schedulers.base import BaseScheduler
from loguru import logger

from syncd.config.settings import Settings
from syncd.daemon.configuration import Configuration, read_configuration
from syncd.daemon.consequences import Consequences, consequences
from syncd.daemon.notices import Notices
from syncd.daemon.premises import Premises, Time
from syncd.daemon.reload import beginning_paused, changes, needs_restart
from syncd.daemon.schedule import DueRules, Schedule, due_at_the_start
from syncd.daemon.stopping import Stopping
from syncd.daemon.vitals import Vitals
from syncd.daemon.worker import Worker
from syncd.errors import ConfigurationError
from syncd.ledger.ledger import Ledger
from syncd.words import counted


class Service:
    """One company's daemon as parts. `schedule` and `worker` may run in two threads; all else is the worker's.

    `in_force` is called with the settings whenever other ones have come into force, `reloaded` after every reload.
    The caller holds the company's lease and closes the ledger.
    """

    def __init__(
        self,
        file: Path,
        environ: Mapping[str, str],
        configuration: Configuration,
        ledger: Ledger,
        vitals: Vitals,
        stopping: Stopping,
        time: Time,
        *,
        in_force: Callable[[Settings], None] = lambda _: None,
        reloaded: Callable[[], None] = lambda: None,
        scheduler: BaseScheduler | None = None,
    ) -> None:
        self._file = file
        self._environ = environ
        self._vitals = vitals
        self._time = time
        self._in_force = in_force
        self._reloaded = reloaded
        self._due = DueRules()
        self.premises = Premises(configuration, ledger, time, vitals)
        self.schedule = Schedule(self._due, time.clock, scheduler=scheduler)
        self._notices = self._new_notices(configuration.settings)
        self.worker = Worker(
            self.premises,
            self._due,
            vitals,
            stopping,
            lambda: self._notices,
            reload=self._reload,
            clock_set_back=self.schedule.begin_anew,
        )
        self._put_into_force(configuration.settings, known=())

    def close(self) -> None:
        """Give the connections back."""
        self.premises.close()

    def _put_into_force(self, settings: Settings, known: tuple[str, ...]) -> None:
        """The rules' times from now on; the first turn of those that are not `known` is at once."""
        self.schedule.set(settings.rules, settings.timezone, settings.daemon.jitter_seconds)
        self._due.add([name for name in due_at_the_start(settings.rules) if name not in known], turn=False)
        self._vitals.configured_at = self._time.clock()

    def _reload(self) -> None:
        """Between two runs: read the configuration again, and switch to it if it is good."""
        self._vitals.working_on = "a reload"
        try:
            self._vitals.configuration_problems = self._switch()
        finally:
            self._reloaded()

    def _switch(self) -> int:
        """Put the newest files into force; returns how many problems forbid it."""
        new, problems = read_configuration(self._file, self._environ)
        for problem in problems:
            logger.log("ERROR" if problem.severity == "error" else "WARNING", "{}", problem)
        if new is None:
            return _refused(sum(problem.severity == "error" for problem in problems))
        old = self.premises.configuration
        restart = needs_restart(old.settings, new.settings)
        for reason in restart:
            logger.error("this takes a restart: {}", reason)
        if restart:
            return _refused(len(restart))
        gone, paused = beginning_paused(old.settings, new.settings, self.premises.ledger.overview.paused_rules())
        for name in paused:  # before anything can come due
            self.premises.ledger.set_rule(name, paused=True)
        affected = consequences(self.premises.ledger, old, new)
        try:
            self.premises.switch(new)
        except ConfigurationError as error:
            for problem in error.problems:
                logger.error("{}", problem)
            return _refused(len(error.problems))
        settings = new.settings
        self._in_force(settings)
        _tell_changes(changes(old, new), affected)
        for name in paused:
            _tell_paused(name, gone)
        self._put_into_force(settings, known=tuple(rule.name for rule in old.settings.rules))
        self._notices.close()
        self._notices = self._new_notices(settings)
        self._vitals.platforms_are(settings.platforms)
        return 0

    def _new_notices(self, settings: Settings) -> Notices:
        return Notices(settings.notify, self.premises.ledger, self._vitals, self._time.clock, settings.timezone)


def _refused(problems: int) -> int:
    logger.error(
        "the configuration is not reloaded ({}); the last good one stays in force", counted(problems, "problem")
    )
    return problems


def _tell_paused(name: str, gone: Sequence[str]) -> None:
    old = f"the paused rule {gone[0]} is gone" if len(gone) == 1 else f"the paused rules {', '.join(gone)} are gone"
    logger.warning("rule {}: begins paused, because {}; `syncd resume --rule {}` lets it go on", name, old, name)


def _tell_changes(lines: list[str], affected: Consequences) -> None:
    if not lines:
        logger.info("reloaded: nothing has changed")
        return
    logger.info("reloaded; {}:", counted(len(lines), "change"))
    for line in [*lines, *affected.lines]:
        logger.info("{}", line)
    for line in affected.warnings:
        logger.warning("{}", line)
