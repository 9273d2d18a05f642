"""Invented Turkish tax and identity numbers with valid check digits."""

from __future__ import annotations


def tckn(serial: int) -> str:
    """An 11-digit identity number from a serial of up to eight digits; it begins with 1."""
    digits = [int(digit) for digit in f"1{serial:08d}"]
    tenth = (sum(digits[0::2]) * 7 - sum(digits[1::2])) % 10
    eleventh = (sum(digits) + tenth) % 10
    return "".join(map(str, [*digits, tenth, eleventh]))


def vkn(serial: int) -> str:
    """A 10-digit tax number from a serial of up to nine digits; leading zeros are kept."""
    digits = [int(digit) for digit in f"{serial:09d}"]
    total = 0
    for index, digit in enumerate(digits):
        shifted = (digit + 9 - index) % 10
        power = shifted * 2 ** (9 - index) % 9
        total += 9 if shifted and not power else power
    return "".join(map(str, digits)) + str((10 - total % 10) % 10)
