"""The VAT rate of a line of a WooCommerce order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from syncd.errors import Hold
from syncd.platforms.readers.woocommerce import amount

TURKISH_RATES = tuple(Decimal(rate) for rate in (0, 1, 8, 10, 18, 20))
"""The rates of today and, for old orders, of before 10 July 2023 (8 and 18)."""

_CENT = Decimal("0.01")


def vat_rate(item: Mapping[str, Any], record: Mapping[str, Any], untaxed: Any = None) -> Decimal:
    """The percent of VAT in a line, shipping or fee; `untaxed` is the rate of lines without tax (a shop's setting).

    A line names its tax by rate id; the order's tax lines tell the percent of each. The rate *code* is useless:
    WordPress eats the `%` of `KDV %20` and `KDV %10`, and both become the same. Before WooCommerce 3.7 the percent was
    missing; then it is told from the figures. A percent that contradicts the line's figures, two taxes on one line, or
    figures that fit no rate or several raise `Hold("vat-rate-unclear")`.
    """
    net, tax = amount(item.get("total")), amount(item.get("total_tax"))
    if not net and not tax:  # given away by a coupon: the figures before it still tell the rate
        net, tax = amount(item.get("subtotal")), amount(item.get("subtotal_tax"))
    taxes = _taxes(item)
    if len(taxes) > 1:
        raise _unclear(item, "it carries two taxes")
    if not taxes and not tax:
        return amount(untaxed) if isinstance(untaxed, int | Decimal) else Decimal(0)
    percent = _percent(taxes[0], record) if taxes else None
    if percent is None:
        return _guessed(item, net, tax)
    if abs(net * percent / 100 - tax) > _tolerance(net):
        raise _unclear(item, f"its tax is not {percent} % of its net amount")
    return percent


def _taxes(item: Mapping[str, Any]) -> list[Any]:
    """The ids of the taxes on a line. Rates that don't concern it stand there too, with "" as their total."""
    entries = [entry for entry in item.get("taxes") or () if isinstance(entry, Mapping)]
    charged = [entry for entry in entries if amount(entry.get("total")) or amount(entry.get("subtotal"))]
    named = charged or [entry for entry in entries if entry.get("total") not in (None, "")]
    return list(dict.fromkeys(str(entry.get("id")) for entry in named))


def _percent(rate_id: str, record: Mapping[str, Any]) -> Decimal | None:
    for line in record.get("tax_lines") or ():
        if str(line.get("rate_id")) == rate_id and line.get("rate_percent") not in (None, ""):
            percent = amount(line["rate_percent"])
            return percent.quantize(Decimal(1)) if percent == percent.to_integral_value() else percent
    return None


def _guessed(item: Mapping[str, Any], net: Decimal, tax: Decimal) -> Decimal:
    fitting = [rate for rate in TURKISH_RATES if abs(net * rate / 100 - tax) <= _CENT]
    if not net and not tax:
        return Decimal(0)
    if len(fitting) > 1:  # a small amount fits several: today's rates go before those of the past
        fitting = [rate for rate in fitting if rate not in (8, 18)] or fitting
    if len(fitting) != 1:
        raise _unclear(item, "the order names no rate, and its figures fit none of 0, 1, 8, 10, 18, 20 % alone")
    return fitting[0]


def _tolerance(net: Decimal) -> Decimal:
    """Rounding, and less than half of the smallest step between two rates (1 %)."""
    return 2 * _CENT + abs(net) * Decimal("0.004")


def _unclear(item: Mapping[str, Any], why: str) -> Hold:
    return Hold(
        "vat-rate-unclear",
        f"the VAT rate of line {item.get('id')} can't be told: {why}.",
        "Correct the line's taxes in the shop, save the order there, and it is read again.",
    )
