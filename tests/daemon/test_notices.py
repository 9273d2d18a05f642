"""What people are told, how often, and what survives a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from factories import NOW, a_company_order, an_order
from loguru import logger
from notice_town import MAIL, Town

from syncd.config.settings import Channel, Command, Event, Notify
from syncd.daemon.channels.failure import NotDelivered
from syncd.errors import LedgerError
from syncd.ledger.notices import NoticeBook
from syncd.ledger.order_row import State
from syncd.orders.status import Status

PAGER = Channel("pager", Command(("pager",)), frozenset({Event.COMPANY, Event.RULE_STOPPED}))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.notices.close()
    town.ledger.close()


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    number = logger.add(lambda line: lines.append(str(line)), level="DEBUG", format="{level} {message}")
    yield lines
    logger.remove(number)


def test_a_new_hold_is_told_once_with_code_order_amount_and_remedy(town: Town) -> None:
    town.hold(1042, "category-missing", total=Decimal("1559.30"))
    (message,) = town.turn()
    assert message.subject == "syncd 115: 1 sipariş bekletiliyor"
    assert message.text == (
        "1 sipariş bekletiliyor\n"
        "  category-missing: 1 sipariş, 1.559,30 TRY\n"
        "    site/1042: 1.559,30 TRY\n"
        "    Ne yapmalı: kategoriyi Paraşüt'te açıp yeniden deneyin\n"
    )
    assert message.as_json()["events"] == [
        {
            "event": "hold",
            "code": "category-missing",
            "count": 1,
            "orders": [{"order": "site/1042", "total": "1559.30", "currency": "TRY"}],
        }
    ]
    assert town.later(minutes=5) == []
    town.restart()
    assert town.later(minutes=5) == []
    assert town.later(hours=2) == []


def test_many_holds_are_one_message_that_names_ten_of_each_code(town: Town) -> None:
    for number in range(25):
        town.hold(f"a{number:02}", "account-missing")
    for number in range(3):
        town.hold(f"b{number}", "template-failed")
    (message,) = town.turn()
    assert "28 sipariş bekletiliyor" in message.subject
    assert "account-missing: 25 sipariş, toplam 3.000,00 TRY" in message.text
    assert message.text.count("site/a") == 10
    assert "… ve 15 sipariş daha: `syncd orders list --hold account-missing`" in message.text
    assert message.text.count("site/b") == 3
    assert message.text.count("Ne yapmalı") == 2


def test_a_first_start_with_two_thousand_old_holds_makes_one_message(town: Town) -> None:
    row = town.row(0, State.HELD, hold_code="totals-differ")
    town.ledger.orders.save((replace(row, package=f"{number}", number=f"{number}"), None) for number in range(2000))
    (message,) = town.turn()
    assert "2000 sipariş" in message.subject
    assert len(message.text) < 2000
    assert town.later(minutes=5) == []
    town.restart()
    assert town.later(minutes=5) == []


def test_a_hold_that_was_retried_and_held_again_is_told_again(town: Town) -> None:
    row = town.hold(1042)
    assert len(town.turn()) == 1
    town.now += timedelta(minutes=5)
    row = town.change(row, "retried by hand", state="due", hold_code=None)
    town.held(row)  # between two looks: it was never seen as anything but held
    assert len(town.turn()) == 1
    assert town.later(minutes=5) == []


def test_a_hold_for_another_reason_is_told(town: Town) -> None:
    row = town.hold(1042)
    town.turn()
    town.now += timedelta(minutes=5)
    town.held(row, "refused")
    (message,) = town.turn()
    assert "refused" in message.text
    assert "totals-differ" not in message.text


def test_a_held_order_that_changes_at_its_platform_is_not_told_again(town: Town) -> None:
    town.put(1042, State.HELD, hold_code="record-unreadable", document=None)
    assert len(town.turn()) == 1
    town.now += timedelta(minutes=5)
    town.put(1042, State.HELD, hold_code="record-unreadable", document=None)
    assert town.turn() == []
    town.now += timedelta(minutes=5)
    town.put(1042, State.DUE)
    assert town.turn() == []
    town.now += timedelta(minutes=5)
    town.put(1042, State.HELD, hold_code="record-unreadable", document=None)
    assert len(town.turn()) == 1


def test_what_is_over_before_anybody_could_be_told_is_not_told(town: Town) -> None:
    town.broken["mail"] = NotDelivered("no")
    row = town.hold(1042)
    town.turn()
    town.change(row, "invoice 5 made", state="invoiced", invoice_id="5", hold_code=None)
    town.broken.clear()
    assert town.later(hours=2) == []
    assert town.ledger.notices.of_kinds([Event.HOLD]) == []


def test_what_ended_while_syncd_was_down_is_forgotten(town: Town) -> None:
    row = town.hold(1042)
    town.turn()
    town.change(row, "retried by hand", state="due", hold_code=None)
    town.now += timedelta(days=1)
    town.restart()
    town.turn()
    assert town.ledger.notices.of_kinds([Event.HOLD]) == []


def test_there_is_one_message_a_minute_at_most_and_nothing_is_lost(town: Town) -> None:
    town.hold(1)
    assert len(town.turn()) == 1
    told: list[str] = []
    for number in range(2, 9):
        town.now += timedelta(seconds=10)
        town.hold(number)
        told += [message.text for message in town.turn()]
    assert len(told) == 1
    assert [number for number in range(2, 9) if f"site/{number}:" in told[0]] == [2, 3, 4, 5, 6, 7]
    (last,) = town.later(minutes=1)
    assert "site/8:" in last.text
    assert "site/7:" not in last.text


def test_the_minute_between_messages_outlasts_a_restart(town: Town) -> None:
    town.hold(1)
    assert len(town.turn()) == 1
    town.restart()
    town.hold(2)
    assert town.later(seconds=20) == []
    assert len(town.later(seconds=41)) == 1


def test_a_channel_that_fails_is_tried_again_after_growing_waits(town: Town, log: list[str]) -> None:
    town.broken["mail"] = NotDelivered("smtp.test refused the login (535).", "Check `password`.")
    town.hold(1)
    town.turn()
    tries = [0]
    for minute in range(1, 241):
        town.now += timedelta(minutes=1)
        before = len(log)
        town.turn()
        tries += [minute] if len(log) > before else []
    assert tries == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    assert log[0] == (
        "WARNING a notice by mail did not arrive: smtp.test refused the login (535). Check `password`. "
        "Again in 1 min.\n"
    )
    town.broken.clear()
    town.hold(2)
    (message,) = town.later(minutes=3)
    assert "site/1:" in message.text
    assert "site/2:" in message.text


def test_a_webhook_that_asks_for_patience_gets_it(town: Town, log: list[str]) -> None:
    town.broken["mail"] = NotDelivered("The webhook answered 429.", retry_after_seconds=600)
    town.hold(1)
    town.turn()
    town.broken.clear()
    assert town.later(minutes=9) == []
    assert len(town.later(minutes=1)) == 1


def test_a_channel_that_fails_disturbs_no_other(tmp_path: Path) -> None:
    town = Town(tmp_path, Notify(channels=(MAIL, Channel("hook", Command(("hook",))))))
    town.broken["mail"] = NotDelivered("no")
    town.hold(1)
    assert [name for name, _ in town.sent] == []
    town.turn()
    town.hold(2)
    town.later(minutes=2)
    assert [name for name, _ in town.sent] == ["hook", "hook"]
    town.broken.clear()
    town.later(hours=1)
    assert [name for name, _ in town.sent] == ["hook", "hook", "mail"]


def test_what_a_failing_channel_missed_outlasts_a_restart(town: Town) -> None:
    town.broken["mail"] = NotDelivered("no")
    town.hold(1)
    town.turn()
    town.restart()
    town.broken.clear()
    assert len(town.turn()) == 1


def test_words_of_unexpected_errors_are_not_logged(town: Town, log: list[str]) -> None:
    town.broken["mail"] = ValueError("https://hooks.test/SECRET-TOKEN")
    town.hold(1)
    town.turn()
    assert "ValueError" in "".join(log)
    assert "SECRET-TOKEN" not in "".join(log)


def test_a_channel_that_hangs_delays_nothing_and_is_given_up(town: Town, log: list[str]) -> None:
    released = threading.Event()
    calls: list[str] = []

    def hang(channel: Channel, message: object) -> None:
        calls.append(channel.name)
        released.wait(30)

    town.restart(send=hang)
    town.hold(1)
    begin = time.monotonic()
    town.notices.after_run()
    town.now += timedelta(minutes=2)
    town.notices.after_run()
    assert time.monotonic() - begin < 1
    assert calls == ["mail"]
    town.now += timedelta(minutes=2)
    town.notices.after_run()
    assert "no end" in log[-1]
    town.now += timedelta(minutes=2)
    town.notices.after_run()
    assert calls == ["mail", "mail"]
    begin = time.monotonic()
    town.restart()
    assert time.monotonic() - begin < 2.9
    released.set()
    assert len(town.turn()) == 1


def test_a_message_that_arrives_while_syncd_closes_is_not_repeated(town: Town) -> None:
    def slow(channel: Channel, message: object) -> None:
        time.sleep(0.3)

    town.restart(send=slow)
    town.hold(1)
    town.notices.after_run()
    town.restart()
    assert town.later(minutes=5) == []


def test_a_channel_is_told_only_of_its_own_events(tmp_path: Path) -> None:
    town = Town(tmp_path, Notify(channels=(PAGER, MAIL)))
    town.hold(1)
    town.turn()
    assert [name for name, _ in town.sent] == ["mail"]
    town.vitals.parasut_error = "402 Payment Required"
    town.later(minutes=1)
    town.later(minutes=5)
    assert [name for name, _ in town.sent] == ["mail", "pager", "mail"]
    assert "site/1" not in town.sent[1][1].text


def test_a_new_channel_is_told_what_stands_and_not_what_has_passed(town: Town) -> None:
    town.hold(1)
    town.vitals.parasut_error = "402"
    town.turn()
    town.later(minutes=5)
    town.now += timedelta(minutes=5)
    town.vitals.parasut_error, town.vitals.parasut_answered_at = "", town.now
    assert len(town.turn()) == 1
    town.now += timedelta(minutes=5)
    town.reload(Notify(channels=(MAIL, Channel("hook", Command(("hook",))))))
    before = len(town.sent)
    town.turn()
    ((name, message),) = town.sent[before:]
    assert name == "hook"
    assert message.subject == "syncd 115: 1 sipariş bekletiliyor"


def test_messages_hold_nothing_of_the_buyer(town: Town) -> None:
    order = a_company_order(status=Status.DELIVERED, delivered_at=NOW - timedelta(days=9), note="Kapıya bırakın")
    row = town.put(1042, State.DUE, order=order)
    reason = "Ayşe Yılmaz ayse@ornek.test 1000000018"
    town.change(row, reason, state="held", hold_code="refused", reason=reason, remedy=reason)
    town.vitals.platform_errors = {"site": f"site: {reason}"}
    town.vitals.parasut_error = "login of muhasebe@demir.test refused"
    texts = [str(message.as_json()) for message in [*town.turn(), *town.later(minutes=31)]]
    text = "".join(texts)
    assert "site/1042" in text
    assert "okunamıyor" in text
    assert "Paraşüt bu şirket için çalışmıyor" in text
    for private in ("Demir", "Mehmet", "demir.test", "1000000018", "ornek.test", "Kapıya", "Çankaya"):
        assert private not in text


def test_a_rule_that_stopped_is_told_once_and_again_after_it_ran(town: Town) -> None:
    why = "the rule was stopped after 5 holds of one kind in a row (account-missing); the next run tries again"
    town.vitals.runs = {"site-hazirlanan": 1}
    town.vitals.stopped_rules = {"site-hazirlanan": why}
    (message,) = town.turn()
    assert message.subject == "syncd 115: Kural durdu: site-hazirlanan"
    assert "(account-missing)" in message.text
    assert town.later(minutes=5) == []
    town.restart()
    assert town.later(minutes=5) == []  # it has not run since
    town.vitals.runs, town.vitals.stopped_rules = {"site-hazirlanan": 1}, {"site-hazirlanan": why}
    assert town.later(minutes=5) == []
    town.vitals.stopped_rules = {}
    assert town.later(minutes=5) == []
    town.vitals.stopped_rules = {"site-hazirlanan": why}
    assert len(town.later(minutes=5)) == 1


def test_a_rule_whose_run_broke_off_is_not_said_to_have_held_orders(town: Town) -> None:
    town.vitals.stopped_rules = {"site-hazirlanan": "the run broke off: the ledger (of today) can't be written"}
    (message,) = town.turn()
    assert message.subject == "syncd 115: Kural durdu: site-hazirlanan"
    assert "çalışması yarıda kesildi" in message.text
    assert "bekletildi" not in message.text


def test_a_rule_that_a_person_paused_is_not_worth_a_word(town: Town) -> None:
    town.vitals.stopped_rules = {"site-hazirlanan": "paused"}
    town.ledger.set_rule("site-hazirlanan", paused=True)
    assert town.turn() == []
    town.ledger.set_rule("site-hazirlanan", paused=False)
    town.ledger.set_setting("paused", NOW.isoformat())
    assert town.later(minutes=5) == []
    town.ledger.set_setting("paused", None)
    assert len(town.later(minutes=5)) == 1


def test_a_platform_is_told_after_half_an_hour_and_once_when_it_is_read_again(town: Town) -> None:
    town.put(1, State.WAITING)
    town.read()
    town.vitals.platform_errors = {"site": "site: no answer in 60 s"}
    assert town.later(minutes=1) == []
    assert town.later(minutes=29) == []
    (message,) = town.later(minutes=2)
    assert message.subject == "syncd 115: Platform okunamıyor: site"
    assert "24.11.2026 12:31 tarihinden beri" in message.text
    assert "site: no answer in 60 s" in message.text
    assert town.later(minutes=30) == []
    town.restart()  # nobody has tried yet
    assert town.later(minutes=5) == []
    town.now += timedelta(minutes=5)
    town.read()
    (again,) = town.turn()
    assert again.subject == "syncd 115: Platform yeniden okunuyor: site"
    assert "24.11.2026 12:31 – 24.11.2026 13:42" in again.text
    assert town.later(minutes=5) == []


def test_an_outage_shorter_than_half_an_hour_is_not_told(town: Town) -> None:
    town.put(1, State.WAITING)
    town.vitals.platform_errors = {"site": "no answer"}
    town.turn()
    town.now += timedelta(minutes=20)
    town.vitals.platform_errors = {}
    town.read()
    assert town.turn() == []
    town.vitals.platform_errors = {"site": "no answer"}
    assert town.later(minutes=20) == []  # half an hour counts from the second outage


def test_the_half_hour_is_counted_through_a_restart(town: Town) -> None:
    town.vitals.platform_errors = {"n11": "no answer"}
    town.turn()
    town.now += timedelta(minutes=20)
    town.restart()
    town.vitals.platform_errors = {"n11": "no answer"}
    assert town.turn() == []
    assert len(town.later(minutes=11)) == 1


def test_answers_that_are_doubted_are_told_and_that_they_are_whole_again(town: Town) -> None:
    town.put(1, State.WAITING)
    town.read(doubted_since=NOW)
    town.vitals.platform_errors = {"site": "shows less than half"}
    (message,) = town.turn()
    assert message.subject == "syncd 115: Platformun yanıtı şüpheli: site"
    assert town.later(minutes=40) == []
    town.vitals.platform_errors = {}
    town.now += timedelta(minutes=5)
    town.read()
    (again,) = town.turn()
    assert again.subject == "syncd 115: Platformun yanıtı düzeldi: site"
    assert town.later(minutes=5) == []


def test_a_company_that_cannot_work_is_told_after_five_minutes_and_once_when_it_can(town: Town) -> None:
    town.vitals.parasut_error = "Paraşüt refused the login."
    assert town.turn() == []
    assert town.later(minutes=4) == []
    (message,) = town.later(minutes=1)
    assert message.subject == "syncd 115: Paraşüt bu şirket için çalışmıyor"
    assert "Ayrıntı (İngilizce): Paraşüt refused the login." in message.text
    town.restart()
    assert town.later(minutes=5) == []  # nothing was asked of Paraşüt yet
    town.now += timedelta(minutes=5)
    town.vitals.parasut_answered_at = town.now
    (again,) = town.turn()
    assert again.subject == "syncd 115: Paraşüt yeniden çalışıyor"
    assert town.later(minutes=5) == []


def test_a_request_that_got_lost_is_not_worth_a_word(town: Town) -> None:
    for _ in range(5):
        town.vitals.parasut_error = "Paraşüt can't be reached."
        assert town.later(minutes=4) == []
        town.now += timedelta(minutes=4)
        town.vitals.parasut_error, town.vitals.parasut_answered_at = "", town.now
        assert town.turn() == []


def test_what_waits_to_be_told_can_be_counted(tmp_path: Path) -> None:
    town = Town(tmp_path, Notify(channels=(PAGER,)))
    town.broken["pager"] = NotDelivered("no")
    town.hold(1)  # no channel wants to hear of it
    town.vitals.platform_errors = {"site": "no answer"}
    town.vitals.parasut_error = "402"
    town.turn()
    kinds = set(town.ledger.notices.newest()) - {"failing"}  # that is kept for `syncd status`
    waiting = [notice.key for notice in town.ledger.notices.of_kinds(kinds)]
    assert len(waiting) == 3
    assert untold(town) == []
    town.later(minutes=5)
    assert untold(town) == ["company"]
    town.broken.clear()
    town.later(minutes=2)
    assert untold(town) == []


def untold(town: Town) -> list[str]:
    book = town.ledger.notices
    return [notice.kind for notice in book.of_kinds(book.newest()) if notice.told_at is None]


def test_a_reload_that_was_refused_is_told(town: Town) -> None:
    town.vitals.configuration_problems = 3
    (message,) = town.turn()
    assert message.subject == "syncd 115: Yeni yapılandırma kabul edilmedi"
    assert "3 sorun" in message.text
    assert town.later(minutes=5) == []
    town.vitals.configuration_problems = 0
    assert town.later(minutes=5) == []
    town.vitals.configuration_problems = 3
    assert len(town.later(minutes=5)) == 1


def test_a_last_legal_day_is_told_two_days_before_and_when_it_has_passed(town: Town) -> None:
    town.put(1042, State.WAITING, order=an_order(status=Status.SHIPPED, shipped_at=NOW))  # 24 November
    for _ in range(4):
        assert town.later(days=1) == []
    (near,) = town.later(days=1)  # 29 November
    assert near.subject == "syncd 115: 1 siparişin yasal fatura süresi doluyor"
    assert "site/1042: son gün 01.12.2026, 120,00 TRY" in near.text
    assert town.later(days=1) == []
    town.restart()
    assert town.later(days=1) == []
    (past,) = town.later(days=1)
    assert past.subject == "syncd 115: 1 siparişin yasal fatura süresi geçti"
    assert past.events[0]["stage"] == "past"
    assert town.later(days=1) == []


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (State.INVOICED, {"invoice_id": "7"}),
        (State.HELD, {"invoice_id": "7"}),
        (State.LEFT, {}),
        (State.IGNORED, {}),
        (State.ENDED, {}),
        (State.HELD, {"status": "cancelled"}),
        (State.HELD, {"document": None}),
    ],
)
def test_an_order_that_needs_no_invoice_has_no_last_day(
    town: Town, state: State, changes: dict[str, str | None]
) -> None:
    order = an_order(status=Status.DELIVERED, delivered_at=NOW - timedelta(days=30))
    town.put(1042, state, order=order, hold_code="refused" if state is State.HELD else None, **changes)
    town.turn()
    assert [event for _, message in town.sent for event in message.events if event["event"] == "deadline"] == []


def test_an_order_invoiced_in_time_is_never_told(town: Town) -> None:
    row = town.put(1042, State.DUE, order=an_order(status=Status.SHIPPED, shipped_at=NOW))
    town.turn()
    town.now += timedelta(days=4)
    town.turn()
    town.change(row, "invoice 5 made", state="invoiced", invoice_id="5")
    assert town.later(minutes=5) == []
    assert town.later(days=5) == []


def test_an_order_that_changed_without_its_moment_is_found_within_the_hour(town: Town) -> None:
    town.turn()
    order = an_order(status=Status.DELIVERED, delivered_at=NOW - timedelta(days=9))
    town.put(1042, State.DUE, order=order, changed_at=NOW - timedelta(days=3))
    assert town.later(minutes=30) == []
    assert len(town.later(minutes=31)) == 1


def test_trouble_with_the_ledger_never_reaches_the_work(
    town: Town, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    town.hold(1)

    def broken(*_: object) -> None:
        raise LedgerError("The ledger can't be used: disk full.", "Free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(NoticeBook, "change", broken)
        assert town.turn() == []
        assert town.later(minutes=1) == []
    assert [line for line in log if line.startswith("ERROR")] == [
        "ERROR nobody could be told of news: The ledger can't be used: disk full. Free some space.\n"
    ]
    assert len(town.later(minutes=1)) == 1


def test_without_the_section_nobody_is_told_and_nothing_is_noticed(town: Town) -> None:
    town.notify = None
    town.restart()
    town.hold(1)
    assert town.turn() == []
    assert town.ledger.notices.newest() == {}


def test_a_tick_looks_only_now_and_then(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.turn()
    looks: list[object] = []
    original = NoticeBook.changed_orders
    monkeypatch.setattr(NoticeBook, "changed_orders", lambda self, since: looks.append(since) or original(self, since))
    for _ in range(60):
        town.now += timedelta(seconds=1)
        town.notices.tick()
    assert len(looks) == 4


def test_changed_orders_are_found_by_an_index(town: Town) -> None:
    with town.ledger._database.read() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT id, document FROM orders WHERE changed_at >= '2026-11-24'"
        ).fetchall()
    assert "ix_orders_changed_at" in str(plan)
