"""Who a buyer is: tax numbers (VKN, TCKN) and e-mail addresses, and which of them say nothing."""

from __future__ import annotations

import re
import unicodedata

from stdnum.tr import tckimlik, vkn

# Marketplaces give an alias for each order or buyer instead of the buyer's own address. Trendyol's is
# `pf+…@trendyolmail.com`; the others' own domains can't belong to a buyer either. Subdomains count as well.
RELAY_DOMAINS = (
    "trendyolmail.com",
    "trendyol.com",
    "hepsiburada.com",
    "n11.com",
    "pttavm.com",
    "ciceksepeti.com",
    "pazarama.com",
    "privaterelay.appleid.com",
)
# Hosts such as `marketplace.amazon.com.tr`, whose ending differs from country to country.
RELAY_HOST_PREFIXES = ("marketplace.",)

_EMAIL = re.compile(r"[^@\s,;<>\"]+@(?P<host>[^@\s,;<>\".]+(?:\.[^@\s,;<>\".]+)+)")
_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def normalise_tax_number(text: str) -> str:
    """The digits of `text` and nothing else; leading zeros stay: `"TR 012 345 67 89"` → `"0123456789"`."""
    return "".join(str(unicodedata.digit(character)) for character in text if character.isdigit())


def is_vkn(number: str) -> bool:
    """Whether `number`, digits only, is a Vergi Kimlik Numarası: 10 digits whose last one checks the others."""
    return _is_digits(number, 10) and vkn.is_valid(number)


def is_tckn(number: str) -> bool:
    """Whether `number`, digits only, is a T.C. Kimlik Numarası: 11 digits, no leading zero, two check digits."""
    return _is_digits(number, 11) and tckimlik.is_valid(number)


def is_filler(number: str) -> bool:
    """Whether a tax number stands for "none given": one digit throughout, as 11111111111 and 2222222222."""
    return bool(number) and len(set(number)) == 1


def normalise_email(email: str) -> str:
    """`email` without the space around it, in ASCII lower case: a Turkish `İ` or `I` must not become another letter."""
    return email.strip().translate(_ASCII_LOWER)


def is_relay_email(email: str) -> bool:
    """Whether `email` can't tell one buyer from another: a marketplace's alias, or empty, or no address at all."""
    match = _EMAIL.fullmatch(normalise_email(email))
    if match is None:
        return True
    host = match["host"]
    return host.startswith(RELAY_HOST_PREFIXES) or any(
        host == domain or host.endswith("." + domain) for domain in RELAY_DOMAINS
    )


def _is_digits(number: str, length: int) -> bool:
    return len(number) == length and number.isascii() and number.isdigit()
