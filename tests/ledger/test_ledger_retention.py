"""What retention removes, from which orders, and what stays for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from factories import VKN, a_company_order, an_order
from ledger_rows import THEN, a_row, a_step, opened, saved, stepped

from syncd.errors import Hold
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import State
from syncd.ledger.pruning import still_pruned
from syncd.ledger.steps import StepState
from syncd.orders.json import order_to_json
from syncd.orders.order import Address, Doubt, Order, Payment, Return, Shipment
from syncd.orders.personal import without_personal_data

LATER = THEN + timedelta(days=401)
BEFORE = LATER - timedelta(days=400)

PRIVATE = Address("Ayşe Yılmaz", "Moda Cad. 12/3", "Kadıköy", "İstanbul", "34710", "TR")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return opened(tmp_path)


def private(**changes: object) -> Order:
    """An order that says everything about its buyer."""
    return a_company_order(
        **{
            "billing": PRIVATE,
            "shipping": PRIVATE,
            "payment": Payment("iyzico", "Kredi kartı", THEN, "iyzico", "IYZ-987"),
            "shipment": Shipment("Yurtiçi", "", "TRACK-555", THEN),
            "coupons": ("AYSE10",),
            "returns": (Return("r1", Decimal("10.00"), "rengi Ayşe'ye yakışmadı", THEN),),
            "doubts": (Doubt("identity-unclear", "Ayşe Yılmaz", "Ayşe"),),
            "note": "Zili çalmayın, Ayşe",
            **changes,
        }
    )


TRACES = ("Ayşe", "Moda Cad", "Kadıköy", "Demir", VKN, "Çankaya", "demir.test", "AYSE10", "TRACK-555", "IYZ-987")


def test_what_says_who_bought_is_gone_and_what_was_sold_stays() -> None:
    order = private()
    kept = without_personal_data(order)
    text = str(order_to_json(kept))
    assert [trace for trace in TRACES if trace in text] == []
    assert (kept.id, kept.number, kept.customer_id, kept.lines, kept.total) == (
        order.id,
        order.number,
        order.customer_id,
        order.lines,
        order.total,
    )
    assert [back.total for back in kept.returns] == [Decimal("10.00")]


def test_a_pruned_order_leaves_no_trace_in_the_files(ledger: Ledger, tmp_path: Path) -> None:
    row = saved(ledger, a_row(private()), {"buyer": "Ayşe Yılmaz", "pad": "Moda Cad. 12/3 " * 2000})
    stepped(ledger, a_step(row, "contact", body='{"name":"Ayşe Yılmaz"}'))
    ledger.orders.change(row, "held (refused): Ayşe Yılmaz is no name", THEN)
    assert ledger.pruning.prune(BEFORE, LATER) == 1
    ledger.close()  # the last one to leave folds the write-ahead log in
    data = (tmp_path / "ledger.db").read_bytes()
    assert [trace for trace in TRACES if trace.encode() in data] == []
    assert not (tmp_path / "ledger.db-wal").exists()


def test_what_keeps_it_from_being_invoiced_again_stays(ledger: Ledger) -> None:
    row = saved(ledger, a_row(private()))
    stepped(ledger, a_step(row))  # done: gives the order its invoice, and claims its lines
    invoiced = ledger.orders.by_id(row.ledger_id)
    assert invoiced is not None
    ledger.orders.save([(a_row(private(), invoice_id="900"), None)])
    assert ledger.pruning.prune(BEFORE, LATER) == 1
    pruned = ledger.orders.get(row.key)
    assert pruned is not None
    assert pruned.pruned_at == LATER
    for name in ("fingerprint", "state", "invoice_id", "contact_id", "number", "total", "payable", "issue_date"):
        assert getattr(pruned, name) == getattr(a_row(private(), invoice_id="900"), name), name
    assert pruned.changed_at == THEN
    (step,) = ledger.steps.of_order(row.ledger_id)
    assert (step.identity, step.state, step.remote_id, step.body) == (f"sale {row.key}", StepState.DONE, "900", "")
    other = a_row(private(), package="43")
    assert ledger.orders.claimed_by_another(other.key, private(id="43")) is not None
    assert ledger.orders.contact_of_customer("woocommerce", "magaza.test", "7") == "70"


@pytest.mark.parametrize(
    ("state", "pruned"),
    [
        (State.INVOICED, True),
        (State.IGNORED, True),
        (State.ENDED, True),
        (State.LEFT, True),
        (State.WAITING, False),
        (State.DUE, False),
        (State.HELD, False),
    ],
)
def test_only_finished_orders_are_pruned(ledger: Ledger, state: State, pruned: bool) -> None:
    row = saved(ledger, a_row(state=state), {"id": 42})
    assert ledger.pruning.due(BEFORE) == int(pruned)
    assert ledger.pruning.prune(BEFORE, LATER) == int(pruned)
    assert ledger.orders.raw(row) == ({} if pruned else {"id": 42})


def test_an_order_that_changed_within_the_time_is_kept(ledger: Ledger) -> None:
    saved(ledger, a_row(changed_at=BEFORE))
    assert ledger.pruning.prune(BEFORE, LATER) == 0


@pytest.mark.parametrize("state", [StepState.INTENDED, StepState.UNKNOWN])
def test_an_order_with_an_open_step_is_kept_whole(ledger: Ledger, state: StepState) -> None:
    row = saved(ledger, a_row(), {"id": 42})
    stepped(ledger, a_step(row, state=state))
    assert ledger.pruning.prune(BEFORE, LATER) == 0
    assert ledger.steps.of_order(row.ledger_id)[0].body != ""


def test_words_of_a_refusal_go_and_those_of_a_step_that_is_done_stay(ledger: Ledger) -> None:
    row = saved(ledger, a_row())
    stepped(ledger, a_step(row, "contact", StepState.REFUSED), answer="Ayşe Yılmaz is no name")
    stepped(ledger, a_step(row), answer="adopted by hand")
    ledger.orders.save([(a_row(invoice_id="900"), None)])
    ledger.pruning.prune(BEFORE, LATER)
    assert [step.answer for step in ledger.steps.of_order(row.ledger_id)] == ["", "adopted by hand"]


def test_history_keeps_that_it_was_held_and_not_the_words(ledger: Ledger) -> None:
    row = saved(ledger, a_row())
    ledger.orders.change(row, "held (refused): Ayşe Yılmaz is no name: really", THEN)
    ledger.orders.change(row, "invoice 900 made", THEN)
    ledger.pruning.prune(BEFORE, LATER)
    assert [text for _, text in ledger.orders.history(row)] == ["held (refused)", "invoice 900 made"]


def test_batches_are_small_and_begin_with_the_oldest(ledger: Ledger) -> None:
    for number in range(5):
        saved(ledger, a_row(package=str(number), changed_at=THEN - timedelta(days=number)))
    assert [ledger.pruning.prune(BEFORE, LATER, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert ledger.pruning.due(BEFORE) == 0


def test_an_order_whose_record_could_not_be_read_is_pruned_too(ledger: Ledger) -> None:
    row = saved(ledger, a_row(document=None, state=State.IGNORED), {"first_name": "Ayşe"})
    assert ledger.pruning.prune(BEFORE, LATER) == 1
    assert ledger.orders.raw(row) == {}
    assert ledger.orders.get(row.key) == a_row(
        document=None, state=State.IGNORED, pruned_at=LATER, id=row.id, judged_by=""
    )


def test_no_document_can_be_made_of_a_pruned_order(ledger: Ledger) -> None:
    row = a_row(pruned_at=datetime(2027, 12, 31, 22, 0, tzinfo=UTC))
    with pytest.raises(Hold, match="removed on 2027-12-31") as caught:
        ledger.orders.whole(row)
    assert caught.value.code == "data-removed"


def test_rules_of_today_do_not_judge_what_was_removed(ledger: Ledger) -> None:
    saved(ledger, a_row(state=State.LEFT))
    assert len(ledger.orders.to_judge_again("today")) == 1
    ledger.pruning.prune(BEFORE, LATER)
    assert ledger.orders.to_judge_again("today") == []


def test_a_pruned_order_that_is_told_of_again_stays_so_unless_something_waits_for_it() -> None:
    again = LATER + timedelta(days=1)
    told = a_row(private(), pruned_at=LATER)
    kept = still_pruned(told, again)
    assert (kept.pruned_at, "Ayşe" in str(kept.document)) == (again, False)
    held = a_row(private(), pruned_at=LATER, state=State.HELD)
    assert still_pruned(held, again) == a_row(private(), state=State.HELD)
    assert still_pruned(a_row(an_order()), again) == a_row(an_order())


def test_a_pruned_order_is_never_stored_with_a_record(ledger: Ledger) -> None:
    row = saved(ledger, a_row(pruned_at=LATER), {"first_name": "Ayşe"})
    assert ledger.orders.raw(row) == {}
