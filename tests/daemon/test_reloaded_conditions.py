"""Rules that get another `if`, `since` or name: what is said of the orders they have, and what becomes of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from household import QUIET, Household
from loguru import logger
from places import CONFIG

from syncd.daemon.configuration import read_configuration

Make = Callable[..., Household]

PREPARING = QUIET + CONFIG
SHIPPED = PREPARING.replace("status: preparing", "status: shipped")
NARROW = ", if: order.number > '17'}"
KEPT = "orders of rule site-hazirlanan no longer fit its new `if`; they stay site-hazirlanan's and will be invoiced: "
REMEDY = "`syncd orders ignore` them, or raise the rule's `since` beyond their days"


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Level and text of what people read."""
    lines: list[str] = []
    number = logger.add(lambda message: lines.append(message.strip()), format="{level} {message}", level="INFO")
    yield lines
    logger.remove(number)


def narrowed(config: str) -> str:
    return config.replace("since: 2026-11-01}", f"since: 2026-11-01{NARROW}")


def states(here: Household) -> dict[str, tuple[str, str | None]]:
    return {row.number: (str(row.state), row.rule) for row in here.ledger.orders.newest(limit=100)}


def paused(daemon: Make, config: str, orders: int) -> Household:
    """A daemon with orders that are due or wait, whose rule makes no invoice yet."""
    here = daemon(config, orders=orders)
    here.ledger.set_rule("site-hazirlanan", paused=True)
    here.turn()
    return here


def test_a_reload_warns_of_orders_that_the_new_if_does_not_free(daemon: Make, log: list[str]) -> None:
    here = paused(daemon, SHIPPED, orders=3)
    log.clear()
    here.reload(narrowed(SHIPPED))
    assert log[0] == "INFO reloaded; 1 change:"
    assert log[2:] == [f"WARNING 1 due and 2 waiting {KEPT}{REMEDY} (site/15, site/16, site/17)"]
    here.ledger.set_rule("site-hazirlanan", paused=False)
    here.later(minutes=10)
    assert (here.invoiced(), states(here)["15"]) == (["17"], ("waiting", "site-hazirlanan"))


def test_a_single_order_is_warned_of_in_the_singular(daemon: Make, log: list[str]) -> None:
    here = paused(daemon, PREPARING, orders=1)
    here.reload(narrowed(PREPARING))
    assert log[-1] == (
        "WARNING 1 due order of rule site-hazirlanan no longer fits its new `if`; it stays site-hazirlanan's and will "
        "be invoiced: `syncd orders ignore` it, or raise the rule's `since` beyond its day (site/15)"
    )


def test_a_warning_names_five_orders_and_counts_the_others(daemon: Make, log: list[str]) -> None:
    here = paused(daemon, PREPARING, orders=25)
    here.reload(PREPARING.replace("since: 2026-11-01}", "since: 2026-11-01, if: order.total > 999999}"))
    due = sum(state == "due" for state, _ in states(here).values())
    waiting = sum(state == "waiting" for state, _ in states(here).values())
    assert log[-1].startswith(f"WARNING {due} due and {waiting} waiting {KEPT}")
    assert (log[-1].count("site/"), log[-1].endswith(f" and {due + waiting - 5} more)")) == (5, True)


def test_an_if_that_fits_all_orders_is_not_warned_of(daemon: Make, log: list[str]) -> None:
    here = paused(daemon, SHIPPED, orders=3)
    log.clear()
    here.reload(SHIPPED.replace("since: 2026-11-01}", "since: 2026-11-01, if: order.total > 0}"))
    assert log[2:] == ["INFO no waiting or due order is affected"]


def test_an_if_that_cannot_be_told_of_an_order_is_warned_of(daemon: Make, log: list[str]) -> None:
    here = paused(daemon, PREPARING, orders=1)
    here.reload(PREPARING.replace("since: 2026-11-01}", "since: 2026-11-01, if: order.raw.no_such_key > 0}"))
    assert log[-1].startswith("WARNING 1 due order of rule site-hazirlanan no longer fits its new `if`")


def test_a_later_since_frees_what_a_narrower_if_does_not(daemon: Make, log: list[str]) -> None:
    here = paused(daemon, PREPARING, orders=3)
    here.reload(narrowed(PREPARING))
    log.clear()
    here.reload(narrowed(PREPARING).replace("2026-11-01", "2026-11-26"))
    assert log[2] == "INFO 3 orders are judged differently, 3 of them are wanted by no rule any more:"
    here.ledger.set_rule("site-hazirlanan", paused=False)
    here.later(minutes=10)
    assert (here.invoiced(), set(states(here).values())) == ([], {("left", None)})


def test_another_name_judges_the_open_orders_anew_and_lets_go_what_the_if_does_not_want(
    daemon: Make, log: list[str]
) -> None:
    here = paused(daemon, PREPARING, orders=3)
    log.clear()
    renamed = PREPARING.replace("site-hazirlanan", "site").replace(
        "since: 2026-11-01}", "since: 2026-11-01, if: order.number != '17'}"
    )
    here.reload(renamed)
    begin = log.index("INFO 3 orders are judged differently, 1 of them is wanted by no rule any more:")
    assert log[begin + 1 : begin + 4] == [
        "INFO   site/17: due (site-hazirlanan) → left (no rule)",
        "INFO   site/15: due (site-hazirlanan) → due (site)",
        "INFO   site/16: due (site-hazirlanan) → due (site)",
    ]
    assert not any("no longer fit" in line for line in log)
    here.ledger.set_rule("site", paused=False)
    here.later(minutes=10)
    assert (sorted(here.invoiced()), states(here)["17"]) == (["15", "16"], ("left", None))


def test_a_daemon_that_starts_with_another_if_warns_once(daemon: Make, log: list[str]) -> None:
    here = paused(daemon, PREPARING, orders=3)
    here.place.config.write_text(narrowed(PREPARING), encoding="utf-8")
    configuration, _ = read_configuration(here.place.config, here.place.environment())
    assert configuration is not None
    here.service.premises.switch(configuration)  # as it was while no daemon was running
    for expected in (1, 0):
        log.clear()
        here.service.worker.begin()
        said = [line for line in log if "no longer fit its `if`" in line]
        assert len(said) == expected
        assert all(line.startswith("WARNING 3 due orders of rule site-hazirlanan") for line in said)
        here.later(minutes=5)
        assert [line for line in log if "no longer fit" in line] == said
