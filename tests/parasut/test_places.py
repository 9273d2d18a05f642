"""A place in the budget for one write: waited for before it is written down, used once, and only for so long."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from syncd.errors import NotExecuted, OutcomeUnknown, Throttled
from syncd.parasut.transport import PLACE, PacedTransport, Place

ADDRESS = "https://api.parasut.test/v4/115/sales_invoices"


class Budget:
    """Hands out a place after each of these waits."""

    def __init__(self, *waits: float) -> None:
        self.waits = deque(waits)
        self.asked = 0

    def reserve(self, now: float) -> float:
        self.asked += 1
        return self.waits.popleft() if self.waits else 0.0

    def throttled(self, now: float, pause: float) -> None:
        return


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Inner(httpx.BaseTransport):
    """Answers in turn; an exception is raised."""

    def __init__(self, *replies: Any) -> None:
        self.replies, self.seen = deque(replies), 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen += 1
        reply = self.replies.popleft() if self.replies else httpx.Response(201, json={})
        if isinstance(reply, Exception):
            raise reply
        return reply


def paced(inner: Inner, budget: Budget, clock: Clock) -> PacedTransport:
    return PacedTransport(inner, budget, clock=clock, sleep=clock.sleep)  # type: ignore[arg-type]


def reserved(transport: PacedTransport, taken: list[str] | None = None) -> Place:
    """A place of five seconds; `taken` hears of each try and of the place."""
    heard = [] if taken is None else taken

    @contextmanager
    def reserving() -> Iterator[Callable[[], None]]:
        heard.append("try")
        yield lambda: heard.append("taken")

    return transport.reserve(5.0, reserving)


def a_write(place: Place | None) -> httpx.Request:
    """As the client makes it: its time-outs are with it."""
    extensions: dict[str, Any] = {"timeout": httpx.Timeout(60, connect=10).as_dict()}
    return httpx.Request("POST", ADDRESS, json={}, extensions=extensions | ({} if place is None else {PLACE: place}))


def test_a_place_is_waited_for_and_says_until_when_it_may_be_used() -> None:
    clock, budget = Clock(), Budget(2.5, 1.5)
    place = reserved(paced(Inner(), budget, clock))
    assert (clock.now, place.leave_by, place.is_free) == (1004.0, 1009.0, True)


def test_what_is_written_down_with_a_place_is_written_once_and_only_when_it_is_taken() -> None:
    clock, heard = Clock(), []
    reserved(paced(Inner(), Budget(2.5, 1.5), clock), heard)
    assert heard == ["try", "try", "try", "taken"]


def test_a_write_with_a_place_leaves_without_asking_the_budget_again() -> None:
    clock, budget, inner = Clock(), Budget(), Inner()
    transport = paced(inner, budget, clock)
    place = reserved(transport)
    asked = budget.asked
    assert transport.handle_request(a_write(place)).status_code == 201
    assert (budget.asked, inner.seen, place.is_free) == (asked, 1, False)


@pytest.mark.parametrize(("waited", "connect"), [(0.0, 5.0), (3.0, 2.0), (4.95, 0.1)])
def test_a_connection_may_not_take_longer_than_the_write_may_wait(waited: float, connect: float) -> None:
    clock, seen = Clock(), []

    class Noting(Inner):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            seen.append(request.extensions["timeout"])
            return super().handle_request(request)

    transport = paced(Noting(), Budget(), clock)
    place = reserved(transport)
    clock.sleep(waited)
    transport.handle_request(a_write(place))
    assert [(one["connect"], one["read"]) for one in seen] == [(pytest.approx(connect), 60)]


def test_a_write_that_would_leave_after_its_time_does_not_leave() -> None:
    clock, inner = Clock(), Inner()
    transport = paced(inner, Budget(), clock)
    place = reserved(transport)
    clock.now += 5.01
    with pytest.raises(NotExecuted, match="too much time had passed"):
        transport.handle_request(a_write(place))
    assert (inner.seen, transport.calls) == (0, 0)


def test_a_place_is_good_until_its_last_moment() -> None:
    clock, inner = Clock(), Inner()
    transport = paced(inner, Budget(), clock)
    place = reserved(transport)
    clock.now += 5.0
    transport.handle_request(a_write(place))
    assert inner.seen == 1


def test_a_place_that_was_used_by_a_refused_token_is_waited_for_anew_within_its_time() -> None:
    clock, budget = Clock(), Budget(0.0, 3.0)
    inner = Inner(httpx.Response(401, json={}), httpx.Response(201, json={}))
    transport = paced(inner, budget, clock)
    place = reserved(transport)
    assert transport.handle_request(a_write(place)).status_code == 401
    assert transport.handle_request(a_write(place)).status_code == 201  # as the login sends it again
    assert clock.now == 1003.0


def test_sending_again_after_a_refused_token_is_not_for_longer_than_the_place() -> None:
    clock, budget = Clock(), Budget(0.0, 6.0)
    inner = Inner(httpx.Response(401, json={}))
    transport = paced(inner, budget, clock)
    place = reserved(transport)
    transport.handle_request(a_write(place))
    with pytest.raises(NotExecuted, match="too much time had passed"):
        transport.handle_request(a_write(place))
    assert inner.seen == 1


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (httpx.ConnectError("refused"), NotExecuted),
        (httpx.ConnectTimeout("no route"), NotExecuted),
        (httpx.PoolTimeout("busy"), NotExecuted),
        (httpx.Response(429, headers={"Retry-After": "3"}), Throttled),
        (httpx.ReadTimeout("silence"), OutcomeUnknown),
        (httpx.RemoteProtocolError("closed"), OutcomeUnknown),
        (httpx.WriteError("broken"), OutcomeUnknown),
    ],
)
def test_a_write_with_a_place_is_sent_once_whatever_comes(reply: Any, error: type[Exception]) -> None:
    inner = Inner(reply)
    transport = paced(inner, Budget(), Clock())
    with pytest.raises(error):
        transport.handle_request(a_write(reserved(transport)))
    assert inner.seen == 1


def test_a_write_without_a_place_is_tried_again_when_it_surely_was_not_carried_out() -> None:
    inner = Inner(httpx.ConnectError("refused"), httpx.Response(429, headers={"Retry-After": "1"}))
    assert paced(inner, Budget(), Clock()).handle_request(a_write(None)).status_code == 201
    assert inner.seen == 3


def test_a_token_call_needs_no_place_of_the_write_behind_it() -> None:
    clock, budget, inner = Clock(), Budget(), Inner()
    transport = paced(inner, budget, clock)
    place = reserved(transport)
    clock.now += 60
    request = httpx.Request("POST", "https://api.parasut.test/oauth/token", extensions={PLACE: place})
    assert transport.handle_request(request).status_code == 201
    assert place.is_free
