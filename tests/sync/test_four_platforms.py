"""A thousand orders of four platforms, polled over real HTTP while they live; syncd is closed and opened in between.

The truth is the generators': which package must be invoiced, from which moment on, and with what total.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from syncd.config.load import load_settings
from syncd.config.settings import Settings
from syncd.ledger.order_row import State
from syncd.sandbox.market.package import Stage
from syncd.sandbox.market.truth import Reason
from syncd.sandbox.options import ALL_STANDS, MARKETS, SandboxOptions
from syncd.sandbox.server import Sandbox
from syncd.sandbox.shop.generate import generate
from syncd.sync.company import open_workshop
from syncd.sync.report import Selection
from syncd.sync.run import work
from syncd.sync.workshop import Workshop

EACH = 250
SPACING = 420
BEGIN = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
KURUS = Decimal("0.01")
PAID = ("processing", "completed", "kargoda")
HOLDS = {
    Reason.EXPORT: "export-order",
    Reason.REPLACEMENT: "replacement-order",
    Reason.CONTRADICTORY: "amount-unclear",
}

CONFIG = """\
version: 1
parasut:
  base_url: ${PARASUT}
  company_id: 115
  client_id: ${CLIENT_ID}
  client_secret: ${CLIENT_SECRET}
  username: ${USERNAME}
  password: ${PASSWORD}
  rate: {requests: 1000, seconds: 1}
ledger: sqlite:///ledger.db
platforms:
  site:
    connector: woocommerce
    url: ${SITE}
    consumer_key: ${CK}
    consumer_secret: ${CS}
    statuses: {kargoda: shipped}
  trendyol:
    connector: trendyol
    base_url: ${TRENDYOL}
    seller_id: 107703
    api_key: ${TY_KEY}
    api_secret: ${TY_SECRET}
  hepsiburada:
    connector: hepsiburada
    base_url: ${HEPSIBURADA}
    merchant_id: ${HB_ID}
    service_key: ${HB_KEY}
    integrator: ${HB_NAME}
  n11:
    connector: n11
    base_url: ${N11}
    seller_id: 2000001
    app_key: ${N11_KEY}
    app_secret: ${N11_SECRET}
rules:
  - name: site-hazirlanan
    platforms: [site]
    trigger: {status: preparing, since: 2026-11-24, if: order.total > 0}
    mapping: satis-faturasi
    product: {use: GENEL}
    payment: {cod: unpaid, "*": {account: iyzico}}
  - name: pazaryeri-kargolanan
    platforms: [trendyol, hepsiburada, n11]
    trigger: {status: shipped, since: 2026-11-24}
    mapping: satis-faturasi
    payment: {"*": {account: Garanti TL}}
"""


def environment(sandbox: Sandbox) -> dict[str, str]:
    options = sandbox.options
    return {
        "PARASUT": sandbox.parasut_url,
        "CLIENT_ID": options.client_id,
        "CLIENT_SECRET": options.client_secret,
        "USERNAME": options.username,
        "PASSWORD": options.password,
        "SITE": sandbox.shop_url,
        "CK": options.consumer_key,
        "CS": options.consumer_secret,
        "TRENDYOL": sandbox.trendyol_url,
        "TY_KEY": options.trendyol_api_key,
        "TY_SECRET": options.trendyol_api_secret,
        "HEPSIBURADA": sandbox.hepsiburada_url,
        "HB_ID": options.hepsiburada_merchant_id,
        "HB_KEY": options.hepsiburada_service_key,
        "HB_NAME": options.hepsiburada_user_agent,
        "N11": sandbox.n11_url,
        "N11_KEY": options.n11_app_key,
        "N11_SECRET": options.n11_app_secret,
    }


@dataclass
class Shop:
    """The shop's orders come in one by one, are paid (or not) half an hour later, and end up as the generator says."""

    sandbox: Sandbox
    to_come: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)
    due: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, (order, _, truth) in enumerate(generate(EACH, 1)):
            self.sandbox.shop.truth[order["id"]] = truth
            ordered = BEGIN + timedelta(seconds=number * SPACING)
            end = order["status"]
            self.to_come.append((ordered, "pending", self.as_ordered(order)))
            paid = end in PAID
            if end != "pending":
                self.to_come.append((ordered + timedelta(minutes=30), "processing" if paid else end, order))
            if paid and end != "processing":
                self.to_come.append((ordered + timedelta(hours=8), end, order))
        self.to_come.sort(key=lambda event: event[0])

    @staticmethod
    def as_ordered(order: dict[str, Any]) -> dict[str, Any]:
        nothing = dict.fromkeys(("date_paid", "date_paid_gmt", "date_completed", "date_completed_gmt"))
        return {**order, **nothing, "status": "pending", "refunds": []}

    def live(self, now: datetime) -> None:
        """Let everything happen whose moment has come."""
        shop = self.sandbox.shop
        while self.to_come and self.to_come[0][0] <= now:
            _, status, order = self.to_come.pop(0)
            if status == "pending":
                shop.add(order)
                shop.touch(order["id"])
            else:
                shop.set_status(order["id"], status)
            truth = shop.truth[order["id"]]
            if status in PAID and truth.total > 0:
                self.due[str(order["id"])] = truth.total


@dataclass
class World:
    sandbox: Sandbox
    folder: Path
    now: datetime = BEGIN

    def settings(self) -> Settings:
        file = self.folder / "syncd.yaml"
        file.write_text(CONFIG, encoding="utf-8")
        loaded = load_settings(file, environment(self.sandbox), today=date(2026, 11, 24))
        assert loaded.settings is not None, loaded.problems
        return loaded.settings

    def open(self, stack: ExitStack) -> Workshop:
        return stack.enter_context(open_workshop(self.settings(), clock=lambda: self.now, sleep=lambda _: None))

    def invoiced(self) -> dict[str, list[Decimal]]:
        """Order number → payables of its invoices, at Paraşüt. A package of two orders counts for its first one."""
        first = self.first_numbers()
        found: dict[str, list[Decimal]] = defaultdict(list)
        for invoice in self.sandbox.parasut.invoices.values():
            number = str(invoice["order_no"])
            found[first.get(number, number)].append(invoice["net_total"])
        return {number: sorted(payables) for number, payables in found.items()}

    def first_numbers(self) -> dict[str, str]:
        """Order number → the first one of the package that it is in."""
        return {
            number: package.order_number
            for name in MARKETS
            for package in self.sandbox.market(name).packages.values()
            for number in package.order_numbers
        }

    def rates_off(self) -> dict[tuple[str, int], Decimal]:
        """Order number and VAT rate → what its invoices have too much, where that is more than a kuruş each."""
        first = self.first_numbers()
        books = self.sandbox.parasut
        more: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        made: Counter[str] = Counter()
        for invoice in books.invoices.values():
            number = first.get(str(invoice["order_no"]), str(invoice["order_no"]))
            made[number] += 1
            for line in (books.details[line_id] for line_id in invoice.links["details"]):
                more[number, int(line["vat_rate"])] += line["net_total"]
        truths = [truth for name in MARKETS for truth in self.sandbox.market(name).truths() if truth.due(Stage.SHIPPED)]
        due = [(truth.order_number, truth.by_rate) for truth in truths]
        due += [(str(number), truth.by_rate) for number, truth in self.sandbox.shop.truth.items()]
        for number, by_rate in due:
            for rate, total in by_rate.items() if made[number] else ():
                more[number, rate] -= total
        return {key: sum_ for key, sum_ in more.items() if abs(sum_) > KURUS * made[key[0]]}

    def due(self, shop: Shop) -> dict[str, list[Decimal]]:
        """Order number → totals of the packages that must have their invoice by now."""
        found: dict[str, list[Decimal]] = defaultdict(list)
        for number, total in shop.due.items():
            found[number].append(total)
        for name in MARKETS:
            for truth in self.sandbox.market(name).truths():
                moment = truth.due(Stage.SHIPPED)
                if moment is not None and moment <= self.now.timestamp():
                    found[truth.order_number].append(truth.total)
        return {number: sorted(totals) for number, totals in found.items()}


def differing(due: Mapping[str, list[Decimal]], invoiced: Mapping[str, list[Decimal]]) -> dict[str, Any]:
    """The orders whose invoices are not those that must be there."""
    return {
        number: (due.get(number, []), invoiced.get(number, []))
        for number in due.keys() | invoiced.keys()
        if len(due.get(number, [])) != len(invoiced.get(number, []))
        or any(abs(a - b) > KURUS for a, b in zip(due[number], invoiced[number], strict=True))
    }


def a_company(sandbox: Sandbox) -> None:
    """Books without the oddities that hold orders of the shop: codes that two products have, archived ones."""
    books = sandbox.parasut
    for product in books.products.values():
        if product["name"] in ("Kurşun Kalem (eski kayıt)", "Eski Matara"):
            product.attributes["code"] = f"ESKI-{product.id}"
    books.add_product("Genel", code="GENEL", vat_rate=Decimal(20), unit="Adet")


@pytest.fixture
def without_log() -> Iterator[None]:
    """Some thousand requests would fill the captured output with lines that nobody reads."""
    logger.disable("syncd")
    yield
    logger.enable("syncd")


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("without_log")
def test_a_thousand_orders_of_four_platforms_are_invoiced_once_each_at_their_moment(tmp_path: Path) -> None:
    world: World | None = None

    def clock() -> float:
        return (BEGIN if world is None else world.now).timestamp()

    options = SandboxOptions(
        stands=ALL_STANDS,
        orders=0,
        market_orders=EACH,
        market_age_hours=0,
        market_spacing_seconds=SPACING,
        market_pace=0.4,
        market_limits=False,
        rate_requests=0,
        shop_timestamps=False,
        token_seconds=10_000_000,
    )
    with Sandbox(options, clock) as sandbox:
        a_company(sandbox)
        world = World(sandbox, tmp_path)
        shop = Shop(sandbox)
        markets = [sandbox.market(name) for name in MARKETS]
        polls = 0
        with ExitStack() as stack:
            workshop = world.open(stack)
            while shop.to_come or any(market.waiting for market in markets):
                world.now += timedelta(minutes=(95, 240, 440, 310)[polls % 4])
                shop.live(world.now)
                if polls % 4 == 3:
                    stack.close()
                    workshop = world.open(stack)
                with workshop.ledger.company.lease():
                    report = work(workshop, Selection())
                polls += 1
                assert report.stopped is None
                assert [str(collected.error) for collected in report.collected if collected.error] == []
                assert differing(world.due(shop), world.invoiced()) == {}, f"poll {polls} at {world.now}"
            rows = workshop.ledger.orders.newest(limit=5000)
            assert polls > 10

        every = [truth for name in MARKETS for truth in sandbox.market(name).truths()]
        assert len({truth.root_id for truth in every}) + len(sandbox.shop.orders) == 1000
        due, invoiced = world.due(shop), world.invoiced()
        assert sum(map(len, invoiced.values())) == sum(map(len, due.values())) > 800
        assert world.rates_off() == {}
        exact = sum(1 for number in due if due[number] == invoiced[number])
        assert exact > 0.9 * len(due)
        assert {truth.reason for truth in every} == set(Reason) - {Reason.UNPAID}
        expected = [code for reason, code in HOLDS.items() for truth in every if truth.reason is reason]
        # what came back after it was invoiced: Trendyol tells of parcels, Hepsiburada of claims, N11 of neither
        expected += [
            "returned-after-invoice"
            for package in sandbox.market("trendyol").packages.values()
            if package.stage is Stage.RETURNED
        ]
        expected += [
            "returned-after-invoice" for package in sandbox.market("hepsiburada").packages.values() if package.claimed
        ]
        held = [row.hold_code for row in rows if row.state is State.HELD]
        assert Counter(held) == Counter(expected)
