"""Platforms whose answers are not to be believed, and the daily look further back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from factories import ISTANBUL, PLATFORM, a_line, a_rule, an_order
from loguru import logger

from syncd.config.settings import Trigger
from syncd.errors import Hold
from syncd.ledger.ledger import Ledger, Mark, open_ledger
from syncd.ledger.order_row import OrderKey, State
from syncd.ledger.orders import give_invoice
from syncd.orders.order import Doubt, Export, Order
from syncd.orders.status import Status
from syncd.platforms.outage import Outage
from syncd.platforms.platform import Page, Platform, Record
from syncd.sync.collect import Collected, collect
from syncd.sync.executor import Stopped, asked_to_stop
from syncd.sync.judge import Judgement
from syncd.sync.knowledge import LedgerKnowledge
from syncd.sync.plan import PlanContext, plan_order

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass
class Market:
    """A platform that shows what it has and notes what it is asked."""

    orders: list[Order] = field(default_factory=list)
    name: str = "site"
    connector: str = "woocommerce"
    account: str = "magaza.test"
    rescan: timedelta | None = timedelta(days=14)
    overlap: timedelta = timedelta(hours=4)
    expect: timedelta | None = None
    versions: bool = False
    shown: list[Order] = field(default_factory=list)
    told_words: set[str] = field(default_factory=set)
    outage: Outage = field(default_factory=Outage)
    asked: list[tuple[datetime, bool]] = field(default_factory=list)
    now: datetime = START

    def changes(self, since: datetime, *, rescan: bool = False) -> Iterator[Page]:
        self.asked.append((since, rescan))
        shown = [order for order in self.orders if order.updated_at and order.updated_at > since - self.overlap]
        self.shown += shown
        for order in shown:
            raw = {"id": order.id, "lines": len(order.lines)}
            yield Page((Record(raw, order, order.id, order.number),))
        yield Page((), self.now)

    def knows(self, word: str) -> bool:
        return word == "processing"

    def read(self, raw: Any) -> Order:
        """What today's settings make of a record: it is known by its id and the number of its lines."""
        return next(one for one in reversed(self.shown) if (one.id, len(one.lines)) == (raw["id"], raw["lines"]))

    def record(self, raw: Any) -> Record:
        raise AssertionError("nothing is read again here")


@dataclass
class Desk:
    market: Market
    ledger: Ledger

    def poll(self, *, hours: float = 0, **options: Any) -> Collected:
        self.market.now += timedelta(hours=hours)
        rule = a_rule(trigger=Trigger(Status.SHIPPED, date(2026, 11, 1)))
        judgement = Judgement((rule,), ISTANBUL, {"site": PLATFORM})
        platform = cast("Platform", self.market)
        options = {"reader": "r", "store": True} | options
        return collect(platform, self.ledger, judgement, lambda: self.market.now, **options)

    def mark(self) -> Mark:
        mark = self.ledger.mark("woocommerce", "magaza.test")
        assert mark is not None
        return mark


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db", "api.test/115")
    orders = [
        an_order(id=str(number), number=str(number), updated_at=START - timedelta(minutes=number))
        for number in range(1, 11)
    ]
    yield Desk(Market(orders), ledger)
    ledger.close()


def test_an_answer_that_is_suddenly_empty_raises_an_alarm_and_the_mark_stays(desk: Desk) -> None:
    desk.poll()
    desk.market.orders, kept = [], desk.market.orders
    silent = desk.poll(hours=1)
    assert silent.error is not None
    assert "showed 0 of 10 orders that must be there" in silent.error.message
    assert (desk.mark().mark, desk.mark().doubted_since) == (START, START + timedelta(hours=1))
    desk.market.orders = kept
    assert desk.poll(hours=1).error is None
    assert (desk.mark().mark, desk.mark().doubted_since) == (START + timedelta(hours=2), None)


@pytest.mark.parametrize(("shown", "believed"), [(4, False), (5, True)])
def test_under_half_is_not_believed_and_half_is(shown: int, believed: bool, desk: Desk) -> None:
    desk.poll()
    desk.market.orders = desk.market.orders[:shown]
    assert (desk.poll(hours=1).error is None) is believed


def test_three_missing_orders_prove_nothing(desk: Desk) -> None:
    desk.market.orders = desk.market.orders[:3]
    desk.poll()
    desk.market.orders = []
    assert desk.poll(hours=1).error is None


def test_after_six_hours_of_the_same_the_answer_is_believed_and_not_doubted_again(desk: Desk) -> None:
    desk.poll()
    desk.market.orders = []
    errors = [desk.poll(hours=hours).error is not None for hours in (1, 3, 2, 2)]
    assert errors == [True, True, True, False]
    assert desk.mark().mark == START + timedelta(hours=8)
    assert desk.poll(hours=30).rescanned
    assert desk.mark().mark == START + timedelta(hours=38)


def test_a_quiet_time_in_which_nothing_had_changed_is_no_outage(desk: Desk) -> None:
    desk.poll()
    desk.poll(hours=5)
    desk.market.orders = []
    assert desk.poll(hours=1).error is None


def test_orders_shown_as_unchanged_count_as_shown(desk: Desk) -> None:
    desk.poll()

    def unchanged(_since: datetime, *, rescan: bool = False) -> Iterator[Page]:
        yield Page((), unchanged=tuple(order.id for order in desk.market.orders))
        yield Page((), desk.market.now)

    desk.market.changes = unchanged  # type: ignore[method-assign]
    assert desk.poll(hours=1).error is None


def test_once_a_day_what_changed_long_before_is_read_again(desk: Desk) -> None:
    for hours in (0, 10, 10, 10, 10):
        desk.poll(hours=hours)
    whole, *later = desk.market.asked
    assert whole == (datetime(2026, 10, 31, 21, 0, tzinfo=UTC), True)
    assert later == [
        (START, False),
        (START + timedelta(hours=10), False),
        (START + timedelta(hours=30 - 14 * 24), True),
        (START + timedelta(hours=30), False),
    ]


def test_what_an_outage_hid_is_found_by_the_next_rescan(desk: Desk) -> None:
    hidden = an_order(id="99", number="99", updated_at=START + timedelta(hours=1))
    desk.poll()
    desk.poll(hours=10)
    desk.market.orders.append(hidden)  # stamped long before the mark
    assert desk.poll(hours=5).seen == 0
    assert desk.poll(hours=10).rescanned
    assert stands(desk, "99")[0] is State.WAITING


def test_a_dry_run_never_rescans(desk: Desk) -> None:
    desk.poll()
    desk.poll(hours=30, store=False)
    assert desk.market.asked[-1] == (START, False)


def test_reading_ends_between_two_pages_when_asked_and_the_mark_stays(desk: Desk) -> None:
    desk.poll()

    def stop() -> None:
        raise asked_to_stop()

    with pytest.raises(Stopped):
        desk.poll(hours=1, between=stop)
    assert desk.mark().mark == START


def test_an_unknown_status_word_is_kept_and_logged_once(desk: Desk) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    try:
        for hours in (0, 1):
            desk.market.orders[0] = replace(
                desk.market.orders[0], status=Status.OTHER, status_text="Beklemede", number=f"1-{hours}"
            )
            desk.poll(hours=hours)
    finally:
        logger.remove(sink)
    assert [line for line in lines if "Beklemede" in line] == [
        "site: the status 'Beklemede' is not known and fires no rule; map it with `statuses` if it should\n"
    ]


def held(order: Order, desk: Desk, key: OrderKey | None = None) -> str:
    context = PlanContext(a_rule(), PLATFORM, date(2026, 11, 24), ISTANBUL)
    with pytest.raises(Hold) as caught:
        plan_order(key or OrderKey("woocommerce", "magaza.test", order.id), "site/1", order, context,
                   LedgerKnowledge(desk.ledger))  # fmt: skip
    return caught.value.code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"export": Export(micro=True)}, "export-order"),
        ({"export": Export(intermediated=True)}, "export-order"),
        ({"doubts": (Doubt("amount-unclear", "its lines contradict each other"),)}, "amount-unclear"),
    ],
)
def test_orders_that_follow_other_rules_or_are_in_doubt_wait_for_a_person(
    changes: dict[str, Any], code: str, desk: Desk
) -> None:
    assert held(an_order(**changes), desk) == code


def test_a_part_that_was_split_off_from_an_invoiced_package_is_held_though_it_names_no_origin(desk: Desk) -> None:
    parent = an_order(id="1", number="77", status=Status.SHIPPED)
    desk.market.orders = [parent]
    desk.poll()
    row = desk.ledger.orders.named("site", "77")[0]
    desk.ledger.orders.change(row, "", START, invoice_id="400", status=Status.CANCELLED.value)
    child = an_order(id="2", number="77", lines=(a_line(id="new"),))
    other = an_order(id="3", number="77", lines=(a_line(id="o", code="BASKA", name="Başka"),))
    assert [
        desk.ledger.orders.claimed_by_another(OrderKey("woocommerce", "magaza.test", order.id), order)
        for order in (child, other)
    ] == ["77#1", None]


def test_pieces_of_one_line_in_two_packages_are_two_sales_and_a_repacked_piece_is_not(desk: Desk) -> None:
    line = a_line(id="7", pieces=("71",))
    desk.market.orders = [an_order(id="1", number="77", lines=(line,))]
    desk.poll()
    row = desk.ledger.orders.named("site", "77")[0]
    with desk.ledger._database.write() as connection:
        give_invoice(connection, row.ledger_id, "400", START)
    packages = {
        "sibling": an_order(id="2", number="77", lines=(replace(line, pieces=("72",)),)),
        "repacked": an_order(id="3", number="77", lines=(replace(line, pieces=("71",)),)),
        "without pieces": an_order(id="4", number="77", lines=(replace(line, pieces=()),)),
    }
    assert {
        name: desk.ledger.orders.claimed_by_another(OrderKey("woocommerce", "magaza.test", order.id), order)
        for name, order in packages.items()
    } == {"sibling": None, "repacked": "77#1", "without pieces": "77#1"}


def invoiced(desk: Desk, order: Order) -> None:
    desk.market.orders = [order]
    desk.poll()
    row = desk.ledger.orders.named("site", order.number)[0]
    with desk.ledger._database.write() as connection:
        give_invoice(connection, row.ledger_id, "400", START)
    desk.ledger.orders.change(desk.ledger.orders.named("site", order.number)[0], "", START, state=State.INVOICED.value)


def stands(desk: Desk, number: str) -> tuple[State, str | None]:
    row = desk.ledger.orders.named("site", number)[0]
    return row.state, row.hold_code


def test_an_order_that_shrinks_after_its_invoice_is_held_and_so_is_where_its_goods_went(desk: Desk) -> None:
    order = an_order(id="1", number="77", status=Status.SHIPPED, lines=(a_line(id="a"), a_line(id="b", code="B")))
    invoiced(desk, order)
    desk.market.orders = [replace(order, lines=order.lines[:1], total=order.lines[0].total)]
    desk.poll(hours=1)
    assert stands(desk, "77") == (State.HELD, "order-changed")
    moved = an_order(id="2", number="77", lines=(a_line(id="new", code="B"),))
    assert desk.ledger.orders.claimed_by_another(OrderKey("woocommerce", "magaza.test", "2"), moved) == "77#1"


def test_an_invoiced_order_that_other_settings_read_otherwise_is_no_change_at_the_platform(desk: Desk) -> None:
    order = an_order(id="1", number="77", status=Status.SHIPPED)
    invoiced(desk, order)
    desk.market.orders = [
        replace(order, total=order.total + 5, lines=(replace(order.lines[0], total=order.total + 5),))
    ]
    desk.poll(hours=1)
    assert stands(desk, "77") == (State.INVOICED, None)


def test_a_package_that_went_into_another_one_is_remembered_only_when_it_was_known(desk: Desk) -> None:
    gone = an_order(id="1", number="77", status=Status.OTHER, lines=(), status_text="MergedInto")
    desk.market.orders = [gone]
    desk.poll()
    assert desk.ledger.orders.named("site", "77") == []
    desk.market.orders = [an_order(id="1", number="77")]
    desk.poll(hours=1)
    desk.market.orders = [gone]
    desk.poll(hours=1)
    assert stands(desk, "77")[0] is State.WAITING


def test_an_older_version_of_an_order_is_ignored_where_versions_only_rise(desk: Desk) -> None:
    desk.market.versions = True
    newer = an_order(id="1", number="77", status=Status.CANCELLED, updated_at=START)
    desk.market.orders = [newer]
    desk.poll()
    desk.market.orders = [replace(newer, status=Status.SHIPPED, updated_at=START - timedelta(minutes=9))]
    desk.poll(hours=1)
    assert stands(desk, "77")[0] is State.ENDED


def test_a_doubt_waits_for_the_last_of_several_windows(desk: Desk) -> None:
    desk.poll()

    def two_windows(_since: datetime, *, rescan: bool = False) -> Iterator[Page]:
        yield Page((), START)
        yield Page(tuple(Record({"id": one.id, "lines": 1}, one, one.id, one.number) for one in desk.market.orders))
        yield Page((), desk.market.now)

    desk.market.changes = two_windows  # type: ignore[method-assign]
    assert desk.poll(hours=1).error is None
    assert desk.mark().mark == START + timedelta(hours=1)


def test_what_an_uncertain_clock_may_hide_is_not_expected(desk: Desk) -> None:
    desk.market.expect = timedelta(minutes=4)
    desk.poll()
    desk.market.orders = desk.market.orders[:2]  # the other eight changed more than four minutes before the mark
    assert desk.poll(hours=1).error is None


def test_something_unexpected_at_one_platform_is_its_error_alone(desk: Desk) -> None:
    def broken(_since: datetime, *, rescan: bool = False) -> Iterator[Page]:
        raise RuntimeError("no gzip")
        yield

    desk.market.changes = broken  # type: ignore[method-assign]
    error = desk.poll().error
    assert error is not None
    assert "something unexpected happened while it was read (RuntimeError)" in error.message


def test_a_mark_from_a_clock_that_was_ahead_is_no_reason_to_read_nothing(desk: Desk) -> None:
    desk.poll()
    desk.ledger.set_mark(replace(desk.mark(), mark=START + timedelta(days=2), rescanned_at=START + timedelta(days=2)))
    assert desk.poll(hours=1).rescanned
    assert desk.mark().mark == START + timedelta(hours=1)
    desk.poll(hours=1)
    assert desk.market.asked[-1] == (START + timedelta(hours=1), False)


def test_records_without_an_id_are_held_each_for_itself(desk: Desk) -> None:
    def nameless(_since: datetime, *, rescan: bool = False) -> Iterator[Page]:
        problem = Hold("record-unreadable", "id is missing")
        yield Page(tuple(Record({"number": number}, None, "", number, problem) for number in ("5", "6")))
        yield Page((), desk.market.now)

    desk.market.changes = nameless  # type: ignore[method-assign]
    desk.poll()
    assert [stands(desk, number) for number in ("5", "6")] == [(State.HELD, "record-unreadable")] * 2


def test_an_invoiced_order_that_can_no_longer_be_read_is_held_and_let_go_when_it_can(desk: Desk) -> None:
    order = an_order(id="1", number="77", status=Status.SHIPPED)
    invoiced(desk, order)

    def unreadable(_since: datetime, *, rescan: bool = False) -> Iterator[Page]:
        problem = Hold("record-unreadable", "a line has no quantity")
        yield Page((Record({"id": "1", "lines": 9}, None, "1", "77", problem),))
        yield Page((), desk.market.now)

    readable = desk.market.changes
    desk.market.changes = unreadable  # type: ignore[method-assign]
    desk.poll(hours=1)
    assert stands(desk, "77") == (State.HELD, "record-unreadable")
    desk.market.changes = readable  # type: ignore[method-assign]
    desk.poll(hours=1)
    assert stands(desk, "77") == (State.INVOICED, None)


def test_a_due_order_that_is_returned_before_its_invoice_waits_for_a_person(desk: Desk) -> None:
    order = an_order(id="1", number="77", status=Status.SHIPPED)
    desk.market.orders = [order]
    desk.poll()
    desk.market.orders = [replace(order, status=Status.RETURNED)]
    desk.poll(hours=1)
    assert stands(desk, "77") == (State.HELD, "returned-before-invoice")
