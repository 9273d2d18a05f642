"""How marketplaces write the market's plain numbers."""

from __future__ import annotations


def guid(family: str, number: int) -> str:
    """A GUID for a number; `family` is one to eight hexadecimal digits, so that kinds of things never share one."""
    return f"{int(family, 16):08x}-0000-4000-8000-{number:012x}"


def ean13(serial: int) -> str:
    """A 13-digit barcode with a valid check digit, from a serial of up to nine digits."""
    digits = f"869{serial:09d}"
    odd, even = sum(map(int, digits[0::2])), sum(map(int, digits[1::2]))
    return digits + str(-(odd + 3 * even) % 10)
