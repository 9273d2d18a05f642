"""What systemd wants to hear from a service of `Type=notify-reload`, and its watchdog."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from loguru import logger

from syncd.daemon.vitals import SILENT_LIMIT_SECONDS, Vitals

_LONGEST_STATUS: Final = 200  # characters


class Notifier:
    """Tells systemd how the service is, over the socket that $NOTIFY_SOCKET names; without one, tells nobody.

    Safe to use from several threads. A socket that can't be reached is logged once: the work goes on.
    """

    def __init__(
        self, environ: Mapping[str, str] = os.environ, *, monotonic: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._monotonic = monotonic
        self._complained = False
        self.watchdog_seconds = _watchdog_seconds(environ)
        """Within which systemd wants a sign of life; None when its watchdog is off."""

    def ready(self, status: str = "") -> None:
        """The service has started, or a reload has ended."""
        self._send("READY=1", _status(status))

    def reloading(self) -> None:
        """A reload begins; `ready` ends it. The moment lets systemd tell this reload from one before."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={self._monotonic() // 1000}")

    def status(self, words: str) -> None:
        """What `systemctl status` shows."""
        self._send(_status(words))

    def alive(self) -> None:
        """A sign of life for the watchdog."""
        self._send("WATCHDOG=1")

    def stopping(self, status: str = "") -> None:
        """The service begins to stop."""
        self._send("STOPPING=1", _status(status))

    @contextmanager
    def watchdog(self, vitals: Vitals, *, silent_limit_seconds: float = SILENT_LIMIT_SECONDS) -> Iterator[None]:
        """Give signs of life for the length of the block, as long as the working thread gives its own.

        They come at half of the time that systemd allows. Once the thread is silent for longer than the limit they end,
        and systemd restarts the service.
        """
        period = self.watchdog_seconds
        if period is None or self._address is None:
            yield
            return
        ended = threading.Event()

        def watch() -> None:
            silent = False
            while not ended.is_set():
                seconds = vitals.silent_for()
                if seconds < silent_limit_seconds:
                    silent = False
                    self.alive()
                elif not silent:
                    silent = True
                    logger.critical(
                        "nothing has moved for {:.0f} s ({}); systemd's watchdog will restart the service",
                        seconds,
                        vitals.working_on or "waiting for the next turn",
                    )
                ended.wait(period / 2)

        thread = threading.Thread(target=watch, name="syncd-watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _send(self, *assignments: str) -> None:
        if self._address is None:
            return
        text = "\n".join(one for one in assignments if one)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.connect(self._address)
                channel.sendall(text.encode())
        except OSError as error:
            if not self._complained:
                self._complained = True
                logger.warning("systemd can't be told how the service is: {}", error.strerror or error)


def _address(name: str) -> str | None:
    """The socket's address; `@` at the start is the abstract namespace. Anything but a Unix socket is passed over."""
    if name.startswith("@"):
        return "\0" + name[1:]
    return name if name.startswith("/") else None


def _status(words: str) -> str:
    """One line: a line break would begin another assignment."""
    return f"STATUS={' '.join(words.split())[:_LONGEST_STATUS]}" if words else ""


def _watchdog_seconds(environ: Mapping[str, str]) -> float | None:
    """$WATCHDOG_USEC, if it is meant for this process."""
    microseconds, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    meant = not process or process == str(os.getpid())
    return int(microseconds) / 1_000_000 if meant and microseconds.isdigit() and int(microseconds) else None
