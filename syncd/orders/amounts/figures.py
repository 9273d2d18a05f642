"""What Paraşüt makes of an invoice's lines under a rounding profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from syncd.orders.amounts.profile import RoundingProfile

# Wide enough that products of quantities, prices and rates stay exact, whatever context the caller works in.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_KURUS = Decimal("0.01")
_PERCENT = Decimal("0.01")
_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line as it is sent: net prices in the invoice's currency; `line` is the index of the gross line it is for.

    `discount` is the amount discount as sent (0: none); whether it counts once or per unit is the profile's matter.
    """

    line: int
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    vat_rate: Decimal


@dataclass(frozen=True, slots=True)
class LineFigures:
    """A line's figures as they are shown: each rounded to the kuruş, `gross` = `net` + `vat`."""

    net: Decimal
    vat: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """An invoice's figures. `payable` = `before_taxes` + `vat`.

    `vat_by_rate` has the VAT of every rate (percent) to the kuruş; where VAT is rounded once per invoice, these may
    differ from `vat` in their sum.
    """

    payable: Decimal
    before_taxes: Decimal
    vat: Decimal
    lines: tuple[LineFigures, ...]
    vat_by_rate: Mapping[Decimal, Decimal]


def stored_price(price: Decimal, decimals: int) -> Decimal:
    """`price` as it is kept with at most `decimals` decimals, half up."""
    return price.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _EXACT)


def compute(lines: Sequence[PricedLine], profile: RoundingProfile) -> Figures:
    """The figures of an invoice with these lines, as an account with this profile answers them."""
    with localcontext(_EXACT):
        shown: list[LineFigures] = []
        net_sum = _ZERO
        rounded_by_rate: dict[Decimal, Decimal] = {}
        raw_by_rate: dict[Decimal, Decimal] = {}
        for line in lines:
            net = line.quantity * stored_price(line.unit_price, profile.price_decimals)
            if line.discount:
                net -= line.discount if profile.discount == "line" else line.discount * line.quantity
            shown_net = net.quantize(_KURUS)
            if profile.line_net == "rounded":
                net = shown_net
            raw = net * line.vat_rate * _PERCENT
            vat = raw.quantize(_KURUS)
            shown.append(LineFigures(shown_net, vat, shown_net + vat))
            net_sum += net
            rounded_by_rate[line.vat_rate] = rounded_by_rate.get(line.vat_rate, _ZERO) + vat
            raw_by_rate[line.vat_rate] = raw_by_rate.get(line.vat_rate, _ZERO) + raw
        before_taxes = net_sum.quantize(_KURUS)
        if profile.vat == "line":
            vat_by_rate = rounded_by_rate
        else:
            vat_by_rate = {rate: raw.quantize(_KURUS) for rate, raw in raw_by_rate.items()}
        if profile.vat == "invoice":
            total_vat = sum(raw_by_rate.values(), _ZERO).quantize(_KURUS)
        else:
            total_vat = sum(vat_by_rate.values(), _ZERO)
        return Figures(before_taxes + total_vat, before_taxes, total_vat, tuple(shown), vat_by_rate)
