"""Rules that were stopped and platforms that can't be read, as another process sees them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from household import QUIET, Household
from places import CONFIG, Place

from syncd.errors import CompanyStopped
from syncd.ledger.order_row import State
from syncd.sandbox.faults import Fault
from syncd.sync.executor import Stopped
from syncd.sync.failing import all_failing, note_failing, note_report
from syncd.sync.report import Report

Make = Callable[..., Household]

ONE_RULE = QUIET + CONFIG
# few orders in hand at once, so that a rule is stopped before all of them are held
HOLDS_ALL = ONE_RULE.replace("E-ticaret}", "E-ticaret}\n    product: {missing: hold}").replace(
    "{requests: 1000, seconds: 1}", "{requests: 10, seconds: 20}"
)


def status(place: Place) -> Any:
    done = place.syncd("status", "--format", "json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_a_rule_that_was_stopped_is_in_the_status_until_it_works_again(daemon: Make) -> None:
    here = daemon(HOLDS_ALL, orders=24)
    here.sandbox.parasut.products.clear()
    here.turn()
    (rule,) = status(here.place)["rules"]
    assert rule["stopped"]["since"].startswith("2026-11-25T06:0")
    assert re.search(r"after \d+ holds of one kind in a row \(product-missing\)", rule["stopped"]["reason"])
    assert "`syncd orders retry --hold product-missing`" in rule["stopped"]["remedy"]
    text = here.place.syncd("status").out
    assert "rule site-hazirlanan: stopped since 2026-11-25 09:0" in text
    assert ": the rule was stopped after" in text
    assert "    what to do: `syncd orders list --hold product-missing` shows them" in text
    while here.ledger.orders.in_state([State.DUE]):  # by and by the others are held, too
        here.later(minutes=5)
    here.later(minutes=5)
    assert all_failing(here.ledger) == []


def test_a_platform_that_can_not_be_read_is_in_the_status_until_it_is_read(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.sandbox.faults.add(Fault("500", path="/wp-json", nth=0))
    here.turn()
    (first,) = all_failing(here.ledger)
    here.later(minutes=6)
    (platform,) = status(here.place)["platforms"]
    assert (platform["platform"], platform["read_up_to"]) == ("site", None)
    assert platform["unreadable"]["since"] == first.since.isoformat()
    assert "HTTP 500" in platform["unreadable"]["reason"]
    text = here.place.syncd("status").out
    assert "site (woocommerce): never read to its end; failing since 2026-11-25 09:0" in text
    assert "    what to do: It is read again at every turn of its rules; `syncd check --connect`" in text
    here.sandbox.faults.clear()
    here.later(minutes=10)
    assert all_failing(here.ledger) == []


def test_a_platform_that_fails_after_it_was_read_tells_both(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.turn()
    here.sandbox.faults.add(Fault("500", path="/wp-json", nth=0))
    here.later(minutes=6)
    (platform,) = status(here.place)["platforms"]
    assert (platform["platform"], platform["read_at"]) == ("site", "2026-11-25T06:00:00+00:00")
    assert "HTTP 500" in platform["unreadable"]["reason"]
    assert "\n  not read to its end since 2026-11-25 09:0" in here.place.syncd("status").out


def test_a_company_that_can_not_work_is_in_the_status_until_it_can(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    assert status(here.place)["parasut"] == {"failing": None}
    here.sandbox.faults.add(Fault("402", path="/v4/", nth=0))
    here.turn()
    failing = status(here.place)["parasut"]["failing"]
    assert failing["since"].startswith("2026-11-25T06:0")
    assert "subscription has ended (HTTP 402). Renew the subscription in Paraşüt" in failing["reason"]
    text = here.place.syncd("status").out
    assert "Paraşüt can't be worked with; failing since 2026-11-25 09:0" in text
    assert "    what to do: Nothing is lost: the orders wait, and it is tried again by itself" in text
    here.sandbox.faults.clear()
    here.later(minutes=20)
    assert status(here.place)["parasut"] == {"failing": None}
    assert "failing" not in here.place.syncd("status").out


def test_a_paraşüt_that_hangs_is_noted_at_the_first_request_without_an_answer(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.vitals.parasut_in_trouble("GET me failed: no answer in time.")
    here.service.worker._notices().tick()  # type: ignore[attr-defined]
    assert [(one.what, one.why) for one in all_failing(here.ledger)] == [
        ("parasut", "GET me failed: no answer in time.")
    ]
    here.vitals.parasut_in_trouble("")
    here.service.worker._notices().tick()  # type: ignore[attr-defined]
    assert all_failing(here.ledger) == []


def test_a_run_without_a_daemon_tells_of_paraşüt_too(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=0)
    company = Report(stopped=CompanyStopped("The login is refused.", "Check it."), calls=1)
    note_report(here.ledger, company, (), here.clock())
    assert [(one.what, one.why) for one in all_failing(here.ledger)] == [("parasut", "The login is refused. Check it.")]
    note_report(here.ledger, Report(stopped=Stopped("Ended as asked."), calls=3), (), here.clock())
    assert len(all_failing(here.ledger)) == 1
    note_report(here.ledger, Report(calls=3, answers=3), (), here.clock())
    assert all_failing(here.ledger) == []


def test_a_new_process_forgets_only_what_it_has_seen_working(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    note_failing(here.ledger, "platform", {"site": "site: HTTP 500"}, (), here.clock())
    note_failing(here.ledger, "rule", {"site-hazirlanan": "it broke off"}, (), here.clock())
    here.clock.sleep(1)
    here.service.worker._notices().tick()  # type: ignore[attr-defined]
    assert [(one.what, one.name) for one in all_failing(here.ledger)] == [
        ("platform", "site"),
        ("rule", "site-hazirlanan"),
    ]
    here.turn()
    assert all_failing(here.ledger) == []


def test_a_command_without_a_daemon_leaves_the_same_behind(daemon: Make) -> None:
    here = daemon(HOLDS_ALL, orders=12)
    here.sandbox.parasut.products.clear()
    here.sandbox.faults.add(Fault("500", path="/wp-json", nth=0))
    asked = here.ledger.commands.ask("apply", {"rule": None, "order": None}, here.clock())
    here.service.worker._due.take()  # type: ignore[attr-defined]
    here.turn()
    answered = here.ledger.commands.get(asked)
    assert answered is not None
    assert answered.answer is not None
    assert [(one.what, one.name) for one in all_failing(here.ledger)] == [("platform", "site")]


def test_a_platform_in_trouble_is_noted_before_its_reading_has_ended(daemon: Make) -> None:
    here = daemon(ONE_RULE, orders=3)
    here.vitals.platform_in_trouble("site", "site: no answer in time")
    here.service.worker._notices().tick()  # type: ignore[attr-defined]
    assert [one.why for one in all_failing(here.ledger)] == ["site: no answer in time"]
    here.vitals.platform_in_trouble("site", "")
    here.service.worker._notices().tick()  # type: ignore[attr-defined]
    assert all_failing(here.ledger) == []
