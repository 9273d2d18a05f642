"""Orders as a Turkish shop has them, made from scratch together with the truth about each.

Prices are entered with VAT. A line's net is the gross less its exact VAT and is kept to six decimals, its VAT is
rounded to the kuruş; an order's total is the sum of the nets and VATs at two decimals.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from syncd.sandbox.figures import ZERO, half_up
from syncd.sandbox.shop.catalogue import ARTICLES, BUYERS, Article, Buyer
from syncd.sandbox.shop.state import PAID, Order, Truth

_FIRST_ID = 101
_BEGIN = datetime(2026, 11, 24, 5, 0, 0, tzinfo=UTC)
_LOCAL = timedelta(hours=3)
_TAX_CLASSES = {20: "", 10: "kdv-10", 1: "kdv-1", 0: "zero-rate"}
_RATE_IDS = {20: 1, 10: 2, 1: 3, 0: 4}
_RATE_CODES = {20: "TR-KDV -1", 10: "TR-KDV -1", 1: "TR-KDV %1-1", 0: "TR-KDV %0-1"}
_METHODS = {
    "iyzico": "Kredi kartı",
    "bacs": "Havale/EFT",
    "cod": "Kapıda ödeme",
    "paytr": "PayTR ile öde",
}


@dataclass(frozen=True)
class Scenario:
    """One kind of order. `fees` are names with net lira and VAT percent; `refund` is lines, amount, full or nothing."""

    telling: str
    status: str = "processing"
    method: str = "iyzico"
    buyer: int | None = None
    articles: tuple[tuple[int, int], ...] = ()
    coupon_percent: int = 0
    shipping: Decimal = ZERO
    fees: tuple[tuple[str, Decimal, int], ...] = ()
    refund: str = ""
    deleted: bool = False


_GIFT = ("Hediye paketi", Decimal("25.00"), 20)
_DOOR = ("Kapıda ödeme bedeli", Decimal("20.00"), 20)
_BONUS = ("Havale indirimi", Decimal("-15.00"), 20)

SCENARIOS = (
    Scenario("a plugin's status, a variation, gift wrap", "kargoda", "iyzico", 0, ((6, 2), (0, 1)), fees=(_GIFT,)),
    Scenario("not paid yet", "pending", "paytr", 2, ((3, 1),)),
    Scenario(
        "a company with a leading zero, a negative fee, a deleted product, books at 0 %",
        "processing",
        "bacs",
        1,
        ((4, 2), (8, 1), (0, 3)),
        fees=(_BONUS,),
        deleted=True,
    ),
    Scenario("an amount given back without lines", "completed", "iyzico", 3, ((1, 2), (9, 3)), refund="amount"),
    Scenario("waits for a bank transfer; the buyer of the first", "on-hold", "bacs", 0, ((2, 3),)),
    Scenario(
        "at the door, a coupon, shipping, thirds",
        "processing",
        "cod",
        2,
        ((9, 7), (7, 9)),
        15,
        Decimal("41.66"),
        (_DOOR,),
    ),
    Scenario("cancelled", "cancelled", "iyzico", 5, ((5, 1),)),
    Scenario("the filler identity number", "processing", "paytr", 5, ((5, 3), (10, 1))),
    Scenario("payment failed", "failed", "iyzico", 7, ((0, 1),)),
    Scenario("given back in full", "refunded", "iyzico", 7, ((3, 1),), refund="full"),
    Scenario("lines given back in part", "completed", "iyzico", 4, ((3, 4), (1, 1)), refund="lines"),
    Scenario("nothing to pay", "processing", "", 2, ((10, 1),), 100),
)


def generate(count: int, seed: int) -> list[tuple[Order, list[dict[str, Any]], Truth]]:
    """`count` orders, the same for the same seed: first the telling ones, then variations of them by chance."""
    maker = _Maker(random.Random(seed))
    return [maker.order(index) for index in range(count)]


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._item_id = 1000

    def order(self, index: int) -> tuple[Order, list[dict[str, Any]], Truth]:
        scenario = SCENARIOS[index % len(SCENARIOS)]
        if index >= len(SCENARIOS):
            scenario = self._varied(scenario)
        buyer = self._buyer(scenario, index)
        order_id = _FIRST_ID + 3 * index
        created = _BEGIN + timedelta(minutes=7 * index)
        lines = [self._line(ARTICLES[number], quantity, scenario) for number, quantity in scenario.articles]
        if scenario.deleted:
            lines[1].update(product_id=0, variation_id=0, sku=None)
        shipping = [self._shipping(scenario.shipping)]
        fees = [self._fee(*fee) for fee in scenario.fees]
        entries = [*lines, *shipping, *fees]
        by_rate = _by_rate(entries)
        total = sum(by_rate.values(), Decimal("0.00"))
        subtotal_gross = [(line, Decimal(line["subtotal"]), Decimal(line["total"])) for line in lines]
        discount = half_up(sum((before - after for _, before, after in subtotal_gross), ZERO))
        discount_tax = sum((Decimal(line["subtotal_tax"]) - Decimal(line["total_tax"]) for line in lines), ZERO)
        cart_tax = _sum(lines, "total_tax") + _sum(fees, "total_tax")
        paid = created if scenario.status in PAID and scenario.method != "cod" else None
        completed = created + timedelta(hours=5) if scenario.status == "completed" else None
        modified = completed or created
        order: Order = {
            "id": order_id,
            "parent_id": 0,
            "status": scenario.status,
            "currency": "TRY",
            "version": "11.0.1",
            "prices_include_tax": True,
            **_stamps(date_created=created, date_modified=modified, date_completed=completed, date_paid=paid),
            "discount_total": str(discount),
            "discount_tax": str(discount_tax),
            "shipping_total": str(_sum(shipping, "total")),
            "shipping_tax": str(_sum(shipping, "total_tax")),
            "cart_tax": str(cart_tax),
            "total": str(total),
            "total_tax": str(_sum(entries, "total_tax")),
            "customer_id": 0 if buyer.tax_number is None else 3,
            "order_key": f"wc_order_{self._chance.getrandbits(52):013x}",
            "billing": _address(buyer, billing=True),
            "shipping": _address(buyer, billing=False),
            "payment_method": scenario.method,
            "payment_method_title": _METHODS.get(scenario.method, ""),
            "transaction_id": f"TX-{order_id}" if scenario.method in ("iyzico", "paytr") and paid else "",
            "customer_ip_address": "",
            "customer_user_agent": "",
            "created_via": "checkout",
            "customer_note": "",
            "cart_hash": "",
            "number": str(order_id),
            "meta_data": [{"id": self._next(), "key": key, "value": value} for key, value in buyer.meta],
            "line_items": lines,
            "tax_lines": self._tax_lines(entries, shipping),
            "shipping_lines": shipping,
            "fee_lines": fees,
            "coupon_lines": self._coupons(scenario, discount, discount_tax),
            "refunds": [],
            "payment_url": f"/checkout/order-pay/{order_id}/?pay_for_order=true",
            "is_editable": scenario.status in ("pending", "on-hold"),
            "needs_payment": scenario.status in ("pending", "failed") and total > 0,
            "needs_processing": True,
            "currency_symbol": "₺",
        }
        refunds = self._refunds(scenario, order, total, modified)
        order["refunds"] = [
            {
                "id": refund["id"],
                "reason": refund["reason"],
                "total": f"-{refund['amount']}",
                "total_tax": str(_sum(refund["line_items"], "total_tax")),
            }
            for refund in refunds
        ]
        truth = Truth(
            total=total,
            by_rate=by_rate,
            company=bool(buyer.company),
            tax_number=buyer.tax_number,
            email=buyer.email,
            telling=scenario.telling,
            refunded=sum((Decimal(refund["amount"]) for refund in refunds), ZERO),
        )
        return order, refunds, truth

    def _varied(self, scenario: Scenario) -> Scenario:
        chosen = self._chance.sample(range(len(ARTICLES)), self._chance.randint(2, 4))
        if any(net < 0 for _, net, _ in scenario.fees) and 0 not in chosen:
            chosen[0] = 0  # something at 20 % that the negative fee can be taken from
        return replace(
            scenario,
            telling=f"by chance, after: {scenario.telling}",
            buyer=None,
            articles=tuple((number, self._chance.randint(1, 6)) for number in chosen),
            coupon_percent=scenario.coupon_percent or self._chance.choice((0, 0, 0, 5, 12)),
            shipping=scenario.shipping or self._chance.choice((ZERO, Decimal("49.92"), Decimal("33.33"))),
        )

    def _buyer(self, scenario: Scenario, index: int) -> Buyer:
        """One of the known buyers; beyond the telling orders two in three are new people without any number."""
        if scenario.buyer is not None:
            return BUYERS[scenario.buyer]
        if self._chance.random() < 1 / 3:
            return self._chance.choice(BUYERS)
        return Buyer("Müşteri", f"No {index}", f"musteri{index}@ornek.test", "Kadıköy", "TR34")

    def _line(self, article: Article, quantity: int, scenario: Scenario) -> dict[str, Any]:
        before = article.price * quantity
        after = before - half_up(before * scenario.coupon_percent / 100)
        subtotal, subtotal_tax = _split(before, article.rate)
        total, total_tax = _split(after, article.rate)
        rate_id = _RATE_IDS[article.rate]
        return {
            "id": self._next(),
            "name": article.name,
            "product_id": article.product_id,
            "variation_id": article.variation_id,
            "quantity": quantity,
            "tax_class": _TAX_CLASSES[article.rate],
            "subtotal": str(subtotal),
            "subtotal_tax": str(subtotal_tax),
            "total": str(total),
            "total_tax": str(total_tax),
            "taxes": [{"id": rate_id, "total": str(total_tax), "subtotal": str(subtotal_tax)}],
            "meta_data": [],
            "sku": article.sku,
            "global_unique_id": "",
            "price": half_up(total / quantity, 8).normalize() if total else 0,
            "image": {"id": "", "src": ""},
            "parent_name": article.parent_name,
        }

    def _shipping(self, net: Decimal) -> dict[str, Any]:
        tax = half_up(net * 20 / 100)
        return {
            "id": self._next(),
            "method_title": "Kargo" if net else "Ücretsiz kargo",
            "method_id": "flat_rate" if net else "free_shipping",
            "instance_id": "",
            "total": str(half_up(net)),
            "total_tax": str(tax),
            "taxes": [{"id": 1, "total": str(tax), "subtotal": ""}],
            "tax_status": "taxable",
            "meta_data": [],
        }

    def _fee(self, name: str, net: Decimal, rate: int) -> dict[str, Any]:
        tax = half_up(net * rate / 100)
        return {
            "id": self._next(),
            "name": name,
            "tax_class": _TAX_CLASSES[rate],
            "tax_status": "taxable",
            "amount": "",
            "total": str(net),
            "total_tax": str(tax),
            "taxes": [{"id": _RATE_IDS[rate], "total": str(tax), "subtotal": ""}],
            "meta_data": [],
        }

    def _tax_lines(self, entries: list[dict[str, Any]], shipping: list[dict[str, Any]]) -> list[dict[str, Any]]:
        goods: dict[int, Decimal] = defaultdict(Decimal)
        carried: dict[int, Decimal] = defaultdict(Decimal)
        for entry in entries:
            for tax in entry["taxes"]:
                (carried if entry in shipping else goods)[tax["id"]] += Decimal(tax["total"])
        return [
            {
                "id": self._next(),
                "rate_code": _RATE_CODES[rate],
                "rate_id": rate_id,
                "label": f"KDV %{rate}",
                "compound": False,
                "tax_total": str(half_up(goods[rate_id])),
                "shipping_tax_total": str(half_up(carried[rate_id])),
                "rate_percent": rate,
                "meta_data": [],
            }
            for rate, rate_id in _RATE_IDS.items()
            if rate_id in goods or rate_id in carried
        ]

    def _coupons(self, scenario: Scenario, discount: Decimal, tax: Decimal) -> list[dict[str, Any]]:
        if not scenario.coupon_percent:
            return []
        coupon = {
            "id": self._next(),
            "code": f"indirim{scenario.coupon_percent}",
            "discount": str(discount),
            "discount_tax": str(tax),
            "meta_data": [],
            "discount_type": "percent",
            "nominal_amount": scenario.coupon_percent,
            "free_shipping": False,
        }
        return [coupon]

    def _refunds(self, scenario: Scenario, order: Order, total: Decimal, moment: datetime) -> list[dict[str, Any]]:
        if not scenario.refund or not total:
            return []
        lines = []
        amount = half_up(total / 4)
        if scenario.refund == "full":
            amount = total
        elif scenario.refund == "lines":
            line = order["line_items"][0]
            net, tax = (half_up(Decimal(line[name]) / line["quantity"]) for name in ("total", "total_tax"))
            amount = net + tax
            lines = [self._refund_line(line, -net, -tax)]
        refund = {
            "id": order["id"] + 1,
            **_stamps(date_created=moment),
            "amount": str(amount),
            "reason": "Eksik ürün" if lines else "",
            "refunded_by": 1,
            "refunded_payment": False,
            "meta_data": [],
            "line_items": lines,
            "shipping_lines": [],
            "tax_lines": [],
            "fee_lines": [],
        }
        return [refund]

    def _refund_line(self, line: dict[str, Any], net: Decimal, tax: Decimal) -> dict[str, Any]:
        rate_id = line["taxes"][0]["id"]
        return {
            **line,
            "id": self._next(),
            "quantity": -1,
            "subtotal": str(net),
            "subtotal_tax": str(tax),
            "total": str(net),
            "total_tax": str(tax),
            "taxes": [{"id": rate_id, "total": str(tax), "subtotal": str(tax)}],
            "meta_data": [{"id": self._next(), "key": "_refunded_item_id", "value": str(line["id"])}],
        }

    def _next(self) -> int:
        self._item_id += 1
        return self._item_id


def _split(gross: Decimal, rate: int) -> tuple[Decimal, Decimal]:
    """A gross amount as net (six decimals) and VAT (two)."""
    net = gross * 100 / (100 + rate)
    return half_up(net, 6), half_up(gross - net)


def _sum(entries: list[dict[str, Any]], name: str) -> Decimal:
    return sum((half_up(Decimal(entry[name])) for entry in entries), Decimal("0.00"))


def _by_rate(entries: list[dict[str, Any]]) -> dict[int, Decimal]:
    percent = {rate_id: rate for rate, rate_id in _RATE_IDS.items()}
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for entry in entries:
        sums[percent[entry["taxes"][0]["id"]]] += half_up(Decimal(entry["total"])) + Decimal(entry["total_tax"])
    return {rate: gross for rate, gross in sums.items() if gross}


def _stamps(**moments: datetime | None) -> dict[str, str | None]:
    stamps: dict[str, str | None] = {}
    for name, moment in moments.items():
        stamps[name] = (moment + _LOCAL).strftime("%Y-%m-%dT%H:%M:%S") if moment else None
        stamps[f"{name}_gmt"] = moment.strftime("%Y-%m-%dT%H:%M:%S") if moment else None
    return stamps


def _address(buyer: Buyer, billing: bool) -> dict[str, str]:
    address = {
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "company": buyer.company if billing else "",
        "address_1": "Örnek Mah. Deneme Sk. No:1",
        "address_2": "",
        "city": buyer.city,
        "state": buyer.state,
        "postcode": "34000",
        "country": "TR",
        "phone": "+90 500 000 00 00",
    }
    return {**address, "email": buyer.email} if billing else address
