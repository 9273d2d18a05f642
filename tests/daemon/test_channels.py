"""Messages over every channel, over real sockets and real programs."""

from __future__ import annotations

import json
import logging
import os
import ssl
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from factories import NOW
from hook_server import hook_server
from loguru import logger
from mail_server import MailServer, mail_server

from syncd.config.settings import Apprise, Channel, Command, Email, Secret, Webhook
from syncd.daemon.channels.command import run_command
from syncd.daemon.channels.delivery import deliver
from syncd.daemon.channels.email import send_email
from syncd.daemon.channels.failure import NotDelivered
from syncd.daemon.channels.webhook import post_message
from syncd.daemon.messages import Message

EVENT = {"event": "hold", "code": "refused", "count": 1, "orders": [{"order": "site/1042", "total": "120.00"}]}
MESSAGE = Message("syncd 115: İki sipariş bekletiliyor", "Şu siparişler:\n.site/1042\n", NOW, "115", "tr", (EVENT,))
PASSWORD = "PASSWORD-1"


@pytest.fixture(autouse=True)
def printed(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing that any of these tests writes anywhere holds a secret."""
    lines: list[str] = []
    number = logger.add(lambda line: lines.append(str(line)), level="TRACE")
    root = logging.getLogger()
    handler = logging.StreamHandler()
    root.addHandler(handler)
    yield
    root.removeHandler(handler)
    logger.remove(number)
    out, err = capfd.readouterr()
    for secret in (PASSWORD, "SECRET-TOKEN"):
        assert secret not in "".join([*lines, out, err])


def failure(way: Any, **options: float) -> NotDelivered:
    sends: dict[type, Any] = {Email: send_email, Webhook: post_message, Command: run_command}
    with pytest.raises(NotDelivered) as caught:
        if options:
            sends[type(way)](way, MESSAGE, **options)
        else:
            deliver(Channel("c", way), MESSAGE)
    for secret in (PASSWORD, "SECRET-TOKEN", "muhasebe@firma.test"):
        assert secret not in str(caught.value)
    return caught.value


# --- e-mail


def email_to(server: MailServer, **changes: Any) -> Email:
    email = Email(
        host="127.0.0.1",
        sender="syncd@firma.test",
        recipients=("muhasebe@firma.test", "sahip@firma.test"),
        port=server.port,
        security="none",
        username="syncd",
        password=Secret(PASSWORD),
    )
    return replace(email, **changes)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


def test_an_e_mail_arrives_as_plain_text_with_its_turkish_letters() -> None:
    with mail_server() as server:
        deliver(Channel("mail", email_to(server)), MESSAGE)
    (mail,) = server.mails
    assert mail.get_content() == MESSAGE.text
    assert mail.get_content_type() == "text/plain"
    assert mail["Subject"] == MESSAGE.subject
    assert mail["From"] == "syncd@firma.test"
    assert mail["To"] == "muhasebe@firma.test, sahip@firma.test"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"].endswith("@firma.test>")
    assert server.receivers == [["muhasebe@firma.test", "sahip@firma.test"]]
    assert server.logins == [("syncd", PASSWORD)]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_e_mail_goes_encrypted_before_anybody_logs_in(security: str, context: ssl.SSLContext, ca_file: Path) -> None:
    with mail_server(context=context, tls=security == "tls") as server:
        send_email(email_to(server, security=security, ca_file=ca_file), MESSAGE)
    assert server.encrypted == [True]
    assert server.logins == [("syncd", PASSWORD)]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(security: str, context: ssl.SSLContext) -> None:
    with mail_server(context=context, tls=security == "tls") as server:
        error = failure(email_to(server, security=security))
    assert "no secure connection" in error.message
    assert "ca_file" in error.remedy
    assert server.logins == []


def test_a_server_without_starttls_gets_no_password() -> None:
    with mail_server() as server:
        error = failure(email_to(server, security="starttls"))
    assert "security" in error.remedy
    assert server.logins == []
    assert server.mails == []


def test_without_a_username_nobody_logs_in() -> None:
    with mail_server() as server:
        send_email(email_to(server, username=None, password=None), MESSAGE)
    assert server.logins == []
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("command", "answer", "words"),
    [
        ("AUTH", f"535 5.7.8 {PASSWORD} is wrong", "refused the login (535)"),
        ("MAIL", "550 who is syncd@firma.test", "refused the sender (550)"),
        ("RCPT", "550 no muhasebe@firma.test", "refused every receiver (550)"),
        ("DATA", "552 too large", "refused the message (552)"),
        ("EHLO", "421 busy", "421"),
    ],
)
def test_a_refusal_says_what_was_refused_without_the_servers_own_words(command: str, answer: str, words: str) -> None:
    refuse = {command: answer, "HELO": answer} if command == "EHLO" else {command: answer}
    with mail_server(refuse=refuse) as server:
        error = failure(email_to(server))
    assert words in error.message
    assert server.mails == []


def test_a_receiver_that_is_refused_keeps_nothing_from_the_others() -> None:
    with mail_server(refuse={"RCPT TO:<sahip": "550 unknown"}) as server:
        send_email(email_to(server), MESSAGE)
    assert server.receivers == [["muhasebe@firma.test"]]


def test_a_mail_server_that_says_nothing_is_left_in_time() -> None:
    with mail_server(silent=True) as server:
        begin = time.monotonic()
        error = failure(email_to(server), timeout_seconds=0.2)
        assert time.monotonic() - begin < 2
    assert "in time" in error.message


def test_a_mail_server_that_is_not_there_is_told_so() -> None:
    with mail_server() as server:
        pass
    assert "can't be reached: Connection refused" in failure(email_to(server)).message


# --- webhook


def webhook(url: str, **headers: str) -> Webhook:
    return Webhook(Secret(url), {name.replace("_", "-"): Secret(value) for name, value in headers.items()})


def test_a_webhook_gets_the_message_as_json_with_its_headers() -> None:
    with hook_server() as hook:
        deliver(Channel("hook", webhook(hook.url, Authorization=f"Bearer {PASSWORD}")), MESSAGE)
    ((path, headers, body),) = hook.came
    assert path == "/hook/SECRET-TOKEN"
    assert headers["authorization"] == f"Bearer {PASSWORD}"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["user-agent"].startswith("syncd/")
    assert body == MESSAGE.as_json()
    assert body["events"] == [EVENT]


def test_the_headers_of_the_configuration_come_last() -> None:
    with hook_server() as hook:
        deliver(Channel("hook", webhook(hook.url, User_Agent="tell-us/1")), MESSAGE)
    assert hook.came[0][1]["user-agent"] == "tell-us/1"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "answered 400"),
        (401, "refused the message (401)"),
        (404, "no such webhook (404)"),
        (429, "answered 429"),
        (500, "answered 500"),
    ],
)
def test_a_webhook_that_refuses_is_told_by_its_status(status: int, words: str) -> None:
    with hook_server(status=status) as hook:
        assert words in failure(webhook(hook.url)).message


def test_a_webhook_says_when_to_come_again() -> None:
    with hook_server(status=429, headers={"Retry-After": "120"}) as hook:
        assert failure(webhook(hook.url)).retry_after_seconds == 120
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    with hook_server(status=503, headers={"Retry-After": moment}) as hook:
        assert 290 <= (failure(webhook(hook.url)).retry_after_seconds or 0) <= 300
    with hook_server(status=503, headers={"Retry-After": "soon"}) as hook:
        assert failure(webhook(hook.url)).retry_after_seconds is None


def test_a_redirect_is_not_followed() -> None:
    with hook_server() as other, hook_server(status=307) as hook:
        hook.headers["Location"] = other.url
        error = failure(webhook(hook.url, Authorization=PASSWORD))
    assert "redirect (307)" in error.message
    assert len(hook.came) == 1
    assert other.came == []


def test_a_webhook_that_says_nothing_is_left_in_time() -> None:
    with hook_server(silent=True) as hook:
        error = failure(webhook(hook.url), timeout_seconds=0.2)
    assert "in time" in error.message


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/SECRET-TOKEN", "http://[SECRET-TOKEN", "http://x:SECRET-TOKEN/"])
def test_a_webhook_that_cannot_be_reached_does_not_show_its_address(url: str) -> None:
    assert "can't be reached" in failure(webhook(url)).message


# --- command


def program(folder: Path, text: str) -> str:
    path = folder / "tell us"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_command_gets_one_line_of_json_and_its_arguments_without_a_shell(tmp_path: Path) -> None:
    words = (program(tmp_path, 'cat > "$1"; printf %s "$2" > "$1.words"'), str(tmp_path / "out"), "$HOME; echo *")
    deliver(Channel("command", Command(words)), MESSAGE)
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert text.count("\n") == 1
    assert json.loads(text) == MESSAGE.as_json()
    assert (tmp_path / "out.words").read_text() == "$HOME; echo *"


def test_a_command_does_not_see_the_secrets_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARASUT_PASSWORD", PASSWORD)
    deliver(Channel("command", Command((program(tmp_path, f'env > "{tmp_path}/env"'),))), MESSAGE)
    environment = (tmp_path / "env").read_text()
    assert PASSWORD not in environment
    assert f"PATH={os.environ['PATH']}" in environment


def test_what_a_command_prints_goes_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    deliver(Channel("command", Command((program(tmp_path, f"echo {PASSWORD}; echo {PASSWORD} >&2"),))), MESSAGE)
    assert capfd.readouterr() == ("", "")


def test_a_command_that_reads_nothing_is_fine(tmp_path: Path) -> None:
    large = replace(MESSAGE, text="x" * 300_000)
    deliver(Channel("command", Command((program(tmp_path, "exec <&-; exit 0"),))), large)


def test_a_command_that_fails_says_its_exit_code(tmp_path: Path) -> None:
    path = program(tmp_path, f"echo {PASSWORD}; exit 7")
    assert failure(Command((path,))).message == f"{path} ended with exit code 7."


def test_a_command_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    assert "can't be run: No such file" in failure(Command((str(tmp_path / "none"),))).message


def test_a_command_that_hangs_is_killed_with_what_it_started(tmp_path: Path) -> None:
    path = program(tmp_path, f'sleep 60 & echo $! > "{tmp_path}/pid"; wait')
    begin = time.monotonic()
    error = failure(Command((path,)), timeout_seconds=0.5)
    assert time.monotonic() - begin < 5
    assert "did not end within 0.5 s" in error.message
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):  # until whoever inherited it has collected it
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    raise AssertionError("the child still runs")


# --- Apprise


def test_apprise_delivers_to_every_address() -> None:
    with hook_server() as one, hook_server() as other:
        urls = tuple(Secret(f"json://127.0.0.1:{hook.port}/SECRET-TOKEN") for hook in (one, other))
        deliver(Channel("apprise", Apprise(urls)), MESSAGE)
    for hook in (one, other):
        ((path, _, body),) = hook.came
        assert path == "/SECRET-TOKEN"
        assert body["title"] == MESSAGE.subject
        assert body["message"].strip() == MESSAGE.text.strip()


def test_an_address_that_fails_keeps_nothing_from_the_others_and_is_told_by_its_number() -> None:
    with hook_server(status=500) as broken, hook_server() as hook:
        urls = (
            f"json://127.0.0.1:{broken.port}/SECRET-TOKEN",
            f"json://127.0.0.1:{hook.port}/SECRET-TOKEN",
            "nonsense://SECRET-TOKEN",
        )
        error = failure(Apprise(tuple(map(Secret, urls))))
    assert error.message == "Apprise could not deliver to entry 1, 3."
    assert len(hook.came) == 1


def test_apprise_that_is_not_installed_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    error = failure(Apprise((Secret("json://127.0.0.1/SECRET-TOKEN"),)))
    assert error.remedy == f"{sys.prefix}/bin/pip install apprise"
