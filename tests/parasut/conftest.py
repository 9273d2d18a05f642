"""A Paraşüt that answers as a test says, over no network, with a clock that only moves when somebody sleeps."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from loguru import logger

from syncd.config.settings import ParasutSettings, Secret
from syncd.parasut.client import ParasutClient
from syncd.parasut.stores import MemoryCallBudget, MemoryTokenStore

START = 1_800_000_000.0


@dataclass
class FakeClock:
    """Time that passes only while somebody sleeps."""

    now: float = START
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class StandIn:
    """Answers requests with the prepared replies in turn, and token calls with new pairs unless told otherwise.

    A reply is a response, an exception to raise, or a function of the request.
    """

    replies: deque[Any] = field(default_factory=deque)
    token_replies: deque[Any] = field(default_factory=deque)
    seen: list[httpx.Request] = field(default_factory=list)
    pairs: int = 0

    def will(self, *replies: Any) -> None:
        self.replies.extend(replies)

    def will_at_login(self, *replies: Any) -> None:
        self.token_replies.extend(replies)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if request.url.path == "/oauth/token":
            reply = self.token_replies.popleft() if self.token_replies else self.new_pair()
        else:
            reply = self.replies.popleft()
        if callable(reply):
            reply = reply(request)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def new_pair(self, **changes: Any) -> httpx.Response:
        self.pairs += 1
        pair = {"access_token": f"access-{self.pairs}", "refresh_token": f"refresh-{self.pairs}", "expires_in": 7200}
        return httpx.Response(200, json={**pair, "token_type": "bearer", **changes})

    @property
    def work(self) -> list[httpx.Request]:
        """The requests that were no token calls."""
        return [request for request in self.seen if request.url.path != "/oauth/token"]

    @property
    def grants(self) -> list[dict[str, str]]:
        """The forms of the token calls."""
        calls = [request for request in self.seen if request.url.path == "/oauth/token"]
        return [dict(parse_qsl(request.content.decode())) for request in calls]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def tokens() -> MemoryTokenStore:
    return MemoryTokenStore()


@pytest.fixture
def budget() -> MemoryCallBudget:
    return MemoryCallBudget()


@pytest.fixture
def settings() -> ParasutSettings:
    return ParasutSettings(
        company_id=115,
        client_id=Secret("istemci-no"),
        client_secret=Secret("istemci-sirri"),
        username=Secret("muhasebe@magaza.test"),
        password=Secret("gizli-parola"),
    )


@pytest.fixture
def new_client(
    settings: ParasutSettings,
    stand_in: StandIn,
    tokens: MemoryTokenStore,
    budget: MemoryCallBudget,
    clock: FakeClock,
) -> Callable[[], ParasutClient]:
    def make() -> ParasutClient:
        transport = httpx.MockTransport(stand_in)
        return ParasutClient(settings, tokens, budget, transport=transport, clock=clock, sleep=clock.sleep)

    return make


@pytest.fixture
def client(new_client: Callable[[], ParasutClient]) -> ParasutClient:
    return new_client()


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), level="TRACE", format="{message}")
    yield lines
    logger.remove(sink)


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    """Make one record as Paraşüt writes it; relations that are not given are unknown: `{"meta": {}}`."""

    def make(kind: str, record_id: str, attributes: dict[str, Any] | None = None, **relations: Any) -> dict[str, Any]:
        known = {name: {"data": data} for name, data in relations.items()}
        unknown = {name: {"meta": {}} for name in ("category", "contact", "details", "payments") if name not in known}
        return {
            "id": record_id,
            "type": kind,
            "attributes": attributes or {},
            "relationships": {**unknown, **known},
            "meta": {"created_at": "2026-11-02T09:36:49.907Z", "updated_at": "2026-11-02T09:36:49.907Z"},
        }

    return make


@pytest.fixture
def page() -> Callable[..., httpx.Response]:
    """Make the answer to a list request."""

    def make(records: list[dict[str, Any]], **meta: Any) -> httpx.Response:
        return httpx.Response(200, content=json.dumps({"data": records, **({"meta": meta} if meta else {})}))

    return make
