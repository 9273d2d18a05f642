"""A whole day of the daemon within seconds: its clock is moved, everything else is real."""

from __future__ import annotations

import gc
import os
import resource
import weakref
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from household import QUIET, START, Household
from places import CONFIG

from syncd.sandbox.faults import Fault

COD = "trigger: {status: preparing, since: 2026-11-01, if: order.payment.method == 'cod'}"
REST = "trigger: {status: preparing, since: 2026-11-01, if: order.payment.method != 'cod'}"
PLAIN = "trigger: {status: preparing, since: 2026-11-01}"

ONE = CONFIG.replace(PLAIN, REST + "\n    every: 2m").replace("site-hazirlanan", "odenmis")
TWO = (
    CONFIG.partition("rules:\n")[2]
    .replace("site-hazirlanan", "kapida")
    .replace(PLAIN, COD + '\n    cron: "30 * * * *"')
)
DAY = QUIET + ONE + TWO

HOURS = 24 * int(os.environ.get("SOAK_DAYS", "1"))
A_MEBIBYTE = 1024 * 1024


def left_behind() -> tuple[int, float]:
    """Living objects, and MiB of memory that this process holds.

    Without weak references: sqlite3 keeps up to two hundred dead ones of a connection's cursors before it prunes them.
    """
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    living = sum(type(one) is not weakref.ReferenceType for one in gc.get_objects())
    return living, pages * resource.getpagesize() / A_MEBIBYTE


def order_every_hour(here: Household, number: int) -> None:
    """The same buyers buy again, an hour after the other."""
    shop = here.sandbox.shop
    order = shop.orders[15 + number % 2]
    lines = {
        kind: [{**line, "id": line["id"] + 1000 * (number + 1)} for line in order[kind]]
        for kind in ("line_items", "shipping_lines", "fee_lines")
    }
    shop.add({**order, **lines, "id": 5000 + number, "number": str(5000 + number)})
    shop.touch(5000 + number)


def test_a_day_has_the_turns_that_its_rules_say_and_leaves_nothing_behind(daemon: Callable[..., Household]) -> None:
    here = daemon(DAY, orders=3)
    for hour in range(HOURS):
        order_every_hour(here, hour)
        if hour == HOURS // 2:
            here.reload(DAY.replace("every: 2m", "every: 3m"))
        if hour == 15:
            here.sandbox.faults.add(Fault("500", path="/wp-json", nth=0))
        here.until(START + timedelta(hours=hour, minutes=59, seconds=59))
        if hour == 15:
            assert list(here.vitals.platform_errors) == ["site"]
            here.sandbox.faults.clear()
        here.until(START + timedelta(hours=hour + 1))
        here.sandbox.traffic.clear()
        here.sandbox.shop_traffic.clear()
        here.sandbox.audit.entries.clear()
        if hour == 3:
            early_objects, early_memory = left_behind()
    objects, memory = left_behind()
    # the first at once, then every two minutes, from the middle on every three; and one each half past
    assert here.vitals.runs == {"odenmis": 1 + HOURS // 2 * (30 + 20), "kapida": HOURS}
    assert here.vitals.missed_turns == 0
    assert here.vitals.platform_errors == {}
    expected = sorted(["15", "16", "17", *(str(5000 + hour) for hour in range(HOURS))])
    assert sorted(here.invoiced()) == expected
    # the stand-ins keep every order and invoice (some twenty objects an hour); a turn leaves nothing
    assert objects - early_objects < 60 * HOURS, f"{objects - early_objects} objects more"
    assert memory - early_memory < 6 * HOURS / 24, f"{memory - early_memory:.1f} MiB more"
