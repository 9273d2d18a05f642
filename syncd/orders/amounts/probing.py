"""Lines whose totals tell all rounding profiles apart."""

from __future__ import annotations

from decimal import Decimal

from syncd.orders.amounts.figures import PricedLine

# quantity, unit price, discount, VAT rate. Each question moves the totals without disturbing the others' answers.
_PROBE = (
    # Price decimals: 1234.55 net with 6, 1234.60 with 4, 1230.00 with 2; VAT stays whole kuruş.
    ("1000", "1.23455", "0", 20),
    # Line nets: 100.005 each, so together 200.01 exact and 200.02 rounded; VAT is 1.00 a line in any case.
    ("0.5", "200.01", "0", 1),
    ("0.5", "200.01", "0", 1),
    # VAT: kuruş of .6 and .8 at either rate make 2 + 2 by line, 1 + 1 by rate and 3 by invoice beyond the whole ones.
    ("1", "10.03", "0", 20),
    # Discounts, on the line of .8: 0.25 or 0.50 off, both with the same fraction of VAT.
    ("2", "10.02", "0.25", 20),
    ("1", "10.06", "0", 10),
    ("1", "10.08", "0", 10),
)


def probe_lines() -> tuple[PricedLine, ...]:
    """Seven lines for one estimate: before_taxes and vat of its answer differ between any two of the 36 profiles."""
    return tuple(
        PricedLine(number, Decimal(quantity), Decimal(price), Decimal(discount), Decimal(rate))
        for number, (quantity, price, discount, rate) in enumerate(_PROBE)
    )
