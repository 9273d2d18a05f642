"""What lost answers must never bring about: orders that wait for ever, requests without end, other people's money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from factories import a_mapping, a_rule
from lost_writes import (
    SECOND_LOOK,
    SETTLED,
    WRITES,
    carry_out,
    live,
    opened,
    row,
    steps,
    unsettled,
)
from worlds import World

from syncd.config.settings import PaymentChoice
from syncd.ledger.order_row import State
from syncd.sandbox.faults import Fault
from syncd.sandbox.parasut.people import act
from syncd.sync.clock import accept_clock
from syncd.sync.decisions import resolve, retry, set_paused
from syncd.sync.settling import Settling, wait_for

Make = Callable[..., World]
NOBODYS_NUMBER = "11111111110"


def lose(here: World, path: str, **fault: int) -> None:
    here.sandbox.faults.add(Fault("close_before", "POST", path, **fault))


def runs(here: World, times: int, **span: float) -> None:
    for _ in range(times):
        here.later(**span)
        here.apply()


def gets(here: World, resource: str) -> int:
    paths = [one.path.split("?")[0] for one in here.sandbox.traffic if one.method == "GET"]
    return sum(path.endswith(f"/{resource}") for path in paths)


# nothing waits for ever


def test_an_order_goes_on_when_the_run_that_settled_its_step_was_killed_before_it_could(
    world: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(orders=1)
    lose(here, "sales_invoices$")
    here.apply()
    here.later(seconds=SETTLED)
    with monkeypatch.context() as patched:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(Settling, "_let_go_on", killed)
        with pytest.raises(KeyboardInterrupt):
            here.apply()
    assert row(here).state is State.SETTLING
    assert unsettled(here) == []
    runs(here, 1, minutes=5)
    assert row(here).state is State.INVOICED
    assert len(live(here)) == 1


def test_an_order_whose_step_is_known_by_now_waits_for_it_no_more(world: Make) -> None:
    """Somebody settled it while another still saw it unsettled."""
    here = world(orders=1)
    lose(here, "sales_invoices$")
    here.apply()
    (seen,) = unsettled(here)
    here.later(seconds=SETTLED)
    with opened(here) as workshop:
        resolved = resolve(row(here), workshop, adopt=None)
        wait_for(seen, resolved, workshop.ledger, here.now)
    assert row(here).state is State.DUE
    runs(here, 1, minutes=5)
    assert row(here).state is State.INVOICED


@pytest.mark.parametrize("clock", [{"days": 3}, {"days": 1500}])
def test_a_lost_answer_under_a_clock_that_was_ahead_is_looked_for_when_it_is_right(
    world: Make, clock: dict[str, int]
) -> None:
    here = world(orders=1)
    here.later(**clock)
    lose(here, "sales_invoices$")
    here.apply()
    here.now -= timedelta(**clock)
    with opened(here) as workshop:
        accept_clock(workshop.ledger, here.now)
    runs(here, 2, minutes=5)
    assert row(here).state is State.INVOICED


def test_an_order_that_was_put_off_under_a_clock_that_was_ahead_goes_on_when_it_is_right(world: Make) -> None:
    here = world(orders=1)
    with opened(here) as workshop:
        set_paused(None, True, workshop)
    here.apply()
    with opened(here) as workshop:
        workshop.ledger.orders.change(row(here), "", here.now, next_at=here.now + timedelta(days=3))
        set_paused(None, False, workshop)
    here.apply()
    assert row(here).state is State.DUE
    with opened(here) as workshop:
        accept_clock(workshop.ledger, here.now)
    here.apply()
    assert row(here).state is State.INVOICED


@pytest.mark.parametrize("answer", ["404", "410", "kept"])
def test_a_payment_of_an_invoice_that_a_person_deleted_stops_no_other_order(world: Make, answer: str) -> None:
    write = WRITES["payment"]
    here = world(orders=1, rules=(write.rule,), **{**write.options, "deleted_answer": answer})
    lose(here, "payments$")
    here.apply()
    act(here.sandbox.parasut, {"act": "delete_invoice", "invoice": live(here)[0]})
    here.again(15, 500)
    runs(here, 3, seconds=SETTLED)
    assert row(here).state is State.HELD
    assert row(here, "500").state is State.INVOICED


def test_a_look_that_is_refused_keeps_its_order_waiting_and_no_other(world: Make) -> None:
    here = world(orders=2)
    lose(here, "sales_invoices$")
    here.apply(order=("site", "15"))
    step = unsettled(here)[0]
    here.sandbox.faults.add(Fault("403", "GET", "sales_invoices$"))
    here.later(seconds=SETTLED)
    report = here.apply()
    assert report.stopped is None
    assert row(here).state is State.SETTLING
    assert row(here, "16").state is State.INVOICED
    assert [one.identity for one in unsettled(here)] == [step.identity]
    runs(here, 1, seconds=SETTLED)
    assert row(here).state is State.INVOICED


def test_the_orders_of_a_canary_rule_wait_for_no_invoice_that_never_was(world: Make) -> None:
    """The answer to its first was lost, nothing was made, and the order was cancelled before it was sent again."""
    here = world(orders=3, rules=(a_rule(canary=True),))
    lose(here, "sales_invoices$")
    here.apply()
    here.sandbox.shop.set_status(15, "cancelled")
    runs(here, 3, seconds=SETTLED)
    assert row(here).state is State.ENDED
    assert len(live(here)) == 1


# no request without end


@pytest.mark.parametrize("name", ["contact with a tax number", "product", "sale"])
def test_what_the_server_never_answers_is_given_up_after_five_times(world: Make, name: str) -> None:
    write = WRITES[name]
    here = world(orders=1, rules=(write.rule,), **write.options)
    write.prepare(here)
    here.sandbox.faults.add(Fault("500", write.method, write.path, nth=0))
    runs(here, 6, minutes=3)
    assert (row(here).state, row(here).hold_code) == (State.HELD, "outcome-unknown")
    sent = [one for one in here.writes() if one.endswith(write.path.rstrip("$"))]
    assert len(sent) == 5


def test_a_lost_contact_without_a_key_is_looked_for_among_the_newest(world: Make) -> None:
    nameless = a_mapping(contact={"tax_number": "", "tax_office": "", "email": "", "phone": ""})
    here = world(orders=1, rules=(a_rule(mapping=nameless),))
    for number in range(1500):
        here.sandbox.parasut.add_contact(f"Kişi {number}")
    here.sandbox.faults.add(Fault("close_after", "POST", "contacts$"))
    here.apply()
    assert row(here).state is State.INVOICED
    assert gets(here, "contacts") < 20
    runs(here, 1, seconds=SECOND_LOOK)
    assert gets(here, "contacts") < 20


def test_the_first_lost_sale_beside_older_invoices_is_looked_for_among_the_newest(world: Make) -> None:
    """All of them lie before the day from which invoices are read."""
    here = world(orders=1)
    parasut = here.sandbox.parasut
    old = {"act": "hand_invoice", "contact": next(iter(parasut.contacts)), "total": "10.00", "vat_rate": 20}
    for _ in range(300):
        act(parasut, {**old, "description": "Elden", "issue_date": "2025-05-01"})
    here.sandbox.faults.add(Fault("close_after", "POST", "sales_invoices$"))
    here.apply()
    assert row(here).state is State.INVOICED
    assert gets(here, "sales_invoices") < 10


# the right buyer


def correct_the_buyer(here: World) -> None:
    order = here.sandbox.shop.orders[15]
    order["billing"] |= {"first_name": "Fatma", "last_name": "Demir", "email": "fatma@ornek.test"}
    for meta in order["meta_data"]:
        if meta["value"] == "10000000146":
            meta["value"] = NOBODYS_NUMBER
    here.sandbox.shop.touch(15)


def test_a_buyer_that_was_corrected_while_the_contact_settled_gets_a_contact_of_their_own(world: Make) -> None:
    here = world(orders=1)
    lose(here, "contacts$")
    here.apply()
    correct_the_buyer(here)
    runs(here, 1, seconds=SETTLED)
    parasut = here.sandbox.parasut
    (invoice,) = parasut.invoices.values()
    contact = parasut.contacts[invoice.links["contact"] or ""]
    assert (contact["name"], contact["email"], contact["tax_number"]) == (
        "Fatma Demir",
        "fatma@ornek.test",
        NOBODYS_NUMBER,
    )
    assert row(here).state is State.INVOICED


def test_an_invoice_that_names_the_buyer_of_before_is_told(world: Make) -> None:
    here = world(orders=1)
    lose(here, "sales_invoices$")
    here.apply()
    correct_the_buyer(here)
    runs(here, 1, seconds=SETTLED)
    assert (row(here).state, row(here).hold_code) == (State.HELD, "contact-changed")
    assert live(here) == [row(here).invoice_id]


# the right goods


def swap_the_goods(here: World) -> None:
    """Another article of the same price."""
    order = here.sandbox.shop.orders[15]
    order["line_items"][0] |= {"sku": "YENI-77", "name": "Başka termos"}
    here.sandbox.shop.touch(15)


def codes(here: World) -> list[str]:
    """What the order's live invoice consists of."""
    parasut = here.sandbox.parasut
    (only,) = live(here)
    return [
        str(parasut.products[line.links["product"] or ""]["code"]) for line in parasut.lines(parasut.invoices[only])
    ]


@pytest.mark.parametrize("made", [False, True])
def test_an_order_whose_goods_changed_while_it_settled_gets_an_invoice_of_what_it_is(world: Make, made: bool) -> None:
    here = world(orders=1)
    lose(here, "sales_invoices$")
    here.apply()
    (lost,) = unsettled(here)
    if made:
        assert carry_out(here, lost) == 201
    swap_the_goods(here)
    runs(here, 2, seconds=SETTLED)
    assert row(here).state is State.INVOICED
    assert "YENI-77" in codes(here)
    assert live(here) == [row(here).invoice_id]
    runs(here, 1, seconds=SECOND_LOOK)
    assert live(here) == [row(here).invoice_id]


def test_an_order_that_stayed_as_it_was_keeps_the_invoice_of_its_stored_request(world: Make) -> None:
    here = world(orders=1)
    lose(here, "sales_invoices$")
    here.apply()
    runs(here, 1, seconds=SETTLED)
    assert row(here).state is State.INVOICED
    assert [one for one in here.writes() if one.startswith("DELETE")] == []


# other people's money


def test_a_payment_is_not_sent_again_when_a_part_was_paid_by_hand(world: Make) -> None:
    write = WRITES["payment"]
    here = world(orders=1, rules=(write.rule,), **{**write.options, "over_payment": "accept"})
    lose(here, "payments$")
    here.apply()
    act(here.sandbox.parasut, {"act": "pay_invoice", "invoice": live(here)[0], "amount": "500"})
    runs(here, 2, seconds=SETTLED)
    assert [one["amount"] for one in here.sandbox.parasut.payments.values()] == [Decimal(500)]
    assert (row(here).state, row(here).hold_code) == (State.HELD, "paid-twice")


def test_a_payment_by_hand_of_the_same_amount_and_day_is_not_taken_for_ours(world: Make) -> None:
    """Half of an invoice made by hand is paid; ours of the other half is lost, and was not carried out."""
    here = world(orders=1, rules=(a_rule(payment={"*": PaymentChoice("iyzico")}),), cash_sale="ignored")
    parasut = here.sandbox.parasut
    buyer = {"name": "Ayşe Yılmaz", "tax_number": "10000000146", "email": "ayse@ornek.test"}
    half, day = WRITES["sale"].total / 2, "2026-11-23"
    by_hand = {"act": "hand_invoice", "contact": buyer, "total": WRITES["sale"].total, "vat_rate": 20}
    act(parasut, {**by_hand, "description": "Elden", "order_no": "15"})
    (invoice,) = parasut.invoices.values()
    invoice.attributes["order_date"] = day
    act(parasut, {"act": "pay_invoice", "invoice": invoice.id, "amount": half, "date": day})
    lose(here, "payments$")
    here.apply()
    assert row(here).state is State.SETTLING
    runs(here, 1, seconds=SETTLED)
    assert row(here).state is State.INVOICED
    assert [one["amount"] for one in parasut.payments.values()] == [half, half]
    assert live(here) == [invoice.id]


# drafts that people took in hand


def paid(here: World, draft: str) -> None:
    act(here.sandbox.parasut, {"act": "pay_invoice", "invoice": draft, "amount": "50"})


def numbered(here: World, draft: str) -> None:
    act(here.sandbox.parasut, {"act": "edit_invoice", "invoice": draft, "attributes": {"order_no": "ELLE-1"}})


def dated(here: World, draft: str) -> None:
    act(here.sandbox.parasut, {"act": "edit_invoice", "invoice": draft, "attributes": {"issue_date": "2026-11-20"}})


def discounted(here: World, draft: str) -> None:
    change = {"discount_type": "amount", "discount_value": Decimal("7.77")}
    act(here.sandbox.parasut, {"act": "edit_line", "invoice": draft, "line": 1, "attributes": change})


def given_to_another(here: World, draft: str) -> None:
    books = here.sandbox.parasut
    act(books, {"act": "make_contact", "attributes": {"name": "Zeki Er"}})
    books.invoices[draft].links["contact"] = list(books.contacts)[-1]


@pytest.mark.parametrize("take_in_hand", [paid, numbered, dated, discounted, given_to_another])
def test_a_wrong_draft_that_a_person_took_in_hand_is_not_deleted_later(
    world: Make, take_in_hand: Callable[[World, str], None]
) -> None:
    write = WRITES["deletion"]
    here = world(orders=1, rules=(write.rule,), **write.options)
    write.prepare(here)
    here.sandbox.faults.add(Fault("close_before", "DELETE", "sales_invoices/"))
    here.apply()
    (draft,) = live(here)
    assert [step.state for step in steps(here, "delete")] == ["unknown"]
    take_in_hand(here, draft)
    runs(here, 2, minutes=5)
    assert live(here) == [draft]
    assert row(here).hold_code == "invoice-amount-differs"


def test_a_wrong_draft_that_nobody_touched_is_deleted_later(world: Make) -> None:
    write = WRITES["deletion"]
    here = world(orders=1, rules=(write.rule,), **write.options)
    write.prepare(here)
    here.sandbox.faults.add(Fault("close_before", "DELETE", "sales_invoices/"))
    here.apply()
    (draft,) = live(here)
    runs(here, 1, minutes=5)
    assert row(here).state is State.INVOICED
    assert live(here) == [row(here).invoice_id] != [draft]


def found_later(world: Make, name: str = "sale") -> tuple[World, str]:
    """The invoice is there, but nobody has looked since; its id."""
    write = WRITES[name]
    here = world(orders=1, **write.options)
    write.prepare(here)
    lose(here, "sales_invoices$")
    here.apply()
    (lost,) = unsettled(here)
    assert carry_out(here, lost) == 201
    return here, live(here)[0]


def test_an_invoice_found_later_that_a_person_paid_is_not_replaced_when_the_goods_changed(world: Make) -> None:
    here, made = found_later(world)
    paid(here, made)
    swap_the_goods(here)
    runs(here, 2, seconds=SETTLED)
    assert live(here) == [made]
    assert len(here.sandbox.parasut.payments) == 1
    assert row(here).state is State.HELD


@pytest.mark.parametrize("take_in_hand", [paid, dated])
def test_a_wrong_draft_found_later_that_a_person_took_in_hand_is_not_deleted(
    world: Make, take_in_hand: Callable[[World, str], None]
) -> None:
    here, made = found_later(world, "deletion")
    take_in_hand(here, made)
    here.later(hours=5)
    runs(here, 2, seconds=SETTLED)
    assert live(here) == [made]
    assert (row(here).state, row(here).hold_code) == (State.HELD, "invoice-amount-differs")


def test_a_price_that_a_person_corrected_before_the_draft_was_found_stays(world: Make) -> None:
    here, made = found_later(world)
    discount = {"act": "edit_line", "invoice": made, "line": 1, "attributes": {"unit_price": "400"}}
    act(here.sandbox.parasut, discount)
    here.later(hours=5)
    runs(here, 2, seconds=SETTLED)
    assert live(here) == [made]
    assert (row(here).state, row(here).hold_code) == (State.HELD, "invoice-amount-differs")


@pytest.mark.parametrize("fault", ["close_after", None])
def test_a_retry_a_week_later_deletes_no_invoice(world: Make, fault: str | None) -> None:
    here = world(orders=1)
    if fault is not None:
        here.sandbox.faults.add(Fault(fault, "POST", "sales_invoices$"))
    here.apply()
    (made,) = live(here)
    here.later(days=7)
    swap_the_goods(here)
    here.sandbox.shop.orders[15]["line_items"][0]["quantity"] = 1
    here.sandbox.shop.touch(15)
    here.apply()
    assert row(here).hold_code == "order-changed"
    with opened(here) as workshop:
        retry(row(here), workshop)
    runs(here, 2, minutes=5)
    assert live(here) == [made]
