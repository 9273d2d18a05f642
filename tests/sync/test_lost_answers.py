"""What becomes of requests whose answers were lost, for every kind of write, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from factories import a_mapping, a_rule
from lost_writes import (
    SECOND_LOOK,
    SETTLED,
    WRITES,
    books,
    carry_out,
    history,
    looks_to_come,
    opened,
    row,
    steps,
    unsettled,
)
from worlds import World

from syncd.config.settings import Settings
from syncd.errors import CompanyStopped, NotExecuted, UsageError
from syncd.ledger.order_row import State
from syncd.ledger.steps import StepLog, StepState
from syncd.parasut.transport import PacedTransport
from syncd.sandbox.faults import Fault
from syncd.sync import run
from syncd.sync.decisions import resolve, retry
from syncd.sync.report import Report

Make = Callable[..., World]


@pytest.fixture(autouse=True)
def one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test can say which order comes first."""
    monkeypatch.setattr(run, "orders_at_once", lambda _: 1)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str, bytes]]]:
    """Method, path and body of every write to Paraşüt that left, byte for byte."""
    left: list[tuple[str, str, bytes]] = []
    handle = httpx.HTTPTransport.handle_request

    def tapped(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if request.method != "GET" and "/v4/" in request.url.path:
            left.append((request.method, request.url.path.rsplit("/", 1)[-1], request.read()))
        return handle(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", tapped)
    yield left


def of_kind(world: Make, name: str, fault: str) -> World:
    """A world with one order whose write of that kind loses its answer."""
    write = WRITES[name]
    here = world(orders=1, rules=(write.rule,), **write.options)
    write.prepare(here)
    here.sandbox.faults.add(Fault(fault, write.method, write.path))
    return here


def undisturbed(world: Make, name: str) -> dict[str, Any]:
    """The books after the same order without any fault."""
    write = WRITES[name]
    there = world(orders=1, rules=(write.rule,), **write.options)
    write.prepare(there)
    there.folder /= "undisturbed"
    there.folder.mkdir()
    assert verdicts(there.apply()) == ["invoiced"]
    return books(there)


def verdicts(report: Report) -> list[str]:
    return [str(result.verdict) for result in report.results]


def codes(report: Report) -> list[str]:
    return [result.hold.code for result in report.results if result.hold is not None]


@pytest.mark.parametrize("name", [name for name in WRITES if name != "deletion"])
def test_what_was_carried_out_is_found_and_the_order_goes_on_in_the_same_run(world: Make, name: str) -> None:
    here = of_kind(world, name, "close_after")
    assert verdicts(here.apply()) == ["invoiced"]
    assert unsettled(here) == []
    assert books(here) == undisturbed(world, name)
    (step,) = looks_to_come(here)
    assert (step.kind, step.answer) == (WRITES[name].step, "found by looking")
    here.later(seconds=SECOND_LOOK)
    writes = here.writes()
    assert here.apply().results == []
    assert (here.writes(), looks_to_come(here)) == (writes, [])


@pytest.mark.parametrize("name", [name for name in WRITES if name != "deletion"])
def test_what_was_not_carried_out_is_sent_again_once_nothing_can_come_late(world: Make, name: str) -> None:
    here = of_kind(world, name, "close_before")
    assert verdicts(here.apply()) == ["waits"]
    waits = row(here)
    decides = WRITES[name].step in ("sale", "payment")
    assert waits.state is (State.SETTLING if decides else State.DUE)
    assert waits.next_at == here.now + timedelta(seconds=SETTLED - 1)
    assert "is not known yet; it is looked for" in waits.reason
    writes = here.writes()
    here.later(seconds=SETTLED - 2)
    assert verdicts(here.apply()) == ["waits"]
    assert here.writes() == writes
    here.later(seconds=2)
    assert verdicts(here.apply()) == ["invoiced"]
    assert books(here) == undisturbed(world, name)
    assert unsettled(here) == []


@pytest.mark.parametrize("name", [name for name in WRITES if name != "deletion"])
def test_what_is_carried_out_late_is_found_before_anything_is_sent_again(world: Make, name: str) -> None:
    here = of_kind(world, name, "close_before")
    here.apply()
    (step,) = unsettled(here)
    assert carry_out(here, step) == 201
    writes = [write for write in here.writes() if write.startswith(WRITES[name].method)]
    same = sum(write.split("?")[0].endswith(step.path) for write in writes)
    here.later(seconds=SETTLED)
    assert verdicts(here.apply()) == ["invoiced"]
    assert sum(write.split("?")[0].endswith(step.path) for write in here.writes()) == same
    assert books(here) == undisturbed(world, name)


@pytest.mark.parametrize("name", [name for name in WRITES if name not in ("deletion", "payment", "category")])
def test_what_comes_later_than_that_is_removed_at_the_second_look(world: Make, name: str) -> None:
    here = of_kind(world, name, "close_before")
    here.apply()
    (lost,) = unsettled(here)
    here.later(seconds=SETTLED)
    assert verdicts(here.apply()) == ["invoiced"]
    expected = undisturbed(world, name)
    assert books(here) == expected
    assert carry_out(here, lost) == 201
    assert books(here) != expected
    here.later(seconds=SECOND_LOOK)
    here.apply()
    assert books(here) == expected
    assert (looks_to_come(here), row(here).state) == ([], State.INVOICED)


def test_a_payment_that_comes_after_it_was_made_again_is_refused_by_paraşüt_itself(world: Make) -> None:
    here = of_kind(world, "payment", "close_before")
    here.apply()
    (lost,) = unsettled(here)
    here.later(seconds=SETTLED)
    assert verdicts(here.apply()) == ["invoiced"]
    assert carry_out(here, lost) == 422
    here.later(seconds=SECOND_LOOK)
    here.apply()
    assert (row(here).state, looks_to_come(here)) == (State.INVOICED, [])


@pytest.mark.parametrize("fault", ["close_after", "close_before", "500", "500_after"])
def test_a_deletion_whose_answer_was_lost_is_asked_again(world: Make, fault: str) -> None:
    here = of_kind(world, "deletion", fault)
    assert verdicts(here.apply()) == ["waits"]
    waits = row(here)
    assert (waits.state, waits.attempts) == (State.DUE, 1)
    here.later(seconds=31)
    assert verdicts(here.apply()) == ["invoiced"]
    assert [invoice["payable"] for invoice in here.invoices()] == [WRITES["deletion"].total]
    assert unsettled(here) == []


CARRIED_OUT = ("reset_after", "truncate", "cut", "html_200_after", "500_after", "502_after", "503_after", "504_after")
NOT_CARRIED_OUT = ("reset_before", "html_200", "500", "502", "502html", "503", "504", "556")


@pytest.mark.parametrize("fault", CARRIED_OUT)
def test_every_answer_that_says_nothing_is_looked_behind(world: Make, fault: str) -> None:
    here = of_kind(world, "sale", fault)
    assert verdicts(here.apply()) == ["invoiced"]
    assert (len(here.invoices()), here.writes().count("POST sales_invoices")) == (1, 1)


@pytest.mark.parametrize("fault", NOT_CARRIED_OUT)
def test_every_answer_that_says_nothing_is_waited_for(world: Make, fault: str) -> None:
    here = of_kind(world, "sale", fault)
    assert verdicts(here.apply()) == ["waits"]
    assert row(here).state is State.SETTLING
    here.later(seconds=SETTLED)
    assert verdicts(here.apply()) == ["invoiced"]
    assert len(here.invoices()) == 1


class Impatient(World):
    """A world that waits a second for an answer."""

    def settings(self) -> Settings:
        settings = super().settings()
        return replace(settings, parasut=replace(settings.parasut, timeout_seconds=1))


@pytest.mark.parametrize(
    ("fault", "verdict"), [("timeout_after", "invoiced"), ("hang", "waits"), ("late_hang", "waits")]
)
def test_an_answer_that_does_not_come_in_time_is_a_lost_one(world: Make, fault: str, verdict: str) -> None:
    made = world(orders=1)
    here = Impatient(made.sandbox, made.folder)
    here.sandbox.faults.add(Fault(fault, "POST", "sales_invoices$", seconds=30.0))
    assert verdicts(here.apply()) == [verdict]
    here.later(seconds=SETTLED)
    here.apply()
    assert len(here.invoices()) == 1


@pytest.mark.parametrize("name", ["contact with a tax number", "product", "sale"])
def test_the_stored_body_is_sent_byte_for_byte_and_keeps_its_fence(
    world: Make, sent: list[tuple[str, str, bytes]], name: str
) -> None:
    here = of_kind(world, name, "close_before")
    here.apply()
    (lost,) = unsettled(here)
    kinds = {"contact": "add_contact", "product": "add_product"}
    if lost.kind in kinds:  # somebody makes another one meanwhile
        getattr(here.sandbox.parasut, kinds[lost.kind])("Elle girilen")
    here.later(seconds=SETTLED)
    assert verdicts(here.apply()) == ["invoiced"]
    bodies = [body for method, path, body in sent if method == "POST" and path == lost.path]
    assert bodies == [lost.body.encode(), lost.body.encode()]
    (done,) = looks_to_come(here)
    assert (done.body, done.fence, done.attempts) == (lost.body, lost.fence, 2)


def test_the_body_of_the_first_time_is_sent_though_the_rule_was_changed_meanwhile(world: Make) -> None:
    here = of_kind(world, "sale", "close_before")
    here.apply()
    (lost,) = unsettled(here)
    here.rules = (a_rule(mapping=a_mapping(invoice={"invoice_note": "Yeni not"})),)
    here.later(seconds=SETTLED)
    assert verdicts(here.apply()) == ["invoiced"]
    (done,) = looks_to_come(here)
    assert done.body == lost.body
    assert [invoice["invoice_note"] for invoice in here.sandbox.parasut.invoices.values()] == [None]


def test_an_order_that_was_amended_while_it_settled_is_invoiced_with_its_new_total(world: Make) -> None:
    here = of_kind(world, "sale", "close_before")
    here.apply()
    order = here.sandbox.shop.orders[15]
    del order["line_items"][1]
    order["total"] = "1259.80"
    here.sandbox.shop.touch(15)
    here.later(seconds=SETTLED)
    assert verdicts(here.apply()) == ["invoiced"]
    assert [invoice["payable"] for invoice in here.invoices()] == [Decimal("1259.80")]
    assert (row(here).state, row(here).payable) == (State.INVOICED, Decimal("1259.80"))


def test_a_crash_between_the_intent_and_the_outcome_is_a_lost_answer(
    world: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(orders=1)

    class Killed(BaseException):
        pass

    handle = httpx.HTTPTransport.handle_request

    def killed(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        answer = handle(self, request)
        if request.method == "POST" and request.url.path.endswith("sales_invoices"):
            raise Killed
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(httpx.HTTPTransport, "handle_request", killed)
        with pytest.raises(Killed):
            here.apply()
    assert [step.state for step in unsettled(here)] == [StepState.INTENDED]
    assert verdicts(here.apply()) == ["invoiced"]
    assert len(here.invoices()) == 1


def test_a_request_that_would_leave_too_late_is_written_down_afresh(
    world: Make, monkeypatch: pytest.MonkeyPatch, sent: list[tuple[str, str, bytes]]
) -> None:
    here = world(orders=1)
    intended: list[str] = []
    late = [True]
    intend, take = StepLog.intend, PacedTransport._take

    def noted(self: StepLog, step: Any, promise: Any = None) -> None:
        intended.append(step.identity)
        intend(self, step, promise)

    def after_a_while(self: PacedTransport, place: Any) -> None:
        if place is not None and late and intended[-1].startswith("sale"):
            late.clear()
            place.leave_by -= 6.0  # as if six seconds had passed since
        take(self, place)

    monkeypatch.setattr(StepLog, "intend", noted)
    monkeypatch.setattr(PacedTransport, "_take", after_a_while)
    assert verdicts(here.apply()) == ["invoiced"]
    assert sum(identity.startswith("sale") for identity in intended) == 2
    assert sum(path == "sales_invoices" for _, path, _ in sent) == 1
    assert looks_to_come(here) == []


@pytest.mark.parametrize("fault", ["401", "429", "429_bare", "expire_token"])
def test_an_answer_that_says_it_was_not_carried_out_is_no_lost_one(world: Make, fault: str) -> None:
    here = of_kind(world, "sale", fault)
    assert verdicts(here.apply()) == ["invoiced"]
    assert (len(here.invoices()), looks_to_come(here)) == (1, [])


def unreachable(monkeypatch: pytest.MonkeyPatch, times: int, path: str = "sales_invoices") -> None:
    """No connection to Paraşüt stands for so many writes to that path."""
    handle, left = httpx.HTTPTransport.handle_request, [times]

    def refused(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith(path) and left[0]:
            left[0] -= 1
            raise httpx.ConnectError("connection refused")
        return handle(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", refused)


def test_a_connection_that_never_stood_is_tried_again_at_once(world: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(orders=1)
    unreachable(monkeypatch, 3)
    assert verdicts(here.apply()) == ["invoiced"]
    assert (looks_to_come(here), steps(here, "sale")[0].attempts) == ([], 4)


def test_an_order_that_did_not_get_through_waits_for_its_next_try(world: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(orders=1)
    unreachable(monkeypatch, 8)
    report = here.apply()
    assert isinstance(report.stopped, NotExecuted)
    put_off = row(here)
    assert (put_off.state, put_off.attempts, put_off.next_at) == (State.DUE, 1, here.now + timedelta(seconds=30))
    here.later(seconds=29)
    waits = here.apply()
    assert (verdicts(waits), waits.calls) == (["waits"], 0)
    assert "can't be reached" in waits.results[0].message
    assert "(1 attempt); the next try is at" in waits.results[0].message
    here.later(seconds=1)
    assert isinstance(here.apply().stopped, NotExecuted)
    assert (row(here).attempts, row(here).next_at) == (2, here.now + timedelta(seconds=60))
    here.later(seconds=60)
    assert verdicts(here.apply()) == ["invoiced"]


def test_a_company_that_is_locked_out_leaves_no_question_behind(world: Make) -> None:
    here = of_kind(world, "sale", "402")
    assert isinstance(here.apply().stopped, CompanyStopped)
    assert (unsettled(here), row(here).state, looks_to_come(here)) == ([], State.DUE, [])


def follow(here: World, many: int) -> None:
    """So many orders more of the same buyer, from 500 on."""
    for number in range(500, 500 + many):
        here.again(15 if number == 500 else number - 1, number)


def lose_five_times(here: World) -> Report:
    """A sale that never has an answer and never is carried out, attempt after attempt."""
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$", nth=0))
    report = here.apply()
    for _ in range(5):
        here.later(seconds=SETTLED)
        report = here.apply()
    return report


def test_a_sale_that_never_has_an_outcome_is_held_with_what_was_sent_and_looked_for(world: Make) -> None:
    here = world(orders=1)
    report = lose_five_times(here)
    assert codes(report) == ["outcome-unknown"]
    held = row(here)
    mark = f"[sale {held.connector}/{held.account}/15]"
    assert "(POST sales_invoices) is not known: 5 attempts had no answer" in held.reason
    assert f"an invoice whose description ends with {mark}, among the invoices above id " in held.reason
    assert "not found, and no longer expected" in held.reason
    assert "syncd orders resolve site/15 --adopt ID" in held.remedy
    assert "syncd orders resolve site/15 --send-again" in held.remedy
    assert here.writes().count("POST sales_invoices") == 5
    here.later(hours=1)
    here.apply()
    assert here.writes().count("POST sales_invoices") == 5


def test_an_order_of_unknown_outcome_can_not_be_retried_but_is_resolved(world: Make) -> None:
    here = world(orders=1)
    lose_five_times(here)
    with opened(here) as workshop, pytest.raises(UsageError, match="outcome is not known"):
        retry(row(here), workshop)
    here.sandbox.faults.clear()
    with opened(here) as workshop:
        assert resolve(row(here), workshop, adopt=None).state is State.DUE
    assert verdicts(here.apply()) == ["invoiced"]
    assert len(here.invoices()) == 1


@pytest.mark.parametrize("held", [False, True])
def test_an_invoice_that_a_person_found_is_adopted(world: Make, held: bool) -> None:
    here = world(orders=1)
    if held:
        lose_five_times(here)
    else:
        here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$", nth=0))
        here.apply()
    (lost,) = steps(here, "sale")
    assert carry_out_without_faults(here, lost) == 201
    made = next(iter(here.sandbox.parasut.invoices))
    with opened(here) as workshop:
        resolve(row(here), workshop, adopt=made)
    assert verdicts(here.apply()) == ["invoiced"]
    assert (row(here).invoice_id, len(here.invoices())) == (made, 1)


@pytest.mark.parametrize("name", ["contact with a tax number", "product"])
def test_a_person_can_say_that_a_record_is_not_there_before_it_settled(world: Make, name: str) -> None:
    here = of_kind(world, name, "close_before")
    here.apply()
    with opened(here) as workshop:
        assert resolve(row(here), workshop, adopt=None).state is State.DUE
    assert verdicts(here.apply()) == ["invoiced"]
    assert books(here) == undisturbed(world, name)


def carry_out_without_faults(here: World, step: Any) -> int:
    here.sandbox.faults.clear()
    return carry_out(here, step)


def test_an_order_that_never_gets_through_blocks_no_other(world: Make) -> None:
    here = world(orders=1)
    for attempt in range(5):
        here.sandbox.faults.clear()
        here.sandbox.faults.add(
            Fault("close_before", "POST", "sales_invoices$", times=1)
        )  # the first one is order 15's
        here.again(15 if attempt == 0 else 499 + attempt, 500 + attempt)
        here.later(seconds=SETTLED)
        report = here.apply()
        assert {result.row.number: str(result.verdict) for result in report.results} == {
            "15": "waits",
            str(500 + attempt): "invoiced",
        }
    here.later(seconds=SETTLED)
    assert codes(here.apply()) == ["outcome-unknown"]


def test_five_lost_answers_in_a_row_end_the_run(world: Make) -> None:
    here = world(orders=1)
    follow(here, 8)
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$", nth=0))
    report = here.apply()
    assert isinstance(report.stopped, NotExecuted)
    assert "no answer to 5 writes in a row" in str(report.stopped)
    assert here.writes().count("POST sales_invoices") == 5
    here.sandbox.faults.clear()
    here.later(seconds=SETTLED)
    assert here.apply().stopped is None
    assert len(here.invoices()) == 9


def test_one_lost_product_that_many_orders_need_does_not_end_the_run(world: Make) -> None:
    here = world(orders=1)
    WRITES["product"].prepare(here)
    follow(here, 7)
    here.sandbox.shop.orders[506]["line_items"][0]["sku"] = "TRM-500"
    here.sandbox.faults.add(Fault("close_before", "POST", "products$"))
    report = here.apply()
    assert report.stopped is None
    assert {result.row.number for result in report.results if str(result.verdict) == "invoiced"} == {"506"}
    here.later(seconds=SETTLED)
    assert set(verdicts(here.apply())) == {"invoiced"}
    assert books(here)["products"].count("YENI-1") == 1


def test_a_canary_whose_answer_was_lost_is_sent_again_without_an_approval(world: Make) -> None:
    here = world(orders=1, rules=(a_rule(canary=True),))
    here.again(15, 500)
    here.sandbox.faults.add(Fault("close_before", "POST", "sales_invoices$"))
    assert set(verdicts(here.apply())) == {"waits"}
    here.later(seconds=SETTLED)
    report = here.apply()
    assert {result.row.number: str(result.verdict) for result in report.results} == {"15": "invoiced", "500": "waits"}
    assert len(here.invoices()) == 1


def test_a_lost_answer_is_told_in_the_orders_history(world: Make) -> None:
    here = of_kind(world, "sale", "close_before")
    here.apply()
    here.later(seconds=SETTLED)
    here.apply()
    told = history(here)
    assert "is not known yet; it is looked for" in told
    assert "had made nothing, looked for in vain" in told


def test_looking_costs_nothing_while_no_answer_was_lost(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    here.later(minutes=5)
    with ExitStack() as stack:
        assert here.open(stack, network=False).ledger.steps.unsettled() == []
    assert here.apply().calls == 0
