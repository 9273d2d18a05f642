"""The one way to talk to Paraşüt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Final, Self

import httpx

from syncd.config.settings import ParasutSettings
from syncd.errors import ParasutError, Refused
from syncd.outgoing import CONNECT_TIMEOUT_SECONDS, USER_AGENT
from syncd.parasut.answer import Answer, judge
from syncd.parasut.identity import Identity, read_identity
from syncd.parasut.jsonapi import Page, read_many
from syncd.parasut.login import Login
from syncd.parasut.request import Request
from syncd.parasut.stores import CallBudget, TokenStore
from syncd.parasut.transport import PLACE, PacedTransport, Place, Reserving

PAGE_SIZE: Final = 25  # the largest that Paraşüt takes
# Shorter than servers keep idle connections, so that no write meets one that is just being closed.
_KEEP_ALIVE_SECONDS: Final = 3


class ParasutClient:
    """Requests of one company. Threads may share a client; the stores keep several clients and processes in step.

    `transport` replaces the network, `clock` (seconds since 1970) and `sleep` the time, for tests. `on_trouble` is told
    when an attempt has no answer, and with "" when one has again.
    """

    def __init__(
        self,
        settings: ParasutSettings,
        tokens: TokenStore,
        budget: CallBudget,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._counting = threading.Lock()
        self._answers = 0
        self._base = f"{settings.base_url.rstrip('/')}/v4"
        self._company_id = settings.company_id
        self._timeout_seconds = settings.timeout_seconds
        network = transport or httpx.HTTPTransport(limits=httpx.Limits(keepalive_expiry=_KEEP_ALIVE_SECONDS))
        self._transport = PacedTransport(network, budget, clock=clock, sleep=sleep, on_trouble=on_trouble)
        self._http = httpx.Client(
            transport=self._transport,
            auth=Login(settings, tokens, clock),
            headers={"Accept": "application/json", "User-Agent": USER_AGENT},
            timeout=httpx.Timeout(settings.timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS),
            follow_redirects=False,
        )

    @property
    def calls(self) -> int:
        """How many requests have left, those of the login and repeated ones included."""
        return self._transport.calls

    @property
    def throttled(self) -> int:
        """How many of them were answered 429."""
        return self._transport.throttled

    @property
    def answers(self) -> int:
        """How many of them were answered by a working Paraşüt, as was hoped or with what it refuses."""
        return self._answers

    @property
    def timeout_seconds(self) -> int:
        """How long one answer may take."""
        return self._timeout_seconds

    def reserve(self, leave_within: float, reserving: Reserving) -> Place:
        """Wait for a place in the budget for one write, which `send` must be given within that many seconds.

        `reserving` is called for each try and entered around it; what it yields is called once a place is taken.
        """
        return self._transport.reserve(leave_within, reserving)

    def wait(self, seconds: float) -> None:
        """Wait between two tries, as the transport does."""
        self._transport.wait(seconds)

    def send(self, request: Request, place: Place | None = None) -> Answer:
        """Send one request and return the good answer to it. With a `place`, it is sent at most once.

        Raises `NotExecuted` (surely not carried out: no connection; for a read, no answer at all), `Throttled` (429 at
        every try), `Refused` (400, 403 with JSON, 404, 422, other 4xx; with Paraşüt's own words), `CompanyStopped`
        (402, 403 without JSON, 401 after the login was renewed, login refused, redirect) and, only for a write,
        `OutcomeUnknown` (time-out, broken connection, 5xx, an answer that can't be read).
        """
        return self._send(request, f"{self._base}/{self._company_id}/{request.path}", place)

    def me(self) -> Identity:
        """Return who is logged in, and what that user may do in which companies. Raises as `send` does."""
        return read_identity(self._send(Request("GET", "me"), f"{self._base}/me"))

    def pages(
        self, resource: str, query: Iterable[tuple[str, str]] = (), *, newest_first: bool = False
    ) -> Iterator[Page]:
        """Walk a list page by page, 25 records each, by id; a record that shifts to the next page is not shown twice.

        `query` holds filters and includes. At least one page comes, perhaps an empty one. Raises as `send` does.
        """
        seen: set[str] = set()
        number = 1
        while True:
            paging = (("sort", "-id" if newest_first else "id"), ("page[number]", str(number)))
            request = Request("GET", resource, (*query, *paging, ("page[size]", str(PAGE_SIZE))))
            body = self.send(request).body or {}
            records = read_many(body)
            meta = body.get("meta") or {}
            total_count = meta.get("total_count")
            yield Page(
                [record for record in records if record.id not in seen],
                total_count if isinstance(total_count, int) else None,
            )
            seen.update(record.id for record in records)
            total_pages = meta.get("total_pages")
            # Some lists carry no meta at all: there the end shows as a page that is not full.
            more = number < total_pages if isinstance(total_pages, int) else len(records) >= PAGE_SIZE
            if not records or not more:
                return
            number += 1

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, request: Request, url: str, place: Place | None = None) -> Answer:
        content = request.content
        headers = {} if content is None else {"Content-Type": "application/json"}
        try:
            built = self._http.build_request(
                request.method,
                url,
                params=list(request.query),
                content=content,
                headers=headers,
                extensions={} if place is None else {PLACE: place},
            )
        except httpx.InvalidURL:
            raise ParasutError(f"{request.path} is no address at Paraşüt.") from None
        try:
            answer = judge(request, self._http.send(built))
        except Refused:  # Paraşüt works, and said why it does not want this
            self._count_an_answer()
            raise
        self._count_an_answer()
        return answer

    def _count_an_answer(self) -> None:
        with self._counting:
            self._answers += 1
