"""What stands in front of every stand-in: recording, the audit trail and faults, as one ASGI layer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.sandbox.audit import Audit, Entry, watched
from syncd.sandbox.exchange import Exchange, Recorder, masked, parsed_body, parsed_query
from syncd.sandbox.faults import DONE_FIRST, DONE_LATER, HELD, LOGIN, NOT_DONE, Fault
from syncd.sandbox.holds import DROP, Holds
from syncd.sandbox.naming import ADMISSION, request_name
from syncd.sandbox.parasut.tokens import Tokens
from syncd.sandbox.parasut.window import RateWindow
from syncd.sandbox.script import FaultScript
from syncd.sandbox.spoiling import emptied, half, spoilt
from syncd.sandbox.wire import Wire

Silenced = Callable[[], AbstractContextManager[None]]
"""While it is entered, the stand-in's lists are empty."""

_PIECES = 40


@dataclass(frozen=True)
class Desk:
    """What all fronts share: the faults in force, the trail, the requests that are held, and the clock."""

    faults: FaultScript
    audit: Audit
    holds: Holds
    clock: Callable[[], float]


@dataclass
class Visit:
    """One request on its way. `gone` is done when its client has hung up."""

    scope: Scope
    receive: Receive
    send: Send
    raw: bytes
    request: Request
    entry: Entry
    gone: asyncio.Future[None]


class Front:
    """Reads the whole request, lets the app work, and sends the answer, or spoils it as a fault says."""

    def __init__(
        self,
        app: ASGIApp,
        desk: Desk,
        recorder: Recorder,
        wire: Wire,
        stand: str,
        latency_seconds: float = 0.0,
        silenced: Silenced | None = None,
        tokens: Tokens | None = None,
        window: RateWindow | None = None,
    ) -> None:
        self._app = app
        self._desk = desk
        self._recorder = recorder
        self._wire = wire
        self._stand = stand
        self._latency_seconds = latency_seconds
        self._silenced = silenced
        self._tokens = tokens
        self._window = window

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        raw = await request.body()
        method, path, desk = request.method, request.url.path, self._desk
        entry = desk.audit.begin(self._stand, method, path, request_name(self._stand, method, path), desk.clock())
        gone = asyncio.ensure_future(_gone(receive))
        visit = Visit(scope, receive, send, raw, request, entry, gone)
        try:
            lost = desk.faults.slowness(method, path, self._stand)
            fault = desk.faults.due(method, path, self._stand)
            if fault is not None:
                entry.fault = fault.kind
                entry.fault_id = desk.faults.latest.number if desk.faults.latest is not None else 0
            if lost["way"]:
                await asyncio.sleep(lost["way"])
            let_in = self._admit(scope, fault)
            if let_in and self._latency_seconds + lost["slow"]:
                await asyncio.sleep(self._latency_seconds + lost["slow"])
            await self._handle(visit, fault, lost["jitter"])
        finally:
            desk.audit.settle(entry, "over")
            gone.cancel()

    def _admit(self, scope: Scope, fault: Fault | None) -> bool:
        """Ask the limit now, when the request arrives, and not when its work begins; whether it is let in."""
        if self._window is None or (fault is not None and fault.kind in NOT_DONE):
            return True
        scope[ADMISSION] = self._window.take()
        return scope[ADMISSION] is None

    async def _handle(self, visit: Visit, fault: Fault | None, after: float) -> None:
        kind = "" if fault is None else fault.kind
        if fault is not None and kind in NOT_DONE:
            await self._refuse(visit, fault)
        elif fault is not None and kind in DONE_LATER:
            await self._late(visit, fault)
        else:
            if fault is not None and kind in LOGIN:
                self._end_tokens(fault)
            if kind == HELD[0] and await self._held(visit, "before") == DROP:
                await self._drop(visit)
                return
            answer = await (self._emptied(visit) if kind == "empty" else self._worked(visit))
            if after:
                await asyncio.sleep(after)
            if kind == HELD[1] and await self._held(visit, "after") == DROP:
                await self._drop(visit)
            elif fault is not None and kind in DONE_FIRST:
                await self._spoil(visit, fault, answer)
            else:
                await self._send(visit, answer)

    async def _refuse(self, visit: Visit, fault: Fault) -> None:
        """Nothing is done."""
        answer = spoilt(fault, self._stand)
        if answer is not None:
            visit.entry.status = answer.status_code
            await self._send(visit, answer)
            return
        self._record(visit, None)
        if fault.kind == "down":
            self._wire.down(fault.time())
        elif fault.kind != "hang":
            self._wire.hang_up(visit.scope, reset=fault.kind == "reset_before")
        await visit.gone

    async def _late(self, visit: Visit, fault: Fault) -> None:
        """The work is done when nobody counts on it any more."""
        self._record(visit, None)
        if fault.kind == "hang_done":
            await visit.gone
        else:
            if fault.kind == "late":
                self._wire.hang_up(visit.scope)
            await asyncio.sleep(fault.time())
        await self._worked(visit)
        await visit.gone

    async def _spoil(self, visit: Visit, fault: Fault, answer: Response) -> None:
        """The work is done, the answer is not what it was."""
        kind = fault.kind
        instead = spoilt(fault, self._stand)
        if instead is not None:
            await self._send(visit, instead, answered=False)
            return
        if kind == "drip":
            self._record(visit, answer)
            await _drip(visit, answer, fault.time())
            visit.entry.answered = not visit.gone.done()
            return
        self._record(visit, None)
        if kind == "cut":
            short = Response(half(answer), status_code=answer.status_code, media_type="application/json")
            await short(visit.scope, visit.receive, visit.send)
            return
        if kind == "truncate":
            start: Message = {"type": "http.response.start", "status": answer.status_code}
            await visit.send({**start, "headers": answer.raw_headers})
            await visit.send({"type": "http.response.body", "body": half(answer), "more_body": True})
            await asyncio.sleep(0)
        if kind != "timeout_after":
            self._wire.hang_up(visit.scope, reset=kind == "reset_after")
        await visit.gone

    async def _held(self, visit: Visit, point: str) -> str:
        self._desk.audit.settle(visit.entry, "held")
        try:
            return await self._desk.holds.stop(visit.entry, point, visit.gone)
        finally:
            self._desk.audit.settle(visit.entry, "open")

    async def _drop(self, visit: Visit) -> None:
        self._record(visit, None)
        self._wire.hang_up(visit.scope)
        await visit.gone

    def _end_tokens(self, fault: Fault) -> None:
        tokens = self._tokens
        if tokens is None:
            return
        tokens.revoke_access()
        if fault.kind == "revoke_tokens":
            tokens.revoke_refresh()
        elif fault.kind == "password":
            tokens.revoke_refresh()
            tokens.change_password("another-password")
            asyncio.get_running_loop().call_later(fault.time(), tokens.give_password_back)

    async def _worked(self, visit: Visit) -> Response:
        """Let the stand-in carry the request out; the answer that it would give."""
        with watched(visit.entry.deeds):
            answer = await _answer(self._app, visit.scope, visit.raw)
        visit.entry.worked, visit.entry.status = True, answer.status_code
        return answer

    async def _emptied(self, visit: Visit) -> Response:
        if self._silenced is None:
            visit.entry.status = 200
            return emptied(self._stand)
        with self._silenced():
            return await self._worked(visit)

    async def _send(self, visit: Visit, answer: Response, answered: bool = True) -> None:
        self._record(visit, answer)
        visit.entry.answered = answered and not visit.gone.done()
        await answer(visit.scope, visit.receive, visit.send)

    def _record(self, visit: Visit, answer: Response | None) -> None:
        response, request = None, visit.request
        if answer is not None:
            response = parsed_body(bytes(answer.body), answer.headers.get("content-type", ""))
        self._recorder.record(
            Exchange(
                method=request.method,
                path=request.url.path,
                query=masked(parsed_query(request.url.query)),
                body=masked(parsed_body(visit.raw, request.headers.get("content-type", ""))),
                status=answer.status_code if answer is not None else 0,
                response=masked(response),
            )
        )


async def _answer(app: ASGIApp, scope: Scope, raw: bytes) -> Response:
    """Run the app to its end and hold its answer back."""
    status, headers, body = 500, [], b""

    async def receive() -> Message:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers, body
        if message["type"] == "http.response.start":
            status, headers = message["status"], message["headers"]
        elif message["type"] == "http.response.body":
            body += message.get("body", b"")

    await app(scope, receive, send)
    response = Response(body, status_code=status)
    response.raw_headers = list(headers)
    return response


async def _drip(visit: Visit, answer: Response, seconds: float) -> None:
    """Send the body in small pieces, until the client has gone."""
    await visit.send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    body = bytes(answer.body)
    size = max(1, -(-len(body) // _PIECES))
    pieces = [body[begin : begin + size] for begin in range(0, len(body), size)]
    for piece in pieces:
        await visit.send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.wait([visit.gone], timeout=seconds / len(pieces))
        if visit.gone.done():
            return
    await visit.send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    """Wait until the other side has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
