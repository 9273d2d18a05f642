"""The way out to Paraşüt: keeps to the budget, waits as a 429 says, and repeats what may be repeated."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

import httpx
from loguru import logger

from syncd.errors import CompanyStopped, NotExecuted, Throttled
from syncd.parasut.answer import no_outcome, retry_after_seconds, usable
from syncd.parasut.stores import CallBudget

TOKEN_PATH: Final = "/oauth/token"

_TRIES: Final = 4
_WORTH_A_WORD_SECONDS: Final = 30.0
_BACK_OFF_SECONDS: Final = (1.0, 2.0, 4.0)
# Raised before the first byte of a request has left.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


PLACE: Final = "syncd.place"
"""The request extension that holds the `Place` a write was given."""


Reserving = Callable[[], AbstractContextManager[Callable[[], None]]]
"""Begins what a place is taken in, together with what is to be done once there is one."""


class Place:
    """A place in the budget for one write, which must leave until `leave_by` (seconds since 1970)."""

    def __init__(self, leave_by: float) -> None:
        self.leave_by = leave_by
        self.is_free = True


class PacedTransport(httpx.BaseTransport):
    """Sends through another transport, every attempt within the budget.

    Repeated, at most four tries in all: a 429 and a connection that never stood, for every method, since nothing was
    carried out; time-outs, broken connections, 5xx and unreadable answers only for reads and for the token endpoint,
    where a second try can do no harm (a refresh token that was used up leads to a login with the password). A write
    that comes with a `Place` is sent once, and only until its time is over: whoever wrote it down writes it down again.

    Raises `Throttled` and `NotExecuted` when the tries are used up, `OutcomeUnknown` for a write that has no answer.
    A response that came is returned, read to its end, whatever its status. `on_trouble` is told in words when an
    attempt has no answer at all, and "" when one has again: long before a request fails, for it is tried several times.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        budget: CallBudget,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._inner = inner
        self._budget = budget
        self._clock = clock
        self._sleep = sleep
        self._on_trouble = on_trouble
        self._trouble = ""  # why the last attempt had no answer; "" when it had one
        self._trouble_since = 0.0
        self._turn = threading.Lock()  # one thread waits for the next place, not all for the same one
        self._counting = threading.Lock()
        self.calls = 0
        self.throttled = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        is_token = request.url.path.endswith(TOKEN_PATH)
        repeatable = request.method == "GET" or is_token
        place: Place | None = None if is_token else request.extensions.get(PLACE)
        tries = 1 if place is not None else _TRIES
        for attempt in range(1, tries + 1):
            last = attempt == tries
            self._take(place)
            started = self._clock()
            if place is not None:  # no connection may take so long that the request leaves too late
                timeout = request.extensions["timeout"]
                connect = min(timeout["connect"] or place.leave_by - started, max(place.leave_by - started, 0.1))
                request.extensions = {**request.extensions, "timeout": {**timeout, "connect": connect}}
            try:
                response = self._inner.handle_request(request)
                response.read()
            except _NOT_SENT as error:
                self._in_trouble(_words(error))
                if last:
                    raise NotExecuted(f"Paraşüt can't be reached at {request.url.host}: {_words(error)}.") from None
                self._log(request, started, _words(error))
            except httpx.UnsupportedProtocol:
                raise CompanyStopped(
                    "parasut.base_url is no web address.", "Write it as https://api.parasut.com, or leave it out."
                ) from None
            except httpx.RequestError as error:
                self._log(request, started, _words(error))
                self._in_trouble(_words(error))
                if not repeatable or last:
                    # A token call that got lost has carried out nothing: the request behind it never left.
                    method = "GET" if repeatable else request.method
                    raise no_outcome(method, _path(request), _words(error)) from None
            else:
                self._log(request, started, str(response.status_code))
                self._in_trouble("")
                if response.status_code == 429:
                    self._obey(request, response, last)
                    continue
                if last or not repeatable or not _worth_a_second_look(request, response):
                    return response
            self._sleep(_BACK_OFF_SECONDS[attempt - 1])
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        self._inner.close()

    def reserve(self, leave_within: float, reserving: Reserving) -> Place:
        """Wait for a place in the budget and return it; what takes it must leave within that many seconds.

        `reserving` is called for each try and entered around it; what it yields is called once a place is taken.
        """
        with self._turn:
            while True:
                with reserving() as taken:
                    wait = self._budget.reserve(self._clock())
                    if wait <= 0:
                        taken()
                        return Place(self._clock() + leave_within)
                self._sleep(wait)

    def wait(self, seconds: float) -> None:
        """Wait as between two tries."""
        self._sleep(seconds)

    def _take(self, place: Place | None) -> None:
        """Use the place that was reserved, or wait for one. Raises NotExecuted when a place's time is over."""
        if place is None or not place.is_free:
            self._wait_for_a_place()
        if place is not None:
            place.is_free = False
            if self._clock() > place.leave_by:
                raise NotExecuted("The request was not sent: too much time had passed since it was written down.")
        with self._counting:
            self.calls += 1

    def _wait_for_a_place(self) -> None:
        with self._turn:
            while (wait := self._budget.reserve(self._clock())) > 0:
                self._sleep(wait)

    def _obey(self, request: httpx.Request, response: httpx.Response, last: bool) -> None:
        with self._counting:
            self.throttled += 1
        pause = retry_after_seconds(response)
        self._budget.throttled(self._clock(), pause)
        if last:
            raise Throttled(f"Paraşüt takes no more requests now; {_path(request)} was not carried out.", pause)

    def _in_trouble(self, words: str) -> None:
        """Say it when it begins and when it is over: a request that has no answer takes minutes until it has failed."""
        with self._counting:
            before, self._trouble = self._trouble, words
            if bool(words) is bool(before):
                return
            lasted, self._trouble_since = self._clock() - self._trouble_since, self._clock()
        self._on_trouble(words)
        if words:
            logger.warning("Paraşüt: {}; it is asked again", words)
        else:
            level = "INFO" if lasted >= _WORTH_A_WORD_SECONDS else "DEBUG"
            logger.log(level, "Paraşüt answers again, after {:.0f} s", lasted)

    def _log(self, request: httpx.Request, started: float, outcome: str) -> None:
        milliseconds = (self._clock() - started) * 1000
        logger.debug("{} {}: {} in {:.0f} ms", request.method, _path(request), outcome, milliseconds)


def _worth_a_second_look(request: httpx.Request, response: httpx.Response) -> bool:
    if response.status_code >= 500 or response.status_code == 408:
        return True
    return request.method == "GET" and response.is_success and not usable("GET", response)


def _path(request: httpx.Request) -> str:
    """The path with the names of the query, not its values: those of filters are addresses and tax numbers."""
    names = "&".join(request.url.params)
    return request.url.path + (f"?{names}" if names else "")


def _words(error: httpx.RequestError) -> str:
    kind = "no answer in time" if isinstance(error, httpx.TimeoutException) else "the connection failed"
    text = str(error).rstrip(".")
    return f"{kind} ({text})" if text else kind
