"""Several processes, one ledger file, one login: only one of them renews it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from worlds import World

from syncd.config.settings import Secret
from syncd.ledger.ledger import open_ledger
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox
from syncd.sync.company import company_key, open_client

PROCESSES = 3
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

# Opens everything, says so, waits for the word, asks one question, and prints what came of it.
WORKER = """\
import json, sys
from dataclasses import replace
from syncd.config.settings import ParasutSettings, Secret
from syncd.ledger.ledger import open_ledger
from syncd.sync.company import company_key, open_client

told = json.loads(sys.stdin.readline())
ledger_url = told.pop("ledger_url")
secrets = {name: Secret(told.pop(name)) for name in ("client_id", "client_secret", "username", "password")}
settings = ParasutSettings(**told, **secrets)
ledger = open_ledger(ledger_url, company_key(settings))
with open_client(settings, ledger) as client:
    print("ready", flush=True)
    sys.stdin.readline()
    who = client.me()
    print(json.dumps({"companies": [company.id for company in who.companies], "calls": client.calls}), flush=True)
ledger.close()
"""


@dataclass
class Login:
    """A sandbox, a ledger file, and processes that work with both."""

    world: World

    def started(self) -> subprocess.Popen[str]:
        parasut = self.world.settings().parasut
        told: dict[str, Any] = {
            "ledger_url": self.world.settings().ledger_url,
            "company_id": parasut.company_id,
            "base_url": parasut.base_url,
            "rate_requests": parasut.rate_requests,
            "rate_seconds": parasut.rate_seconds,
            "timeout_seconds": parasut.timeout_seconds,
        }
        for name in ("client_id", "client_secret", "username", "password"):
            secret = getattr(parasut, name)
            told[name] = secret.reveal() if isinstance(secret, Secret) else secret
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        return process

    def together(self) -> list[dict[str, Any]]:
        """What each of the processes answers when all of them ask at the same moment."""
        with ExitStack() as stack:
            processes = [stack.enter_context(self.started()) for _ in range(PROCESSES)]
            for process in processes:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            answers = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
        assert [process.returncode for process in processes] == [0] * PROCESSES
        return answers

    def logged_in(self) -> None:
        settings = self.world.settings()
        ledger = open_ledger(settings.ledger_url, company_key(settings.parasut))
        with open_client(settings.parasut, ledger) as client:
            client.me()
        ledger.close()

    def aged(self) -> None:
        """The stored access token is over by the clock."""
        settings = self.world.settings()
        ledger = open_ledger(settings.ledger_url, company_key(settings.parasut))
        stored = ledger.company.tokens()
        assert stored is not None
        ledger.company.set_tokens(stored[0], stored[1], LONG_AGO)
        ledger.close()

    def stored(self) -> tuple[str, str, datetime] | None:
        settings = self.world.settings()
        ledger = open_ledger(settings.ledger_url, company_key(settings.parasut))
        try:
            return ledger.company.tokens()
        finally:
            ledger.close()

    def token_requests(self) -> list[str]:
        """The grants that were asked for, in their order."""
        return [
            exchange.body["grant_type"] for exchange in self.world.sandbox.traffic if exchange.path == "/oauth/token"
        ]


@pytest.fixture
def login(tmp_path: Path) -> Any:
    # slow enough that every process finds the old login before the first of them has a new one
    with Sandbox(SandboxOptions(orders=0, rate_requests=0, latency_seconds=0.2)) as sandbox:
        yield Login(World(sandbox, tmp_path))


def answered_by(login: Login) -> list[int]:
    return [exchange.status for exchange in login.world.sandbox.traffic if exchange.path == "/v4/me"]


def test_an_expired_login_is_renewed_by_one_process_and_used_by_all(login: Login) -> None:
    login.logged_in()
    login.aged()
    before = login.stored()
    answers = login.together()
    assert login.token_requests() == ["password", "refresh_token"]
    assert [answer["companies"] for answer in answers] == [["115"]] * PROCESSES
    assert sorted(answer["calls"] for answer in answers) == [1] * (PROCESSES - 1) + [2]
    assert answered_by(login) == [200] * (1 + PROCESSES)
    after = login.stored()
    assert before is not None
    assert after is not None
    assert after[1] != before[1]


def test_the_first_login_of_a_company_is_made_by_one_process(login: Login) -> None:
    answers = login.together()
    assert login.token_requests() == ["password"]
    assert [answer["companies"] for answer in answers] == [["115"]] * PROCESSES
    assert answered_by(login) == [200] * PROCESSES


def test_a_login_that_paraşüt_no_longer_takes_is_renewed_by_one_process(login: Login) -> None:
    login.logged_in()
    login.world.sandbox.parasut.tokens.revoke_access()
    answers = login.together()
    assert login.token_requests() == ["password", "refresh_token"]
    assert [answer["companies"] for answer in answers] == [["115"]] * PROCESSES
    assert sorted(answered_by(login)) == [200] * (1 + PROCESSES) + [401] * PROCESSES
