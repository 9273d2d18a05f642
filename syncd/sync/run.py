"""One run over the rules: collect, then invoice order by order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from loguru import logger

from syncd.errors import CompanyStopped, Hold, LedgerError, NotExecuted, ParasutError
from syncd.ledger.order_row import OrderRow, State
from syncd.sync.admission import Admission
from syncd.sync.apply import apply_order
from syncd.sync.collect import judge_again
from syncd.sync.executor import Executor, GaveWay, Stopped, TryAgain, refuse_while_paused
from syncd.sync.first_day import refuse_a_second_ledger
from syncd.sync.making import Work
from syncd.sync.plan import PlanContext
from syncd.sync.refresh import Refresher
from syncd.sync.report import Report, Result, Selection, Verdict, as_held
from syncd.sync.selection import calls_of, collect_all, counted, due_rows, in_turn, must_know, selected
from syncd.sync.standing import hold_unsettled
from syncd.sync.workshop import Workshop

_MOST_EQUAL_HOLDS: Final = 5


def work(
    workshop: Workshop,
    selection: Selection,
    on_result: Callable[[Result], None] = lambda _: None,
    *,
    admission: Admission | None = None,
) -> Report:
    """Do it: collect, then invoice every due order that no limit keeps waiting. One order's trouble never stops others.

    The caller holds the company's lease. `admission` is that of a run which this one goes on with: what it has made
    counts against the limits, too. What ended the run early is in the report's `stopped`; a LedgerError before the
    first order is raised.
    """
    report = Report()
    before = calls_of(workshop)
    try:
        _collect(workshop, selection, report)
    except Stopped as error:
        report.stopped = error
        return counted(report, workshop, before)
    rows = due_rows(workshop, {}, selection)
    must_know(workshop, selection, rows, report)
    for result in report.results:
        on_result(result)
    admission = admission or Admission(workshop.ledger, named=selection.order is not None)
    try:
        for result in _applied(rows, workshop, selection, report, admission):
            report.results.append(result)
            on_result(result)
    except (ParasutError, Stopped, LedgerError) as error:
        report.stopped = error
    return counted(report, workshop, before)


def _collect(workshop: Workshop, selection: Selection, report: Report) -> None:
    judgement = workshop.judgement
    ledger = workshop.ledger
    report.results += [as_held(row) for row in hold_unsettled(ledger, workshop.clock()) if selected(row, selection)]
    for collected in collect_all(workshop, selection, judgement, store=True):
        report.collected.append(collected)
        report.results += [
            as_held(row) for row in collected.changed if row.state is State.HELD and selected(row, selection)
        ]
    ledger.orders.save((row, None) for row in judge_again(ledger, judgement, workshop.clock()))


def _applied(
    rows: Sequence[OrderRow], workshop: Workshop, selection: Selection, report: Report, admission: Admission
) -> Iterator[Result]:
    if not rows:
        return
    assert workshop.client is not None
    ledger = workshop.ledger
    refresher = Refresher(workshop.client, ledger, workshop.clock)
    tools = Work(
        client=workshop.client,
        ledger=ledger,
        executor=Executor(workshop.client, ledger, workshop.clock, workshop.stopping),
        refresher=refresher,
        clock=workshop.clock,
    )
    streak = _Streak()
    refreshed = False
    obstacles, free = in_turn(rows, workshop, selection, report)
    for row, why in obstacles:
        yield _held(row, why, tools) if isinstance(why, Hold) else Result(row, Verdict.WAITS, why)
    for rule, found in free:
        workshop.breathe()
        if workshop.gives_way():
            raise GaveWay("Made room for a command; goes on afterwards.")
        row = _as_it_is_now(found, workshop)
        if row.state is not State.DUE:  # a person decided about it while the others were worked on
            continue
        waits = admission.refusal(rule, row)
        if waits:
            yield Result(row, Verdict.WAITS, waits)
            continue
        stopped = streak.verdict(rule.name)
        if stopped:
            report.stopped_rules[rule.name] = stopped
            yield Result(row, Verdict.WAITS, stopped)
            continue
        if not refreshed:  # orders that all wait cost no call
            refuse_while_paused(ledger)
            refuse_a_second_ledger(workshop)
            refresher.refresh(len(rows))
            refreshed = True
        sent = tools.executor.intended["sale"]
        result = _one(row, workshop.context(rule, row.platform), tools)
        if tools.executor.intended["sale"] > sent:  # also when it was held later: an invoice may be there
            admission.count(rule, row)
        streak.note(rule.name, result)
        yield result


def _as_it_is_now(row: OrderRow, workshop: Workshop) -> OrderRow:
    return replace(workshop.ledger.orders.by_id(row.ledger_id) or row, platform=row.platform)


@dataclass
class _Streak:
    """Holds of one kind in a row mean that the rule, not the order, is wrong."""

    last: dict[str, tuple[str, int]] = field(default_factory=dict)

    def note(self, rule: str, result: Result) -> None:
        """Count a result."""
        code = result.hold.code if result.hold is not None else ""
        before, count = self.last.get(rule, ("", 0))
        self.last[rule] = (code, count + 1 if code and code == before else 1)

    def verdict(self, rule: str) -> str:
        """Why the rule's other orders wait, or ""."""
        code, count = self.last.get(rule, ("", 0))
        if not code or count < _MOST_EQUAL_HOLDS:
            return ""
        return f"the rule was stopped after {count} holds of one kind in a row ({code}); the next run tries again"


def _one(row: OrderRow, context: PlanContext, tools: Work) -> Result:
    try:
        applied = apply_order(row, context, tools)
    except Hold as hold:
        return _held(row, hold, tools)
    except TryAgain as error:
        return Result(row, Verdict.WAITS, error.message)
    except (CompanyStopped, NotExecuted, Stopped, LedgerError):
        raise
    except ParasutError as error:
        return _held(row, Hold("answer-unusable", error.message, "Look at the order in Paraşüt, then retry it."), tools)
    except Exception as error:
        logger.opt(exception=error).error("{}: unexpected {}", row.name, type(error).__name__)
        words = f"Something unexpected happened while the order was worked on ({type(error).__name__})."
        return _held(row, Hold("unexpected", words, "See the log, report it, and retry the order."), tools)
    return Result(applied.row, Verdict.INVOICED, applied.row.reason, applied.plan)


def _held(row: OrderRow, hold: Hold, tools: Work) -> Result:
    changed = tools.ledger.orders.change(
        row,
        f"held ({hold.code}): {hold.message}",
        tools.clock(),
        state=State.HELD.value,
        hold_code=hold.code,
        reason=hold.message,
        remedy=hold.remedy,
    )
    return Result(changed, Verdict.HELD, hold.message, hold=hold)
