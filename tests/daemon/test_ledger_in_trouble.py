"""The daemon while its ledger can't be written, is damaged or is gone: it says so, sends nothing, and goes on later."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from household import QUIET, START, Household
from loguru import logger
from places import CONFIG, Place
from running import Running, until

from syncd.errors import LedgerError
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

OFTEN = QUIET + CONFIG.replace("    mapping", "    every: 1s\n    mapping")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    with ExitStack() as stack:

        def make(config: str = OFTEN, **options: object) -> Place:
            sandbox = stack.enter_context(Sandbox(SandboxOptions(**{"rate_requests": 0, **options})))  # type: ignore[arg-type]
            (tmp_path / "syncd.yaml").write_text(config, encoding="utf-8")
            return Place(tmp_path, sandbox)

        yield make


@contextmanager
def in_a_small_room(here: Place, kibibytes: int) -> Iterator[Running]:
    """The daemon, and no file of its may grow beyond that, until `widened`."""

    def narrow() -> None:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (kibibytes * 1024, most))

    process = subprocess.Popen(
        [sys.executable, "-m", "syncd", "run"],
        cwd=here.folder,
        env=here.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        preexec_fn=narrow,
    )
    try:
        yield Running(here, process)
    finally:
        process.kill()
        process.wait(10)


def widened(daemon: Running) -> None:
    """Somebody has made room."""
    _, most = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (most, most))


def listed(here: Place) -> list[dict[str, Any]]:
    done = here.syncd("orders", "list", "--limit", "100", "--format", "json")
    return list(json.loads(done.out)) if done.code == 0 else []


def waiting(here: Place) -> bool:
    """Whether an invoice is still to be made."""
    rows = listed(here)
    return not rows or any(row["state"] == "due" for row in rows)


def invoices(here: Place) -> Counter[str]:
    return Counter(str(invoice["order_no"]) for invoice in here.sandbox.parasut.invoices.values())


@pytest.mark.parametrize("kibibytes", [96, 400])
def test_a_disk_that_fills_up_within_a_run_loses_and_doubles_nothing(
    place: Callable[..., Place], kibibytes: int
) -> None:
    quick = OFTEN.replace("  rate:", "  timeout: 2s\n  recovery: {settle: 1s, second_look: 1s}\n  rate:")
    here = place(quick, orders=16)
    assert here.syncd("orders", "list").code == 0  # the ledger is there, and empty
    with in_a_small_room(here, kibibytes) as daemon:
        daemon.says(r"ledger\.db can't be (read or )?written")
        made = sum(invoices(here).values())
        time.sleep(0.5)
        assert sum(invoices(here).values()) <= made + 1  # at most what was under way
        widened(daemon)
        until(lambda: not waiting(here), lambda: daemon.log)
        assert daemon.stopped()[0] == 0, daemon.log
    assert "Traceback" not in daemon.log
    assert invoices(here) == Counter(row["number"] for row in listed(here) if row["state"] == "invoiced")
    assert not [row for row in listed(here) if row["hold_code"] == "outcome-unknown"]
    told = here.syncd("ledger", "check")
    assert (told.code, "It is sound" in told.out) == (0, True), told


def test_a_damaged_ledger_is_told_at_the_start_without_a_traceback(place: Callable[..., Place]) -> None:
    here = place(orders=2)
    assert here.syncd("apply").code == 0
    made = invoices(here)
    file = here.folder / "ledger.db"
    with file.open("r+b") as ledger:
        ledger.truncate(file.stat().st_size // 2 // 4096 * 4096)
    for command in (("run",), ("status",), ("ledger", "backup", "copy.db")):
        done = here.syncd(*command)
        assert done.code == 1, (command, done)
        assert "damaged" in done.out + done.err, (command, done)
        assert "backup" in done.out + done.err
        assert "Traceback" not in done.err
    assert invoices(here) == made
    assert not (here.folder / "copy.db").exists()


def test_a_file_that_is_no_ledger_is_left_as_it_is(place: Callable[..., Place]) -> None:
    here = place(orders=1)
    words = "This is a shopping list, not a database. " * 400
    (here.folder / "ledger.db").write_text(words)
    done = here.syncd("run")
    assert (done.code, "ledger.db is no ledger" in done.err, "Traceback" in done.err) == (1, True, False)
    assert (here.folder / "ledger.db").read_text() == words


def test_the_same_trouble_is_said_once(daemon: Callable[..., Household]) -> None:
    said: list[str] = []
    number = logger.add(lambda message: said.append(str(message)), format="{message}", level="ERROR")
    house = daemon(CONFIG + QUIET + "retention: 400d\n", orders=1)

    def full(*_: object) -> int:
        raise LedgerError("The ledger ledger.db can't be written: the disk is full.", "Free space.")

    house.ledger.pruning.prune = full  # type: ignore[method-assign]
    for _ in range(5):
        house.turn()
    logger.remove(number)
    assert [line for line in said if "disk is full" in line] == [
        "The ledger ledger.db can't be written: the disk is full. Free space. It is tried again.\n"
    ]


def test_retention_is_looked_after_once_a_day(daemon: Callable[..., Household]) -> None:
    seldom = CONFIG.replace("    mapping", "    every: 6h\n    mapping")
    house = daemon(seldom + QUIET + "retention: 400d\n", orders=2)
    house.turn()
    assert len(house.invoiced()) == 2
    asked: list[object] = []
    prune = house.ledger.pruning.prune
    house.ledger.pruning.prune = lambda *when: (asked.append(when), prune(*when))[1]  # type: ignore[method-assign]
    house.later(hours=23)
    assert asked == []
    house.later(days=3)
    assert len(asked) == 3
    assert house.clock.now > START
    assert all(row.pruned_at is None for row in house.ledger.orders.newest())


def test_old_orders_lose_their_data_while_the_daemon_lives(daemon: Callable[..., Household]) -> None:
    house = daemon(CONFIG + QUIET + "retention: 400d\n", orders=2)
    house.turn()
    house.clock.now = house.clock.now.replace(year=2028)
    house.turn()
    assert {row.pruned_at for row in house.ledger.orders.newest()} == {house.clock.now}
    assert len(house.invoiced()) == 2


def test_without_retention_nothing_is_ever_removed(daemon: Callable[..., Household]) -> None:
    house = daemon(CONFIG + QUIET, orders=1)
    house.turn()
    house.clock.now = house.clock.now.replace(year=2040)
    house.turn()
    assert {row.pruned_at for row in house.ledger.orders.newest()} == {None}
