"""Makes orders of every kind, with Turkish buyers and goods, each with the life before it; the same for a seed."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

from syncd.sandbox.figures import half_up
from syncd.sandbox.market.goods import ARTICLES
from syncd.sandbox.market.market import Event, Plan, Traits, Turn
from syncd.sandbox.market.package import Article, Kind, MarketBuyer, MarketLine, Package, Stage, Unit
from syncd.sandbox.market.people import PICK_UP_POINT, People, intermediary

_HOUR = 3600
_PLAIN = (Kind.CONSUMER, Kind.PLACEHOLDER, Kind.COMPANY, Kind.PLATFORM_DISCOUNT, Kind.UNEVEN)
"""The kinds that most orders by chance are of."""
_METHODS = ("Kredi Kartı", "Banka Kartı", "Alışveriş Kredisi", "Cüzdan - Trendpay")
_BACK = (Kind.CONSUMER, Kind.PLACEHOLDER, Kind.COMPANY)
"""Kinds whose buyers come back."""
_CENT = Decimal("0.01")


def market_orders(count: int, seed: int, begin: int, spacing: int, traits: Traits, pace: float = 1.0) -> list[Plan]:
    """`count` orders of a marketplace: first one of each of `traits.kinds` in their order, then by chance.

    The first comes at `begin` (unix seconds) and each next one `spacing` seconds later. An order is usually `preparing`
    3.5 hours after it came, `shipped` after 10 and `delivered` after 34, each a fifth more or less; `pace` multiplies
    these spans (0.1: ten times as fast). By chance most orders are plain ones, and every third buyer of such has bought
    before. The same arguments give the same orders.
    """
    maker = _Maker(random.Random(f"{traits.name} {seed}"), traits, pace)
    return [maker.plan(index, begin + index * spacing) for index in range(count)]


class _Maker:
    def __init__(self, chance: random.Random, traits: Traits, pace: float) -> None:
        self._chance = chance
        self._traits = traits
        self._pace = pace
        self._people = People(chance, 10_000_000 + traits.first_order_number % 30_000_000)
        self._known: dict[Kind, list[MarketBuyer]] = {}
        self._line_id = traits.first_package_id % 1_000_000 + 500_000_000
        self._order_number = traits.first_order_number - 1

    def plan(self, index: int, at: int) -> Plan:
        kind = self._kind(index)
        self._order_number += 1
        number = str(self._order_number)
        lines = self._lines(kind, number)
        package_id = self._traits.first_package_id + index
        unpaid = kind in (Kind.UNPAID, Kind.LATE_PAID)
        stage = Stage.UNPAID if unpaid else Stage.CREATED
        package = Package(
            package_id=package_id,
            root_id=package_id,
            order_number=number,
            kind=kind,
            buyer=self._buyer(kind, index),
            lines=lines,
            ordered_at=at,
            stage=stage,
            modified=at,
            history=((stage, at),),
            created_by="transfer" if kind is Kind.TRANSFERRED else "order",
            ship_to=PICK_UP_POINT if kind is Kind.PICK_UP else None,
            payment_method=self._chance.choice(_METHODS),
            shipment_number=package_id % 1_000_000_000,
        )
        return Plan(package, self._life(kind, at))

    def _kind(self, index: int) -> Kind:
        kinds = self._traits.kinds
        if index < len(kinds):
            return kinds[index]
        plain = [kind for kind in _PLAIN if kind in kinds]
        return self._chance.choice(plain if self._chance.random() < 0.6 else list(kinds))

    def _buyer(self, kind: Kind, index: int) -> MarketBuyer:
        known = self._known.setdefault(kind, [])
        if known and kind in _BACK and self._chance.random() < 1 / 3:
            return self._chance.choice(known)
        buyer = self._new_buyer(kind, index)
        known.append(buyer)
        return buyer

    def _new_buyer(self, kind: Kind, index: int) -> MarketBuyer:
        if kind in (Kind.COMPANY, Kind.COMPANY_DISCOUNT):
            return self._people.company(e_invoice=True)
        if kind is Kind.COMPANY_PAPER:
            return self._people.company(e_invoice=False)
        if kind is Kind.SOLE_TRADER:
            return self._people.sole_trader()
        if kind is Kind.INTERMEDIATED:
            return intermediary(self._traits.first_order_number % 10_000_000 + index)
        if kind is Kind.NO_IDENTITY:
            return self._people.consumer("none", silent=True)
        if kind in (Kind.CONSUMER, Kind.TWO_ORDERS, Kind.DECIMALS):
            return self._people.consumer("real")
        if kind is Kind.PLACEHOLDER:
            return self._people.consumer("placeholder")
        return self._people.consumer(self._chance.choice(("real", "placeholder", "none")))

    def _lines(self, kind: Kind, number: str) -> tuple[MarketLine, ...]:
        several = kind in (Kind.COMPANY, Kind.TWO_ORDERS, Kind.MANY, Kind.CONTRADICTORY)
        how_many = self._chance.randint(2, 4) if several else self._chance.choice((1, 1, 1, 2, 2, 3))
        articles = self._chance.sample(ARTICLES, how_many)
        if kind is Kind.COMPANY:
            articles = [self._chance.choice([one for one in ARTICLES if one.vat_rate == rate]) for rate in (20, 10, 1)]
        lines = [self._line(article, number, kind, index) for index, article in enumerate(articles)]
        if kind is Kind.TWO_ORDERS:
            self._order_number += 1
            lines[1:] = [replace(line, order_number=str(self._order_number)) for line in lines[1:]]
        return tuple(lines)

    def _line(self, article: Article, number: str, kind: Kind, index: int) -> MarketLine:
        quantity = self._chance.choice((1, 1, 1, 2, 2, 3, 4, 7))
        if kind in (Kind.SPLIT, Kind.PART_CANCELLED, Kind.UNEVEN, Kind.DECIMALS) and index == 0:
            quantity = self._chance.randint(2, 7)
        if kind is Kind.MANY and index == 0:
            quantity = 12
        price = article.price
        if kind is Kind.DECIMALS:
            price = half_up(price / 3, 5)
        elif self._chance.random() < 0.5:
            price = half_up(price * self._chance.randint(80, 119) / 100)
        self._line_id += 1
        sells = kind in (Kind.UNEVEN, Kind.BOTH_DISCOUNTS)
        gives = kind in (Kind.PLATFORM_DISCOUNT, Kind.COMPANY_DISCOUNT, Kind.BOTH_DISCOUNTS)
        given = index == 0 or self._chance.random() < 0.5  # not every line of an order is in the campaign
        seller = self._shares(price, quantity) if sells and given else [Decimal("0.00")] * quantity
        platform = self._shares(price, quantity) if gives and given else [Decimal("0.00")] * quantity
        units = [
            Unit(self._line_id * 100 + piece, mine, theirs)
            for piece, (mine, theirs) in enumerate(zip(seller, platform, strict=True), start=1)
        ]
        return MarketLine(self._line_id, number, article, price, tuple(units))

    def _shares(self, price: Decimal, quantity: int) -> list[Decimal]:
        """A discount of 5 to 25 percent of the whole line, given out so that the pieces differ by a kuruş at most."""
        whole = half_up(price * quantity * self._chance.randint(5, 25) / 100)
        if quantity > 1 and int(whole * 100) % quantity == 0:
            whole -= _CENT  # so that it is uneven for sure
        each, left = divmod(int(whole * 100), quantity)
        shares = [Decimal(each + (1 if piece < left else 0)) * _CENT for piece in range(quantity)]
        self._chance.shuffle(shares)
        return shares

    def _life(self, kind: Kind, at: int) -> tuple[Event, ...]:
        def after(hours: float) -> int:
            return at + max(1, int(hours * _HOUR * self._pace * self._chance.uniform(0.8, 1.2)))

        if kind is Kind.UNPAID:
            return (Event(after(20), Stage.CANCELLED),)
        if kind is Kind.JUMP:
            moment = after(6)
            stages = (Stage.PREPARING, Stage.SHIPPED, Stage.DELIVERED)
            return tuple(Event(moment + 20 * step, stage) for step, stage in enumerate(stages))
        if kind is Kind.UNSUPPLIED:
            return (Event(after(3), Stage.UNSUPPLIED),)
        events = [Event(after(2), Stage.CREATED)] if kind is Kind.LATE_PAID else []
        events += [Event(after(3.5), Stage.PREPARING)]
        if kind is Kind.CANCELLED:
            return (*events, Event(after(6), Stage.CANCELLED))
        turns = {Kind.SPLIT: Turn.SPLIT, Kind.PART_CANCELLED: Turn.PART_CANCEL, Kind.REPACKED: Turn.REPACK}
        if kind in turns:
            events.append(Event(after(6), turns[kind]))
        events.append(Event(after(10), Stage.SHIPPED))
        if kind is Kind.UNDELIVERED:
            return (*events, Event(after(30), Stage.UNDELIVERED), Event(after(50), Stage.RETURNED))
        events.append(Event(after(34), Stage.DELIVERED))
        if kind is Kind.CLAIMED:
            events.append(Event(after(60), Turn.CLAIM))
        return tuple(events)
