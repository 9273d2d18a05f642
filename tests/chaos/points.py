"""Points in the running program at which it stops itself, so that it can be killed from outside just there.

They stand around every HTTP request (`before` it leaves, `after` its answer was read to the end) and around every
transaction of the ledger that changed something (`before` and `after` its commit). They are put around the libraries
that the program uses, httpx and SQLAlchemy; the program knows nothing of them.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

_TABLE = re.compile(r"\s*(INSERT INTO|INSERT OR \w+ INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+\"?(\w+)", re.I)
_ID = re.compile(r"(?<=/)\d+(?=/|$)")


@dataclass
class _Points:
    """What was passed so far. `at` is `{"kind", "side", "nth", "of"}`: `of` counts only those whose name holds it."""

    at: dict[str, Any] | None
    journal: Path | None
    lock: threading.Lock = field(default_factory=threading.Lock)
    passed: int = 0
    names: list[str] = field(default_factory=list)

    def arrive(self, kind: str, side: str, name: str) -> None:
        """The program is at a point; it stops there when it's the one."""
        with self.lock:
            if self.journal is not None:
                self.names.append(f"{kind} {side} {name}")
            if self.at is None or (kind, side) != (self.at["kind"], self.at["side"]):
                return
            if self.at.get("of", "") not in name:
                return
            self.passed += 1
            if self.passed != self.at["nth"]:
                return
            if self.at.get("named"):
                Path(self.at["named"]).write_text(f"{kind} {side} {name}", encoding="utf-8")
            os.kill(os.getpid(), signal.SIGSTOP)

    def write(self) -> None:
        """Leave behind what was passed."""
        if self.journal is not None:
            self.journal.write_text(json.dumps(self.names), encoding="utf-8")


def install(at: dict[str, Any] | None, journal: str | None) -> None:
    """Put the points around the libraries; `journal` is a file that names them all when the program ends."""
    if at is None and journal is None:
        return
    points = _Points(at, Path(journal) if journal else None)
    _around_requests(points)
    _around_commits(points)
    if journal:
        atexit.register(points.write)


def _around_requests(points: _Points) -> None:
    inner: Callable[..., httpx.Response] = httpx.HTTPTransport.handle_request

    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        name = f"{request.method} {_ID.sub('{}', request.url.path)}"
        points.arrive("request", "before", name)
        response = inner(self, request)
        response.read()
        points.arrive("request", "after", name)
        return response

    httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]


def _around_commits(points: _Points) -> None:
    inner: Callable[..., None] = DefaultDialect.do_commit

    written: dict[int, list[str]] = {}  # by connection: the tables that its transaction changed

    def remember(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        changed = _TABLE.match(statement)
        if changed:
            written.setdefault(id(connection.connection.driver_connection), []).append(changed.group(2).lower())

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        tables = written.pop(id(connection.driver_connection), None)
        if not tables:
            inner(self, connection)
            return
        name = "+".join(dict.fromkeys(tables))
        points.arrive("commit", "before", name)
        inner(self, connection)
        points.arrive("commit", "after", name)

    def do_rollback(self: DefaultDialect, connection: Any) -> None:
        written.pop(id(connection.driver_connection), None)
        rollback(self, connection)

    rollback: Callable[..., None] = DefaultDialect.do_rollback
    event.listen(Engine, "before_cursor_execute", remember)
    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
    DefaultDialect.do_rollback = do_rollback  # type: ignore[method-assign]
