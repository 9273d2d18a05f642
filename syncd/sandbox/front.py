"""What stands in front of every stand-in: recording, latency and scripted faults, as one ASGI layer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.sandbox.exchange import Exchange, Recorder, masked, parsed_body, parsed_query
from syncd.sandbox.faults import DONE_FIRST, Fault, FaultScript

HangUp = Callable[[Scope], None]
"""Closes the connection that a request came by, without a word."""


Silenced = Callable[[], AbstractContextManager[None]]
"""While it is entered, the stand-in's lists are empty."""


class Front:
    """Reads the whole request, lets the app work, and sends the answer, or spoils it as a fault says."""

    def __init__(
        self,
        app: ASGIApp,
        recorder: Recorder,
        faults: FaultScript,
        latency_seconds: float,
        hang_up: HangUp,
        stand: str = "",
        silenced: Silenced | None = None,
    ) -> None:
        self._app = app
        self._stand = stand
        self._silenced = silenced
        self._recorder = recorder
        self._faults = faults
        self._latency_seconds = latency_seconds
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        raw = await request.body()
        if self._latency_seconds:
            await asyncio.sleep(self._latency_seconds)
        fault = self._faults.due(request.method, request.url.path, self._stand)
        if fault is not None and fault.kind == "empty":
            answer: Response | None = await self._emptied(scope, raw)
        elif fault is not None and fault.kind not in DONE_FIRST:
            answer = _spoilt(fault, self._stand)
        else:
            answer = await _answer(self._app, scope, raw)
        seen = answer if fault is None or fault.kind not in DONE_FIRST else None
        self._record(request, raw, seen)
        if answer is None or (fault is not None and fault.kind == "close_after"):
            self._hang_up(scope)
            await _gone(receive)
        elif fault is not None and fault.kind == "timeout_after":
            await _gone(receive)
        elif fault is not None and fault.kind == "truncate":
            await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
            half = bytes(answer.body)[: len(answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await asyncio.sleep(0)
            self._hang_up(scope)
            await _gone(receive)
        else:
            await answer(scope, receive, send)

    async def _emptied(self, scope: Scope, raw: bytes) -> Response:
        if self._silenced is not None:
            with self._silenced():
                return await _answer(self._app, scope, raw)
        if self._stand == "shop":
            return Response("[]", media_type="application/json", headers={"X-WP-Total": "0", "X-WP-TotalPages": "0"})
        empty = {"data": [], "meta": {"current_page": 1, "total_pages": 0, "total_count": 0, "per_page": 25}}
        return Response(json.dumps(empty), media_type="application/json")

    def _record(self, request: Request, raw: bytes, answer: Response | None) -> None:
        response = None
        if answer is not None:
            response = parsed_body(bytes(answer.body), answer.headers.get("content-type", ""))
        self._recorder.record(
            Exchange(
                method=request.method,
                path=request.url.path,
                query=masked(parsed_query(request.url.query)),
                body=masked(parsed_body(raw, request.headers.get("content-type", ""))),
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


async def _gone(receive: Receive) -> None:
    """Wait until the other side has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _spoilt(fault: Fault, stand: str) -> Response | None:
    """The bad answer that a fault gives without any work done; None closes the connection."""
    if fault.kind == "429":
        detail = "Too many requests. Try again in 1 seconds."
        waits = "X-RateLimit-Reset" if stand == "hepsiburada" else "Retry-After"
        return _errors(429, "Too Many Requests", detail, {waits: "1"})
    if fault.kind in ("503", "556"):
        body = json.dumps({"status": int(fault.kind), "message": "Service Unavailable"})
        return Response(body, status_code=int(fault.kind), media_type="application/json")
    if fault.kind == "500":
        body = json.dumps({"status": 500, "error": "Internal Server Error"})
        return Response(body, status_code=500, media_type="application/json")
    if fault.kind == "502html":
        return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", status_code=502)
    if fault.kind == "html_403":
        return HTMLResponse("<html><body><h1>Access denied</h1></body></html>", status_code=403)
    if fault.kind == "402":
        return _errors(402, "Payment Required", "Abonelik süresi doldu")
    if fault.kind == "401":
        return _errors(401, "Unauthorized", "The access token is invalid")
    return None


def _errors(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps({"errors": [{"title": title, "detail": detail}]}, ensure_ascii=False)
    return Response(body, status_code=status, media_type="application/json", headers=headers)
