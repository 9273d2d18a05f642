"""One run over the rules: collect, then invoice what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from syncd.errors import Hold, LedgerError, ParasutError
from syncd.ledger.order_row import OrderRow, State
from syncd.sync.admission import Admission
from syncd.sync.adoption import adopt_new
from syncd.sync.clock import refuse_a_clock_set_back
from syncd.sync.collect import judge_again
from syncd.sync.dispatch import Dispatch, orders_at_once
from syncd.sync.executor import Executor, Stopped, refuse_while_paused
from syncd.sync.fences import Fences
from syncd.sync.locks import KeyLocks
from syncd.sync.making import Work
from syncd.sync.one_order import OneOrder
from syncd.sync.refresh import Refresher
from syncd.sync.report import Report, Result, Selection, Verdict, as_held
from syncd.sync.second_look import SecondLook
from syncd.sync.selection import (
    calls_of,
    collect_all,
    counted,
    due_rows,
    in_turn,
    must_know,
    not_yet,
    selected,
)
from syncd.sync.settling import Settling, note_what_was_cut_off
from syncd.sync.workshop import Workshop


def work(
    workshop: Workshop,
    selection: Selection,
    on_result: Callable[[Result], None] = lambda _: None,
    *,
    admission: Admission | None = None,
    keep_results: bool = True,
) -> Report:
    """Do it: collect, then invoice every due order that no limit keeps waiting. One order's trouble never stops others.

    The caller holds the company's lease. `admission` is that of a run which this one goes on with: what it has made
    counts against the limits, too. What ended the run early is in the report's `stopped`; a LedgerError before the
    first order is raised. With `keep_results` False the report only counts the results.
    """
    report = Report(keeps=keep_results)
    before = calls_of(workshop)

    def tell(results: Sequence[Result]) -> None:
        report.add(results)
        for result in results:
            on_result(result)

    note_what_was_cut_off(workshop.ledger, workshop.clock())
    try:
        for results in _collect(workshop, selection, report):
            tell(results)
    except Stopped as error:
        report.stopped = error
        return counted(report, workshop, before)
    admission = admission or Admission(workshop.ledger, named=selection.order is not None)
    try:
        for result in _worked_off(workshop, selection, report, admission):
            tell([result])
    except (ParasutError, Stopped, LedgerError) as error:
        report.stopped = error
    return counted(report, workshop, before)


def _collect(workshop: Workshop, selection: Selection, report: Report) -> Iterator[list[Result]]:
    judgement = workshop.judgement
    ledger = workshop.ledger
    for collected in collect_all(workshop, selection, judgement, store=True):
        report.collected.append(collected)
        yield [as_held(row) for row in collected.changed if row.state is State.HELD and selected(row, selection)]
    with ledger.orders.alone:  # a platform may be read in the background
        ledger.orders.save((row, None) for row in judge_again(ledger, judgement, workshop.clock()))


def _worked_off(workshop: Workshop, selection: Selection, report: Report, admission: Admission) -> Iterator[Result]:
    """First what became of requests whose answers were lost, then the orders that are due."""
    tools = None if workshop.client is None else _Tools(workshop)
    if tools is not None:
        for row in tools.look_after_lost_answers():
            if row.state is State.HELD and selected(row, selection):
                yield as_held(row)
    rows = due_rows(workshop, {}, selection, bare=True)
    must_know(workshop, selection, rows, report)
    now = workshop.clock()
    for row in rows:
        words = not_yet(row, now, workshop.settings.timezone)
        if words:
            yield Result(row, Verdict.WAITS, words)
    rows = [row for row in rows if not not_yet(row, now, workshop.settings.timezone)]
    if rows:
        assert tools is not None
        yield from tools.invoiced(rows, selection, report, admission)


class _Tools:
    """What a run works with once it may have something to do at Paraşüt."""

    def __init__(self, workshop: Workshop) -> None:
        assert workshop.client is not None
        self._workshop = workshop
        ledger, clock = workshop.ledger, workshop.clock
        ending = threading.Event()
        recovery = workshop.settings.parasut.recovery
        self._executor = Executor(
            workshop.client, ledger, clock, lambda: workshop.stopping() or ending.is_set(), recovery
        )
        self._refresher = Refresher(workshop.client, ledger, clock)
        self._settling = Settling(workshop.client, ledger, clock, recovery, workshop.judgement)
        work = Work(
            workshop.client, ledger, self._executor, self._refresher, clock, Fences(ledger), KeyLocks(), self._settling
        )
        self._one_order = OneOrder(work, ending)

    def look_after_lost_answers(self) -> list[OrderRow]:
        """Settle what has no outcome yet, and take the second look at what had none; the orders that changed.

        Asks nothing while there is no such step. Raises as the client and the executor do.
        """
        return [*self._settling.settle_due(), *SecondLook(self._settling, self._executor).due()]

    def invoiced(
        self, rows: Sequence[OrderRow], selection: Selection, report: Report, admission: Admission
    ) -> Iterator[Result]:
        """Invoice these orders, as far as nothing keeps them waiting. Raises what ends the run."""
        workshop = self._workshop
        obstacles, free = in_turn(rows, workshop, selection, report)
        for row, why in obstacles:
            yield self._one_order.held(row, why) if isinstance(why, Hold) else Result(row, Verdict.WAITS, why)
        if not any(not admission.refusal(rule, row) for rule, row in free):  # orders that all wait cost no call
            yield from (Result(row, Verdict.WAITS, admission.refusal(rule, row)) for rule, row in free)
            return
        refuse_while_paused(workshop.ledger)
        refuse_a_clock_set_back(workshop.ledger, workshop.clock())
        given = adopt_new(workshop)
        yield from (as_held(row) for row in given.held if selected(row, selection))
        known = {row.id for row in rows}
        more = [row for row in given.adopted if row.state is State.DUE and row.id not in known]
        free += in_turn([row for row in more if selected(row, selection)], workshop, selection, report)[1]
        self._refresher.refresh(len(rows))
        at_once = orders_at_once(workshop.settings.parasut)
        dispatch = Dispatch(workshop, self._one_order, admission, report)
        with ThreadPoolExecutor(at_once, thread_name_prefix="order") as pool:
            yield from dispatch.results(free, pool, at_once)
