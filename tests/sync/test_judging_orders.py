"""Which rule owns an order, and when it fires."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from factories import ISTANBUL, KEY, NOW, PLATFORM, a_line, a_rule, an_order

from syncd.errors import Hold
from syncd.ledger.order_row import OrderRow, State
from syncd.orders.order import Order, Return
from syncd.orders.status import MAIN_WAY, Status
from syncd.sync.judge import Judgement, Seen, judge


def judgement(*rules: Any) -> Judgement:
    return Judgement(rules or (a_rule(),), ISTANBUL, {"site": PLATFORM})


def seen(order: Order | None = None, **changes: Any) -> Seen:
    return Seen(KEY, "site", "1042", {"id": 42}, NOW, order=order, **changes)


def judged(order: Order, row: OrderRow | None = None, rules: Judgement | None = None) -> OrderRow:
    result = judge(seen(order), row, rules or judgement())
    assert result is not None
    return result


def outcome(row: OrderRow) -> tuple[State, str | None]:
    return row.state, row.rule


# What becomes of an order, by its status, under a rule that fires at awaiting_approval, preparing, shipped, delivered.
TRIGGERS = (Status.AWAITING_APPROVAL, Status.PREPARING, Status.SHIPPED, Status.DELIVERED)
OUTCOMES = {
    Status.UNPAID: "waiting waiting waiting waiting",
    Status.AWAITING_APPROVAL: "due waiting waiting waiting",
    Status.PREPARING: "due due waiting waiting",
    Status.SHIPPED: "due due due waiting",
    Status.DELIVERED: "due due due due",
    Status.CANCELLED: "ended ended ended ended",
    Status.RETURNED: "ended ended ended ended",
    Status.OTHER: "waiting waiting waiting waiting",
}


@pytest.mark.parametrize(
    ("status", "trigger", "state"),
    [
        (status, trigger, state)
        for status, states in OUTCOMES.items()
        for trigger, state in zip(TRIGGERS, states.split(), strict=True)
    ],
)
def test_a_trigger_fires_at_its_status_and_at_every_later_one_of_the_main_way(
    status: Status, trigger: Status, state: str
) -> None:
    assert str(judged(an_order(status=status), rules=judgement(a_rule(status=trigger))).state) == state


def test_every_status_has_its_row_in_the_table() -> None:
    assert set(OUTCOMES) == set(Status)
    assert set(TRIGGERS) == set(MAIN_WAY)


def test_unpaid_never_counts_as_awaiting_approval() -> None:
    row = judged(an_order(status=Status.UNPAID), rules=judgement(a_rule(status=Status.AWAITING_APPROVAL)))
    assert outcome(row) == (State.WAITING, "site-hazirlanan")


def test_an_order_that_jumps_over_its_trigger_fires_all_the_same() -> None:
    rules = judgement(a_rule(status=Status.SHIPPED))
    waiting = judged(an_order(status=Status.PREPARING), rules=rules)
    assert waiting.state is State.WAITING
    assert judged(an_order(status=Status.DELIVERED), waiting, rules).state is State.DUE


def test_an_order_that_leaves_by_a_side_exit_does_not_fire() -> None:
    waiting = judged(an_order(status=Status.AWAITING_APPROVAL))
    ended = judged(an_order(status=Status.CANCELLED), waiting)
    assert (ended.state, ended.reason) == (State.ENDED, "cancelled before it was invoiced")


def test_a_due_order_that_is_cancelled_before_its_invoice_is_not_due_any_more() -> None:
    assert judged(an_order(status=Status.CANCELLED), judged(an_order())).state is State.ENDED


def test_an_order_that_comes_back_from_a_cancellation_fires() -> None:
    assert judged(an_order(), judged(an_order(status=Status.CANCELLED))).state is State.DUE


def test_nothing_ordered_before_since_is_ever_taken_by_istanbul_days() -> None:
    rules = judgement(a_rule(since=date(2026, 11, 24)))
    late_evening = an_order(ordered_at=NOW.replace(day=23, hour=20, minute=59))  # 23:59 in Istanbul
    row = judged(late_evening, rules=rules)
    assert (row.state, row.rule) == (State.LEFT, None)
    assert "ordered on 2026-11-23, before `since: 2026-11-24`" in row.reason
    after_midnight = an_order(ordered_at=NOW.replace(day=23, hour=21, minute=0))
    assert judged(after_midnight, rules=rules).state is State.DUE


def test_the_first_rule_that_matches_owns_the_order() -> None:
    rules = judgement(
        a_rule(name="big", condition="order.total > 1000"), a_rule(name="rest", otherwise=True), a_rule(name="never")
    )
    assert judged(an_order(), rules=rules).rule == "rest"
    assert judged(an_order(lines=(a_line("1200.00"),)), rules=rules).rule == "big"


def test_an_owner_stays_the_owner_while_the_order_waits() -> None:
    first = judgement(a_rule(name="a", status=Status.SHIPPED), a_rule(name="b", otherwise=True))
    waiting = judged(an_order(), rules=first)
    assert outcome(waiting) == (State.WAITING, "a")
    swapped = judgement(a_rule(name="b"), a_rule(name="a", status=Status.SHIPPED, otherwise=True))
    assert judged(an_order(note="changed"), waiting, swapped).rule == "a"


def test_an_order_whose_rule_is_gone_finds_another() -> None:
    waiting = judged(an_order(), rules=judgement(a_rule(name="a", status=Status.SHIPPED)))
    assert outcome(judged(an_order(note="changed"), waiting, judgement(a_rule(name="b")))) == (State.DUE, "b")


def test_an_order_that_no_rule_wants_is_left_alone_and_says_why() -> None:
    row = judged(an_order(), rules=judgement(a_rule(name="big", condition="order.total > 1000")))
    assert outcome(row) == (State.LEFT, None)
    assert row.reason == "big: `if: order.total > 1000` is not true"


def test_an_order_left_alone_is_judged_again_when_the_rules_change() -> None:
    left = judged(an_order(), rules=judgement(a_rule(condition="order.total > 1000")))
    assert judge(seen(an_order()), left, judgement(a_rule(condition="order.total > 1000"))) is None
    assert judged(an_order(), left, judgement(a_rule())).state is State.DUE


def test_a_condition_that_cannot_be_told_holds_the_order() -> None:
    row = judged(an_order(), rules=judgement(a_rule(condition="order.total > order.note")))
    assert (row.state, row.hold_code) == (State.HELD, "template-failed")


def test_nothing_new_changes_nothing() -> None:
    row = judged(an_order())
    assert judge(seen(an_order()), row, judgement()) is None


def test_our_own_note_at_the_platform_is_no_change() -> None:
    row = judged(an_order())
    touched = an_order(updated_at=NOW + timedelta(minutes=3))
    assert judge(seen(touched), row, judgement()) is None


def test_a_record_that_cannot_be_read_is_held_and_heals_when_it_can() -> None:
    problem = Hold("record-unreadable", "total: 'abc' is no amount", "Correct it in the shop.")
    row = judge(seen(problem=problem), None, judgement())
    assert row is not None
    assert (row.state, row.hold_code, row.number, row.document) == (State.HELD, "record-unreadable", "1042", None)
    assert judged(an_order(), row).state is State.DUE


def invoiced(order: Order | None = None) -> OrderRow:
    return replace(judged(order or an_order()), state=State.INVOICED, invoice_id="9", payable=Decimal("120.00"))


def test_an_invoiced_order_that_moves_on_stays_invoiced() -> None:
    row = judged(an_order(status=Status.SHIPPED), invoiced())
    assert (row.state, row.status) == (State.INVOICED, "shipped")


@pytest.mark.parametrize(
    ("status", "code"),
    [(Status.CANCELLED, "cancelled-after-invoice"), (Status.RETURNED, "returned-after-invoice")],
)
def test_an_invoiced_order_that_is_undone_is_held_once(status: Status, code: str) -> None:
    row = judged(an_order(status=status), invoiced())
    assert (row.state, row.hold_code, row.invoice_id) == (State.HELD, code, "9")
    settled = replace(row, state=State.INVOICED, hold_code=None)
    again = judged(an_order(status=status, note="touched"), settled)
    assert again.state is State.INVOICED


def test_a_part_returned_after_the_invoice_is_held() -> None:
    row = judged(an_order(returns=(Return("1", Decimal("20.00")),)), invoiced())
    assert (row.state, row.hold_code) == (State.HELD, "returned-after-invoice")


def test_a_part_returned_before_the_invoice_is_not() -> None:
    order = an_order(returns=(Return("1", Decimal("20.00")),))
    assert judged(replace(order, note="touched"), invoiced(order)).state is State.INVOICED


def test_a_rule_can_ignore_what_happens_after_the_invoice() -> None:
    rules = judgement(a_rule(cancelled="ignore", returned="ignore"))
    assert judged(an_order(status=Status.CANCELLED), invoiced(), rules).state is State.INVOICED
    assert judged(an_order(status=Status.RETURNED), invoiced(), rules).state is State.INVOICED


def test_what_a_person_ignored_stays_ignored() -> None:
    row = replace(judged(an_order()), state=State.IGNORED)
    assert judged(an_order(status=Status.SHIPPED), row).state is State.IGNORED


def test_a_later_since_takes_orders_back_that_a_rule_already_owns() -> None:
    due = judged(an_order())
    assert due.state is State.DUE
    later = judgement(a_rule(since=date(2026, 11, 24)))
    assert outcome(judged(an_order(), due, later)) == (State.LEFT, None)


def test_another_trigger_makes_a_due_order_wait() -> None:
    later = judgement(a_rule(status=Status.SHIPPED))
    assert outcome(judged(an_order(), judged(an_order()), later)) == (State.WAITING, "site-hazirlanan")
