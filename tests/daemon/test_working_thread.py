"""What the working thread does, turn by turn, over a real sandbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from household import QUIET, START, Household
from loguru import logger
from places import CONFIG

from syncd.daemon.metrics import Metrics
from syncd.errors import LedgerError, PlatformError
from syncd.ledger.order_row import State
from syncd.sandbox.faults import Fault
from syncd.sync import dispatch, run
from syncd.sync.collect import Collected
from syncd.sync.failing import all_failing
from syncd.sync.report import Result
from syncd.sync.run import work

Make = Callable[..., Household]

PLAIN = "trigger: {status: preparing, since: 2026-11-01}"
COD, REST = (PLAIN.replace("}", f", if: order.payment.method {sign} 'cod'}}") for sign in ("==", "!="))
SECOND = CONFIG.partition("rules:\n")[2].replace("site-hazirlanan", "kapida").replace(PLAIN, COD)
TWO_RULES = QUIET + CONFIG.replace(PLAIN, REST) + SECOND
ONE_RULE = QUIET + CONFIG
NOON = START + timedelta(hours=3)


@pytest.fixture(autouse=True)
def one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test can say which order comes first."""
    monkeypatch.setattr(run, "orders_at_once", lambda _: 1)


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Level and text of everything that is logged."""
    lines: list[str] = []
    number = logger.add(lambda message: lines.append(message.strip()), format="{level} {message}", level="DEBUG")
    yield lines
    logger.remove(number)


def at_the_first(here: Household, path: str, action: Callable[[], Any]) -> None:
    """Do something while the first POST to a path is under way."""
    due, done = here.sandbox.faults.due, []

    def meanwhile(method: str, asked: str, *more: Any) -> Fault | None:
        if method == "POST" and asked.endswith(path) and not done:
            done.append(True)
            action()
        return due(method, asked, *more)

    here.sandbox.faults.due = meanwhile  # type: ignore[method-assign]


def ask(here: Household, kind: str, **arguments: Any) -> int:
    return here.ledger.commands.ask(kind, arguments, here.clock())


def answer(here: Household, number: int) -> Any:
    command = here.ledger.commands.get(number)
    assert command is not None
    return command.answer


def states(here: Household) -> dict[str, str]:
    return {row.number: str(row.state) for row in here.ledger.orders.newest(limit=100)}


def test_two_rules_that_are_due_together_read_their_platform_once(daemon: Make) -> None:
    here = daemon(TWO_RULES, orders=3)
    here.turn()
    assert here.vitals.runs == {"site-hazirlanan": 1, "kapida": 1}
    assert (here.reads(), sorted(here.invoiced())) == (1, ["15", "16", "17"])
    here.later(minutes=5)
    assert (here.vitals.runs, here.reads()) == ({"site-hazirlanan": 2, "kapida": 2}, 2)


def test_a_rule_that_is_not_due_is_left_alone(daemon: Make) -> None:
    here = daemon(TWO_RULES.replace("name: kapida", 'name: kapida\n    cron: "0 12 * * *"'), orders=3)
    here.later(minutes=30)
    assert (sorted(here.invoiced()), states(here)["16"]) == (["15", "17"], "due")
    here.later(hours=3)
    assert sorted(here.invoiced()) == ["15", "16", "17"]


def test_a_waiting_apply_is_done_after_the_order_in_hand_and_the_rules_go_on_at_once(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    asked: list[int] = []
    at_the_first(here, "/sales_invoices", lambda: asked.append(ask(here, "apply", rule=None, order=["site", "17"])))
    here.turn()
    assert (here.invoiced(), here.vitals.runs) == (["15"], {})
    here.turn()
    assert here.invoiced() == ["15", "17"]
    assert "site/17: invoiced" in answer(here, asked[0])["lines"][0]
    here.turn()
    assert (here.invoiced(), here.vitals.runs, here.clock.slept) == (["15", "17", "16"], {"site-hazirlanan": 1}, [])


def test_making_room_gives_a_run_no_second_limit(daemon: Make) -> None:
    here = daemon(ONE_RULE.replace("    mapping", "    limits: {per_run: 2}\n    mapping"), orders=3)
    at_the_first(here, "/sales_invoices", lambda: ask(here, "apply", rule=None, order=["site", "17"]))
    for _ in range(4):
        here.turn()
    assert here.invoiced() == ["15", "17", "16"]


def test_an_order_that_is_ignored_during_a_run_is_not_invoiced_by_it(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    asked: list[int] = []
    at_the_first(here, "/sales_invoices", lambda: asked.append(ask(here, "ignore", order=["site", "17"])))
    here.turn()
    assert (here.invoiced(), states(here)["17"]) == (["15", "16"], "ignored")
    assert answer(here, asked[0]) == {"orders": [{"name": "site/17", "state": "ignored", "reason": "ignored by hand"}]}


def test_a_pause_stops_a_run_before_its_next_write(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    at_the_first(here, "/sales_invoices", lambda: ask(here, "pause"))
    here.turn()
    here.later(minutes=20)
    assert here.invoiced() == ["15"]
    before = len(here.sandbox.traffic)
    here.later(minutes=20)
    assert len(here.sandbox.traffic) == before
    ask(here, "resume")
    here.later(minutes=5)
    assert here.invoiced() == ["15", "16", "17"]


def test_what_an_earlier_daemon_left_open_is_answered_as_interrupted(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=0)
    begun, waiting = ask(here, "apply"), ask(here, "resume")
    assert here.ledger.commands.take(begun, here.clock())
    here.service.worker.begin()
    assert {answer(here, number)["error"]["kind"] for number in (begun, waiting)} == {"Interrupted"}


def test_a_command_that_can_not_be_done_is_answered_with_why(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=0)
    number = ask(here, "approve", rule="kapida")
    unknown = ask(here, "dance")
    here.turn()
    assert answer(here, number) == {
        "error": {
            "kind": "UsageError",
            "message": "There is no rule 'kapida'.",
            "remedy": "The rules are: site-hazirlanan.",
        }
    }
    assert "knows no command 'dance'" in answer(here, unknown)["error"]["message"]


def test_a_locked_company_is_tried_ever_less_often_with_one_alarm(daemon: Make, log: list[str]) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.sandbox.faults.add(Fault("402", path="/v4/", nth=0))
    tried: list[int] = []
    for minute in range(60):
        before = len(here.sandbox.traffic)
        here.later(minutes=1)
        if len(here.sandbox.traffic) > before:
            tried.append(minute)
    assert tried == [0, 4, 9, 14, 23, 38, 53]
    assert "HTTP 402" in here.vitals.parasut_error
    assert sum(line.startswith("CRITICAL") for line in log) == 1
    here.sandbox.faults.clear()
    here.later(minutes=16)
    assert (here.vitals.parasut_error, sorted(here.invoiced())) == ("", ["15", "16", "17"])
    assert any("works again" in line for line in log)


def test_a_run_that_is_stopped_while_it_waits_for_an_answer_ends_no_alarm(daemon: Make, log: list[str]) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.sandbox.faults.add(Fault("402", path="/v4/", nth=0))
    here.turn()
    assert here.vitals.parasut_error
    here.sandbox.faults.clear()
    due = here.sandbox.faults.due

    def asks_to_stop(method: str, path: str, *more: Any) -> Fault | None:
        if not path.startswith("/v4/"):
            return due(method, path, *more)
        here.stopping.ask()
        return Fault("500", path="/v4/")

    here.sandbox.faults.due = asks_to_stop  # type: ignore[method-assign]
    before = here.service.premises.calls
    here.later(minutes=16)
    assert here.service.premises.calls > before
    assert "HTTP 402" in here.vitals.parasut_error
    assert not any("works again" in line for line in log)
    assert [one.what for one in all_failing(here.ledger)] == ["parasut"]


def test_paraşüt_is_named_once_in_front_of_what_it_did(daemon: Make, log: list[str]) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.sandbox.faults.add(Fault("html_403", path="/v4/", nth=0))
    here.turn()
    assert any("Paraşüt turned the request away" in line for line in log)
    assert not any("Paraşüt: Paraşüt" in line for line in log)


def test_a_wait_for_an_answer_is_a_sign_of_life(daemon: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here = daemon(ONE_RULE, orders=1)
    monkeypatch.setattr(dispatch, "_LOOK_UP_SECONDS", 0.01)
    fed = threading.Semaphore(0)
    beat, mine = here.vitals.beat, threading.get_ident()

    def counted_beat() -> None:
        beat()
        if threading.get_ident() == mine:
            fed.release()

    waited: list[bool] = []

    def hang() -> None:
        while fed.acquire(blocking=False):  # those of before
            continue
        waited.extend(fed.acquire(timeout=10) for _ in range(3))

    here.vitals.beat = counted_beat  # type: ignore[method-assign]
    at_the_first(here, "/sales_invoices", hang)
    here.turn()
    assert (waited, here.invoiced()) == ([True, True, True], ["15"])


def test_an_alarm_ends_with_the_first_invoice_and_not_with_the_run(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.sandbox.faults.add(Fault("402", path="/v4/", nth=0))
    here.later(minutes=1)
    assert here.vitals.parasut_error
    here.sandbox.faults.clear()
    shown: list[str] = []
    tell = here.service.worker._tell

    def noted(result: Result) -> None:
        tell(result)
        shown.append(here.vitals.parasut_error)

    here.service.worker._tell = noted
    here.later(minutes=16)
    assert shown == ["", "", ""]


def test_an_alarm_ends_without_an_order_that_would_show_it(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=0)
    here.sandbox.faults.add(Fault("402", path="/v4/me", nth=0))
    here.service.worker.begin()
    assert here.vitals.parasut_error
    here.sandbox.faults.clear()
    here.later(minutes=10)
    assert here.vitals.parasut_error == ""


@pytest.mark.parametrize(("error", "said"), [(LedgerError("The disk is full."), 1), (ValueError("something odd"), 2)])
def test_nothing_that_goes_wrong_in_a_run_ends_the_daemon(
    daemon: Make, monkeypatch: pytest.MonkeyPatch, log: list[str], error: Exception, said: int
) -> None:
    here = daemon(ONE_RULE, orders=3)
    failing = [error, error]

    def breaks(*arguments: Any, **options: Any) -> Any:
        if failing:
            raise failing.pop()
        return work(*arguments, **options)

    monkeypatch.setattr("syncd.daemon.worker.work", breaks)
    here.later(minutes=11)
    assert sorted(here.invoiced()) == ["15", "16", "17"]
    assert sum(line.startswith(("ERROR", "CRITICAL")) for line in log) == said


def test_a_platform_that_fails_is_told_once_in_ten_minutes_and_when_it_works_again(
    daemon: Make, log: list[str]
) -> None:
    here = daemon(ONE_RULE.replace("    mapping", "    every: 30s\n    mapping"), orders=3)
    here.sandbox.faults.add(Fault("html_403", path="/wp-json", nth=0))

    def told(level: str) -> int:
        return sum(line.startswith(f"{level} site: ") and "403" in line for line in log)

    here.later(minutes=9)
    assert (told("ERROR"), told("DEBUG") > 9) == (1, True), log
    here.later(minutes=3)
    assert told("ERROR") == 2
    here.sandbox.faults.clear()
    here.sandbox.faults.add(Fault("html_200", path="/wp-json", nth=0))
    here.later(minutes=1)
    assert sum(line.startswith("ERROR site: ") for line in log) == 3
    here.sandbox.faults.clear()
    here.later(minutes=5)
    assert [line for line in log if "is read again" in line] == ["INFO site: is read again, after 13 min"]


def test_a_platform_that_fails_is_noted_until_it_is_read_again(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.sandbox.faults.add(Fault("500", path="/wp-json", nth=0))
    here.turn()
    assert "HTTP 500" in here.vitals.platform_errors["site"]
    here.sandbox.faults.clear()
    here.later(minutes=5)
    assert (here.vitals.platform_errors, len(here.invoiced())) == ({}, 3)


DAILY = ONE_RULE.replace("    mapping", '    cron: "0 12 * * *"\n    mapping')


def minute_by_minute(here: Household, minutes: int) -> list[int]:
    """Let time pass; the minutes in which the shop was asked."""
    asked = []
    for minute in range(minutes):
        before = here.reads()
        here.later(minutes=1)
        if here.reads() > before:
            asked.append(minute)
    return asked


def metrics(here: Household) -> bytes:
    return Metrics(here.vitals, lambda: here.service.premises.settings, lambda: here.ledger)()


def test_a_daily_turn_outlasts_a_platform_that_is_down_just_then(daemon: Make) -> None:
    here = daemon(DAILY, orders=3)
    here.until(NOON - timedelta(seconds=1))
    here.sandbox.faults.add(Fault("500", path="/wp-json", nth=0))
    # each try gives up after some waits of its own, so the minutes are a little more than the pauses
    asked = minute_by_minute(here, 40)
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert (len(asked), gaps == sorted(gaps), gaps[-1] > 3 * gaps[0]) == (6, True, True), asked
    assert (here.invoiced(), here.vitals.runs) == ([], {"site-hazirlanan": 1})
    here.sandbox.faults.clear()
    here.later(minutes=15)
    here.later(minutes=1)
    assert (sorted(here.invoiced()), here.vitals.platform_errors) == (["15", "16", "17"], {})
    reads = here.reads()
    assert minute_by_minute(here, 120) == []
    assert (here.reads(), here.vitals.runs, here.vitals.missed_turns) == (reads, {"site-hazirlanan": 1}, 0)


def test_a_platform_that_is_read_again_has_the_turns_that_wait_for_it_at_once(daemon: Make) -> None:
    config = TWO_RULES.replace("name: kapida", 'name: kapida\n    cron: "0 12 * * *"')
    here = daemon(config.replace("name: site-hazirlanan", "name: site-hazirlanan\n    every: 30s"), orders=3)
    here.until(NOON - timedelta(seconds=10))
    here.sandbox.faults.add(Fault("500", path="/wp-json", nth=0))
    here.later(minutes=30)
    assert "16" not in here.invoiced()
    here.sandbox.faults.clear()
    here.later(minutes=1)
    assert sorted(here.invoiced()) == ["15", "16", "17"]
    assert here.vitals.runs["kapida"] == 1


def test_a_turn_that_is_tried_again_has_no_second_limit(daemon: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here = daemon(DAILY.replace("    mapping", "    limits: {per_run: 2}\n    mapping"), orders=3)

    def one_platform_fails(*arguments: Any, **options: Any) -> Any:
        report = work(*arguments, **options)
        report.collected.append(Collected("site", error=PlatformError("site", "The shop is down.")))
        return report

    monkeypatch.setattr("syncd.daemon.worker.work", one_platform_fails)
    here.until(NOON)
    minute_by_minute(here, 30)
    assert (len(here.invoiced()), here.vitals.runs) == (2, {"site-hazirlanan": 1})


@pytest.mark.parametrize("error", [LedgerError("The disk is full."), ValueError("something odd")])
def test_a_daily_turn_outlasts_a_run_that_breaks(
    daemon: Make, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    here = daemon(DAILY, orders=3)
    here.until(NOON - timedelta(seconds=1))
    broken: list[Exception] = []

    def breaks(*arguments: Any, **options: Any) -> Any:
        if len(broken) < 2:
            broken.append(error)
            raise error
        return work(*arguments, **options)

    monkeypatch.setattr("syncd.daemon.worker.work", breaks)
    minute_by_minute(here, 2)
    assert b'syncd_rule_stopped{rule="site-hazirlanan"} 1.0' in metrics(here)
    said = here.vitals.stopped_rules["site-hazirlanan"]
    assert ("The disk is full." if isinstance(error, LedgerError) else "unexpected ValueError") in said
    assert (here.vitals.worked_at, here.invoiced()) == (None, [])
    minute_by_minute(here, 3)
    assert (sorted(here.invoiced()), len(broken)) == (["15", "16", "17"], 2)
    assert (here.vitals.stopped_rules, here.vitals.runs) == ({}, {"site-hazirlanan": 1})


def test_a_stop_ends_the_wait_before_a_platform_is_asked_again(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.sandbox.faults.add(Fault("500", path="/wp-json", nth=0))
    sleep = here.clock.sleep

    def stop_while_it_waits(seconds: float) -> None:
        sleep(seconds)
        if seconds > 0:
            here.stopping.ask()

    here.clock.sleep = stop_while_it_waits  # type: ignore[method-assign]
    here.turn()
    assert (here.clock.slept, here.vitals.platform_errors) == ([2.0], {})


def test_a_stop_while_a_write_waits_for_its_place_leaves_no_question(daemon: Make) -> None:
    here = daemon(ONE_RULE.replace("rate: {requests: 1000, seconds: 1}", "rate: {requests: 1, seconds: 10}"), orders=3)
    sleep, contacts = here.clock.sleep, len(here.sandbox.parasut.contacts)

    def stop_after_the_contact(seconds: float) -> None:
        sleep(seconds)
        if len(here.sandbox.parasut.contacts) > contacts:
            here.stopping.ask()

    here.clock.sleep = stop_after_the_contact  # type: ignore[method-assign]
    here.turn()
    assert here.stopping()
    assert (here.invoiced(), here.ledger.steps.unsettled()) == ([], [])
    assert here.ledger.orders.in_state([State.HELD]) == []


def test_a_rule_that_was_stopped_is_told_until_its_next_run(daemon: Make) -> None:
    here = daemon(ONE_RULE.replace("E-ticaret}", "E-ticaret}\n    product: {missing: hold}"), orders=12)
    here.sandbox.parasut.products.clear()
    here.turn()
    assert "5 holds of one kind in a row" in here.vitals.stopped_rules.get("site-hazirlanan", "")


def test_a_stop_ends_the_reading_of_a_page_whose_records_are_asked_for_one_by_one(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=12)
    due, asked = here.sandbox.faults.due, []

    def stop_at_the_first_detail(method: str, path: str, *more: Any) -> Fault | None:
        if path.endswith("/refunds"):
            asked.append(path)
            here.stopping.ask()
        return due(method, path, *more)

    here.sandbox.faults.due = stop_at_the_first_detail  # type: ignore[method-assign]
    here.turn()
    assert (len(asked), here.invoiced(), here.vitals.platform_errors) == (1, [], {})
