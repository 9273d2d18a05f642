"""The invoices that were seen, and giving one to an order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from factories import KEY, NOW

from syncd.ledger.invoices import SeenInvoice, key_of, marker_in
from syncd.ledger.ledger import Ledger, open_ledger
from syncd.ledger.order_row import OrderKey, OrderRow, State
from syncd.ledger.steps import BY_MARK, StepRow, StepState


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    opened = open_ledger("sqlite:///:memory:", "parasut.test/115", NOW)
    yield opened
    opened.close()


def seen(number: int, **changes: Any) -> SeenInvoice:
    invoice = SeenInvoice(str(number), "", "1042", date(2026, 11, 23), "7", date(2026, 11, 24), Decimal("120.0"), "TRL")
    return SeenInvoice(**{**{name: getattr(invoice, name) for name in invoice.__slots__}, **changes})


def an_order_row(ledger: Ledger, key: OrderKey = KEY) -> OrderRow:
    row = OrderRow(
        connector=key.connector,
        account=key.account,
        package=key.package,
        platform="site",
        number=key.package,
        status="preparing",
        fingerprint="",
        seen_at=NOW,
        changed_at=NOW,
        state=State.DUE,
    )
    ledger.orders.save([(row, {})])
    return ledger.orders.many([key])[key]


def adopt(ledger: Ledger, row: OrderRow, invoice: str = "400001") -> OrderRow:
    return ledger.steps.adopt(f"sale {row.key}#1", row.ledger_id, invoice, NOW, BY_MARK, text="adopted")


@pytest.mark.parametrize(
    ("description", "marker"),
    [
        ("Web 1042 [sale woocommerce/magaza.test/42]", "[sale woocommerce/magaza.test/42]"),
        ("[sale a/b/1] Web [sale woocommerce/magaza.test/42] ", "[sale woocommerce/magaza.test/42]"),
        ("[sale woocommerce/magaza.test/42] düzeltildi", ""),
        ("Satış", ""),
    ],
)
def test_a_mark_ends_the_description(description: str, marker: str) -> None:
    assert marker_in(description) == marker


def test_a_mark_is_read_with_the_accounts_that_are_known() -> None:
    accounts = [("woocommerce", "magaza.test"), ("woocommerce", "magaza.test/dukkan")]
    mark = "[sale woocommerce/magaza.test/dukkan/42]"
    assert key_of(mark, accounts) == OrderKey("woocommerce", "magaza.test/dukkan", "42")
    assert key_of(mark, accounts[:1]) == OrderKey("woocommerce", "magaza.test", "dukkan/42")
    assert key_of(mark, [("woocommerce", "baska.test")]) is None


def test_what_an_order_has_is_found_for_no_other(ledger: Ledger) -> None:
    ledger.invoices.store([seen(400001, marker=KEY.marker), seen(400002), seen(400003)], NOW)
    total, day = {Decimal("120.00")}, date(2026, 11, 24)
    assert [one.id for one in ledger.invoices.by_order_no("1042", date(2026, 11, 23), total, "TRL")] == [
        "400002",
        "400003",
    ]
    adopt(ledger, an_order_row(ledger))
    adopt(ledger, an_order_row(ledger, OrderKey("woocommerce", "magaza.test", "43")), "400002")
    assert ledger.invoices.by_marker(KEY.marker) == []
    assert list(ledger.invoices.marked()) == []
    assert [one.id for one in ledger.invoices.candidates(["7"], day, day, total, "TRL")] == ["400003"]


def test_adopting_settles_a_sale_whose_outcome_is_unknown_and_keeps_what_was_noted(ledger: Ledger) -> None:
    row = an_order_row(ledger)
    identity = f"sale {row.key}#1"
    sent = StepRow(
        identity,
        "sale",
        row.id,
        StepState.INTENDED,
        "POST",
        "sales_invoices",
        [],
        "{}",
        "400000",
        1,
        NOW,
        doubted_at=NOW,
    )
    ledger.steps.intend(sent)
    assert adopt(ledger, row).invoice_id == "400001"
    step = ledger.steps.get(identity)
    assert step is not None
    assert (step.state, step.remote_id, step.fence, step.doubted_at) == (StepState.DONE, "400001", "400000", NOW)


def test_an_invoice_is_given_once(ledger: Ledger) -> None:
    row = adopt(ledger, an_order_row(ledger))
    with pytest.raises(ValueError, match="done already"):
        adopt(ledger, row, "400002")
    with pytest.raises(ValueError, match="another order has the invoice 400001"):
        adopt(ledger, an_order_row(ledger, OrderKey("woocommerce", "magaza.test", "43")))


def test_a_draft_that_syncd_deleted_is_forgotten(ledger: Ledger) -> None:
    row = adopt(ledger, an_order_row(ledger))
    ledger.invoices.store([seen(400001, marker=KEY.marker)], NOW)
    identity = f"delete sale {row.key}#1"
    ledger.steps.intend(
        StepRow(identity, "delete", row.id, StepState.INTENDED, "DELETE", "sales_invoices/400001", [], "", "0", 1, NOW)
    )
    ledger.steps.finish(identity, StepState.DONE, NOW)
    assert ledger.invoices.by_marker(KEY.marker) == []


def test_a_new_ledger_remembers_when_it_began(ledger: Ledger) -> None:
    assert ledger.setting("began") == NOW.isoformat()
