"""How an event reads: on a terminal, in systemd's journal, for programs."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from loguru import logger

from syncd import logs
from syncd.errors import UsageError
from syncd.logs import about, set_up_logs


class Terminal(io.StringIO):
    """Something to write to that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Written:
    """What went to standard error so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    def getvalue(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """What goes to standard error; everything that set_up_logs changes is as before afterwards."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(logs, "_last_secrets", frozenset())
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("SYNCD_LOG_FORMAT", raising=False)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Written(capsys)
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    logger.remove()


def failed() -> Exception:
    try:
        raise ValueError("first line\nsecond line with ayse@ornek.test")
    except ValueError as error:
        return error


def test_a_command_says_warnings_and_with_verbose_everything(written: Written) -> None:
    set_up_logs([])
    logger.info("quiet")
    logger.warning("loud")
    set_up_logs([], verbose=True)
    logger.debug("chatty")
    lines = written.getvalue().splitlines()
    assert [line[20:] for line in lines] == ["WARNING loud", "DEBUG   chatty"]
    assert [line[:4] for line in lines] == [str(datetime.now().astimezone().year)] * 2


def test_the_daemon_says_what_it_does(written: Written) -> None:
    set_up_logs([], level="INFO")
    logger.debug("chatty")
    logger.info("12 orders read")
    assert written.getvalue().endswith(" INFO    12 orders read\n")
    assert written.getvalue().count("\n") == 1


def test_text_shows_the_time_of_the_configurations_zone(written: Written) -> None:
    kiritimati = ZoneInfo("Pacific/Kiritimati")  # 14 hours ahead: no machine of ours lives there
    before = datetime.now(kiritimati)
    set_up_logs([], level="INFO", zone=kiritimati)
    logger.info("x")
    told = datetime.strptime(written.getvalue()[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=kiritimati)
    assert timedelta(seconds=-1) <= told - before < timedelta(minutes=1)


def test_fields_are_given_to_every_event_of_a_block(written: Written) -> None:
    set_up_logs([], level="INFO", form="json")
    with about(order="site/1042", rule="site-hazirlanan", platform=None):
        logger.info("x")
    logger.info("y")
    first, second = (json.loads(line) for line in written.getvalue().splitlines())
    assert (first["order"], first["rule"], "platform" in first) == ("site/1042", "site-hazirlanan", False)
    assert "order" not in second


def test_levels_are_coloured_on_a_terminal_only_and_not_where_colours_are_unwanted(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up_logs([])
    logger.error("x")
    assert "\x1b" not in written.getvalue()
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    logger.error("x")
    assert "\x1b[31mERROR  \x1b[0m x\n" in terminal.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    logger.error("y")
    assert terminal.getvalue().endswith(" ERROR   y\n")


def test_the_journal_gets_priorities_and_no_time(written: Written) -> None:
    set_up_logs([], form="journald", verbose=True)
    for level in ("debug", "info", "success", "warning", "error", "critical"):
        getattr(logger, level)("it is {}", level)
    assert written.getvalue().splitlines() == [
        "<7>it is debug", "<6>it is info", "<5>it is success", "<4>it is warning", "<3>it is error",
        "<2>it is critical",
    ]  # fmt: skip


def test_every_line_of_an_event_has_its_priority_so_that_no_text_can_forge_another_event(written: Written) -> None:
    set_up_logs([], form="journald")
    logger.error("the shop said: {}", "no\n<6>all is well\r\n\n<0>x\x1b[2J\u2028y")
    assert written.getvalue().splitlines(keepends=True) == [
        "<3>the shop said: no\n",
        "<3>    <6>all is well\n",
        "<3>    <0>x\ufffd[2J\ufffdy\n",
    ]


@pytest.mark.parametrize(("form", "start"), [("journald", "<3>    "), ("text", "    ")])
def test_an_exception_is_part_of_its_event(form: Any, start: str, written: Written) -> None:
    set_up_logs([], form=form)
    logger.opt(exception=failed()).error("site/1042: unexpected ValueError")
    first, *more = written.getvalue().splitlines()
    assert first.endswith("site/1042: unexpected ValueError")
    assert more[0] == f"{start}Traceback (most recent call last):"
    assert more[-2:] == [f"{start}ValueError: first line", f"{start}second line with ***"]
    assert all(line.startswith(start) for line in more)


def test_json_is_one_object_per_event_with_what_is_bound_to_it(written: Written) -> None:
    set_up_logs(["geheim-1"], form="json", names=["trendyol"])
    bound = logger.bind(order="trendyol/1000000018", rule="pazaryeri", platform="trendyol", calls=3, level="forged")
    bound.warning("it is\nheld; geheim-1, package 1000000018, not 1000000018x")
    bound.opt(exception=failed()).error("unexpected")
    one, two = [json.loads(line) for line in written.getvalue().splitlines()]
    assert list(one)[:4] == ["time", "level", "logger", "message"]
    assert (one["level"], one["logger"]) == ("warning", __name__)
    assert one["message"] == "it is\nheld; ***, package 1000000018, not 1000000018x"
    assert one["time"][10] == "T"
    assert one["time"][-6] in "+-"
    assert {name: one[name] for name in ("order", "rule", "platform", "calls")} == {
        "order": "trendyol/1000000018", "rule": "pazaryeri", "platform": "trendyol", "calls": 3,
    }  # fmt: skip
    assert two["exception"].splitlines()[0] == "Traceback (most recent call last):"
    assert two["exception"].splitlines()[-1] == "second line with ***"


def test_what_is_bound_is_masked_at_every_depth(written: Written) -> None:
    set_up_logs(["geheim-1"], form="json")
    logger.bind(buyer={"email": "ayse@ornek.test", "ids": [1000000018, 7]}, more=("geheim-1", None, True)).error("x")
    event = json.loads(written.getvalue())
    assert event["buyer"] == {"email": "***", "ids": ["***", 7]}
    assert event["more"] == ["***", None, True]


def test_systemds_journal_is_known_by_its_device_and_inode(
    written: Written, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "journal").open("w+") as journal:
        status = os.fstat(journal.fileno())
        monkeypatch.setattr(sys, "stderr", journal)
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        set_up_logs([])
        logger.error("to the journal")
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino + 1}")  # of the service above, say
        set_up_logs([])
        logger.error("to a file")
        journal.seek(0)
        first, second = journal.read().splitlines()
    assert first == "<3>to the journal"
    assert second.endswith(" ERROR   to a file")
    assert not second.startswith("<")


@pytest.mark.parametrize(
    ("said", "start"), [("json", "{"), ("journald", "<3>x"), ("text", "2"), ("auto", "2"), ("", "2")]
)
def test_the_environment_may_choose_the_form(
    said: str, start: str, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCD_LOG_FORMAT", said)
    set_up_logs([])
    logger.error("x")
    assert written.getvalue().startswith(start)


@pytest.mark.parametrize("form", ["auto", "json"])
def test_a_form_that_does_not_exist_is_refused_with_those_that_do(
    form: Literal["auto", "json"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCD_LOG_FORMAT", "jsn")
    with pytest.raises(UsageError, match="SYNCD_LOG_FORMAT can't be 'jsn'") as caught:
        set_up_logs([], form=form)
    assert caught.value.remedy == "It is one of: auto, text, journald, json."


def test_after_a_reload_the_secrets_of_before_and_of_now_are_masked(written: Written) -> None:
    set_up_logs(["alt-geheim"], form="journald")
    set_up_logs(["neu-geheim"], form="journald")
    logger.error("alt-geheim neu-geheim")
    set_up_logs(["neu-geheim"], form="journald")
    set_up_logs(["neu-geheim"], form="journald")
    logger.error("neu-geheim")
    assert written.getvalue() == "<3>*** ***\n<3>***\n"


def test_what_other_libraries_warn_of_comes_through_the_same_mask(written: Written) -> None:
    set_up_logs(["geheim-1"], form="json", level="INFO")
    logging.getLogger("apscheduler.executors").info("nobody wants to know")
    logging.getLogger("apscheduler.executors").error("job %s failed with %s", "x", "geheim-1")
    event = json.loads(written.getvalue())
    assert (event["logger"], event["message"]) == ("apscheduler.executors", "job x failed with ***")


def test_an_error_that_nobody_caught_is_an_event_also_in_a_thread(written: Written) -> None:
    set_up_logs(["geheim-1"], form="journald")

    def fails() -> None:
        raise RuntimeError("with geheim-1")

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    lines = written.getvalue().splitlines()
    assert lines[0] == "<2>unexpected RuntimeError"
    assert lines[-1] == "<2>    RuntimeError: with ***"
    assert all(line.startswith("<2>") for line in lines)


def test_a_log_that_nobody_reads_any_more_stops_nothing(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    monkeypatch.setattr(sys, "stderr", closed)
    set_up_logs([])
    closed.close()
    logger.error("into the void")
    assert written.getvalue() == ""
