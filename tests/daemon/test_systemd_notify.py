"""What systemd is told, over a real socket."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from syncd.daemon.systemd import Notifier
from syncd.daemon.vitals import Vitals


class Systemd:
    """The other end of $NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(10)

    def told(self) -> list[str]:
        return self._socket.recv(4096).decode().split("\n")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def heard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Systemd, dict[str, str]]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@syncd-test-{os.getpid()}"
    systemd = Systemd(name.replace("@", "\0") if name.startswith("@") else name)
    yield systemd, {"NOTIFY_SOCKET": name}
    systemd.close()


@pytest.fixture
def warned() -> Iterator[list[str]]:
    messages: list[str] = []
    sink = logger.add(lambda message: messages.append(message.record["message"]), level="WARNING")
    yield messages
    logger.remove(sink)


def test_a_start_a_reload_and_a_stop_are_told(heard: tuple[Systemd, dict[str, str]]) -> None:
    systemd, environ = heard
    notifier = Notifier(environ, monotonic=lambda: 1_234_567_890)
    notifier.ready("3 rules, 2 platforms")
    assert systemd.told() == ["READY=1", "STATUS=3 rules, 2 platforms"]
    notifier.reloading()
    assert systemd.told() == ["RELOADING=1", "MONOTONIC_USEC=1234567"]
    notifier.ready()
    assert systemd.told() == ["READY=1"]
    notifier.status("reading site")
    assert systemd.told() == ["STATUS=reading site"]
    notifier.alive()
    assert systemd.told() == ["WATCHDOG=1"]
    notifier.stopping("finishing a request")
    assert systemd.told() == ["STOPPING=1", "STATUS=finishing a request"]


def test_a_status_is_one_line_and_not_too_long(heard: tuple[Systemd, dict[str, str]]) -> None:
    systemd, environ = heard
    Notifier(environ).status("the shop said:\nREADY=1\r\n" + "x" * 1000)
    (line,) = systemd.told()
    assert line.startswith("STATUS=the shop said: READY=1 xxx")
    assert len(line) < 250


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}])
def test_outside_of_systemd_nothing_is_told_and_nothing_fails(environ: dict[str, str], warned: list[str]) -> None:
    notifier = Notifier(environ)
    notifier.ready()
    with notifier.watchdog(Vitals()):
        notifier.stopping()
    assert warned == []


def test_a_socket_that_nobody_listens_to_is_complained_of_once(tmp_path: Path, warned: list[str]) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    notifier.ready()
    notifier.alive()
    assert len(warned) == 1
    assert "systemd can't be told how the service is: No such file" in warned[0]


def test_the_watchdog_hears_of_a_thread_that_gets_ahead_and_no_longer_of_one_that_hangs(
    heard: tuple[Systemd, dict[str, str]], warned: list[str]
) -> None:
    systemd, environ = heard
    now = 0.0
    vitals = Vitals(monotonic=lambda: now, working_on="reading site")
    vitals.beat()
    notifier = Notifier({**environ, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": str(os.getpid())})
    assert notifier.watchdog_seconds == 0.02
    with notifier.watchdog(vitals, silent_limit_seconds=100):
        assert [systemd.told() for _ in range(3)] == [["WATCHDOG=1"]] * 3
        now = 101.0
        for _ in range(1000):
            if warned:
                break
            time.sleep(0.005)
        assert "nothing has moved for 101 s (reading site)" in warned[0]
        systemd._socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                systemd.told()  # what was under way
        threading.Event().wait(0.05)
        with pytest.raises(BlockingIOError):
            systemd.told()
        assert len(warned) == 1
        systemd._socket.settimeout(10)
        vitals.beat()
        assert systemd.told() == ["WATCHDOG=1"]
    assert not [thread for thread in threading.enumerate() if thread.name == "syncd-watchdog"]


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "120000000"}, 120.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "1"}, None),  # meant for another process
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_on_when_systemd_means_this_process(environ: dict[str, str], seconds: float | None) -> None:
    assert Notifier(environ).watchdog_seconds == seconds
