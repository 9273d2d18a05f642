"""The section `notify`: what it becomes, and every mistake at its place («)."""

from __future__ import annotations

import sys
from datetime import time
from pathlib import Path

import pytest
from configurations import ENVIRON, FULL, SMALL, at, lines, load, load_full, marked

from syncd.config import notify
from syncd.config.load import load_settings
from syncd.config.settings import Apprise, Channel, Command, Email, Event, Notify, QuietHours, Secret, Webhook

OUTSIDE = {**ENVIRON, "SMTP_PASSWORD": "smtp-1", "HOOK": "https://hooks.magaza.test/T1", "NTFY": "ntfys://ntfy.test/t1"}

MAIL = """\
notify:
  channels:
    - email:
        host: smtp.magaza.test
        security: starttls
        username: syncd
        password: ${SMTP_PASSWORD}
        from: syncd@magaza.test
        to: [muhasebe@magaza.test]
    - webhook: {url: "${HOOK}"}
    - command: [sh, tell-us.sh]
  quiet_hours: {from: "22:00", to: "08:00"}
  daily_summary: "09:00"
"""


def problems(folder: Path, text: str) -> list[str]:
    return lines(load(folder, SMALL + text, OUTSIDE), folder)


def test_every_key_arrives(tmp_path: Path) -> None:
    loaded = load_full(tmp_path)
    assert loaded.settings is not None
    assert loaded.settings.notify == Notify(
        channels=(
            Channel(
                "muhasebe",
                Email(
                    host="smtp.magaza.test",
                    sender="syncd@magaza.test",
                    recipients=("muhasebe@magaza.test", "sahip@magaza.test"),
                    port=465,
                    security="tls",
                    username="syncd@magaza.test",
                    password=Secret("cs_1"),
                    ca_file=tmp_path / "ca.pem",
                ),
                frozenset({Event.HOLD, Event.DEADLINE}),
            ),
            Channel("webhook", Webhook(Secret("https://hooks.magaza.test/ck_1"), {"X-Token": Secret("cs_1")})),
            Channel("command", Command(("sh", "tell-us.sh"))),
            Channel("apprise", Apprise((Secret("json://hooks.magaza.test/ck_1"),))),
        ),
        quiet_hours=QuietHours(time(22), time(8), frozenset({Event.COMPANY})),
        daily_summary=time(9),
        language="en",
    )


def test_without_the_section_there_is_nothing(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALL).settings
    assert settings is not None
    assert settings.notify is None


def test_a_small_section_gets_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "tell").write_text("#!/bin/sh\n")
    (tmp_path / "tell").chmod(0o755)
    loaded = load(tmp_path, SMALL + "notify: {channels: [{command: [./tell]}, {command: [sh]}, {command: [sh, x]}]}\n")
    assert lines(loaded, tmp_path) == []
    assert loaded.settings is not None
    told = loaded.settings.notify
    assert told is not None
    assert [channel.name for channel in told.channels] == ["command", "command-2", "command-3"]
    assert told.channels[0].way == Command((str(tmp_path / "tell"),))
    assert all(channel.events == set(Event) for channel in told.channels)
    assert (told.quiet_hours, told.daily_summary, told.language) == (None, None, "tr")


def test_a_made_up_name_is_never_one_that_a_person_gave(tmp_path: Path) -> None:
    loaded = load(tmp_path, SMALL + "notify: {channels: [{command: [sh]}, {name: command, command: [sh]}]}\n")
    assert loaded.settings is not None
    assert loaded.settings.notify is not None
    assert [channel.name for channel in loaded.settings.notify.channels] == ["command-2", "command"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- email:", "- «emial:", "unknown key 'emial' (did you mean email?)"),
        ("        host: smtp.magaza.test\n", "", "missing key 'host' under 'email'"),
        ("host: smtp.magaza.test", "host: «smtp://magaza.test", "'host' must be a name like smtp.example.com"),
        ("host: smtp.magaza.test", "host: smtp.magaza.test\n        port: «70000", "'port' must be at most 65535"),
        ("security: starttls", "security: «startls", "(did you mean starttls?)"),
        ("        password: ${SMTP_PASSWORD}\n", "", "'username' needs the key 'password' beside it"),
        ("        username: syncd\n", "", "'password' needs the key 'username' beside it"),
        ("from: syncd@magaza.test", "from: «syncd", "'from' must be an address like syncd@example.com"),
        ("from: syncd@magaza.test", 'from: «"a b <syncd@magaza.test>"', "'from' must be an address like"),
        ("to: [muhasebe@magaza.test]", "to: [«muhasebe]", "entry 1 of 'to' must be an address like"),
        ("to: [muhasebe@magaza.test]", "to: «[]", "'to' is empty"),
        ("to: [muhasebe@", "ca_file: «none.pem\n        to: [muhasebe@", "there is no file"),
        ("command: [sh, tell-us.sh]", "command: «sh", "'command' must be a list like [one, two], not 'sh'"),
        ("command: [sh, tell-us.sh]", "command: [«/none/tell]", "there is no program /none/tell"),
        ("command: [sh, tell-us.sh]", "command: [«no-such-program-here]", "there is no program 'no-such-program-here'"),
        ("command: [sh, tell-us.sh]", "command: [«./syncd.yaml]", "may not be executed"),
        ("command: [sh, tell-us.sh]", "«name: both", "a channel needs one of the keys 'email'"),
        (
            "- command: [sh, tell-us.sh]",
            "- command: [sh]\n      «apprise: ['${NTFY}']",
            "'command' and 'apprise' exclude each other: make two channels",
        ),
        ("- command: [sh, tell-us.sh]", "- apprise: [«'${WC_KEY}']", "entry 1 of 'apprise' is no address that"),
        ("[sh, tell-us.sh]", "[sh]\n      events: [hold, «holds]", "(did you mean hold?)"),
        ("[sh, tell-us.sh]", "[sh]\n      events: [hold, «hold]", "'hold' stands twice in 'events'"),
        ("[sh, tell-us.sh]", "[sh]\n      name: «a/b", "'name' must be a name without spaces and slashes"),
        (
            "[sh, tell-us.sh]",
            "[sh]\n      name: a\n    - command: [sh]\n      name: «a",
            "the channel name 'a' is taken",
        ),
        ('from: "22:00"', "from: «22:60", "'from' must be a time of day like \"22:00\""),
        ('to: "08:00"', 'to: «"22:00"', "'from' and 'to' are the same"),
        ('to: "08:00"', 'to: "08:00", except: [«summry]', "(did you mean summary?)"),
        ('daily_summary: "09:00"', 'daily_summary: «"9:00"', "'daily_summary' must be a time of day like"),
        ('daily_summary: "09:00"', "daily_summary: «never", "'daily_summary' must be a time of day like"),
        ("daily_summary:", "language: «de\n  daily_summary:", "'language' must be tr or en, not 'de'"),
    ],
    ids=lambda text: str(text)[:30],
)
def test_a_mistake_is_found_at_its_place(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in MAIL
    text = SMALL + MAIL.replace(old, new, 1)
    place = None
    if "«" in new:
        text, line, column = marked(text)
        place = ("syncd.yaml", line, column)
    loaded = load(tmp_path, text, OUTSIDE)
    found = [problem for problem in loaded.problems if message in str(problem)]
    assert found, lines(loaded, tmp_path)
    assert place is None or at(found[0]) == place
    assert loaded.settings is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("password: ${SMTP_PASSWORD}", "password: «plain-words", "the secret 'password' stands in the file"),
        ('url: "${HOOK}"', "url: «https://hooks.test/x", "the secret 'url' stands in the file"),
        (
            'url: "${HOOK}"',
            'url: "${HOOK}", headers: {Authorization: «plain-words}',
            "the secret 'Authorization' stands in the file",
        ),
        ("command: [sh, tell-us.sh]", "apprise: [«'ntfys://ntfy.test/x']", "the secret 'apprise' stands in the file"),
        ("security: starttls", "security: «none", "the password is sent without encryption"),
        ('daily_summary: "09:00"', 'daily_summary: «"06:00"', "the summary falls into the quiet hours: it is told at"),
    ],
)
def test_what_works_but_is_unwise_is_a_warning(old: str, new: str, message: str, tmp_path: Path) -> None:
    text, line, column = marked(SMALL + MAIL.replace(old, new, 1))
    loaded = load(tmp_path, text, OUTSIDE)
    assert [(problem.severity, at(problem)) for problem in loaded.problems] == [
        ("warning", ("syncd.yaml", line, column))
    ], lines(loaded, tmp_path)
    assert message in loaded.problems[0].message
    assert loaded.settings is not None


def test_the_section_as_it_should_be_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, MAIL) == []
    assert problems(tmp_path, MAIL.replace("${HOOK}", "http://127.0.0.1:9000/hook")) == []
    assert problems(tmp_path, MAIL.replace('"09:00"', "off")) == []
    assert problems(tmp_path, MAIL.replace('"08:00"}', '"08:00", except: [summary]}').replace("09:", "03:")) == []


def test_apprise_that_is_not_installed_is_told_at_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "find_spec", lambda name: None)
    text, line, column = marked(SMALL + "notify: {channels: [{«apprise: ['${NTFY}']}]}\n")
    (problem,) = load(tmp_path, text, OUTSIDE).problems
    assert at(problem) == ("syncd.yaml", line, column)
    assert problem.message == f"Apprise is not installed: {sys.prefix}/bin/pip install apprise"


def test_without_secrets_neither_they_nor_programs_are_asked_for(tmp_path: Path) -> None:
    config = tmp_path / "syncd.yaml"
    config.write_text(
        SMALL
        + MAIL.replace("sh, tell", "/none/on/this/machine, tell").replace('"22:00"', '"${BEGIN}"')
        + "  language: tr\n",
        encoding="utf-8",
    )
    loaded = load_settings(config, {}, secrets="optional")
    assert lines(loaded, tmp_path) == []
    assert loaded.settings is not None


def test_secrets_are_masked_in_logs_and_never_printed(tmp_path: Path) -> None:
    text = FULL.replace("${WC_SECRET}\n        from", "plain-password\n        from")
    settings = load_full(tmp_path, text).settings
    assert settings is not None
    known = {secret.reveal() for secret in settings.secrets}
    assert known >= {"plain-password", "https://hooks.magaza.test/ck_1", "json://hooks.magaza.test/ck_1", "cs_1"}
    printed = repr(settings.notify)
    assert "plain-password" not in printed
    assert "ck_1" not in printed
    assert "cs_1" not in printed


def test_a_value_that_is_wrong_is_not_repeated_when_it_is_secret(tmp_path: Path) -> None:
    for wrong in ('webhook: {url: "ftp://hooks.test/TOKEN-1"}', 'webhook: {url: "${HOOK}", headers: {X: "TOKEN-1ü"}}'):
        loaded = load(tmp_path, SMALL + f"notify: {{channels: [{{{wrong}}}]}}\n", OUTSIDE)
        assert loaded.errors
        assert "TOKEN-1" not in "".join(lines(loaded, tmp_path))
