"""Orders of a WooCommerce shop, made from scratch, and what must become of each at Paraşüt."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stdnum.tr import tckimlik, vkn

_KURUS = Decimal("0.01")
_TAX_CLASSES = {20: "", 10: "kdv-10", 1: "kdv-1", 0: "zero-rate"}
_RATE_IDS = {20: 1, 10: 2, 1: 3, 0: 4}
_ARTICLES = (
    ("TRM-500", "Çelik Termos 500 ml", 20, "599.90"),
    ("FST-250", "Antep Fıstığı 250 g", 1, "299.50"),
    ("DFT-A5", "Defter A5", 10, "74.99"),
    ("KUPA-1", "Kupa", 20, "349.90"),
    ("UN-5", "Ekmeklik Un 5 kg", 1, "163.33"),
    ("TSR-K-M", "Tişört - Kırmızı, M", 10, "249.95"),
    ("KLM-09", "Kurşun Kalem", 10, "11.11"),
    ("SIS-033", "Cam Şişe 0,33 L", 20, "33.33"),
    ("CNT-1", "Bez Çanta", 20, "129.00"),
    ("BAL-850", "Çam Balı 850 g", 1, "419.90"),
    ("MUM-3", "Mum (3'lü)", 20, "89.97"),
    ("KTP-7", "Boyama Kitabı", 10, "58.50"),
)
_METHODS = ("iyzico", "iyzico", "bacs", "cod")


@dataclass(frozen=True)
class Due:
    """What must become of an order: one live invoice over `total` (lira, VAT included) for this buyer.

    `buyer` is the tax number, else the e-mail, else the name. `by_rate` splits the total by VAT percent.
    """

    platform: str
    package: str
    number: str
    total: Decimal
    by_rate: tuple[tuple[int, Decimal], ...]
    buyer: str
    codes: tuple[str, ...]
    paid: bool

    @property
    def name(self) -> str:
        return f"{self.platform}/{self.number}"

    @property
    def has_exact_payable(self) -> bool:
        """Whether some choice of prices of whole kuruş comes to the total under every way of rounding VAT."""
        if len(self.by_rate) != 1:
            return True
        rate, total = self.by_rate[0]
        modulus, left = {20: (6, 3), 10: (11, 5), 1: (101, 50)}.get(rate, (1, 1))
        return int(total * 100) % modulus != left


@dataclass(frozen=True)
class _Buyer:
    name: str
    surname: str
    email: str
    company: str = ""
    number: str = ""


def shop_orders(
    count: int,
    *,
    seed: int = 1,
    platform: str = "site",
    first: int = 5001,
    now: datetime | None = None,
    buyers: int = 0,
    nameless: bool = False,
    codes: Sequence[str] = (),
) -> tuple[list[dict[str, Any]], list[Due]]:
    """`count` orders that are all due, as WooCommerce writes them, and the truth about them; the same for a seed.

    `buyers` is of how many people they are, 0 for three fifths of the orders. Some buyers have neither tax number nor
    e-mail, and can't be found by either; they have one order each. With `nameless` all are such. With `codes` only
    these articles are bought.
    """
    chance = random.Random(seed)
    people = [_hidden(index) for index in range(count)] if nameless else list(_people(buyers or max(1, count * 3 // 5)))
    known = [buyer for buyer in people if buyer.email]
    now = now or datetime.now(UTC)
    orders, dues = [], []
    for index in range(count):
        buyer = people[index] if index < len(people) else chance.choice(known)
        order, due = _order(first + index, buyer, chance, platform, now, codes)
        orders.append(order)
        dues.append(due)
    return orders, dues


def _people(count: int) -> Iterator[_Buyer]:
    for index in range(count):
        email = f"alici{index}@ornek.test"
        if index % 10 == 3:
            yield _Buyer(
                "Deniz", f"Tüzel {index}", email, f"Deneme {index} Ticaret A.Ş.", _vkn(100_000_000 + index * 7)
            )
        elif index % 10 == 8:
            yield _hidden(index)
        elif index % 10 == 6:
            yield _Buyer("Ada", f"Gerçek {index}", email, number=_tckn(100_000_000 + index * 11))
        else:
            yield _Buyer("Alıcı", f"Kişi {index}", email)


def _hidden(index: int) -> _Buyer:
    return _Buyer("Gizli", f"Alıcı {index}", "")


def _tckn(serial: int) -> str:
    return f"{serial}{tckimlik.calc_check_digits(str(serial))}"


def _vkn(serial: int) -> str:
    return f"{serial}{vkn.calc_check_digit(str(serial))}"


def _order(
    number: int, buyer: _Buyer, chance: random.Random, platform: str, now: datetime, codes: Sequence[str]
) -> tuple[dict[str, Any], Due]:
    sold = [article for article in _ARTICLES if not codes or article[0] in codes]
    articles = chance.sample(sold, min(len(sold), chance.choice((1, 1, 2, 3))))
    lines = [_line(number * 100 + at, article, chance.randint(1, 4)) for at, article in enumerate(articles)]
    carriage = [_shipping(number * 100 + 50)] if chance.random() < 0.3 else []
    by_rate: dict[int, Decimal] = {}
    for line in (*lines, *carriage):
        rate = next(rate for rate, rate_id in _RATE_IDS.items() if rate_id == line["taxes"][0]["id"])
        by_rate[rate] = by_rate.get(rate, Decimal(0)) + Decimal(line["total"]) + Decimal(line["total_tax"])
    total = sum(by_rate.values(), Decimal(0))
    method = chance.choice(_METHODS)
    stamps = _stamps(
        date_created=now, date_modified=now, date_completed=None, date_paid=None if method == "cod" else now
    )
    address = {
        "first_name": buyer.name,
        "last_name": buyer.surname,
        "company": buyer.company,
        "address_1": "Örnek Mah. Deneme Sk. No:1",
        "address_2": "",
        "city": "Kadıköy",
        "state": "TR34",
        "postcode": "34000",
        "country": "TR",
        "phone": "+90 500 000 00 00",
    }
    number_meta = [{"id": number * 100 + 90, "key": "_billing_vergi_no", "value": buyer.number}] if buyer.number else []
    order = {
        "id": number,
        "parent_id": 0,
        "number": str(number),
        "status": "processing",
        "currency": "TRY",
        "version": "11.0.1",
        "prices_include_tax": True,
        **stamps,
        "discount_total": "0.00",
        "discount_tax": "0.00",
        "shipping_total": str(sum((Decimal(line["total"]) for line in carriage), Decimal("0.00"))),
        "total": str(total),
        "total_tax": str(sum((Decimal(line["total_tax"]) for line in (*lines, *carriage)), Decimal("0.00"))),
        "customer_id": 0,
        "billing": {**address, "email": buyer.email},
        "shipping": {**address, "company": ""},
        "payment_method": method,
        "payment_method_title": method,
        "transaction_id": f"TX-{number}" if method == "iyzico" else "",
        "customer_note": "",
        "meta_data": number_meta,
        "line_items": lines,
        "tax_lines": [
            {"id": number * 100 + 70 + rate_id, "rate_id": rate_id, "rate_percent": rate, "label": f"KDV %{rate}",
             "rate_code": f"TR-KDV %{rate}-1", "compound": False, "tax_total": "0.00", "shipping_tax_total": "0.00"}
            for rate, rate_id in _RATE_IDS.items()
            if rate in by_rate
        ],
        "shipping_lines": carriage,
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
    }  # fmt: skip
    due = Due(
        platform=platform,
        package=str(number),
        number=str(number),
        total=total,
        by_rate=tuple(sorted(by_rate.items())),
        buyer=buyer.number or buyer.email or f"{buyer.name} {buyer.surname}",
        codes=tuple(article[0] for article in articles),
        paid=method != "cod",
    )
    return order, due


def _line(line_id: int, article: Sequence[Any], quantity: int) -> dict[str, Any]:
    code, name, rate, price = article
    gross = Decimal(price) * quantity
    net, tax = _split(gross, rate)
    taxes = [{"id": _RATE_IDS[rate], "total": str(tax), "subtotal": str(tax)}]
    return {
        "id": line_id,
        "name": name,
        "product_id": 11,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": _TAX_CLASSES[rate],
        "subtotal": str(net),
        "subtotal_tax": str(tax),
        "total": str(net),
        "total_tax": str(tax),
        "taxes": taxes,
        "meta_data": [],
        "sku": code,
        "price": str(net / quantity),
    }


def _shipping(line_id: int) -> dict[str, Any]:
    net, tax = _split(Decimal("59.90"), 20)
    return {
        "id": line_id,
        "method_title": "Kargo",
        "method_id": "flat_rate",
        "total": str(net),
        "total_tax": str(tax),
        "taxes": [{"id": 1, "total": str(tax), "subtotal": ""}],
        "tax_status": "taxable",
        "meta_data": [],
    }


def _split(gross: Decimal, rate: int) -> tuple[Decimal, Decimal]:
    net = (gross * 100 / (100 + rate)).quantize(_KURUS, ROUND_HALF_UP)
    return net, gross - net


def _stamps(**moments: datetime | None) -> dict[str, str | None]:
    stamps: dict[str, str | None] = {}
    for name, moment in moments.items():
        local = None if moment is None else moment + timedelta(hours=3)
        stamps[name] = f"{local:%Y-%m-%dT%H:%M:%S}" if local else None
        stamps[f"{name}_gmt"] = f"{moment:%Y-%m-%dT%H:%M:%S}" if moment else None
    return stamps
