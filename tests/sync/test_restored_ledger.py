"""A ledger that was restored from a backup: its login is stale, what it knows is true."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from worlds import World

from syncd.ledger.copying import copy_ledger

Make = Callable[..., World]


def grants(world: World) -> list[tuple[str, int]]:
    """The logins at Paraşüt, and how each was answered."""
    return [(one.body["grant_type"], one.status) for one in world.sandbox.traffic if one.path.startswith("/oauth")]


def ask_who_we_are(world: World) -> None:
    with ExitStack() as stack:
        client = world.open(stack).client
        assert client is not None
        client.me()


def its_access_token_ends(world: World) -> None:
    with ExitStack() as stack:
        company = world.open(stack, network=False).ledger.company
        found = company.tokens()
        assert found is not None
        company.set_tokens(found[0], found[1], datetime(2026, 11, 1, tzinfo=UTC))


def copied_with_its_login(ledger: Path, target: Path) -> None:
    """As other programs copy a SQLite file."""
    with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def restored(world: World, backup: Path) -> None:
    """What the manual says: everything of the ledger moved aside, the backup put in its place."""
    aside = world.folder / "aside"
    aside.mkdir()
    for file in world.folder.glob("ledger.db*"):
        file.rename(aside / file.name)
    shutil.copy(backup, world.folder / "ledger.db")


@pytest.mark.parametrize("refused_with", [400, 401])
def test_a_refresh_token_that_was_used_since_leads_back_to_the_password(world: Make, refused_with: int) -> None:
    here = world(orders=2, token_error_status=refused_with)
    here.apply()
    backup = here.folder / "backup.db"
    copied_with_its_login(here.folder / "ledger.db", backup)
    its_access_token_ends(here)
    ask_who_we_are(here)  # the ledger goes on: its refresh token is used, and replaced
    assert grants(here) == [("password", 200), ("refresh_token", 200)]
    restored(here, backup)
    its_access_token_ends(here)
    ask_who_we_are(here)
    assert grants(here)[2:] == [("refresh_token", refused_with), ("password", 200)]
    ask_who_we_are(here)
    assert len(grants(here)) == 4


def test_a_backup_of_syncds_own_begins_with_the_password(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    backup = copy_ledger(here.folder / "ledger.db", here.folder / "backup.db").file
    restored(here, backup)
    ask_who_we_are(here)
    assert grants(here) == [("password", 200), ("password", 200)]


def test_a_restored_ledger_invoices_nothing_again_that_it_knows(world: Make) -> None:
    here = world(orders=3)
    here.apply()
    backup = copy_ledger(here.folder / "ledger.db", here.folder / "backup.db").file
    made = here.invoices()
    assert len(made) == 3
    restored(here, backup)
    here.later(minutes=10)
    here.apply()
    assert here.invoices() == made
