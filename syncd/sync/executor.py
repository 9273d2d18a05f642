"""The only way a write of an order leaves syncd: intent into the ledger, request, outcome into the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from syncd.config.settings import Recovery
from syncd.errors import CompanyStopped, NotExecuted, OutcomeUnknown, Refused, SyncdError
from syncd.ledger.ledger import Ledger
from syncd.ledger.steps import UNSETTLED, Promise, StepRow, StepState
from syncd.parasut.answer import Answer
from syncd.parasut.client import ParasutClient
from syncd.parasut.request import Request
from syncd.sync.step_words import about_step, not_known_yet, what

STOP_SETTING = "paused"
HARMLESS: Final = frozenset({"delete", "surplus"})
"""Kinds of steps that may be sent again whatever became of them: what they delete is gone in the end either way."""

MOST_LOST_ANSWERS: Final = 5
"""How often a step is sent whose answer gets lost each time."""

_SENT_AS_BEFORE: Final = frozenset({StepState.ABSENT, StepState.NOT_EXECUTED})
_BACK_OFF_SECONDS: Final = (1.0, 2.0, 4.0)


class Stopped(SyncdError):
    """A person paused syncd, or asked this run to end: nothing more is sent."""


class GaveWay(Stopped):
    """The run made room after the order in hand for what a person waits for; it goes on afterwards."""


class Unsettled(SyncdError):
    """Whether a step was carried out is not known, now or since an earlier run: its order waits until it is."""

    def __init__(self, step: StepRow, *, just_now: bool = False) -> None:
        super().__init__(not_known_yet(step))
        self.step = step
        self.just_now = just_now  # else its answer was lost before: by another order, or in an earlier run


class GivenUp(SyncdError):
    """A step never had an answer, however often it was sent: a person must look."""

    def __init__(self, step: StepRow) -> None:
        super().__init__(f"`{step.identity}` never had an answer")
        self.step = step


@dataclass(frozen=True, slots=True)
class Outcome:
    """The record a step made. `answer` is None when the step was done by an earlier run.

    `as_before` says that it was made by the body of an earlier attempt, not by the one that was given now.
    """

    remote_id: str
    answer: Answer | None
    as_before: bool = False


class Executor:
    """Runs the steps of orders, each at most once; several threads may share it.

    `stopping` is asked before every write, and so is the emergency stop in the ledger.
    """

    def __init__(
        self,
        client: ParasutClient,
        ledger: Ledger,
        clock: Callable[[], datetime],
        stopping: Callable[[], bool] = lambda: False,
        recovery: Recovery = Recovery(),  # noqa: B008 - immutable
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._stopping = stopping
        self._recovery = recovery

    def run(
        self,
        identity: str,
        kind: str,
        request: Request,
        *,
        order_id: int | None,
        fence: int,
        promise: Promise | None = None,
    ) -> Outcome:
        """Run the step of that identity, unless it was done before; `fence` is the highest id of its kind seen so far.

        What surely was not carried out is tried again a few times, each time as an intent of its own. A step whose
        record was looked for and is not there is sent with the body of its first time, and keeps that fence.

        Raises Unsettled when the step may or may not have been carried out, now or in an earlier run; GivenUp; Refused,
        NotExecuted, CompanyStopped as the client does; Stopped when nothing may be sent.
        """
        before = self._ledger.steps.get(identity)
        if before is not None and before.state is StepState.DONE:
            return Outcome(before.remote_id or "", None)
        if before is not None and before.state in UNSETTLED and kind not in HARMLESS:
            raise Unsettled(before)
        if before is not None and before.state in UNSETTLED:
            self._finish(before, StepState.NOT_EXECUTED, answer="asked again")
        as_before = (
            before is not None
            and kind not in HARMLESS
            and before.doubted_at is not None
            and before.state in _SENT_AS_BEFORE
        )
        if before is not None and as_before:
            if before.lost >= MOST_LOST_ANSWERS:
                raise GivenUp(before)
            request = stored_request(before)
            promise = None if promise is None else replace(promise, issue_date=None, contact_id=None)
        step = StepRow(
            identity=identity,
            kind=kind,
            order_id=order_id,
            state=StepState.INTENDED,
            method=request.method,
            path=request.path,
            query=[list(pair) for pair in request.query],
            body=(request.content or b"").decode(),
            fence=str(fence),
            attempts=before.attempts if before else 0,
            lost=before.lost if before and before.state is not StepState.DISMISSED else 0,
            intended_at=self._clock(),
        )
        if before is not None and before.doubted_at is not None:  # a late record of that attempt lies above its fence
            step = replace(step, fence=before.fence, doubted_at=before.doubted_at, second_look_at=before.second_look_at)
        for pause in (*_BACK_OFF_SECONDS, None):
            try:
                return replace(self._attempt(step, request, promise), as_before=as_before)
            except CompanyStopped:
                raise
            except NotExecuted as error:
                if pause is None:
                    raise
                whose, bound = about_step(step, self._ledger)
                bound.debug("{}: the {} was not carried out: {}; again in {:.0f} s", whose, kind, error.message, pause)
                self._client.wait(pause)
                step = replace(step, attempts=step.attempts + 1)
        raise AssertionError("the last try returns or raises")

    def _attempt(self, step: StepRow, request: Request, promise: Promise | None) -> Outcome:
        step = replace(step, attempts=step.attempts + 1)

        def intend() -> None:
            nonlocal step
            now = self._clock()
            lasts = timedelta(seconds=self._recovery.send_within + self._client.timeout_seconds)
            step = replace(step, intended_at=now, deadline_at=now + lasts)
            self._ledger.steps.intend(step, promise)

        @contextmanager
        def reserving() -> Iterator[Callable[[], None]]:
            # One commit for both; and no other thread's commit comes between the moment that was reserved and sending.
            with self._ledger.together():
                self._refuse_when_stopped()
                yield intend

        place = self._client.reserve(self._recovery.send_within, reserving)
        try:
            answer = self._client.send(request, place)
        except (NotExecuted, CompanyStopped, Stopped) as error:  # stopped while it waited for its place
            self._finish(step, StepState.NOT_EXECUTED, answer=error.message)
            raise
        except Refused as error:
            self._finish(step, StepState.REFUSED, answer=error.message)
            raise
        except OutcomeUnknown as error:
            whose, bound = about_step(step, self._ledger)
            others = "" if step.order_id is not None else "; the orders that need it wait"
            words = "{}: whether {} is not known, and is looked for{}: {}"
            bound.warning(words, whose, what(step), others, error.message)
            raise Unsettled(self._doubt(step, error.message), just_now=True) from error
        remote_id = answer.resource.id if answer.body else ""
        self._finish(step, StepState.DONE, remote_id=remote_id)
        return Outcome(remote_id, answer)

    def _refuse_when_stopped(self) -> None:
        if self._stopping():
            raise asked_to_stop()
        refuse_while_paused(self._ledger)

    def _doubt(self, step: StepRow, words: str) -> StepRow:
        now = self._clock()
        doubted = step.doubted_at or step.intended_at
        self._ledger.steps.finish(
            step.identity,
            StepState.UNKNOWN,
            now,
            answer=words,
            noted={"look_at": now, "doubted_at": doubted, "lost": step.lost + 1},
        )
        return self._ledger.steps.get(step.identity) or step

    def _finish(self, step: StepRow, state: StepState, *, remote_id: str | None = None, answer: str = "") -> None:
        self._ledger.steps.finish(step.identity, state, self._clock(), remote_id=remote_id, answer=answer)


def stored_request(step: StepRow) -> Request:
    """The request of a step, as it was written down."""
    return Request(step.method, step.path, tuple((name, value) for name, value in step.query), written=step.body)


def asked_to_stop() -> Stopped:
    """What ends a run that was asked to end."""
    return Stopped("Ended as asked, after the request in hand; the next run goes on.")


def refuse_while_paused(ledger: Ledger) -> None:
    """Raise Stopped when a person has stopped everything."""
    if ledger.setting(STOP_SETTING) is not None:
        raise Stopped("syncd is paused; nothing was sent.", "`syncd resume` lets it go on.")
