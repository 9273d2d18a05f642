"""The one thread that works: rules that are due, commands that wait, reloads; one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from loguru import logger

from syncd.config.settings import Rule
from syncd.daemon.commands import Commands
from syncd.daemon.ever_later import EverLater
from syncd.daemon.housekeeping import Housekeeping
from syncd.daemon.notices import Notices
from syncd.daemon.order_log import OrderLog
from syncd.daemon.premises import Premises
from syncd.daemon.retries import Retries
from syncd.daemon.schedule import DueRules
from syncd.daemon.stopping import Stopping
from syncd.daemon.vitals import Vitals
from syncd.daemon.wakes import Wakes
from syncd.errors import CompanyStopped, LedgerError, ParasutError, SyncdError
from syncd.sync.admission import Admission
from syncd.sync.executor import GaveWay, Stopped
from syncd.sync.outgrown import kept_since
from syncd.sync.report import Report, Result, Selection, Verdict
from syncd.sync.run import work
from syncd.sync.workshop import Workshop
from syncd.words import about, counted

_FIRST_PAUSE_SECONDS: Final = 60.0
_LONGEST_PAUSE_SECONDS: Final = 900.0
_PAUSE_AFTER_A_FAILURE_SECONDS: Final = 5.0
_NOTICES_EVERY_SECONDS: Final = 5.0
_CLOCK_SET_BACK_SECONDS: Final = 60.0
_SAY_AGAIN_AFTER_SECONDS: Final = 600.0
_STILL_READ_AFTER_SECONDS: Final = 120.0


class Worker:
    """Does what is due, turn by turn. `reload` is called between two runs when one was asked for."""

    def __init__(
        self,
        premises: Premises,
        due: DueRules,
        vitals: Vitals,
        stopping: Stopping,
        notices: Callable[[], Notices],
        *,
        reload: Callable[[], None] = lambda: None,
        clock_set_back: Callable[[], None] = lambda: None,
    ) -> None:
        self._premises = premises
        self._due = due
        self._vitals = vitals
        self._stopping = stopping
        self._notices = notices
        self._reload = reload
        self._clock_set_back = clock_set_back
        self._monotonic = premises.time.monotonic
        self._commands = Commands(premises.ledger, premises.time.clock)
        self._orders = OrderLog(premises.ledger)
        self._gave_way: Admission | None = None  # what a run that gave way has made counts against its limits
        self._retries = Retries(self._monotonic)
        self._wakes = Wakes(premises.ledger, self._monotonic)
        self._pause_seconds = 0.0
        self._paused_until = 0.0
        self._said = ""  # why the last run was stopped
        self._housekeeping = Housekeeping(premises.ledger)
        self._ledger_error = ""  # what was said of the ledger, while it lasts
        self._said_again_at = 0.0
        self._pending = EverLater(self._monotonic, _STILL_READ_AFTER_SECONDS)
        self._noticed_at = self._monotonic()
        self._offset = premises.time.clock().timestamp() - self._monotonic()
        self.asked_to_reload = False

    def begin(self) -> None:
        """Before the first turn: answer what the daemon before left open, and try the login. Never raises."""
        self._guarded(self._commands.begin)
        self._guarded(lambda: self._orders.begin(self._premises.time.clock()))
        self._guarded(self._warn_of_kept_orders)
        self._guarded(self._try_login)

    def turn(self) -> None:
        """A reload if one was asked for, the short commands, then one long command or the rules that are due.

        Never raises.
        """
        self._guarded(self._turn)

    def end(self) -> None:
        """After the last turn."""
        self._notices().close()

    def _turn(self) -> None:
        self._vitals.beat()
        self._watch_the_clock()
        if self.asked_to_reload:
            self.asked_to_reload = False
            self._reload()
        self._commands.serve(self._workshop(short=True))
        command = self._commands.next_long()
        if command is not None:
            self._vitals.working_on = f"`syncd {command.kind}`, asked by a person"
            self._orders.run_begins(self._premises.time.clock())
            self._commands.carry_out(command, self._workshop(), self._tell, self._note)
        elif not self._stopping() and self._monotonic() >= self._paused_until:
            for name in self._premises.readings.ended():
                self._retries.worked(f"reading {name}", frozenset())
            woken = self._wakes.take(self._premises.settings.rules, self._premises.time.clock())
            self._run(self._due.take(), self._retries.take() | woken)
        self._vitals.missed_turns = self._due.missed
        self._vitals.working_on = ""
        self._tick()
        with self._premises.ledger.orders.alone:  # a platform may be read in the background
            self._housekeeping.turn(self._premises.settings, self._premises.time.clock())
        self._ledger_error = ""

    def _run(self, due: frozenset[str], again: frozenset[str]) -> None:
        """One run over the rules that are due, and those whose last turn brought nothing and is tried `again`."""
        rules = [rule for rule in self._premises.settings.rules if rule.name in due | again]
        if not rules:
            return
        names = frozenset(rule.name for rule in rules)
        self._vitals.working_on = f"rules {', '.join(sorted(names))}"
        again -= due  # else it is a new turn of theirs
        admission = self._gave_way or self._retries.admission(self._premises.ledger, due, again)
        self._gave_way = None
        try:
            self._orders.run_begins(self._premises.time.clock())
            report = work(
                self._workshop(gives_way=True),
                Selection(names, strays=True),
                self._tell,
                admission=admission,
                keep_results=False,
            )
        except Stopped:
            raise
        except Exception as error:
            self._count(names - again)
            self._broke(rules, error, admission)
            raise
        if isinstance(report.stopped, GaveWay):
            self._gave_way = admission
            self._due.add(names - again, turn=False)
            self._retries.soon(names & again)
        else:
            self._count(names - again)
        self._retries.remember(names, admission)
        self._try_again(rules, report, admission)
        kept = {rule: why for rule, why in self._vitals.stopped_rules.items() if rule not in names}
        self._vitals.stopped_rules = kept | report.stopped_rules
        for rule, why in report.stopped_rules.items():
            logger.bind(rule=rule).error("rule {}: {}", rule, why)
        self._note(report)

    def _count(self, names: frozenset[str]) -> None:
        runs = self._vitals.runs
        self._vitals.runs = runs | {name: runs.get(name, 0) + 1 for name in names}

    def _try_again(self, rules: Sequence[Rule], report: Report, admission: Admission) -> None:
        """Let the rules of platforms that could not be read come again."""
        names = frozenset(rule.name for rule in rules)
        for rule in rules:
            self._retries.worked(f"rule {rule.name}", names)
        for collected in report.collected:
            what = f"platform {collected.platform}"
            if collected.pending:
                waiting = [rule for rule in rules if collected.platform in rule.platforms]
                self._retries.waits(f"reading {collected.platform}", waiting, admission)
                continue
            if collected.error is None:
                self._retries.worked(what, names)
                continue
            lost = [rule for rule in rules if collected.platform in rule.platforms]
            self._retries.failed(what, lost, admission)

    def _broke(self, rules: Sequence[Rule], error: Exception, admission: Admission) -> None:
        """A run ended in an error that was not foreseen: whoever watches shall see it, and its rules come again."""
        said = str(error) if isinstance(error, SyncdError) else f"unexpected {type(error).__name__}, see the log"
        for rule in rules:
            self._retries.failed(f"rule {rule.name}", [rule], admission)
        broken = {rule.name: f"the run broke off: {said}" for rule in rules}
        self._vitals.stopped_rules = self._vitals.stopped_rules | broken
        self._vitals.calls, self._vitals.throttled = self._premises.calls

    def _workshop(self, *, gives_way: bool = False, short: bool = False) -> Workshop:
        def between() -> None:
            self._vitals.beat()
            self._commands.serve(workshop)
            self._tick()

        def makes_room() -> bool:
            return gives_way and (self.asked_to_reload or self._commands.long_waits)

        workshop = self._premises.workshop(self._stopping, (lambda: None) if short else between, makes_room)
        return workshop

    def _tell(self, result: Result) -> None:
        """Log one order of a run; without its buyer."""
        self._vitals.beat()
        if result.verdict is Verdict.INVOICED:
            self._company_works()  # a backlog may take an hour: what a run shows is true before it ends
        self._orders.tell(result)

    def _note(self, report: Report) -> None:
        """What a run says about platforms and Paraşüt, into the signs of life and the log."""
        vitals = self._vitals
        read = [collected for collected in report.collected if not collected.pending]
        vitals.platforms_read({one.platform: None if one.error is None else str(one.error) for one in read})
        vitals.calls, vitals.throttled = self._premises.calls
        vitals.worked_at = self._premises.time.clock()
        self._log(report)
        self._orders.run_ends(vitals.worked_at, self._premises.settings.timezone)
        if isinstance(report.stopped, ParasutError):
            self._company_failed(report.stopped)
        elif report.answers:  # requests alone prove nothing: a stop ends a run while they hang
            self._company_works()
        elif vitals.parasut_error and not self._stopping():
            self._try_login()  # nothing else would ask, and the alarm would stay
        self._noticed_at = self._monotonic()
        self._notices().after_run()

    def _log(self, report: Report) -> None:
        for collected in report.collected:
            if collected.pending:
                level = "INFO" if self._pending.due(collected.platform) else "DEBUG"
                logger.log(level, "{}: {}", collected.platform, collected.pending)
            else:
                self._pending.over(collected.platform)
        seen = sum(collected.seen for collected in report.collected)
        counts = {verdict: report.count(verdict) for verdict in Verdict}
        held = self._orders.new_holds
        level = "INFO" if counts[Verdict.INVOICED] or held else "DEBUG"
        logger.log(
            level,
            "{} read, {} invoiced, {} newly held, {} waiting; {} to Paraşüt",
            counted(seen, "order"),
            counts[Verdict.INVOICED],
            held,
            counts[Verdict.WAITS],
            counted(report.calls, "call"),
        )
        said = "" if report.stopped is None or isinstance(report.stopped, GaveWay) else str(report.stopped)
        if said and not isinstance(report.stopped, ParasutError) and said != self._said:
            logger.log("INFO" if isinstance(report.stopped, Stopped) else "ERROR", "stopped early: {}", said)
        self._said = said

    def _warn_of_kept_orders(self) -> None:
        """A reload tells of them; here it is what was changed while no daemon was running."""
        self._vitals.working_on = "the rules that have changed"
        for line in kept_since(self._premises.ledger, self._workshop(short=True).judgement):
            logger.warning("{}", line)

    def _try_login(self) -> None:
        self._vitals.working_on = "the login at Paraşüt"
        try:
            self._premises.client.me()
        except Stopped:
            return
        except ParasutError as error:
            self._company_failed(error)
        else:
            self._company_works()
        finally:
            self._vitals.calls, self._vitals.throttled = self._premises.calls

    def _company_failed(self, error: ParasutError) -> None:
        """One alarm, then quiet until it works again; a company that is locked out is asked ever less often."""
        words = str(error)
        level = "WARNING" if words == self._vitals.parasut_error else "ERROR"
        if isinstance(error, CompanyStopped):
            level = "WARNING" if words == self._vitals.parasut_error else "CRITICAL"
            self._pause_seconds = min(max(self._pause_seconds * 2, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
            self._paused_until = self._monotonic() + self._pause_seconds
            words_now = f"{words} It is tried again in {self._pause_seconds / 60:.0f} min."
        else:
            words_now = words
        logger.log(level, "{}", about("Paraşüt", words_now))
        self._vitals.parasut_error = words

    def _company_works(self) -> None:
        if self._vitals.parasut_error:
            logger.info("Paraşüt works again")
        self._vitals.parasut_error = ""
        self._vitals.parasut_answered_at = self._premises.time.clock()
        self._pause_seconds = self._paused_until = 0.0

    def _tick(self) -> None:
        """Let the notices look, now and then."""
        now = self._monotonic()
        if now - self._noticed_at >= _NOTICES_EVERY_SECONDS:
            self._noticed_at = now
            self._notices().tick()

    def _watch_the_clock(self) -> None:
        """Jobs wait for a time of day: after the clock was set back they would wait until it has caught up."""
        offset = self._premises.time.clock().timestamp() - self._monotonic()
        if offset < self._offset - _CLOCK_SET_BACK_SECONDS:
            logger.warning("the clock was set back by {:.0f} s; the turns begin anew", self._offset - offset)
            self._clock_set_back()
        self._offset = offset

    def _guarded(self, action: Callable[[], None]) -> None:
        """Nothing that goes wrong ends the daemon."""
        try:
            action()
        except Stopped:
            return
        except LedgerError as error:
            self._ledger_failed(error)
            self._breathe_in()
        except SyncdError as error:
            logger.error("{}", error)
        except Exception as error:
            logger.opt(exception=error).critical("unexpected {}; the next turn tries again", type(error).__name__)
            self._breathe_in()
        finally:
            self._vitals.working_on = ""

    def _ledger_failed(self, error: LedgerError) -> None:
        """Said once, and again when it says something else or has gone on for long: it is tried again soon."""
        now = self._monotonic()
        if str(error) == self._ledger_error and now < self._said_again_at:
            return
        self._ledger_error, self._said_again_at = str(error), now + _SAY_AGAIN_AFTER_SECONDS
        logger.error("{} It is tried again.", error)

    def _breathe_in(self) -> None:
        try:
            self._premises.time.sleep(_PAUSE_AFTER_A_FAILURE_SECONDS)
        except Stopped:
            return
