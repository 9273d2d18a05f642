"""What the tests of lost answers share: orders of one write each, and requests that are carried out late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
from factories import a_mapping, a_rule, template
from worlds import World

from syncd.config.settings import Categories, PaymentChoice, Rule
from syncd.ledger.order_row import OrderRow
from syncd.ledger.steps import StepRow
from syncd.sandbox.faults import Fault
from syncd.sync.workshop import Workshop

SETTLED = 131.0
"""Seconds after a lost answer by which nothing can come late any more: 5 to send, 5 to wait, 120 to settle."""
SECOND_LOOK = 601.0


@dataclass(frozen=True)
class Write:
    """One kind of write: the rule and the sandbox that bring it about, and which request it is."""

    step: str
    path: str
    rule: Rule = field(default_factory=a_rule)
    options: dict[str, Any] = field(default_factory=dict)
    sku: str = ""
    method: str = "POST"

    def prepare(self, world: World) -> None:
        """Leave order 15 what makes this write."""
        order = world.sandbox.shop.orders[15]
        if self.sku:
            order["line_items"][0]["sku"] = self.sku
        if self.method == "DELETE":
            order["line_items"][0] |= {"quantity": 3, "total": "83.42", "total_tax": "16.68"}
            order["line_items"] = order["line_items"][:1]
            order["shipping_lines"] = []
            order["total"] = "100.10"
        world.sandbox.shop.touch(15)

    @property
    def total(self) -> Decimal:
        return Decimal("100.10") if self.method == "DELETE" else Decimal("1559.30")


_NO_NUMBER = {"tax_number": "", "tax_office": ""}
WRITES = {
    "contact with a tax number": Write("contact", "contacts$"),
    "contact with an e-mail": Write("contact", "contacts$", a_rule(mapping=a_mapping(contact=_NO_NUMBER))),
    "contact with a name only": Write(
        "contact", "contacts$", a_rule(mapping=a_mapping(contact={**_NO_NUMBER, "email": "", "phone": ""}))
    ),
    "product": Write("product", "products$", sku="YENI-1"),
    "category": Write("category", "item_categories$", a_rule(categories=Categories(invoice=template("Pazar yeri")))),
    "sale": Write("sale", "sales_invoices$"),
    "payment": Write("payment", "payments$", a_rule(payment={"*": PaymentChoice("iyzico")}), {"cash_sale": "ignored"}),
    "deletion": Write("delete", "sales_invoices/", options={"price_decimals": 2, "discount": "unit"}, method="DELETE"),
}


@contextmanager
def opened(world: World) -> Iterator[Workshop]:
    """The world's workshop without a network."""
    with ExitStack() as stack:
        yield world.open(stack, network=False)


def row(world: World, number: str = "15") -> OrderRow:
    with opened(world) as workshop:
        return workshop.ledger.orders.named("site", number)[0]


def steps(world: World, kind: str = "", number: str = "15") -> list[StepRow]:
    """An order's steps, and those without an order, of a kind."""
    with opened(world) as workshop:
        ledger = workshop.ledger
        found = ledger.steps.of_order(ledger.orders.named("site", number)[0].ledger_id)
        found += [step for step in ledger.steps.unsettled() if step.order_id is None]
        found += [step for step in ledger.steps.second_looks(world.now + timedelta(days=365)) if step.order_id is None]
    known = {step.identity: step for step in found}
    return [step for step in known.values() if kind in ("", step.kind)]


def unsettled(world: World) -> list[StepRow]:
    with opened(world) as workshop:
        return workshop.ledger.steps.unsettled()


def looks_to_come(world: World) -> list[StepRow]:
    with opened(world) as workshop:
        return workshop.ledger.steps.second_looks(world.now + timedelta(days=365))


def history(world: World, number: str = "15") -> str:
    with opened(world) as workshop:
        ledger = workshop.ledger
        return "\n".join(text for _, text in ledger.orders.history(ledger.orders.named("site", number)[0]))


def carry_out(world: World, step: StepRow) -> int:
    """Paraşüt carries a request out whose connection was lost long ago; the status that nobody hears."""
    options = world.sandbox.options
    form = {
        "grant_type": "password",
        "client_id": options.client_id,
        "client_secret": options.client_secret,
        "username": options.username,
        "password": options.password,
    }
    with httpx.Client(base_url=world.sandbox.parasut_url, timeout=10) as http:
        token = http.post("/oauth/token", data=form).json()["access_token"]
        answer = http.request(
            step.method,
            f"/v4/{options.company_id}/{step.path}",
            content=step.body or None,
            params=[(name, value) for name, value in step.query],
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
    return answer.status_code


def live(world: World) -> list[str]:
    """The ids of the invoices that are neither deleted nor cancelled."""
    return [number for number, one in world.sandbox.parasut.invoices.items() if one["item_type"] == "invoice"]


def doubled(make: Callable[..., World], name: str, **options: Any) -> tuple[World, str]:
    """A write of that kind came late, after it was sent again; the world, and the id of the late record."""
    write = WRITES[name]
    here = make(orders=1, rules=(write.rule,), **{**write.options, **options})
    write.prepare(here)
    here.sandbox.faults.add(Fault("close_before", write.method, write.path))
    here.apply()
    (lost,) = unsettled(here)
    here.later(seconds=SETTLED)
    assert [str(result.verdict) for result in here.apply().results] == ["invoiced"]
    assert carry_out(here, lost) == 201
    kind = {"payment": "payments", "category": "item_categories"}.get(lost.kind, f"{lost.kind}s")
    tables = {"sales": here.sandbox.parasut.invoices}
    return here, list(tables.get(kind, here.sandbox.parasut.table(kind)))[-1]


def while_asked(world: World, method: str, path: str, action: Callable[[], Any], *, nth: int = 1) -> None:
    """Do something while the nth request to such a path is under way."""
    due, seen = world.sandbox.faults.due, 0

    def meanwhile(asked_by: str, asked: str, *more: Any) -> Fault | None:
        nonlocal seen
        if asked_by == method and asked.endswith(path):
            seen += 1
            if seen == nth:
                action()
        return due(asked_by, asked, *more)

    world.sandbox.faults.due = meanwhile  # type: ignore[method-assign]


def books(world: World) -> dict[str, Any]:
    """What a lost answer must never double."""
    parasut = world.sandbox.parasut
    return {
        "contacts": sorted(one["name"] for one in parasut.contacts.values()),
        "products": sorted(one["code"] or "" for one in parasut.products.values()),
        "categories": sorted(one["name"] for one in parasut.item_categories.values()),
        "invoices": [(one["net_total"], str(len(parasut.payments_of(one)))) for one in parasut.invoices.values()],
    }
