"""Finding out what became of requests whose answers were lost, and letting their orders go on.

A request has no known outcome after a time-out, a broken connection, a server error, or when syncd was killed before
it wrote the answer down. Its record is looked for at once, and again when the request's own deadline and the time to
settle have passed: a slow server may still finish it until then. Found, it is the step's; not found by then, the same
body may be sent again. Either way the step is looked at once more later (see second_look.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from syncd.config.settings import Recovery
from syncd.errors import Hold
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import FOUND, UNSETTLED, StepRow, StepState
from syncd.parasut.client import ParasutClient
from syncd.sync.executor import HARMLESS
from syncd.sync.going_on import go_on
from syncd.sync.judge import Judgement
from syncd.sync.looking import Found, look, made_by
from syncd.sync.step_words import about_step, not_known_yet, what

OUTCOME_UNKNOWN: Final = "outcome-unknown"

_DECIDES_THE_ORDER: Final = frozenset({"sale", "payment"})  # nothing else may happen to the order meanwhile


@dataclass(frozen=True, slots=True)
class Settling:
    """What looking needs, for one company and one run."""

    client: ParasutClient
    ledger: Ledger
    clock: Callable[[], datetime]
    recovery: Recovery
    judgement: Judgement

    def settle_due(self) -> list[OrderRow]:
        """Look for every step without an outcome that is to be looked for by now; return the orders that changed.

        Raises as the client does.
        """
        now = self.clock()
        due = [step for step in self.ledger.steps.unsettled() if step.look_at is None or step.look_at <= now]
        changed = self._settle([step for step in due if step.kind not in HARMLESS])
        # An order waits for nothing when the run that settled its step ended before it could say so.
        waiting = self.ledger.orders.in_state([State.SETTLING])
        changed += [self._let_go_on(row, []) for row in waiting if not self._open_steps(row)]
        return changed

    def settle_now(self, step: StepRow) -> bool:
        """Look for the record of a step whose answer was lost just now; tells whether its outcome is known since.

        Its order is left to the caller. Raises as the client does.
        """
        found = look([step], self.client, self.ledger).get(step.identity)
        return found is not None and self._note(step, found)

    def _settle(self, steps: Sequence[StepRow]) -> list[OrderRow]:
        if not steps:
            return []
        found = look(steps, self.client, self.ledger)
        for step in steps:
            if step.identity not in found:  # Paraşüt refuses to tell: its order waits, the others go on
                again = self.clock() + timedelta(seconds=max(self.recovery.settle, 1))
                self.ledger.steps.note(step.identity, look_at=again)
        known = [step for step in steps if step.identity in found and self._note(step, found[step.identity])]
        changed: list[OrderRow] = []
        for order_id in dict.fromkeys(step.order_id for step in steps if step.order_id is not None):
            row = self.ledger.orders.by_id(order_id)
            if row is not None:
                mine = [step for step in known if step.order_id == order_id]
                changed.append(self._let_go_on(row, mine))
        return changed

    def _note(self, step: StepRow, found: Found) -> bool:
        """Write down what was found of one step; tells whether its outcome is known now."""
        now = self.clock()
        steps = self.ledger.steps
        settles_at = self.settles_at(step)
        second = now + timedelta(seconds=self.recovery.second_look)
        doubted = step.doubted_at or step.intended_at
        lost = step.lost + (step.state is StepState.INTENDED)  # syncd was killed before it could count
        noted: dict[str, datetime | str | int | None] = {
            "look_at": None,
            "doubted_at": doubted,
            "second_look_at": second,
            "lost": lost,
        }
        if found.ids:
            words = f"{found.words}; found: {', '.join(found.ids)}"
            noted |= {"looked": words}
            steps.finish(step.identity, StepState.DONE, now, remote_id=found.ids[0], answer=FOUND, noted=noted)
            mirrored = made_by(step, found.ids[0])
            if mirrored is not None:  # else the next plan would not know of it, and make it again
                self.ledger.mirror.store(mirrored[0], [mirrored[1]])
            whose, bound = about_step(step, self.ledger)
            bound.info("{}: {}, though its answer was lost: {}", whose, what(step), words)
            return True
        if now < settles_at:
            words = f"{found.words}; not found yet"
            unknown = StepState.UNKNOWN.value
            steps.note(step.identity, state=unknown, look_at=settles_at, looked=words, doubted_at=doubted, lost=lost)
            return False
        words = f"{found.words}; not found, and no longer expected"
        noted |= {"looked": words}
        steps.finish(step.identity, StepState.ABSENT, now, answer=step.answer, noted=noted)
        whose, bound = about_step(step, self.ledger)
        bound.info("{}: nothing shows that {}, so it is sent again: {}", whose, what(step), words)
        return True

    def settles_at(self, step: StepRow) -> datetime:
        """When a step that is not found by then was surely not carried out."""
        lost_at = max(step.deadline_at or step.intended_at, step.finished_at or step.intended_at)
        return lost_at + timedelta(seconds=self.recovery.settle)

    def _open_steps(self, row: OrderRow) -> list[StepRow]:
        return [step for step in self.ledger.steps.unsettled(row.ledger_id) if step.kind in _DECIDES_THE_ORDER]

    def _let_go_on(self, row: OrderRow, known: Sequence[StepRow]) -> OrderRow:
        open_steps = self._open_steps(row)
        if open_steps and row.state in (State.DUE, State.SETTLING):
            return wait_for(open_steps[0], row, self.ledger, self.clock())
        if row.state is not State.SETTLING:
            return row
        words = "; ".join(self._words(step) for step in known) or "no request of it is open any more"
        return go_on(row, words, self.ledger, self.judgement, self.clock())

    def _words(self, step: StepRow) -> str:
        now = self.ledger.steps.get(step.identity) or step
        if now.state is StepState.DONE:
            return f"`{step.identity}` had made {now.remote_id}, found by looking"
        return f"`{step.identity}` had made nothing, looked for in vain"


def note_what_was_cut_off(ledger: Ledger, now: datetime) -> list[OrderRow]:
    """Before anything is read: orders with a request without outcome wait, whatever a platform says of them since.

    Only for the process that holds the lease, while nothing is under way: what is only intended then was cut off.
    Returns the orders that wait for it.
    """
    waiting: list[OrderRow] = []
    for step in ledger.steps.unsettled():
        row = None if step.order_id is None else ledger.orders.by_id(step.order_id)
        if row is None or step.kind not in _DECIDES_THE_ORDER:
            continue
        if row.state in (State.DUE, State.SETTLING):
            waiting.append(wait_for(step, row, ledger, now) if row.state is State.DUE else row)
    return waiting


def wait_for(step: StepRow, row: OrderRow, ledger: Ledger, now: datetime) -> OrderRow:
    """An order waits until a step's outcome is known; one whose step is known by now has its turn again."""
    step = ledger.steps.get(step.identity) or step
    if not is_unsettled(step):
        return ledger.orders.change(row, "", now, attempts=row.attempts + 1, next_at=now)
    decides = step.kind in _DECIDES_THE_ORDER
    reason = not_known_yet(step)
    first = row.reason != reason
    return ledger.orders.change(
        row,
        reason if first else "",
        now,
        state=(State.SETTLING if decides else State.DUE).value,
        reason=reason,
        hold_code=None,
        remedy="",
        attempts=row.attempts + 1 if first else row.attempts,
        next_at=step.look_at or now,
    )


def outcome_unknown(step: StepRow, row: OrderRow) -> Hold:
    """The hold of an order whose request never had an outcome, however often it was sent."""
    return Hold(
        OUTCOME_UNKNOWN,
        f"Whether Paraşüt carried out `{step.identity}` ({step.method} {step.path}) is not known: "
        f"{step.lost} attempts had no answer. Looked for: {step.looked or 'nothing yet'}.",
        f"Look in Paraşüt for it. If it is there, `syncd orders resolve {row.name} --adopt ID`; if it is not, "
        f"`syncd orders resolve {row.name} --send-again`. `syncd orders show {row.name}` tells what was sent.",
    )


def is_unsettled(step: StepRow) -> bool:
    """Whether an order has to wait for the step."""
    return step.state in UNSETTLED and step.kind not in HARMLESS
