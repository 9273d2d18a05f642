"""How Paraşüt reckons an invoice. How it rounds is not published, so every open question is a switch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from syncd.sandbox.figures import ZERO, half_up


@dataclass(frozen=True)
class Rounding:
    """The switches: where VAT is rounded, whether line nets are, how many decimals a price keeps, what an amount
    discount is counted by."""

    vat: Literal["line", "rate", "invoice"] = "line"
    line_net: Literal["rounded", "exact"] = "rounded"
    price_decimals: int = 6
    discount: Literal["line", "unit"] = "line"


@dataclass(frozen=True)
class Line:
    """A line as it was sent. `discount_value` is a percentage or lira, as `discount_type` says; prices are net."""

    quantity: Decimal
    unit_price: Decimal
    vat_rate: Decimal
    discount_type: str = "percentage"
    discount_value: Decimal = ZERO


@dataclass(frozen=True)
class LineFigures:
    """What a line comes to. `net` and `raw_vat` may be unrounded; `vat`, `discount`, `net_total` are what is shown."""

    unit_price: Decimal
    gross: Decimal
    raw_discount: Decimal
    net: Decimal
    raw_vat: Decimal

    @property
    def vat(self) -> Decimal:
        return half_up(self.raw_vat)

    @property
    def discount(self) -> Decimal:
        return half_up(self.raw_discount)

    @property
    def net_total(self) -> Decimal:
        """The line's payable, VAT included (the name misleads, and it is Paraşüt's)."""
        return half_up(self.net) + self.vat


@dataclass(frozen=True)
class Totals:
    """An invoice's sums in its currency. `net_total` is the payable and includes VAT; `gross_total` is before both."""

    gross_total: Decimal
    total_discount: Decimal
    before_taxes_total: Decimal
    total_vat: Decimal

    @property
    def net_total(self) -> Decimal:
        return self.before_taxes_total + self.total_vat


def reckon_line(line: Line, rounding: Rounding) -> LineFigures:
    """One line's figures."""
    price = half_up(line.unit_price, rounding.price_decimals)
    gross = line.quantity * price
    if line.discount_type == "percentage":
        discount = gross * line.discount_value / 100
    elif rounding.discount == "unit":
        discount = line.discount_value * line.quantity
    else:
        discount = line.discount_value
    net = gross - discount
    if rounding.line_net == "rounded":
        net = half_up(net)
    return LineFigures(price, gross, discount, net, net * line.vat_rate / 100)


def reckon(lines: Sequence[Line], rounding: Rounding) -> tuple[list[LineFigures], Totals]:
    """All lines' figures and the invoice's totals; halves are always rounded up."""
    figures = [reckon_line(line, rounding) for line in lines]
    if rounding.vat == "line":
        vat = sum((half_up(figure.raw_vat) for figure in figures), ZERO)
    elif rounding.vat == "rate":
        by_rate: dict[Decimal, Decimal] = defaultdict(Decimal)
        for line, figure in zip(lines, figures, strict=True):
            by_rate[line.vat_rate] += figure.raw_vat
        vat = sum((half_up(raw) for raw in by_rate.values()), ZERO)
    else:
        vat = half_up(sum((figure.raw_vat for figure in figures), ZERO))
    totals = Totals(
        gross_total=half_up(sum((figure.gross for figure in figures), ZERO)),
        total_discount=half_up(sum((figure.raw_discount for figure in figures), ZERO)),
        before_taxes_total=half_up(sum((figure.net for figure in figures), ZERO)),
        total_vat=vat,
    )
    return figures, totals
