"""Prices whose invoice comes to the order's total."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from syncd.orders.amounts.choosing import choose
from syncd.orders.amounts.figures import Figures, PricedLine, compute
from syncd.orders.amounts.pricing import Item, Leeway, Option, Part, Pricing, Scale, Terms
from syncd.orders.amounts.profile import RoundingProfile

# One after the other; only the last lets a line's gross be off by more than a kuruş.
_PLAIN = Leeway()
_FINE = Leeway(fine=True)
_RATES_APART = Leeway(fine=True, rate_reach=3)
_SPLIT = Leeway(fine=True, split=True)
_WIDE = Leeway(fine=True, split=True, reach=3, rate_reach=3)


@dataclass(frozen=True, slots=True)
class GrossLine:
    """One line of an order.

    `total` is for all of it, VAT included, ≥ 0, with at most 2 decimals; `quantity` > 0, fractions allowed; `vat_rate`
    ≥ 0 in percent.
    """

    total: Decimal
    quantity: Decimal
    vat_rate: Decimal


@dataclass(frozen=True, slots=True)
class Solution:
    """What to send, and what it comes to.

    `figures`     under the most plausible candidate
    `target`      the sum of the order's lines
    `difference`  `figures.payable` − `target`
    `exact`       no difference
    `certain`     the payable is the same under every candidate
    """

    lines: tuple[PricedLine, ...]
    figures: Figures
    target: Decimal
    difference: Decimal
    exact: bool
    certain: bool


def solve(lines: Sequence[GrossLine], candidates: Sequence[RoundingProfile], *, cautious: bool = False) -> Solution:
    """Prices for `lines` whose payable is the sum of their totals under all `candidates` (the most plausible first).

    Without such prices: exact under as many as possible, at least the first; else the nearest, a kuruş away. Among the
    prices that are equally exact it prefers, in this order: no line split in two, every VAT rate and every line within
    0.01, fewer discounts, line totals as they are in the order, fewer decimals. A line is split (some units a kuruş
    dearer than the others) only where nothing else is exact; with `cautious` (a second try after a wrong first one) as
    soon as nothing else is exact under all candidates. ValueError for amounts outside the ranges of `GrossLine`
    and without candidates.
    """
    if not candidates:
        raise ValueError("no rounding profile is left to solve for")
    target = sum((line.total for line in lines), Decimal("0.00"))
    priced = _priced(lines, candidates, cautious) if lines else ()
    figures = compute(priced, candidates[0])
    difference = figures.payable - target
    return Solution(
        lines=priced,
        figures=figures,
        target=target,
        difference=difference,
        exact=difference == 0,
        certain=_alike(priced, figures.payable, candidates),
    )


def _priced(
    lines: Sequence[GrossLine], candidates: Sequence[RoundingProfile], cautious: bool
) -> tuple[PricedLine, ...]:
    scale = Scale.of((line.quantity for line in lines), (line.vat_rate for line in lines))
    items = [_item(index, line, scale) for index, line in enumerate(lines)]
    options = _options(items, scale, candidates, cautious)
    return tuple(
        PricedLine(
            line=item.index,
            quantity=lines[item.index].quantity if len(parts) == 1 else Decimal(part.quantity) / scale.quantity_unit,
            unit_price=_price(part.price),
            discount=Decimal(part.discount).scaleb(-2) if part.discount else Decimal(0),
            vat_rate=lines[item.index].vat_rate,
        )
        for item, parts in zip(items, options, strict=True)
        for part in parts
    )


def _item(index: int, line: GrossLine, scale: Scale) -> Item:
    total = line.total * 100
    if line.total < 0 or total != total.to_integral_value():
        raise ValueError(f"line {index + 1}: the total {line.total} is no amount of whole kuruş from 0 on")
    if line.quantity <= 0 or line.vat_rate < 0:
        raise ValueError(f"line {index + 1}: quantity {line.quantity}, VAT rate {line.vat_rate} can't be priced")
    return Item(index, int(total), int(line.quantity * scale.quantity_unit), int(line.vat_rate * scale.rate_unit))


def _options(
    items: Sequence[Item], scale: Scale, candidates: Sequence[RoundingProfile], cautious: bool
) -> list[tuple[Part, ...]]:
    target = sum(item.total for item in items)
    several = any(item.quantity != scale.quantity_unit for item in items)
    ladder = list(_ladder(candidates, several))
    rates = len({item.rate for item in items})

    def whole_lines(amount: int) -> list[tuple[Part, ...]] | None:
        for terms in ladder:
            leeways = [_PLAIN]
            if terms.nets_stay_exact:
                leeways.append(_FINE)
            if 1 < rates < len(items):
                leeways.append(_RATES_APART)
            for leeway in leeways:
                if found := _choose(items, scale, terms, leeway, amount):
                    return found
        return None

    def split_lines(amount: int) -> list[tuple[Part, ...]] | None:
        for leeway in (_SPLIT, _WIDE):
            for terms in ladder if len(ladder) == 1 else (ladder[0], ladder[-1]):
                if found := _choose(items, scale, terms, leeway, amount):
                    return found
        return None

    if cautious:
        for leeway in (_PLAIN, _SPLIT, _WIDE):
            if found := _choose(items, scale, ladder[0], leeway, target):
                return found
    # A kuruş too little is tried before a kuruş too much: nobody is invoiced more than was paid without need.
    return (
        whole_lines(target)
        or split_lines(target)
        or whole_lines(target - 1)
        or whole_lines(target + 1)
        or split_lines(target - 1)
        or split_lines(target + 1)
        or [_nearest(item, scale, candidates[0].price_decimals) for item in items]
    )


def _choose(
    items: Sequence[Item], scale: Scale, terms: Terms, leeway: Leeway, target: int
) -> list[tuple[Part, ...]] | None:
    pricing = Pricing(terms, scale, scale.kurus // (10 * len(items)), leeway)
    options: list[Option] | None = choose(items, pricing, target)
    return None if options is None else [option.parts for option in options]


def _ladder(candidates: Sequence[RoundingProfile], several: bool) -> Iterator[Terms]:
    """All candidates together, then fewer and fewer that agree with the first, down to the first alone.

    What can be found under terms equal to earlier ones has been looked for already. With single units only, what a
    discount means doesn't matter: none is needed.
    """
    first = candidates[0]
    seen = set()
    for aspects in (
        (),
        ("discount",),
        ("vat",),
        ("vat", "discount"),
        ("vat", "discount", "line_net"),
        ("vat", "discount", "line_net", "price_decimals"),
    ):
        agreeing = [
            profile
            for profile in candidates
            if all(getattr(profile, aspect) == getattr(first, aspect) for aspect in aspects)
        ]
        terms = Terms.of(agreeing)
        if not several:
            terms = Terms(terms.decimals, terms.roundings, discounts=False)
        if terms not in seen:
            seen.add(terms)
            yield terms


def _nearest(item: Item, scale: Scale, decimals: int) -> tuple[Part, ...]:
    """The price nearest to the item's ideal one."""
    micros = 10 ** (6 - decimals)
    hundred = 100 * scale.rate_unit
    numerator = item.total * hundred * scale.kurus
    denominator = (hundred + item.rate) * item.quantity * micros
    return (Part(item.quantity, (2 * numerator + denominator) // (2 * denominator) * micros),)


def _price(micros: int) -> Decimal:
    """A price with at least two decimals and no more than it needs."""
    decimals = 6
    while decimals > 2 and micros % 10 == 0:
        micros //= 10
        decimals -= 1
    return Decimal(micros).scaleb(-decimals)


def _alike(priced: Sequence[PricedLine], payable: Decimal, candidates: Sequence[RoundingProfile]) -> bool:
    """Whether every candidate makes the same payable of these lines. Candidates that can't differ are computed once."""
    finest = max((-int(line.unit_price.as_tuple().exponent) for line in priced), default=2)
    discounted = any(line.discount and line.quantity != 1 for line in priced)
    distinct = {
        (profile.vat, profile.line_net, min(profile.price_decimals, finest), discounted and profile.discount): profile
        for profile in candidates
    }
    return all(compute(priced, profile).payable == payable for profile in distinct.values())
