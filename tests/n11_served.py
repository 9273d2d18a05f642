"""The stand-in for N11 over real HTTP, with a store whose packages a test makes one by one."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from syncd.sandbox.market.goods import ARTICLES
from syncd.sandbox.market.market import Market, Plan, Traits
from syncd.sandbox.market.package import Kind, MarketLine, Package, Stage, Unit
from syncd.sandbox.market.people import People
from syncd.sandbox.market.truth import Billing
from syncd.sandbox.n11 import N11State, app

DAY = 86_400
NOON = 1_793_523_600
"""1 November 2026, 12:00 in Türkiye."""
TRAITS = Traits("n11", Billing.SELLER_PRICE, (Kind.CONSUMER,), 110_000_001, 2_040_000_000_001, keeps_line_ids=False)


@dataclass
class Store:
    """A market whose clock stands until it is moved, and every query that it was asked."""

    now: float = NOON
    state: N11State = field(init=False)
    queries: list[dict[str, str]] = field(default_factory=list)
    before_answer: Callable[[dict[str, str]], None] = lambda query: None
    url: str = ""

    def __post_init__(self) -> None:
        self.market = Market(TRAITS, lambda: self.now)
        self.state = N11State(self.market)

    def sell(self, number: int, at: float, *, pieces: int = 2, stage: Stage = Stage.CREATED, **fields: Any) -> Package:
        """A package with that number, ordered and last changed at `at`, as the market shows it at once."""
        people = People(random.Random(number), 40_000 + number)
        history = ((Stage.CREATED, int(at)), (stage, int(at)))[: 1 if stage is Stage.CREATED else 2]
        values: dict[str, Any] = {
            "package_id": number,
            "root_id": number,
            "order_number": str(2_040_000_000_000 + number),
            "kind": Kind.CONSUMER,
            "buyer": people.consumer(),
            "lines": (self.line(number * 10, number, pieces),),
            "ordered_at": int(at),
            "stage": stage,
            "modified": int(at),
            "history": history,
            "shipment_number": number,
        }
        package = Package(**values | fields)
        self.market.plan(Plan(package))
        return package

    @staticmethod
    def line(line_id: int, number: int, pieces: int) -> MarketLine:
        article = ARTICLES[number % len(ARTICLES)]
        units = tuple(Unit(line_id * 100 + piece) for piece in range(pieces))
        return MarketLine(line_id, str(2_040_000_000_000 + number), article, article.price, units)


@contextmanager
def served() -> Iterator[Store]:
    """A store behind an address of its own."""
    store = Store()
    # with the protocol named, asyncio sends small answers at once
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        store.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(_noting(store, app(store.state)), lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield store
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)


def _noting(store: Store, inner: ASGIApp) -> ASGIApp:
    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        store.queries.append(query)
        store.before_answer(query)
        await inner(scope, receive, send)

    return noting
