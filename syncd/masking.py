"""What must never be read in a log: secrets, logins, tax numbers, e-mail addresses, telephone numbers.

Tax numbers (VKN: 10 digits, TCKN: 11) look like what marketplaces number things with: order numbers of 10 to 13 digits,
package ids of 10, ids of invoices, seconds and milliseconds since 1970. A log without order numbers is of no use, and
one with tax numbers must not be. So the rule is:

- A number of 10 or 11 digits is hidden when its check digits make it a VKN or TCKN. That is every real one, and by
  chance one in ten of the other numbers of 10 digits, one in a hundred of those of 11. In doubt it stays hidden.
- After a word that announces a tax number it is hidden in any case: a mistyped one belongs to somebody, too.
- What a message names as an order (`trendyol/99000000001`, `trendyol/99000000001#9000000002`,
  `trendyol/107703/9000000002`, or `order` bound to the logger) is shown, there and wherever the same event says it
  again. Only names of the configured platforms and connectors announce an order: `Çankaya/1000000018` is how tax
  offices are written in Turkey.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from stdnum.tr import tckimlik, vkn

HIDDEN = "***"

_SHORTEST_SECRET = 4
_SHORTEST_PIECE = 8  # of a secret's base64: less of it says nothing, and would hit innocent words

# The part before the @ is bounded, or a long word without one would be read again from each of its letters.
_EMAIL = re.compile(r"[\w.+%-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(r"(?<![\w.])(?:(?:\+|00)90[ -]?|0[ -]?)\(?[2-5]\d{2}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?!\d)")
_TAX_WORD = (
    r"tax[ _-]?(?:number|no|id)|identity[ _-]?number|vkn|tckn|vergi(?:[ _-]?(?:kimlik|no|numarası))*"
    r"|t\.?c\.?(?:[ _-]?kimlik)?(?:[ _-]?(?:no|numarası))"
)
_ANNOUNCED = re.compile(rf"(?i)(?<![^\W_])((?:{_TAX_WORD})\b[^\w\n]{{1,6}})(\d(?:[ \u00a0]?\d){{9,10}})(?!\d)")
_GROUPED = re.compile(r"(?<![\d.,:/-])\d+(?:[ \u00a0]\d+)+(?![\d:]|[.,/-]\d)")  # 100 000 001 46
_NUMBER = re.compile(r"(?<!\d)(?<!\d[.,])\d{10,11}(?!\d)")

_AUTHORIZATION = re.compile(
    r"(?i)\b((?:proxy-)?authorization|x-api-key|app-?key|app-?secret)(\\?[\"']?\s*[:=]\s*\\?[\"']?)"
    r"(?:(?:basic|bearer|token|oauth)\s+)?[^\s\"'\\,;&}]+"
)
_SCHEME = re.compile(r"\b([Bb]asic|[Bb]earer|BASIC|BEARER)(\s+)(?![a-z]+\b(?![\w+/=-]))[\w.~+/=-]{6,}")
_LOGIN_FIELDS = (
    "access_token|refresh_token|id_token|client_secret|consumer_key|consumer_secret|api_key|api_secret|password"
    "|oauth_consumer_key|oauth_signature|oauth_token"
)
_FIELD = re.compile(rf"(?i)\b({_LOGIN_FIELDS})(=\\?[\"']?|\\?[\"']\s*:\s*\\?[\"'])[^\s\"'\\,;&}}]+")
_TOKEN = re.compile(r"(?i)\b((?:access|refresh|id)_token)(\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\s\"'\\,;&}]+")


class Mask:
    """Blackens texts. `secrets` are values of the configuration, `names` those of its platforms and connectors."""

    def __init__(self, secrets: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if forms else None
        known = "|".join(re.escape(name) for name in sorted(set(names), key=len, reverse=True) if name)
        self._orders = re.compile(rf"(?<![\w/])(?:{known})/(?:[^\s/]+/)?(\d{{10,11}})(?!\d)") if known else None
        self._packages = re.compile(rf"(?<![\w/])(?:{known})/[^\s/#]*#([\w.~-]+)") if known else None

    def __call__(self, text: str, order: str = "") -> str:
        """The text as it may be read. `order` is the name of the order that it is about, if there is one."""
        shown = set(_NUMBER.findall(order))
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        if self._orders is not None and "/" in text:
            shown |= set(self._orders.findall(text))
        if self._packages is not None and "#" in text:
            shown |= {number for package in self._packages.findall(text) for number in _NUMBER.findall(package)}
        text = _AUTHORIZATION.sub(rf"\1\2{HIDDEN}", text)
        text = _SCHEME.sub(rf"\1\2{HIDDEN}", text)
        text = _FIELD.sub(rf"\1\2{HIDDEN}", text)
        text = _TOKEN.sub(rf"\1\2{HIDDEN}", text)
        if "@" in text or "%40" in text:
            text = _EMAIL.sub(HIDDEN, text)
        text = _PHONE.sub(HIDDEN, text)
        text = _ANNOUNCED.sub(rf"\1{HIDDEN}", text)
        for numbers in (_GROUPED, _NUMBER):
            text = numbers.sub(lambda match: _unless_a_tax_number(match.group(), shown), text)
        return text


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text as it may be read by everybody; for single messages."""
    return Mask(secrets)(text)


def _unless_a_tax_number(text: str, shown: set[str]) -> str:
    digits = "".join(character for character in text if character.isdigit())
    if digits in shown or not digits.isascii():
        return text
    tax_number = (len(digits) == 10 and vkn.is_valid(digits)) or (len(digits) == 11 and tckimlik.is_valid(digits))
    return HIDDEN if tax_number else text


def _forms(secret: str) -> Iterator[str]:
    """A secret as texts may hold it: plain, in an address, in JSON or Python, and inside a base64 text."""
    if len(secret) < _SHORTEST_SECRET:
        return
    yield secret
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), quoted)
    for written in (json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret)):
        yield written[1:-1]
    # `user:secret` as HTTP's Basic sends it: whatever stands before it shifts the secret by 0, 1 or 2 bytes. The first
    # and last character are left out where they depend on the neighbours.
    content = secret.encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + content).decode()
        piece = encoded[shift + 1 if shift else 0 : (shift + len(content)) * 8 // 6]
        if len(piece) >= _SHORTEST_PIECE:
            yield piece
            yield piece.replace("+", "-").replace("/", "_")
