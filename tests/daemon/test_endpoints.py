"""The endpoints over real HTTP: alive, ready, and to whom they answer."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from syncd.daemon.endpoints import Endpoints, parse_listen
from syncd.daemon.readiness import Part, Readiness
from syncd.daemon.vitals import Vitals
from syncd.errors import LedgerError, SyncdError
from syncd.ledger.ledger import Ledger, open_ledger

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@dataclass
class Here:
    """A daemon's vitals and ledger, with its endpoints before them."""

    vitals: Vitals
    ledger: Ledger
    endpoints: Endpoints
    moments: dict[str, Any] = field(default_factory=lambda: {"now": NOW, "monotonic": 0.0})

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        return httpx.request(method, f"http://{self.endpoints.address}{path}", headers=headers)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    moments: dict[str, Any] = {"now": NOW, "monotonic": 0.0}
    vitals = Vitals(clock=lambda: moments["now"], monotonic=lambda: moments["monotonic"], configured_at=NOW)
    vitals.beat()
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db", "parasut.test/115")
    ledger.company.set_tokens("access-1", "refresh-1", NOW + timedelta(hours=2))
    with ExitStack() as stack:
        stack.callback(ledger.close)
        endpoints = stack.enter_context(
            Endpoints(
                "127.0.0.1:0",
                vitals=vitals,
                ready=Readiness(vitals, lambda: ledger),
                metrics=lambda: b"syncd_up 1.0\n",
                silent_limit_seconds=180,
            )
        )
        yield Here(vitals, ledger, endpoints, moments)


def test_the_daemon_is_alive_while_its_working_thread_gives_signs_of_life(here: Here) -> None:
    here.moments["monotonic"] = 179.0
    assert (here.ask("/healthz").status_code, here.ask("/healthz").json()) == (
        200,
        {"alive": True, "silent_seconds": 179.0},
    )
    here.moments["monotonic"] = 200.0
    here.vitals.working_on = "reading trendyol"
    silent = here.ask("/healthz")
    assert (silent.status_code, silent.json()) == (
        503,
        {
            "alive": False,
            "silent_seconds": 200.0,
            "why": "nothing has moved for 200 s, more than 180 s; last: reading trendyol",
        },
    )
    here.vitals.beat()
    assert here.ask("/healthz").status_code == 200


def test_the_daemon_is_ready_when_configuration_ledger_and_login_are(here: Here) -> None:
    here.vitals.parasut_answered_at = NOW
    answer = here.ask("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "ready": True,
            "stopping": False,
            "configuration": {"ok": True, "in_force_since": "2026-11-24T09:30:00+00:00", "problems": 0},
            "ledger": {"ok": True, "written_at": "2026-11-24T09:30:00+00:00"},
            "parasut": {
                "ok": True,
                "login_ends_at": "2026-11-24T11:30:00+00:00",
                "answered_at": "2026-11-24T09:30:00+00:00",
            },
        },
    )


def unready(here: Here, part: str) -> str:
    """Why that part, and it alone, keeps the daemon from being ready."""
    answer = here.ask("/readyz")
    assert answer.status_code == 503
    said = answer.json()
    assert said["ready"] is False
    assert [name for name in ("configuration", "ledger", "parasut") if not said[name]["ok"]] == [part]
    return str(said[part]["why"])


def test_files_that_were_refused_at_a_reload_are_told(here: Here) -> None:
    here.vitals.configuration_problems = 3
    assert "the last good configuration stays in force" in unready(here, "configuration")
    here.vitals.configured_at, here.vitals.configuration_problems = None, 0
    assert "no configuration is loaded yet" in unready(here, "configuration")


def test_a_company_that_cannot_work_is_told_without_what_nobody_may_read(here: Here) -> None:
    here.vitals.parasut_error = "Paraşüt refused the login (ayse@ornek.test)."
    assert unready(here, "parasut") == "Paraşüt refused the login (***)."


def test_a_login_may_rest_for_a_quiet_day_and_no_longer(here: Here) -> None:
    here.moments["now"] = NOW + timedelta(hours=25)
    assert here.ask("/readyz").status_code == 200
    here.moments["now"] = NOW + timedelta(hours=27)
    assert "ended more than a day ago" in unready(here, "parasut")
    here.ledger.company.clear_tokens()
    assert "there is no login yet" in unready(here, "parasut")


def test_a_daemon_that_stops_is_not_ready(here: Here) -> None:
    here.vitals.stopping = True
    answer = here.ask("/readyz")
    assert (answer.status_code, answer.json()["ready"], answer.json()["stopping"]) == (503, False, True)


def test_a_ledger_that_cannot_be_written_is_told(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise LedgerError("The ledger ledger.db can't be used: database or disk is full.", "Check free disk space.")

    monkeypatch.setattr(here.ledger, "set_setting", full)
    assert "database or disk is full. Check free disk space." in unready(here, "ledger")


def test_the_ledger_is_really_written_and_does_not_grow(here: Here, tmp_path: Path) -> None:
    def written() -> object:
        here.moments["now"] += timedelta(seconds=11)
        return here.ask("/readyz").json()["ledger"]["written_at"]

    first = written()
    size = (tmp_path / "ledger.db").stat().st_size
    rows = [written() for _ in range(5)]
    assert len({first, *rows}) == 6
    assert (tmp_path / "ledger.db").stat().st_size == size


def test_asking_often_does_not_write_often(here: Here) -> None:
    first = here.ask("/readyz").json()["ledger"]["written_at"]
    here.moments["now"] += timedelta(seconds=5)
    assert here.ask("/readyz").json()["ledger"]["written_at"] == first


def test_head_is_answered_and_other_methods_and_paths_are_not(here: Here) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        head = here.ask(path, "HEAD")
        assert (head.status_code, head.content) == (200, b"")
        assert here.ask(path, "POST").status_code == 405
        assert here.ask(path + "/").status_code == 404
    assert [here.ask(path).status_code for path in ("/", "/docs", "/healthz/x", "/metrics.txt")] == [404] * 4


def test_metrics_are_plain_text_for_prometheus(here: Here) -> None:
    answer = here.ask("/metrics")
    assert (answer.text, answer.headers["content-type"]) == (
        "syncd_up 1.0\n",
        "text/plain; version=0.0.4; charset=utf-8",
    )


def test_no_answer_repeats_what_the_request_calls_this_host(here: Here) -> None:
    for path in ("/healthz", "/readyz/", "/x"):
        answer = here.ask(path, Host="evil.test", **{"X-Forwarded-Host": "evil.test"})
        assert "evil.test" not in f"{answer.headers}{answer.text}"
        assert not answer.is_redirect


def test_requests_leave_no_trace_in_the_log(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        here.ask("/healthz")
        here.ask("/nothing")
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_a_port_that_is_taken_is_an_error_that_says_so(here: Here) -> None:
    with pytest.raises(SyncdError) as caught:
        Endpoints(here.endpoints.address, vitals=here.vitals, ready=list, metrics=bytes)
    port = here.endpoints.address.rpartition(":")[2]
    assert caught.value.message == f"The endpoints can't listen on 127.0.0.1 port {port}: Address already in use."
    assert "`listen`" in caught.value.remedy


def test_after_the_block_the_port_is_free_again(make: Callable[..., Endpoints]) -> None:
    with make("127.0.0.1:0") as endpoints:
        assert httpx.get(f"http://{endpoints.address}/healthz").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{endpoints.address}/healthz")
    with make(endpoints.address) as again:
        assert again.address == endpoints.address


def test_nobody_beyond_this_machine_is_answered(make: Callable[..., Endpoints]) -> None:
    with pytest.raises(SyncdError, match=r"would answer to everybody who reaches 0\.0\.0\.0:0"):
        make("0.0.0.0:0")


@pytest.mark.parametrize(
    ("listen", "parsed"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("localhost:80", ("127.0.0.1", 80)),
        ("127.8.9.1:1", ("127.8.9.1", 1)),
        ("[::1]:9464", ("::1", 9464)),
    ],
)
def test_an_address_is_read(listen: str, parsed: tuple[str, int]) -> None:
    assert parse_listen(listen) == parsed


@pytest.mark.parametrize("listen", ["", "9464", ":9464", "127.0.0.1", "127.0.0.1:x", "localhost:99999", "shop.test:1"])
def test_what_is_no_address_is_refused_with_an_example(listen: str) -> None:
    with pytest.raises(SyncdError) as caught:
        parse_listen(listen)
    assert caught.value.remedy == "Write it like 127.0.0.1:9464."


@pytest.fixture
def make() -> Iterator[Callable[..., Endpoints]]:
    """Makes endpoints that are not started yet; their sockets are closed at the end."""
    made: list[Endpoints] = []

    def one(listen: str, **options: Any) -> Endpoints:
        ready: Callable[[], list[Part]] = list
        made.append(Endpoints(listen, vitals=Vitals(), ready=ready, metrics=bytes, **options))
        return made[-1]

    yield one
    for endpoints in made:
        assert isinstance(endpoints._listener, socket.socket)
        endpoints._listener.close()
