"""The sandbox as a whole: its stand-ins, each on a loopback port of its own, in one background thread."""

from __future__ import annotations

import asyncio
import importlib
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, cast

from starlette.types import ASGIApp

from syncd.sandbox.audit import Audit
from syncd.sandbox.control import control_app
from syncd.sandbox.exchange import Exchange, Recorder
from syncd.sandbox.front import Desk, Front
from syncd.sandbox.holds import Holds
from syncd.sandbox.market.market import Market
from syncd.sandbox.options import ALL_STANDS, MARKETS, STANDS, SandboxOptions
from syncd.sandbox.parasut.app import parasut_app
from syncd.sandbox.parasut.seed import seeded_parasut
from syncd.sandbox.parasut.state import ParasutState
from syncd.sandbox.script import FaultScript
from syncd.sandbox.shop.app import shop_app
from syncd.sandbox.shop.seed import seeded_shop
from syncd.sandbox.shop.state import ShopState
from syncd.sandbox.wire import Wire


@dataclass
class _Stand:
    """One stand-in: what it serves, what it knows, and where it is reached."""

    name: str
    state: Any
    recorder: Recorder
    wire: Wire


class Sandbox:
    """Stand-ins for Paraşüt, a WooCommerce shop and the marketplaces over real HTTP, for the time of a `with` block.

    `options.stands` says which of them are served. For each one, `…_url` is its base URL without a slash at the end,
    and the attribute with its bare name (`parasut`, `shop`, `trendyol`, `hepsiburada`, `n11`) its state, readable and
    writable while it runs (a marketplace's has a `market`). `traffic_of(name)` are its exchanges so far (`traffic`:
    Paraşüt's). `faults` takes more faults; `audit` tells what each request did. `clock` gives unix seconds (token
    lifetimes, rate windows, time stamps, the life of marketplace orders); faults take real time.
    """

    def __init__(self, options: SandboxOptions | None = None, clock: Callable[[], float] = time.time) -> None:
        self.options = options or SandboxOptions()
        unknown = self.options.stands - ALL_STANDS
        if unknown:
            raise ValueError(f"no such stand-in: {', '.join(sorted(unknown))}; there are {', '.join(STANDS)}")
        self.faults = FaultScript(self.options.faults)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self.audit = Audit()
        self.holds = Holds()
        self._stands: dict[str, _Stand] = {}
        self._control: Wire | None = None
        try:
            for name in STANDS:
                if name in self.options.stands:
                    self._stands[name] = self._stand(name, clock)
            if self.options.control_port is not None:
                self._control = Wire(self.options.control_port)
                self._control.serve(control_app(self, clock))
        except BaseException:
            self._close()
            raise
        self._thread = threading.Thread(target=self._run, name="syncd-sandbox", daemon=True)

    @property
    def parasut(self) -> ParasutState:
        return cast(ParasutState, self.state("parasut"))

    @property
    def shop(self) -> ShopState:
        return cast(ShopState, self.state("shop"))

    @property
    def trendyol(self) -> Any:
        return self.state("trendyol")

    @property
    def hepsiburada(self) -> Any:
        return self.state("hepsiburada")

    @property
    def n11(self) -> Any:
        return self.state("n11")

    @property
    def parasut_url(self) -> str:
        return self.url("parasut")

    @property
    def shop_url(self) -> str:
        return self.url("shop")

    @property
    def trendyol_url(self) -> str:
        return self.url("trendyol")

    @property
    def hepsiburada_url(self) -> str:
        return self.url("hepsiburada")

    @property
    def n11_url(self) -> str:
        return self.url("n11")

    @property
    def traffic(self) -> list[Exchange]:
        """Paraşüt's exchanges so far."""
        return self.traffic_of("parasut")

    @property
    def shop_traffic(self) -> list[Exchange]:
        """The shop's exchanges so far."""
        return self.traffic_of("shop")

    def traffic_of(self, name: str) -> list[Exchange]:
        """A stand-in's exchanges so far."""
        return self._served(name).recorder.exchanges

    def url(self, name: str) -> str:
        """A stand-in's base URL."""
        return self._served(name).wire.url

    @property
    def control_url(self) -> str:
        """The base URL of the control address."""
        if self._control is None:
            raise RuntimeError("this sandbox has no control address; name its port in SandboxOptions.control_port")
        return self._control.url

    def wire(self, name: str) -> Wire:
        """A stand-in's port."""
        return self._served(name).wire

    def state(self, name: str) -> Any:
        """What a stand-in serves."""
        return self._served(name).state

    def market(self, name: str) -> Market:
        """The packages of a marketplace and the truth about them."""
        return cast(Market, self.state(name).market)

    def __enter__(self) -> Sandbox:
        self._thread.start()
        while not all(wire.started for wire in self._wires()):
            if not self._thread.is_alive():
                raise RuntimeError("the sandbox could not start")
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._close()

    def _close(self) -> None:
        for wire in self._wires():
            wire.close()
        for stand in self._stands.values():
            stand.recorder.close()

    def _served(self, name: str) -> _Stand:
        if name not in self._stands:
            raise RuntimeError(f"this sandbox doesn't serve {name}; name it in SandboxOptions.stands")
        return self._stands[name]

    def _stand(self, name: str, clock: Callable[[], float]) -> _Stand:
        options = self.options
        state, app = _rooms(name, options, clock)
        recorder = Recorder({"parasut": options.traffic, "shop": options.shop_traffic}.get(name))
        tls = (options.shop_certificate, options.shop_certificate_key) if name == "shop" else (None, None)
        wire = Wire(getattr(options, f"{name}_port"), *tls)
        wire.serve(
            Front(
                app,
                Desk(self.faults, self.audit, self.holds, clock),
                recorder,
                wire,
                name,
                options.latency_seconds,
                state.market.silenced if name in MARKETS else None,
                state.tokens if name == "parasut" else None,
                state.window if name == "parasut" else None,
            )
        )
        return _Stand(name, state, recorder, wire)

    def _wires(self) -> list[Wire]:
        return [*(stand.wire for stand in self._stands.values()), *([self._control] if self._control else [])]

    def _run(self) -> None:
        async def all_stands() -> None:
            self._loop = asyncio.get_running_loop()
            self._stop = asyncio.Event()
            serving = [asyncio.create_task(wire.run()) for wire in self._wires()]
            stop = asyncio.create_task(self._stop.wait())
            # not uvicorn's own way to stop, which waits in steps of a tenth of a second
            await asyncio.wait([stop, *serving], return_when=asyncio.FIRST_COMPLETED)
            for task in (stop, *serving):
                task.cancel()
            await asyncio.gather(stop, *serving, return_exceptions=True)
            for wire in self._wires():
                wire.end()

        asyncio.run(all_stands())


def serve(options: SandboxOptions, announce: Callable[[Sandbox], None] | None = None) -> None:
    """Run the sandbox until SIGINT or SIGTERM; `announce` is called once it answers. For the main thread."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Sandbox(options) as sandbox:
            if announce is not None:
                announce(sandbox)
            stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _rooms(name: str, options: SandboxOptions, clock: Callable[[], float]) -> tuple[Any, ASGIApp]:
    """The state and the app of a stand-in. A marketplace's room is only imported when it is served."""
    if name == "parasut":
        books = seeded_parasut(options, clock)
        return books, parasut_app(books)
    if name == "shop":
        shop = seeded_shop(options, clock)
        return shop, shop_app(shop)
    room = importlib.import_module(f"syncd.sandbox.{name}")
    state = room.seeded(options, clock)
    return state, room.app(state)
