"""The arithmetic of invoices once more, in whole numbers and on its own, to check the real one against.

And the question whether any exact choice exists, answered by trying them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from syncd.orders.amounts import GrossLine, PricedLine, RoundingProfile

NANO = 10**9  # a net is counted in billionths of the currency: quantities have up to 3 decimals, prices up to 6
KURUS = NANO // 100


def half_up(amount: int, unit: int) -> int:
    return (2 * amount + unit) // (2 * unit)


def integer(number: Decimal, decimals: int) -> int:
    scaled = number * 10**decimals
    assert scaled == int(scaled)
    return int(scaled)


def invoice(lines: Sequence[PricedLine], profile: RoundingProfile) -> tuple[int, int]:
    """(before taxes, VAT) in kuruş."""
    kept = 10 ** (6 - profile.price_decimals)
    nets = []
    for line in lines:
        quantity = integer(line.quantity, 3)
        net = quantity * half_up(integer(line.unit_price, 6), kept) * kept
        net -= integer(line.discount, 6) * (1000 if profile.discount == "line" else quantity)
        nets.append(half_up(net, KURUS) * KURUS if profile.line_net == "rounded" else net)
    rates = [integer(line.vat_rate, 2) for line in lines]
    raw = [net * rate for net, rate in zip(nets, rates, strict=True)]
    unit = KURUS * 100 * 100
    if profile.vat == "line":
        vat = sum(half_up(amount, unit) for amount in raw)
    elif profile.vat == "rate":
        vat = sum(
            half_up(sum(amount for amount, its in zip(raw, rates, strict=True) if its == rate), unit)
            for rate in set(rates)
        )
    else:
        vat = half_up(sum(raw), unit)
    return half_up(sum(nets), KURUS), vat


def kurus(amount: Decimal) -> int:
    return integer(amount, 2)


def rounded(number: Fraction) -> int:
    return (number + Fraction(1, 2)).__floor__()


def a_net_exists(total: int, rate: Fraction, exact: bool) -> bool:
    """Whether some net of one rate gives `total` kuruş; `exact` nets may lie between the kuruş."""
    ideal = int(total / (1 + rate))
    for net in range(ideal - 2, ideal + 4):
        vat = total - net
        if rounded(net * rate) == vat:
            return True
        if exact and rate:
            lowest = max(net - Fraction(1, 2), (vat - Fraction(1, 2)) / rate)
            beyond = min(net + Fraction(1, 2), (vat + Fraction(1, 2)) / rate)
            if lowest < beyond:
                return True
    return False


def a_choice_exists(order: Sequence[GrossLine], profiles: Sequence[RoundingProfile]) -> bool:
    """Whether prices exist that are exact under all profiles, with every line within 0.01, by trying all.

    Prices of 6 decimals are tried with 4 only where quantities are small: finer ones open no other sums there.
    Profiles must treat nets, decimals and discounts alike, and may differ in the rounding of VAT.
    """
    rates = sorted({line.vat_rate for line in order})
    target = sum(kurus(line.total) for line in order)
    exact = profiles[0].line_net == "exact"
    places = {profile.vat for profile in profiles}
    if len(rates) == 1 and places != {"line"} and not a_net_exists(target, Fraction(rates[0]) / 100, exact):
        return False
    sums: set[tuple[tuple[int, ...], int]] = {((0,) * len(rates), 0)}
    for line in order:
        here = rates.index(line.vat_rate)
        choices = set(_choices(line, profiles[0]))
        sums = {
            ((*nets[:here], nets[here] + net, *nets[here + 1 :]), vat + more if "line" in places else 0)
            for nets, vat in sums
            for net, more in choices
        }
    unit = KURUS * 100 * 100
    for nets, by_line in sums:
        raw = [net * integer(rate, 2) for net, rate in zip(nets, rates, strict=True)]
        vat = target - half_up(sum(nets), KURUS)
        found = {"line": by_line, "rate": sum(half_up(one, unit) for one in raw), "invoice": half_up(sum(raw), unit)}
        if all(found[place] == vat for place in places):
            return True
    return False


def _choices(line: GrossLine, profile: RoundingProfile) -> Iterator[tuple[int, int]]:
    """(net, VAT of the line) of every pricing that comes within 0.01 of the line's total."""
    quantity, rate, total = integer(line.quantity, 3), integer(line.vat_rate, 2), kurus(line.total)
    unit = KURUS * 100 * 100
    decimals = profile.price_decimals if quantity >= 10_000 else min(profile.price_decimals, 4)
    step = quantity * 10 ** (6 - decimals)
    ideal = total * KURUS * 10_000 // (10_000 + rate)
    low, high = max(ideal - 2 * KURUS, 1), ideal + 2 * KURUS
    nets = {count * step for count in range(-(-low // step), high // step + 1)}
    if profile.discount == "line":
        by_discount = set()
        for count in range(-(-low // step), -(-low // step) + 1000):
            by_discount.add(count * step % KURUS)
            if count * step % KURUS == 0 and count * step >= high:
                break
        nets |= {whole * KURUS + part for part in by_discount for whole in range(low // KURUS, high // KURUS + 1)}
    for net in nets:
        if profile.line_net == "rounded":
            net = half_up(net, KURUS) * KURUS
        vat = half_up(net * rate, unit)
        if net > 0 and abs(half_up(net, KURUS) + vat - total) <= 1:
            yield net, vat
    if quantity % 1000 == 0:
        for whole in range(low // KURUS, high // KURUS + 1):
            price, dearer = divmod(whole, quantity // 1000)
            if dearer and whole > 0:
                parts = ((quantity // 1000 - dearer) * price, dearer * (price + 1))
                vat = sum(half_up(part * KURUS * rate, unit) for part in parts)
                if abs(whole + vat - total) <= 1:
                    yield whole * KURUS, vat
