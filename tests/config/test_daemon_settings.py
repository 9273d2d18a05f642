"""The section `daemon`, and when rules are worked on."""

from __future__ import annotations

from pathlib import Path

import pytest
from configurations import FULL, SMALL, lines, load, load_full, write

from syncd.config.load import load_settings
from syncd.config.schedule import cron_fields, cron_mistake
from syncd.config.settings import DaemonSettings


def daemon_of(folder: Path, text: str) -> DaemonSettings:
    loaded = load(folder, SMALL + text)
    assert loaded.settings is not None, loaded.problems
    return loaded.settings.daemon


def test_the_section_becomes_settings(tmp_path: Path) -> None:
    settings = load_full(tmp_path, FULL).settings
    assert settings is not None
    assert settings.daemon == DaemonSettings(listen="127.0.0.1:9115", log="json", jitter_seconds=10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", DaemonSettings("127.0.0.1:9464", "auto", 5)),
        ("daemon: {listen: off}\n", DaemonSettings(None, "auto", 5)),
        ("daemon: {listen: '[::1]:1'}\n", DaemonSettings("[::1]:1", "auto", 5)),
        ("daemon: {listen: 127.1.20.255:65535}\n", DaemonSettings("127.1.20.255:65535", "auto", 5)),
        ("daemon: {log: journald, jitter: 0s}\n", DaemonSettings("127.0.0.1:9464", "journald", 0)),
    ],
)
def test_what_is_left_out_has_its_usual_value(tmp_path: Path, text: str, expected: DaemonSettings) -> None:
    assert daemon_of(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("listen: 0.0.0.0:9464", "an address of this machine like 127.0.0.1:9464, or off"),
        ("listen: 9464", "127.0.0.1:9464"),
        ("listen: 127.0.0.1:65536", "127.0.0.1:9464"),
        ("listen: 127.0.0.256:9464", "127.0.0.1:9464"),
        ("jitter: 2m", "up to 59 seconds like 5s"),
        ("log: syslog", "syslog"),
        ("lissten: off", "did you mean listen?"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, text: str, words: str) -> None:
    found = lines(load(tmp_path, f"{SMALL}daemon:\n  {text}\n"), tmp_path)
    assert len(found) == 1
    assert found[0].startswith(f"syncd.yaml:{len(SMALL.splitlines()) + 2}:")
    assert words in found[0]


def test_a_value_that_can_not_be_known_without_secrets_does_no_harm(tmp_path: Path) -> None:
    file = write(tmp_path, SMALL + "daemon: {jitter: '${NO_SUCH_THING}'}\n")
    loaded = load_settings(file, {}, secrets="optional")
    assert loaded.settings is not None
    assert loaded.settings.daemon == DaemonSettings()


def test_the_five_fields_of_cron_become_numbers() -> None:
    assert cron_fields("5/20 8-10 1,15 jan-mar 5-7") == (
        frozenset({5, 25, 45}),
        frozenset({8, 9, 10}),
        frozenset({1, 15}),
        frozenset({1, 2, 3}),
        frozenset({0, 5, 6}),
    )
    assert cron_fields("*/30 * * * *") == (frozenset({0, 30}), None, None, None, None)


@pytest.mark.parametrize("cron", ["0 9 29 2 *", "0 9 31 2,3 *", "0 9 31 2 mon", "0 9 30-31 * *", "0 9 * 2 *"])
def test_a_cron_that_fires_only_now_and_then_is_no_mistake(cron: str) -> None:
    assert cron_mistake(cron) is None


@pytest.mark.parametrize("cron", ["0 9 31 2 *", "0 9 30-31 feb *", "0 9 31 4,6,9,11 *"])
def test_a_cron_that_can_never_fire_is_a_mistake(cron: str) -> None:
    assert cron_mistake(cron) == "never fires, for none of its months has such a day"
