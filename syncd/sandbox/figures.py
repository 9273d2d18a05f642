"""Decimal figures as the outside world rounds and writes them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

ZERO = Decimal(0)


def half_up(value: Decimal, places: int = 2) -> Decimal:
    """Round to `places` decimals, halves away from zero."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def decimal_text(value: Decimal) -> str:
    """A figure as Paraşüt writes it: no superfluous zeros, yet at least one decimal ("8400.0", "0.83")."""
    text = format(value.normalize(), "f")
    if text in ("-0", "0"):
        return "0.0"
    return text if "." in text else text + ".0"


def to_decimal(value: object) -> Decimal | None:
    """The number in a JSON number or a numeric string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
