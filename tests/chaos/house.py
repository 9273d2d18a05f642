"""A company with its shop, its books at Paraşüt, a configuration and a ledger, and the real program to work there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from chaos.control import Control
from chaos.ledger import LedgerFile
from chaos.orders import Due
from chaos.ports import free_port
from chaos.processes import Hung, Launcher, Process

_CONFIGURATION = """\
version: 1
parasut:
  base_url: http://127.0.0.1:{parasut_port}
  company_id: 115
  client_id: ${{CHAOS_CLIENT_ID}}
  client_secret: ${{CHAOS_CLIENT_SECRET}}
  username: ${{CHAOS_USERNAME}}
  password: ${{CHAOS_PASSWORD}}
  rate: {{requests: 1000, seconds: 1}}
  timeout: {timeout}s
  recovery: {{settle: {settle}s, second_look: {second_look}s, send_within: {send_within}s}}
ledger: sqlite:///ledger.db
daemon: {{listen: 127.0.0.1:{daemon_port}, jitter: 0s}}
platforms:
{platforms}rules:
  - name: {rule}
    platforms: [{names}]
    trigger: {{status: preparing, since: 2020-01-01}}
    every: 1s
    mapping: satis-faturasi
    categories: {{{categories}}}
    payment:
      cod: unpaid
      bacs: {{account: Garanti TL, type: EFT/HAVALE}}
      "*": {{account: iyzico, type: ODEMEARACISI, platform: iyzico}}
"""
_SHOP = """\
  {name}:
    connector: woocommerce
    title: {name}
    url: http://127.0.0.1:{port}
    consumer_key: ${{CHAOS_CONSUMER_KEY}}
    consumer_secret: ${{CHAOS_CONSUMER_SECRET}}
"""


_STAMPS = ("date_created", "date_modified", "date_completed", "date_paid")


@dataclass(frozen=True)
class Times:
    """The waiting times of the configuration, in seconds, so short that a run can be waited for."""

    timeout: int = 2
    settle: int = 1
    second_look: int = 2
    send_within: int = 1

    @property
    def settled(self) -> float:
        """How long after a request was written down it is looked for for the last time, before it is sent again."""
        return self.send_within + self.timeout + self.settle


@dataclass
class House:
    """`shops` maps the name of each platform to its orders; the first one's sandbox holds Paraşüt's books, too."""

    launcher: Launcher
    folder: Path
    shops: Mapping[str, Sequence[Mapping[str, Any]]]
    dues: Sequence[Due]
    options: Sequence[str] = ()
    times: Times = Times()
    without: Sequence[str] = ()
    extra: str = ""
    platforms: str = ""
    names: tuple[str, ...] = ()
    categories: str = "invoice: Satış > İnternet, contact: İnternet Müşterileri, product: E-ticaret"
    cpu: float = 0.0
    runs: int = 0
    begun: float = field(default_factory=time.monotonic)

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.parasut_port, self.control_port, self.daemon_port = free_port(), free_port(), free_port()
        self.shop_ports = {name: free_port() for name in self.shops}
        self._sandboxes: list[Process] = []
        self._lock = threading.Lock()
        self.ledger = LedgerFile(self.folder / "ledger.db")
        self.configure()
        try:
            self._open_sandbox()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._sandboxes:
            process.kill()
        if hasattr(self, "control"):
            self.control.close()

    def configure(self, times: Times | None = None) -> None:
        """Write the configuration."""
        self.times = times or self.times
        shops = "".join(_SHOP.format(name=name, port=port) for name, port in self.shop_ports.items())
        text = _CONFIGURATION.format(
            parasut_port=self.parasut_port,
            daemon_port=self.daemon_port,
            platforms=shops + self.platforms,
            rule="kural",
            categories=self.categories,
            names=", ".join((*self.shop_ports, *self.names)),
            **vars(self.times),
        )
        (self.folder / "syncd.yaml").write_text(text + self.extra, encoding="utf-8")

    def _open_sandbox(self) -> None:
        now = datetime.now(UTC)
        for index, (name, orders) in enumerate(self.shops.items()):
            seed = self.folder / f"{name}.json"
            seed.write_text(json.dumps(_restamped(orders, now - timedelta(seconds=13 * index))), encoding="utf-8")
            argv = ["sandbox", "--shop-port", str(self.shop_ports[name]), "--seed-file", str(seed)]
            if index == 0:
                stands = "parasut,shop" + "".join(f",{stand}" for stand in self.names)
                argv += ["--stands", stands, "--parasut-port", str(self.parasut_port)]
                argv += ["--control-port", str(self.control_port), "--rate-requests", "0", *self.options]
            else:
                argv += ["--stands", "shop"]
            out = self.folder / f"sandbox-{name}.out"
            self._sandboxes.append(self.launcher.start(argv, folder=self.folder, out=out))
        self.control = Control(f"http://127.0.0.1:{self.control_port}")
        credentials = self.control.wait_until_up(30)["credentials"]
        self.environment = {f"CHAOS_{name.upper()}": str(value) for name, value in credentials.items()}

    # -- the program

    def start(
        self,
        *words: str,
        point: Mapping[str, Any] | None = None,
        journal: Path | None = None,
        without: Sequence[str] | None = None,
    ) -> Process:
        """Start `syncd WORDS` and don't wait for it."""
        with self._lock:
            self.runs += 1
            number = self.runs
        out = self.folder / f"{number:02}-{words[0]}.out"
        return self.launcher.start(
            words,
            folder=self.folder,
            out=out,
            environment=self.environment,
            point=point,
            journal=journal,
            without=self.without if without is None else without,
        )

    def run(self, *words: str, seconds: float = 600) -> Process:
        """Run `syncd WORDS` to its end. Raises Hung."""
        process = self.start(*words)
        try:
            process.wait(seconds)
        except Hung:
            process.kill()
            raise
        self.cpu += process.cpu
        return process

    def kill_at(self, point: Mapping[str, Any], *words: str, seconds: float = 600) -> str:
        """Run `syncd apply` until a point and kill it there from outside; its name, "" if it never came to it."""
        process = self.start(*(words or ("apply",)), point=point)
        try:
            if process.wait(seconds) == "ended":
                return ""
        finally:
            process.kill()
        return process.at

    def settle(self, seconds: float = 90, *, but_second_looks: bool = False) -> list[str]:
        """Run `syncd apply` until nothing waits, or nothing but second looks; what waits after that time, in words.

        Nothing may end in a traceback, or with an exit code that isn't one of its own.
        """
        end = time.monotonic() + seconds
        found: list[str] = []
        while True:
            process = self.run("apply")
            if process.code not in (0, 1, 3) or "Traceback" in process.text():
                found.append(f"`syncd apply` ended with {process.code}: {process.text()[-600:]}")
                return found
            waits = self.ledger.unfinished(second_looks=not but_second_looks)
            if not waits:
                return found
            if time.monotonic() > end:
                return [*found, *(f"still not done after {seconds:.0f} s: {wait}" for wait in waits[:5])]
            time.sleep(self._pause())

    def _pause(self) -> float:
        """How long a person would wait before the next `apply`, in seconds."""
        moment = self.ledger.next_moment()
        return 0.5 if moment is None else min(max((moment - datetime.now(UTC)).total_seconds() + 0.05, 0.3), 10)

    @staticmethod
    def pause(seconds: float) -> None:
        """Let the program work for a while."""
        time.sleep(seconds)

    def said(self) -> str:
        """What all its runs printed, the last ones first."""
        texts = sorted(self.folder.glob("*-*.out"), reverse=True)
        return "\n".join(f"--- {file.name}\n{file.read_text(encoding='utf-8', errors='replace')}" for file in texts)


def _restamped(orders: Sequence[Mapping[str, Any]], last: datetime) -> list[dict[str, Any]]:
    """The same orders, as if they had come in one after the other, each a minute after the one before."""
    stamped = []
    for index, order in enumerate(reversed(orders)):
        moment = last - timedelta(minutes=index)
        local = moment + timedelta(hours=3)
        stamps = {name: f"{local:%Y-%m-%dT%H:%M:%S}" for name in _STAMPS if order.get(name)}
        stamps_gmt = {f"{name}_gmt": f"{moment:%Y-%m-%dT%H:%M:%S}" for name in stamps}
        stamped.append({**order, **stamps, **stamps_gmt})
    return stamped[::-1]
