"""Orders, rules and knowledge for tests: one factory each, everything invented."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from syncd.config.settings import Rule, Trigger
from syncd.ledger.invoices import SeenInvoice
from syncd.ledger.mirror import Kind
from syncd.ledger.order_row import OrderKey
from syncd.mapping.document import DocumentMapping
from syncd.mapping.template import Template, compile_expression, compile_template
from syncd.orders.amounts import RoundingProfile
from syncd.orders.order import Address, Buyer, Line, LineKind, Order, Payment
from syncd.orders.status import Status
from syncd.problem import Position, Source
from syncd.sync.known import KnownAccount, KnownCategory, KnownContact, KnownProduct
from syncd.sync.plan import PlanContext
from syncd.sync.steps import Known

ISTANBUL = ZoneInfo("Europe/Istanbul")
TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
KEY = OrderKey("woocommerce", "magaza.test", "42")
PLATFORM = {"name": "site", "title": "Web Sitesi", "connector": "woocommerce"}
LIKELY = RoundingProfile("line", "rounded", 6, "line")

VKN = "1000000018"
TCKN = "10000000146"
HERE = Position("test.yaml", 1, 1)


def a_line(total: str = "120.00", **changes: Any) -> Line:
    """A line of one piece at 20 % VAT."""
    line = Line(
        id=str(changes.get("code", "1")),
        name="Çelik Termos",
        quantity=Decimal(1),
        total=Decimal(total),
        vat_rate=Decimal(20),
        code="TRM-500",
    )
    return replace(line, **changes)


def an_order(**changes: Any) -> Order:
    """An order of one line, paid by card, that is being prepared. The total follows the lines unless it is given."""
    lines = changes.pop("lines", (a_line(),))
    order = Order(
        id="42",
        number="1042",
        status=Status.PREPARING,
        status_text="processing",
        ordered_at=datetime(2026, 11, 23, 17, 2, 9, tzinfo=UTC),
        updated_at=datetime(2026, 11, 23, 17, 2, 9, tzinfo=UTC),
        currency="TRY",
        total=sum((line.total for line in lines), Decimal(0)),
        lines=tuple(lines),
        customer_id="7",
        buyer=Buyer(name="Ayşe Yılmaz", email="ayse@ornek.test", phone="+90 532 000 00 00"),
        billing=Address(address="Moda Cad. 12/3", district="Kadıköy", city="İstanbul", country="TR"),
        payment=Payment("iyzico", "Kredi kartı", datetime(2026, 11, 23, 17, 3, tzinfo=UTC), "", "IYZ-1"),
    )
    return replace(order, **changes)


def a_company_order(**changes: Any) -> Order:
    """An order of a company with a VKN."""
    buyer = Buyer("Mehmet Demir", "Demir Gıda Ltd. Şti.", VKN, "Çankaya", "muhasebe@demir.test", "")
    return an_order(buyer=buyer, **changes)


def a_shipping_line(total: str = "60.00") -> Line:
    """A shipping line at 20 % VAT."""
    return a_line(total, id="9", name="Kargo", code="", kind=LineKind.SHIPPING)


def template(text: str) -> Template:
    """A template that stands nowhere in particular."""
    return compile_template(text, Source.at(HERE))


def a_mapping(**sections: Mapping[str, str]) -> DocumentMapping:
    """A small mapping; sections given replace single fields."""
    texts: dict[str, dict[str, str]] = {
        "contact": {
            "name": "{{ order.buyer.company or order.buyer.name }}",
            "tax_number": "{{ order.buyer.tax_number }}",
            "email": "{{ order.buyer.email }}",
        },
        "invoice": {
            "description": "{{ platform.title }} {{ order.number }}",
            "order_no": "{{ order.number }}",
            "order_date": "{{ order.ordered_at | date }}",
        },
        "line": {"code": "{{ line.code }}", "name": "{{ line.name }}"},
        "product": {"unit": "Adet", "vat_rate": "{{ line.vat_rate }}"},
    }
    for name, fields in sections.items():
        texts[name] = {**texts[name], **fields}
    compiled = {name: {key: template(text) for key, text in fields.items()} for name, fields in texts.items()}
    kinds = {
        LineKind.SHIPPING: {"code": template("KARGO"), "name": template("Kargo bedeli")},
        LineKind.FEE: {"code": template("HIZMET"), "name": template("Hizmet bedeli")},
        LineKind.GIFT_WRAP: {"code": template("HEDIYE"), "name": template("Hediye paketi")},
    }
    return DocumentMapping(name="test", kinds=kinds, **compiled)


def a_rule(**changes: Any) -> Rule:
    """A rule for `site` that fires when an order is being prepared. `condition` is a bare expression."""
    condition = changes.pop("condition", None)
    trigger = Trigger(
        changes.pop("status", Status.PREPARING),
        changes.pop("since", date(2026, 11, 1)),
        None if condition is None else compile_expression(condition, Source.at(HERE)),
    )
    rule = Rule(name="site-hazirlanan", platforms=("site",), trigger=trigger, mapping=a_mapping(), position=HERE)
    return replace(rule, **changes)


def a_context(rule: Rule | None = None, today: date = TODAY) -> PlanContext:
    """What the planner needs besides the order."""
    return PlanContext(rule or a_rule(), PLATFORM, today, ISTANBUL)


@dataclass
class FakeKnowledge:
    """Knowledge as plain lists."""

    contacts: list[KnownContact] = field(default_factory=list)
    products: list[KnownProduct] = field(default_factory=list)
    category_list: list[KnownCategory] = field(default_factory=list)
    account_list: list[KnownAccount] = field(default_factory=list)
    customers: dict[str, KnownContact] = field(default_factory=dict)
    incomplete: frozenset[Kind] = frozenset()
    claimed: str | None = None
    invoices: list[SeenInvoice] = field(default_factory=list)
    profiles: Sequence[RoundingProfile] = (LIKELY,)

    def complete(self, kind: Kind) -> bool:
        return kind not in self.incomplete

    def contacts_by_tax_number(self, tax_number: str) -> list[KnownContact]:
        return [contact for contact in self.contacts if contact.tax_number == tax_number]

    def contacts_by_email(self, email: str) -> list[KnownContact]:
        return [contact for contact in self.contacts if contact.email == email]

    def contact_of_customer(self, key: OrderKey, customer: str) -> KnownContact | None:
        return self.customers.get(customer)

    def products_by_code(self, code: str) -> list[KnownProduct]:
        return [product for product in self.products if product.code == code]

    def categories(self, category_type: str) -> list[KnownCategory]:
        return [category for category in self.category_list if category.type == category_type]

    def accounts(self) -> list[KnownAccount]:
        return self.account_list

    def made(self, _identity: str) -> None:
        return None

    def claimed_by_another(self, key: OrderKey, order: Order) -> str | None:
        return self.claimed

    def contact(self, contact_id: str) -> KnownContact | None:
        return next((contact for contact in self.contacts if contact.ref == Known(contact_id)), None)

    def invoices_by_mark(self, key: OrderKey) -> list[SeenInvoice]:
        return [one for one in self.invoices if one.marker == key.marker]

    def invoices_by_number(
        self, order_no: str, order_date: date, payables: Collection[Decimal], currency: str
    ) -> list[SeenInvoice]:
        return [
            one
            for one in self._unmarked(payables, currency)
            if (one.order_no, one.order_date) == (order_no, order_date)
        ]

    def invoices_of_buyer(
        self, contact_ids: Collection[str], first: date, last: date, payables: Collection[Decimal], currency: str
    ) -> list[SeenInvoice]:
        return [
            one
            for one in self._unmarked(payables, currency)
            if one.contact_id in contact_ids and one.issue_date is not None and first <= one.issue_date <= last
        ]

    def _unmarked(self, payables: Collection[Decimal], currency: str) -> list[SeenInvoice]:
        return [one for one in self.invoices if not one.marker and one.payable in payables and one.currency == currency]


ROOT = Path(__file__).resolve().parent.parent
