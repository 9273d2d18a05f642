"""The only way a write of an order leaves syncd: intent into the ledger, request, outcome into the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from loguru import logger

from syncd.errors import CompanyStopped, Hold, NotExecuted, OutcomeUnknown, Refused, SyncdError
from syncd.ledger.ledger import Ledger
from syncd.ledger.steps import UNSETTLED, Promise, StepRow, StepState
from syncd.parasut.answer import Answer
from syncd.parasut.client import ParasutClient
from syncd.parasut.request import Request

STOP_SETTING = "paused"
ADOPTED = "adopted by hand"


class Stopped(SyncdError):
    """A person paused syncd, or asked this run to end: nothing more is sent."""


class GaveWay(Stopped):
    """The run made room after the order in hand for what a person waits for; it goes on afterwards."""


class TryAgain(SyncdError):
    """A step without a known outcome that does no harm when it is sent once more: the order waits for the next run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The record a step made. `answer` is None when the step was done by an earlier run."""

    remote_id: str
    answer: Answer | None


class Executor:
    """Runs the steps of orders, each at most once. `stopping` is asked before every write."""

    def __init__(
        self,
        client: ParasutClient,
        ledger: Ledger,
        clock: Callable[[], datetime],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._stopping = stopping
        self.intended: Counter[str] = Counter()  # by kind, whatever became of them

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

        Raises Hold `outcome-unknown` when the step may or may not have been carried out, now or in an earlier run;
        Refused, NotExecuted, CompanyStopped as the client does; Stopped when nothing may be sent.
        """
        before = self._ledger.steps.get(identity)
        if before is not None and before.state is StepState.DONE:
            return Outcome(before.remote_id or "", None)
        if before is not None and before.state in UNSETTLED:
            raise outcome_unknown(before)
        if self._stopping():
            raise asked_to_stop()
        refuse_while_paused(self._ledger)
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
            attempts=(before.attempts if before else 0) + 1,
            intended_at=self._clock(),
        )
        self._ledger.steps.intend(step, promise)
        self.intended[kind] += 1
        return self._send(step, request)

    def _send(self, step: StepRow, request: Request) -> Outcome:
        try:
            answer = self._client.send(request)
        except (NotExecuted, CompanyStopped, Stopped) as error:  # stopped while it waited for its place
            self._finish(step, StepState.NOT_EXECUTED, answer=error.message)
            raise
        except Refused as error:
            self._finish(step, StepState.REFUSED, answer=error.message)
            raise
        except OutcomeUnknown as error:
            self._finish(step, StepState.UNKNOWN, answer=error.message)
            logger.warning("the outcome of {} is unknown: {}", step.identity, error.message)
            if is_harmless(step):
                raise TryAgain("its wrong draft is being deleted; the next run goes on") from error
            raise outcome_unknown(step) from error
        remote_id = answer.resource.id if answer.body else ""
        self._finish(step, StepState.DONE, remote_id=remote_id)
        return Outcome(remote_id, answer)

    def _finish(self, step: StepRow, state: StepState, *, remote_id: str | None = None, answer: str = "") -> None:
        self._ledger.steps.finish(step.identity, state, self._clock(), remote_id=remote_id, answer=answer)


def _what(step: StepRow) -> str:
    name = step.identity.partition(" ")[2]
    match step.kind:
        case "sale":
            return f"an invoice whose description ends with [sale {name.rpartition('#')[0]}]"
        case "contact":
            return "a second contact with the buyer's name, made just then"
        case "payment":
            return "a payment of the order's invoice"
        case _:
            return f"the {step.kind} {name}"


def asked_to_stop() -> Stopped:
    """What ends a run that was asked to end."""
    return Stopped("Ended as asked, after the request in hand; the next run goes on.")


def refuse_while_paused(ledger: Ledger) -> None:
    """Raise Stopped when a person has stopped everything."""
    if ledger.setting(STOP_SETTING) is not None:
        raise Stopped("syncd is paused; nothing was sent.", "`syncd resume` lets it go on.")


def is_harmless(step: StepRow) -> bool:
    """A deletion may be sent again whatever became of it: the draft is gone in the end either way."""
    return step.kind == "delete"


def outcome_unknown(step: StepRow) -> Hold:
    """The hold of an order one of whose writes may or may not have been carried out."""
    return Hold(
        "outcome-unknown",
        f"Whether Paraşüt carried out `{step.identity}` ({step.method} {step.path}) is not known.",
        f"Look in Paraşüt for {_what(step)}. If it is there, `syncd orders resolve PLATFORM/NUMBER --adopt ID`; "
        "if it is not, the same with `--send-again`.",
    )
