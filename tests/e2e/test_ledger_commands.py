"""`syncd ledger`: backups beside a daemon that works, the check, what retention removes, restoring."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing

import pytest
from places import CONFIG, Place

from syncd.ledger.database import NEWEST_REVISION

Make = Callable[..., Place]

OFTEN = "daemon: {listen: off, jitter: 0s}\n" + CONFIG.replace("    mapping", "    every: 1s\n    mapping")


def test_a_backup_beside_the_working_daemon_is_sound_and_can_be_restored(place: Make) -> None:
    here = place(OFTEN, orders=40)
    daemon = subprocess.Popen(
        [sys.executable, "-m", "syncd", "run"],
        cwd=here.folder,
        env=here.environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not here.sandbox.parasut.invoices:
            assert daemon.poll() is None
        done = here.syncd("ledger", "backup", "copy.db", "--format", "json")
        assert done.code == 0, done.err
        told = json.loads(done.out)
    finally:
        daemon.terminate()
        daemon.wait(20)
    copy = here.folder / "copy.db"
    assert (told["revision"], told["bytes"], told["orders"] > 0) == (NEWEST_REVISION, copy.stat().st_size, True)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    checked = here.syncd("ledger", "check", "--file", "copy.db", "--format", "json")
    assert (checked.code, json.loads(checked.out)["problems"]) == (0, [])
    # what the manual says: stop, move aside, copy, look, start
    aside = here.folder / "aside"
    aside.mkdir()
    for file in here.folder.glob("ledger.db*"):
        file.rename(aside / file.name)
    shutil.copy(copy, here.folder / "ledger.db")
    listed = json.loads(here.syncd("orders", "list", "--limit", "100", "--format", "json").out)
    assert len(listed) == told["orders"]


def test_a_backup_says_what_it_is_and_replaces_nothing_unasked(place: Make) -> None:
    here = place(orders=2)
    assert here.syncd("apply").code == 0
    done = here.syncd("ledger", "backup", "copy.db")
    assert (done.code, "2 orders" in done.out, "KiB" in done.out, "UTC" in done.out) == (0, True, True, True), done
    again = here.syncd("ledger", "backup", "copy.db")
    assert (again.code, "copy.db exists already" in again.err, "--force" in again.err) == (1, True, True)
    assert here.syncd("ledger", "backup", "copy.db", "--force").code == 0
    assert not list(here.folder.glob(".*.part"))


def test_before_the_first_run_there_is_nothing_to_copy(place: Make) -> None:
    here = place()
    for command in (("backup", "copy.db"), ("check",)):
        done = here.syncd("ledger", *command)
        assert (done.code, "There is no ledger" in done.err) == (1, True)
    assert not list(here.folder.glob("*.db"))


def test_the_check_of_another_companys_ledger_says_so(place: Make) -> None:
    here = place(orders=1)
    assert here.syncd("apply").code == 0
    sound = here.syncd("ledger", "check")
    assert (sound.code, "It is sound." in sound.out, "1 invoiced" in sound.out) == (0, True, True), sound
    with closing(sqlite3.connect(here.folder / "ledger.db")) as ledger:
        ledger.execute("UPDATE settings SET value = 'api.parasut.com/999' WHERE name = 'company'")
        ledger.commit()
    done = here.syncd("ledger", "check")
    assert (done.code, "belongs to the company api.parasut.com/999" in done.out) == (1, True), done


@pytest.fixture
def old(place: Make) -> Place:
    """A place whose orders were invoiced years ago."""
    here = place(CONFIG + "retention: 400d\n", orders=2)
    assert here.syncd("apply").code == 0
    with closing(sqlite3.connect(here.folder / "ledger.db")) as ledger:
        ledger.execute("UPDATE orders SET changed_at = '2020-01-01T00:00:00.000000Z'")
        ledger.commit()
    return here


def test_prune_tells_first_and_then_does_it(old: Place) -> None:
    name = str(old.sandbox.shop.orders[15]["billing"]["first_name"])
    shown = json.loads(old.syncd("orders", "show", "site/15", "--format", "json").out)
    assert name in json.dumps(shown, ensure_ascii=False)
    dry = old.syncd("ledger", "prune", "--dry-run")
    assert (dry.code, dry.out.startswith("2 finished orders"), "would lose" in dry.out) == (0, True, True), dry
    done = json.loads(old.syncd("ledger", "prune", "--format", "json").out)
    assert (done["orders"], done["removed"]) == (2, True)
    assert old.syncd("ledger", "prune").out.startswith("0 finished orders")
    shown = json.loads(old.syncd("orders", "show", "site/15", "--format", "json").out)
    assert name not in json.dumps(shown, ensure_ascii=False)
    assert (shown["raw"], shown["state"], bool(shown["data_removed_at"])) == ({}, "invoiced", True)
    text = old.syncd("orders", "show", "site/15")
    assert (text.code, "removed  the buyer's data" in text.out, "invoice  id" in text.out) == (0, True, True), text
    assert old.syncd("orders", "explain", "site/15").code == 0
    made = len(old.sandbox.parasut.invoices)
    assert old.syncd("apply").code == 0
    assert len(old.sandbox.parasut.invoices) == made == 2


def test_prune_without_retention_is_wrong_usage(place: Make) -> None:
    done = place(orders=1).syncd("ledger", "prune")
    assert (done.code, "no `retention`" in done.err) == (2, True)


def test_a_clock_can_be_accepted(place: Make) -> None:
    done = place().syncd("ledger", "accept-clock")
    assert (done.code, "taken as right" in done.out) == (0, True)
