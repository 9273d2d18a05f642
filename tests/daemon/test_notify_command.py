"""`syncd notify`: the channels, and whether they work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hook_server import Hook, hook_server

from syncd.cli.main import main

CONFIG = """\
version: 1
parasut: {company_id: 115, client_id: "${T_ID}", client_secret: "${T_ID}", username: "${T_ID}", password: "${T_ID}"}
ledger: sqlite:///ledger.db
platforms:
  site: {connector: woocommerce, url: https://magaza.test, consumer_key: "${T_ID}", consumer_secret: "${T_ID}"}
rules:
  - {name: site-hazirlanan, platforms: [site], trigger: {status: preparing, since: 2026-11-01}}
"""
SECTION = """\
notify:
  channels:
    - name: kanca
      webhook: {url: "${T_HOOK}"}
      events: [hold, company]
    - command: [sh, -c, "exit 3"]
  quiet_hours: {from: "22:00", to: "08:00", except: [company]}
  daily_summary: "09:00"
"""


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str, hook: Hook | None = None) -> int:
    monkeypatch.setenv("T_ID", "secret-1")
    monkeypatch.setenv("T_HOOK", hook.url if hook else "http://127.0.0.1:1/SECRET-TOKEN")
    (folder / "syncd.yaml").write_text(CONFIG + SECTION, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["notify", "--config", str(folder / "syncd.yaml"), *words])
    return int(ended.value.code or 0)


def test_the_channels_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch) == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        "channel way told of",
        "kanca webhook hold, company",
        "command command everything",
        "quiet from 22:00 to 08:00, except: company",
        "daily summary: at 09:00",
    ]
    assert not (tmp_path / "ledger.db").exists()


def test_the_channels_are_shown_to_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, "--format", "json", "--channel", "kanca") == 0
    assert json.loads(capsys.readouterr().out) == [
        {"channel": "kanca", "way": "webhook", "events": ["hold", "company"]}
    ]


def test_a_test_tries_every_channel_and_reports_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with hook_server() as hook:
        assert run(tmp_path, monkeypatch, "--test", hook=hook) == 3
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "ok   kanca (webhook): the test message was taken",
        "FAIL command (command): sh ended with exit code 3.",
        "     what to do: Run it by hand to see why.",
    ]
    ((_, _, body),) = hook.came
    assert body["subject"] == "syncd 115: Deneme iletisi"
    assert body["events"] == [{"event": "test"}]


def test_one_channel_is_tried_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with hook_server() as hook:
        assert run(tmp_path, monkeypatch, "--test", "--channel", "kanca", "--format", "json", hook=hook) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"channel": "kanca", "way": "webhook", "ok": True, "message": "the test message was taken", "remedy": ""}
    ]
    assert len(hook.came) == 1


def test_a_channel_that_fails_does_not_show_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, "--test", "--channel", "kanca") == 3
    captured = capsys.readouterr()
    assert "FAIL kanca (webhook): The webhook can't be reached" in captured.out
    assert "SECRET-TOKEN" not in captured.out + captured.err


def test_an_unknown_channel_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch, "--channel", "kanka") == 2
    assert "The channels are: kanca, command." in capsys.readouterr().err


def test_a_configuration_without_the_section_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("T_ID", "secret-1")
    (tmp_path / "syncd.yaml").write_text(CONFIG, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["notify", "--config", str(tmp_path / "syncd.yaml"), "--test"])
    assert ended.value.code == 2
    assert "has no `notify`" in capsys.readouterr().err
