"""Starting the real program, waiting for it, stopping and killing it: the harness's side of `launch.py`."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
_LAUNCH = Path(__file__).with_name("launch.py")


class Hung(Exception):
    """A process did not come to its end, or to its point, in the time that it had."""


@dataclass
class Process:
    """A process of the real program. `out` is the file with everything that it printed."""

    pid: int
    out: Path
    named: Path | None = None
    code: int | None = None
    cpu: float = 0.0
    _news: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)

    def wait(self, seconds: float) -> str:
        """Wait until it has ended ("ended") or stopped itself at its point ("stopped"). Raises Hung."""
        if self.code is not None:
            return "ended"
        try:
            news = self._news.get(timeout=seconds)
        except queue.Empty:
            raise Hung(f"{self.out.name} is not done after {seconds:.0f} s:\n{self.text()[-1500:]}") from None
        if news.get("stopped"):
            return "stopped"
        self.code, self.cpu = news["exit"], news["cpu"]
        return "ended"

    @property
    def at(self) -> str:
        """The point at which it stopped itself."""
        return self.named.read_text(encoding="utf-8") if self.named is not None and self.named.exists() else ""

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.code is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def kill(self) -> None:
        """`kill -9`, and wait until it's gone."""
        self.send(signal.SIGKILL)
        while self.wait(30) != "ended":
            pass

    def text(self) -> str:
        """What it printed so far."""
        return self.out.read_text(encoding="utf-8", errors="replace") if self.out.exists() else ""


class Launcher:
    """The process that forks the others. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tickets: dict[int, queue.Queue[Process]] = {}
        self._orders: dict[int, tuple[Path, Path | None]] = {}
        self._running: dict[int, Process] = {}
        self._next = 0
        self.started = 0
        self.cpu = 0.0

    def __enter__(self) -> Self:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
        for name in tuple(environment):
            if name.lower().endswith("_proxy") or name.startswith("SYNCD_"):
                del environment[name]
        self._process = subprocess.Popen(
            [sys.executable, str(_LAUNCH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=ROOT,
        )
        threading.Thread(target=self._listen, daemon=True, name="launcher").start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def start(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        out: Path,
        environment: Mapping[str, str] | None = None,
        point: Mapping[str, Any] | None = None,
        without: Sequence[str] = (),
        journal: Path | None = None,
    ) -> Process:
        """Start `syncd ARGV` in a folder."""
        named = out.with_suffix(".point") if point else None
        answered: queue.Queue[Process] = queue.Queue()
        with self._lock:
            self._next += 1
            self.started += 1
            ticket = self._next
            self._tickets[ticket] = answered
            self._orders[ticket] = (out, named)
            order = {
                "ticket": ticket,
                "argv": list(argv),
                "env": dict(environment or {}),
                "cwd": str(folder),
                "out": str(out),
                "point": None if point is None else {**point, "named": str(named)},
                "without": list(without),
                "journal": str(journal) if journal else None,
            }
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        while True:
            try:
                return answered.get(timeout=1)
            except queue.Empty:
                if self._process.poll() is not None:
                    raise RuntimeError("the launcher has ended; what it said stands above") from None

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            with self._lock:
                if "ticket" in event:
                    out, named = self._orders.pop(event["ticket"])
                    process = Process(event["pid"], out, named)
                    self._running[process.pid] = process
                    self._tickets.pop(event["ticket"]).put(process)
                    continue
                process = self._running[event["pid"]]
                if "exit" in event:
                    del self._running[event["pid"]]
                    self.cpu += event["cpu"]
                process._news.put(event)


def within(seconds: float) -> float:
    """The moment (time.monotonic) that so many seconds lead to."""
    return time.monotonic() + seconds
