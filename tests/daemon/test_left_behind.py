"""A stop that can't wait for the request in hand: only a write leaves a question open."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loguru import logger

from syncd.daemon import daemon as process
from syncd.daemon.daemon import Daemon, left_a_thread
from syncd.daemon.signals import Signals
from syncd.daemon.stopping import left_behind
from syncd.ledger.ledger import Ledger, open_ledger
from syncd.ledger.steps import StepRow, StepState

STARTED = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
READING = "rules site-hazirlanan"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "api.parasut.test/115")
    yield opened
    opened.close()


def intend(ledger: Ledger, identity: str, at: datetime) -> None:
    ledger.steps.intend(
        StepRow(
            identity=identity,
            kind="contact",
            order_id=None,
            state=StepState.INTENDED,
            method="POST",
            path="/v4/115/contacts",
            query=[],
            body="{}",
            fence="0",
            attempts=1,
            intended_at=at,
        )
    )


def test_a_read_in_hand_leaves_nothing_open(ledger: Ledger) -> None:
    left = left_behind(ledger, STARTED, READING, 8)
    assert not left.write
    assert left.words == (
        "rules site-hazirlanan had no answer within 8 s and is left off; it only reads, so nothing is lost: "
        "the next start does it again"
    )


def test_a_write_in_hand_is_named(ledger: Ledger) -> None:
    intend(ledger, "contact woocommerce/dukkan.test/1042", STARTED + timedelta(minutes=1))
    left = left_behind(ledger, STARTED, READING, 8)
    assert left.write
    assert "contact woocommerce/dukkan.test/1042" in left.words
    assert "the next start finds out what became of it" in left.words


def test_writes_that_are_settled_or_of_an_earlier_process_are_not_in_hand(ledger: Ledger) -> None:
    intend(ledger, "contact old", STARTED - timedelta(days=1))
    intend(ledger, "contact done", STARTED + timedelta(minutes=1))
    ledger.steps.finish("contact done", StepState.DONE, STARTED + timedelta(minutes=2), remote_id="7")
    assert not left_behind(ledger, STARTED, READING, 8).write


@pytest.mark.parametrize(("write", "level", "code"), [(False, "INFO", 0), (True, "CRITICAL", 1)])
def test_only_a_write_that_is_left_behind_is_an_alarm(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: bool, level: str, code: int
) -> None:
    monkeypatch.setattr(process, "PATIENCE_SECONDS", 0.05)
    answered, lines = threading.Event(), list[str]()
    number = logger.add(lambda message: lines.append(message.strip()), format="{level} {message}", level="DEBUG")
    hanging = threading.Thread(target=answered.wait, name="syncd-worker", daemon=True)
    hanging.start()
    try:
        with Signals() as signals:
            one = Daemon(tmp_path / "syncd.yaml", {}, signals)
            if write:
                intend(ledger, "contact woocommerce/dukkan.test/1042", datetime.now(UTC) + timedelta(seconds=1))
            assert one.stop(hanging, ledger) == code
        assert left_a_thread()
    finally:
        answered.set()
        hanging.join()
        logger.remove(number)
    assert [line.partition(" ")[0] for line in lines] == ["INFO", level]
