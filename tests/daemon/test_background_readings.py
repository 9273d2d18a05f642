"""A platform that hangs holds up nobody, is seen at once, and ends cleanly; over real HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from household import QUIET, Household
from loguru import logger
from places import CONFIG
from running import until
from silent_platform import SilentShop, silent_shop

from syncd.daemon.metrics import Metrics
from syncd.sync.commands import answered
from syncd.sync.executor import STOP_SETTING
from syncd.sync.judge import Seen, judge
from syncd.sync.readings import Readings

Make = Callable[..., Household]

SECOND_SHOP = """\
  ikinci:
    connector: woocommerce
    title: İkinci
    url: {address}
    consumer_key: ck_invented
    consumer_secret: cs_invented
    timeout: {timeout}
"""


@pytest.fixture
def shop() -> Iterator[SilentShop]:
    with silent_shop() as shop:
        yield shop


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    number = logger.add(lambda message: lines.append(message.strip()), format="{level} {message}", level="INFO")
    yield lines
    logger.remove(number)


def two_shops(shop: SilentShop, timeout: str = "50s") -> str:
    platforms = SECOND_SHOP.format(address=shop.address, timeout=timeout)
    config = CONFIG.replace("rules:\n", platforms + "rules:\n").replace("[site]", "[site, ikinci]")
    return QUIET + config


def impatient(here: Household) -> Household:
    here.service.premises.readings = Readings(patience_seconds=0.1)
    return here


def shown(here: Household, metric: str) -> float:
    premises = here.service.premises
    text = Metrics(here.vitals, lambda: premises.settings, lambda: here.ledger, lambda: premises.readings.begun())()
    line = next(line for line in text.decode().splitlines() if line.startswith(f'{metric}{{platform="ikinci"}}'))
    return float(line.rpartition(" ")[2])


def patiently(here: Household, turns: int = 100) -> None:
    """Turns until the fine shop's orders are invoiced: on a slow machine it may take longer than the patience, too."""
    for _ in range(turns):
        here.turn()
        if len(here.invoiced()) == 3:
            return
        time.sleep(0.05)


def reading_has_ended(here: Household) -> None:
    until(lambda: "ikinci" not in here.service.premises.readings.begun(), lambda: "the reading goes on")


def test_a_platform_that_hangs_does_not_delay_another_platforms_invoice(
    daemon: Make, shop: SilentShop, log: list[str]
) -> None:
    here = impatient(daemon(two_shops(shop), orders=3))
    begun = time.monotonic()
    patiently(here)
    assert sorted(here.invoiced()) == ["15", "16", "17"]
    assert time.monotonic() - begun < 45  # less than one of its timeouts
    here.later(minutes=11)
    assert len(shop.requests) == 1  # no second reading beside the first
    assert shown(here, "syncd_platform_reading_seconds") > 0
    pending = [line for line in log if line.startswith("INFO ikinci: still being read, 0 min, 0 records so far")]
    assert len(pending) >= 2


def test_what_a_reading_in_the_background_came_to_is_told_by_the_next_turn_which_comes_at_once(
    daemon: Make, shop: SilentShop
) -> None:
    here = impatient(daemon(two_shops(shop), orders=0))
    shop.status, shop.body = 401, '{"code": "woocommerce_rest_cannot_view", "message": "No."}'
    here.turn()
    shop.was_asked()
    assert here.vitals.platform_errors == {}
    runs = dict(here.vitals.runs)
    shop.speak()
    reading_has_ended(here)
    here.turn()  # no rule's time has come
    assert "HTTP 401" in here.vitals.platform_errors["ikinci"]
    assert here.vitals.runs == runs  # it is the same turn, gone on with
    assert len(shop.requests) == 1


def test_the_first_request_without_an_answer_shows_in_metrics_and_log_and_so_does_its_end(
    daemon: Make, shop: SilentShop, log: list[str]
) -> None:
    here = impatient(daemon(two_shops(shop, timeout="1s"), orders=0))
    assert shown(here, "syncd_platform_up") == 1
    here.turn()
    until(lambda: "ikinci" in here.vitals.platform_troubles, lambda: "no trouble was told")
    assert shown(here, "syncd_platform_up") == 0
    reading_has_ended(here)
    warnings = [line for line in log if line.startswith("WARNING ikinci")]
    assert warnings == [
        "WARNING ikinci: 127.0.0.1 did not answer in time. It is asked again; the other platforms go on."
    ]
    assert len(shop.requests) == 4
    shop.speak()
    for _ in range(3):
        here.later(minutes=2)
        reading_has_ended(here)
    here.turn()
    assert "INFO ikinci: answers again" in log
    assert (shown(here, "syncd_platform_up"), here.vitals.platform_errors) == (1, {})


def test_a_reading_in_the_background_ends_with_the_daemon_and_is_no_error(daemon: Make, shop: SilentShop) -> None:
    here = impatient(daemon(two_shops(shop), orders=0))
    here.turn()
    shop.was_asked()
    begun = time.monotonic()
    here.stopping.ask()
    here.turn()
    here.service.premises.readings.close()
    assert time.monotonic() - begun < 8
    shop.speak()
    reading_has_ended(here)
    assert here.vitals.platform_errors == {}
    assert {mark.account for mark in here.ledger.marks()} <= {here.sandbox.shop_url.removeprefix("http://")}


def test_a_reload_that_changes_a_platform_ends_what_is_read_of_it_and_reads_it_anew(
    daemon: Make, shop: SilentShop
) -> None:
    here = impatient(daemon(two_shops(shop), orders=0))
    here.turn()
    shop.was_asked()
    old = here.service.premises._platforms["ikinci"]
    closed: list[bool] = []
    close = old.close
    old.close = lambda: (closed.append(True), close())[1]  # type: ignore[method-assign]
    here.reload(two_shops(shop, timeout="55s"))
    here.turn()
    shop.was_asked()
    assert (len(shop.requests), closed) == (2, [])
    shop.speak()
    until(lambda: closed == [True], lambda: "the old platform is still open")
    reading_has_ended(here)
    here.turn()
    assert here.vitals.platform_errors == {}
    assert "ikinci" not in here.vitals.platform_troubles


def test_threads_that_read_give_no_sign_of_life_for_the_one_that_works(daemon: Make, shop: SilentShop) -> None:
    here = impatient(daemon(QUIET + CONFIG, orders=0))
    aside: list[float] = []
    here.service.premises.time = here.service.premises.time.__class__(
        sleep=lambda _: pytest.fail("the working thread's own wait was used"),
        clock=here.clock,
        unix=here.clock.unix,
        monotonic=here.clock.unix,
        sleep_aside=aside.append,
    )
    premises = here.service.premises
    platform = premises._open_platform("site", premises.settings.platforms["site"])
    platform.check()
    assert aside
    platform.close()


def test_something_unexpected_in_a_thread_is_that_platforms_error_alone(
    daemon: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = daemon(QUIET + CONFIG, orders=0)

    def broken(*arguments: Any, **options: Any) -> Any:
        raise RuntimeError("no marks")

    monkeypatch.setattr("syncd.sync.selection.collect", broken)
    here.turn()
    assert "something unexpected happened while it was read (RuntimeError)" in here.vitals.platform_errors["site"]


def test_what_a_person_decides_while_a_platform_is_read_is_not_saved_over(
    daemon: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = daemon(QUIET + CONFIG, orders=3)
    here.ledger.set_setting(STOP_SETTING, "now")  # read, but invoice nothing
    here.turn()
    judging, judged = threading.Event(), threading.Event()

    def slowly(seen: Seen, row: Any, judgement: Any) -> Any:
        if seen.number == "17":
            judging.set()
            judged.wait(1)
        return replace(row, reason="read again") if row is not None else judge(seen, row, judgement)

    monkeypatch.setattr("syncd.sync.collect.judge", slowly)
    reading = threading.Thread(target=here.later, kwargs={"minutes": 5})
    reading.start()
    assert judging.wait(30)
    workshop = here.service.premises.workshop(lambda: False, lambda: None, lambda: False)
    answer = answered("ignore", {"order": ["site", "17"]}, workshop)
    judged.set()
    reading.join(30)
    assert answer["orders"][0]["state"] == "ignored"
    assert str(here.ledger.orders.named("site", "17")[0].state) == "ignored"
