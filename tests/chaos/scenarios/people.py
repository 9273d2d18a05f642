"""(g) Drafts that a person edits, renames, pays, cancels or deletes, before and after the ledger gets lost."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from chaos.bench import Attempt, Bench, Size, finish, judged_now
from chaos.house import House, Times
from chaos.truth import Verdict

_TIMES = Times(timeout=2, settle=1, second_look=2, send_within=1)
_MAYBE = "maybe-invoiced"

_ACTS: dict[str, dict[str, Any]] = {
    "description edited, marker kept": {"act": "edit_invoice", "attributes": {"description": "elle {was}"}},
    "renamed, marker gone": {"act": "edit_invoice", "attributes": {"description": "elle düzeltildi"}},
    "a line's price changed": {"act": "edit_line", "line": 1, "attributes": {"unit_price": "12.5"}},
    "deleted": {"act": "delete_invoice"},
    "cancelled": {"act": "cancel_invoice"},
}


def attempts(bench: Bench, size: Size) -> Iterator[Attempt]:
    """Each act on the second invoice: then a run, a lost ledger and a run, and while an answer is missing."""
    for name, act in _ACTS.items():
        yield Attempt(f"draft {name}", "then another run", partial(_afterwards, size.orders, act, False))
        yield Attempt(f"draft {name}, ledger lost", "then another run", partial(_afterwards, size.orders, act, True))
        yield Attempt(
            f"draft {name} while its answer is missing", "then another run", partial(_unanswered, size.orders, act)
        )
    yield Attempt("an invoice by hand for the same buyer and total", "ledger lost", partial(_by_hand, size.orders))


def _afterwards(orders: int, act: dict[str, Any], lost: bool, bench: Bench) -> Verdict:
    with bench.house(orders, times=_TIMES) as house:
        wrong = house.settle()
        invoice = _invoices(house)[1]
        name = f"site/{invoice['order_no']}"
        _act(house, act, invoice)
        before = len(_invoices(house))
        if lost:
            house.ledger.lose()
        wrong += house.settle()
        made = len(_invoices(house)) - before
        if made:
            wrong.append(f"{name}: {made} invoices were made after a person's work, though all were there")
        return judged_now(house, wrong, settled_by_hand=(name,), may_be_held=(_MAYBE,) if lost else ())


def _unanswered(orders: int, act: dict[str, Any], bench: Bench) -> Verdict:
    """The invoice is made, its answer gets lost, the program is killed, a person comes; then it is looked for."""
    with bench.house(orders, times=_TIMES) as house:
        house.control.fault(kind="hold_after", stand="parasut", request="sale.create", nth=2)
        process = house.start("apply")
        house.control.held(30)
        process.kill()
        invoice = max(_invoices(house), key=lambda one: int(one["id"]))
        name = f"site/{invoice['order_no']}"
        house.control.no_faults()
        for held in house.control.held(1):
            house.control.release(held["number"], "drop")
        _act(house, act, invoice)
        return finish(house, settled_by_hand=(name,), may_be_held=("*",))


def _by_hand(orders: int, bench: Bench) -> Verdict:
    """A person invoices an order by hand while syncd has no ledger: it has to ask before it makes another."""
    with bench.house(orders, times=_TIMES) as house:
        house.kill_at({"kind": "commit", "side": "after", "nth": 3 * orders})
        live = {invoice["order_no"] for invoice in _invoices(house) if invoice["live"]}
        due = next(due for due in house.dues if due.number not in live)
        made = house.control.act(
            {"act": "hand_invoice", "contact": {"name": "Elden Müşteri", "email": due.buyer}, "total": str(due.total),
             "vat_rate": 20, "description": "Elden", "order_no": due.number}
        )  # fmt: skip
        by_hand = [one.rpartition("/")[2] for one in made if one.startswith("sales_invoices/")]
        house.ledger.lose()
        wrong = house.settle()
        row = next(row for row in house.ledger.orders() if row["number"] == due.number)
        if row["state"] != "held" and row["invoice_id"] not in by_hand:
            wrong.append(f"{due.name}: is {row['state']} with invoice {row['invoice_id']}; a person made {by_hand}")
        return judged_now(house, wrong, others=by_hand, settled_by_hand=(due.name,), may_be_held=(_MAYBE,))


def _invoices(house: House) -> list[dict[str, Any]]:
    return house.control.books()["sales_invoices"]


def _act(house: House, act: dict[str, Any], invoice: dict[str, Any]) -> None:
    filled = {**act, "invoice": int(invoice["id"])}
    if "description" in act.get("attributes", {}):
        words = act["attributes"]["description"].replace("{was}", invoice["description"])
        filled["attributes"] = {"description": words}
    house.control.act(filled)
