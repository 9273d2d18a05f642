"""The ways to price one line so that it comes near its gross total.

Everything here is counted in integers. A *grain* is the unit of nets: so small that quantity × unit price is always a
whole number of grains (4 decimals of a kuruş for prices of 6 decimals, and the decimals of the quantities on top).
Prices are counted in micros, the sixth decimal of the currency; totals, VAT and discounts in kuruş.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import gcd

from syncd.orders.amounts.profile import NetRounding, RoundingProfile, VatRounding

_MICROS_PER_KURUS = 10_000

# The order of preference as digits of one number, the weightiest first. Each has room for tens of thousands of lines.
_BEYOND_A_KURUS = 10**25
_SPLIT = 10**20
_DISCOUNT = 10**15
_DEVIATION = 10**10
_SPREAD = 10**5
_DECIMAL = 1

# How many kuruş the prices of a split line may lie apart; how many units are set apart where they don't.
_WIDEST_SPREAD = 4
_UNITS_SET_APART = 4

# How many prices are tried for one that a discount leads to a net between the kuruş.
_PRICES_TRIED = 1_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What prices must obey to come out alike under a set of profiles.

    `decimals`   of a price that every profile keeps
    `roundings`  for each treatment of line nets among them, where VAT may be rounded
    `discounts`  whether an amount discount surely counts once per line
    """

    decimals: int
    roundings: tuple[tuple[NetRounding, frozenset[VatRounding]], ...]
    discounts: bool

    @classmethod
    def of(cls, profiles: Sequence[RoundingProfile]) -> Terms:
        """The terms that keep a price right under every one of `profiles`, of which there is at least one."""
        vat: dict[NetRounding, set[VatRounding]] = {}
        for profile in profiles:
            vat.setdefault(profile.line_net, set()).add(profile.vat)
        return cls(
            decimals=min(profile.price_decimals for profile in profiles),
            roundings=tuple((net, frozenset(places)) for net, places in sorted(vat.items(), reverse=True)),
            discounts=all(profile.discount == "line" for profile in profiles),
        )

    @property
    def nets_stay_exact(self) -> bool:
        """Whether a line's net may go on with more than two decimals."""
        return any(net == "exact" for net, _ in self.roundings)


@dataclass(frozen=True, slots=True)
class Scale:
    """The grain of an order, and the rounding in it. `rate_unit` is the number of rate units in one percent."""

    quantity_unit: int
    rate_unit: int

    @property
    def kurus(self) -> int:
        """Grains in a kuruş."""
        return _MICROS_PER_KURUS * self.quantity_unit

    @property
    def vat_unit(self) -> int:
        """What grains × rate is divided by to give kuruş of VAT."""
        return self.kurus * 100 * self.rate_unit

    @classmethod
    def of(cls, quantities: Iterable[Decimal], rates: Iterable[Decimal]) -> Scale:
        """The coarsest scale in which these quantities and rates (in percent) are whole numbers."""
        return cls(10 ** max(map(_decimals, quantities)), 10 ** max(map(_decimals, rates)))


def half_up(amount: int, unit: int) -> int:
    """`amount` / `unit` to the nearest whole number, halves up (amounts are never negative here)."""
    return (2 * amount + unit) // (2 * unit)


@dataclass(frozen=True, slots=True)
class Item:
    """A gross line in integers: `total` in kuruş, `quantity` and `rate` in the scale's units."""

    index: int
    total: int
    quantity: int
    rate: int


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes one priced line: quantity in the scale's unit, price in micros, discount in kuruş."""

    quantity: int
    price: int
    discount: int = 0


@dataclass(slots=True)
class Option:
    """One way to price an item: one part, or two when it is split. `nets` are the parts' nets in grains."""

    parts: tuple[Part, ...]
    nets: tuple[int, ...]
    whole: bool
    cost: int


@dataclass(frozen=True, slots=True)
class Leeway:
    """How far the search may go.

    `fine`        nets between the kuruş, where the terms let them stay exact
    `split`       lines in two parts
    `reach`       what a line's gross may be off, in kuruş
    `rate_reach`  what the gross of a VAT rate may be off, in kuruş
    """

    fine: bool = False
    split: bool = False
    reach: int = 1
    rate_reach: int = 1


@dataclass(frozen=True, slots=True)
class Pricing:
    """Finds the options of an order's lines under given terms.

    `excess` is how many grains a net may lie above a whole kuruş and still count as one: a line's share of what can't
    change any rounding of the sums.
    """

    terms: Terms
    scale: Scale
    excess: int
    leeway: Leeway

    def options(self, item: Item, rate_total: int) -> list[Option]:
        """All options of `item`, the preferred first. `rate_total` is the gross of all lines of its rate, in kuruş."""
        if item.total == 0:
            return [Option((Part(item.quantity, 0),), (0,), True, 0)]
        found = [option for net in self._whole_nets(item) for option in self._near(item, net)]
        if self.leeway.fine and self.terms.nets_stay_exact:
            found += self._finer(item, rate_total)
        if self.leeway.split:
            found += self._splits(item)
        found.sort(key=lambda option: option.cost)
        return found

    def _whole_nets(self, item: Item) -> Iterator[int]:
        """The whole-kuruş nets (> 0) whose gross is within reach of the item's total."""
        ideal = self._ideal_kurus(item.total, item.rate)
        for net in range(max(ideal - self.leeway.reach, 1), ideal + self.leeway.reach + 2):
            vat = half_up(net * self.scale.kurus * item.rate, self.scale.vat_unit)
            if abs(net + vat - item.total) <= self.leeway.reach:
                yield net

    def _ideal_kurus(self, gross: int, rate: int) -> int:
        hundred = 100 * self.scale.rate_unit
        return gross * hundred // (hundred + rate)

    def _near(self, item: Item, net: int) -> Iterator[Option]:
        """The price with the fewest decimals that gives this whole-kuruş net; only else a discount."""
        grains = net * self.scale.kurus
        if self.terms.nets_stay_exact:
            price = self._lowest_price(item.quantity, grains, grains + max(self.excess, 1))
        else:
            price = self._rounded_price(item.quantity, net)
        if price is not None:
            yield self._option(item, Part(item.quantity, price))
        elif self.terms.discounts:
            yield self._option(item, self._discounted(item.quantity, net))

    def _lowest_price(self, quantity: int, at_least: int, below: int) -> int | None:
        """The price with the fewest decimals whose net lies in the interval."""
        for decimals in range(2, self.terms.decimals + 1):
            micros = _micros(decimals)
            step = quantity * micros
            count = -(-at_least // step)
            if count * step < below:
                return count * micros
        return None

    def _rounded_price(self, quantity: int, net: int) -> int | None:
        """The price with the fewest decimals whose net rounds to `net`."""
        kurus = self.scale.kurus
        for decimals in range(2, self.terms.decimals + 1):
            micros = _micros(decimals)
            step = quantity * micros
            count = (2 * net * kurus + step - 1) // (2 * step)
            if half_up(count * step, kurus) == net:
                return count * micros
        return None

    def _discounted(self, quantity: int, net: int) -> Part:
        """A price in whole kuruş, and the discount that leads down to `net`."""
        kurus = self.scale.kurus
        price = -(-net * kurus // (quantity * _MICROS_PER_KURUS))
        if self.terms.nets_stay_exact:
            # A fractional quantity gives whole kuruş only at some prices: at every even one for 2.5 kg.
            while price * quantity % self.scale.quantity_unit:
                price += 1
        gross = half_up(price * quantity * _MICROS_PER_KURUS, kurus)
        return Part(quantity, price * _MICROS_PER_KURUS, gross - net)

    def _finer(self, item: Item, rate_total: int) -> Iterator[Option]:
        """Nets between the kuruş: where a sum rounds up but its VAT does not, and what a coarse price allows."""
        kurus = self.scale.kurus
        ideal = self._ideal_kurus(item.total, item.rate)
        low = max(ideal - self.leeway.reach, 0)
        offsets = [self._gap(self._ideal_kurus(rate_total, item.rate), item.rate)]
        for net in range(low, ideal + self.leeway.reach + 1):
            offsets_here = [*offsets, self._gap(net, item.rate), (kurus // 2, kurus // 2 + max(self.excess, 1))]
            for start, end in set(offsets_here):
                part = self._between(item.quantity, net * kurus + start, net * kurus + end)
                if part is not None:
                    yield from self._within_reach(item, part)
        for decimals in sorted({2, self.terms.decimals}):
            micros = _micros(decimals)
            step = item.quantity * micros
            if step > self.excess:
                nearest = ideal * kurus // step
                for count in range(max(nearest - 1, 1), nearest + 3):
                    yield from self._within_reach(item, Part(item.quantity, count * micros))

    def _between(self, quantity: int, at_least: int, below: int) -> Part | None:
        """A price whose net lies in the interval, or one that a discount of whole kuruş leads into it."""
        price = self._lowest_price(quantity, at_least, below)
        if price:
            return Part(quantity, price)
        if not self.terms.discounts or at_least >= below:
            return None
        kurus = self.scale.kurus
        for decimals in sorted({2, self.terms.decimals}):
            micros = _micros(decimals)
            step = quantity * micros
            first = -(-at_least // step)
            # After so many prices the fractions of their nets come around again.
            for count in range(first, first + min(kurus // gcd(step, kurus), _PRICES_TRIED)):
                discount, over = divmod(count * step - at_least, kurus)
                if at_least + over < below:
                    return Part(quantity, count * micros, discount)
        return None

    def _gap(self, net: int, rate: int) -> tuple[int, int]:
        """Above the whole-kuruş `net`, the grains between where it rounds up and where its VAT does."""
        kurus, vat_unit = self.scale.kurus, self.scale.vat_unit
        half = kurus // 2
        if not rate:
            return half, half
        vat = half_up(net * kurus * rate, vat_unit)
        threshold = -(-(2 * vat + 1) * vat_unit // (2 * rate)) - net * kurus
        return min(half, threshold), min(max(half, threshold), kurus)

    def _splits(self, item: Item) -> Iterator[Option]:
        """Some units at a price and the rest a kuruş dearer: right wherever VAT or discounts stand in the way.

        Where VAT is rounded per line, prices that lie some kuruş apart, or not at all, give yet other sums.
        """
        unit, kurus = self.scale.quantity_unit, self.scale.kurus
        for net in self._whole_nets(item):
            price, rest = divmod(net * kurus, item.quantity * _MICROS_PER_KURUS)
            for lower in range(price, max(price - _WIDEST_SPREAD, -1), -1):
                above = (rest + (price - lower) * item.quantity * _MICROS_PER_KURUS) // kurus
                ways = [(spread, above // spread) for spread in range(1, _WIDEST_SPREAD + 1) if above % spread == 0]
                if not rest and lower == price:
                    ways += [(0, units) for units in range(1, _UNITS_SET_APART + 1)]
                for spread, units in ways:
                    if 0 < units * unit < item.quantity:
                        cheaper = Part(item.quantity - units * unit, lower * _MICROS_PER_KURUS)
                        dearer = Part(units * unit, (lower + spread) * _MICROS_PER_KURUS)
                        yield from self._within_reach(item, cheaper, dearer)

    def _within_reach(self, item: Item, *parts: Part) -> Iterator[Option]:
        option = self._option(item, *parts)
        if option.cost < _BEYOND_A_KURUS or self.leeway.reach > 1:
            yield option

    def _option(self, item: Item, *parts: Part) -> Option:
        kurus, vat_unit = self.scale.kurus, self.scale.vat_unit
        nets = tuple(part.quantity * part.price - part.discount * kurus for part in parts)
        whole = all(net % kurus == 0 for net in nets)
        gross = 0
        for net in nets:
            rounded = half_up(net, kurus)
            used = net if self.terms.nets_stay_exact else rounded * kurus
            gross += rounded + half_up(used * item.rate, vat_unit)
        deviation = abs(gross - item.total)
        cost = deviation * _DEVIATION + (len(parts) - 1) * _SPLIT
        if deviation > 1:
            cost += _BEYOND_A_KURUS
        cost += (parts[-1].price - parts[0].price) // _MICROS_PER_KURUS * _SPREAD
        for part in parts:
            if part.discount:
                cost += _DISCOUNT
            cost += _price_decimals(part.price) * _DECIMAL
        return Option(parts, nets, whole, cost)


def _micros(decimals: int) -> int:
    """The last of so many decimals of a price, in micros."""
    return int(10 ** (6 - decimals))


def _price_decimals(micros: int) -> int:
    """How many decimals beyond the second a price needs."""
    for decimals in range(5):
        if micros % 10 ** (4 - decimals) == 0:
            return decimals
    raise AssertionError("a whole number of micros")


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
