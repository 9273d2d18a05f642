"""The filters and tests of templates, all in one place; `docs/filters.md` shows each with an example that is executed.

What is missing from Jinja's own list is missing on purpose: padding to any width, HTML, and binary floats.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import filters as jinja_filters
from jinja2 import tests as jinja_tests
from jinja2.runtime import Undefined

from syncd.mapping.cuts import truncate_bytes
from syncd.mapping.failure import FilterError, kind_of
from syncd.mapping.limits import bounded_number, check_format, check_join, check_replace
from syncd.mapping.values import plain, text_of
from syncd.orders import identity, provinces, turkish

ISTANBUL = ZoneInfo("Europe/Istanbul")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROUNDINGS = {"common": ROUND_HALF_UP, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}
_CURRENCY_SIGNS = {"TRY": "TL", "TRL": "TL"}


def to_decimal(value: Any, default: Any = None) -> Any:
    """The exact number in `value`: a number, or text such as `1559.30`, `1559,30` or `1.559,30`.

    Nothing, or text without a number, gives `default`; without a default that is a FilterError.
    """
    if isinstance(value, bool):
        raise FilterError("true/false is not a number")
    if isinstance(value, Decimal | int):
        return bounded_number(Decimal(value))
    if isinstance(value, float):
        return bounded_number(Decimal(repr(value)))
    text = text_of(value).strip().replace(" ", "").replace("\u00a0", "")
    if "," in text and "." in text:
        thousands = "," if text.rindex(".") > text.rindex(",") else "."
        text = text.replace(thousands, "")
    elif text.count(".") > 1:
        text = text.replace(".", "")
    try:
        return bounded_number(Decimal(text.replace(",", ".")))
    except InvalidOperation:
        if default is not None:
            return default
        raise FilterError("the text is not a number" if text else "there is no number") from None


def to_int(value: Any, default: int = 0) -> int:
    """The whole number in `value`, cut towards zero; `default` when there is none."""
    if isinstance(value, bool):
        return int(value)
    number = to_decimal(value, Decimal(default))
    return int(number)


def round_half_up(value: Any, precision: int = 0, method: str = "common") -> Decimal:
    """Rounds as accountants do: half away from zero (`common`), or up (`ceil`) or down (`floor`)."""
    if method not in _ROUNDINGS:
        raise FilterError("the rounding is common, ceil or floor")
    if abs(precision) > 20:
        raise FilterError("at most 20 decimals")
    number: Decimal = to_decimal(value)
    rounded = number.quantize(Decimal(1).scaleb(-precision), rounding=_ROUNDINGS[method])
    return rounded if precision >= 0 else Decimal(plain(rounded))


def money(value: Any, currency: str = "TL") -> str:
    """Turkish writing with two decimals: `1559.3` → `1.559,30 TL`; `currency` "" leaves the sign out."""
    figures = format(round_half_up(value, 2), ",.2f").replace(",", " ").replace(".", ",").replace(" ", ".")
    return f"{figures} {_CURRENCY_SIGNS.get(currency, currency)}".rstrip()


def moment(value: Any, zone: str = "UTC", pattern: str | None = None) -> datetime | None:
    """ISO 8601 text, or text in a strptime pattern, as a moment; without an offset it is a wall clock in `zone`.

    Nothing stays nothing.
    """
    if isinstance(value, datetime):
        found = value
    else:
        text = text_of(value).strip()
        if not text:
            return None
        found = _parsed(text, pattern)
    return (found if found.tzinfo is not None else found.replace(tzinfo=_zone(zone))).astimezone(UTC)


def moment_mistake(zone: str = "UTC", pattern: str | None = None) -> str:
    """What is wrong with the arguments of `moment`, whatever text it gets; "" for nothing."""
    try:
        _zone(zone)
        if pattern is not None:
            _parsed(datetime(2026, 11, 24, tzinfo=UTC).strftime(_with_year(pattern)), pattern)
    except FilterError as error:
        return str(error)
    return ""


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        order = "; the zone comes first, then the pattern" if "%" in name else ""
        raise FilterError(f"there is no time zone {name!r}{order}") from None


def _with_year(pattern: str) -> str:
    if not {"%Y", "%y"} & {pattern[at : at + 2] for at in range(len(pattern))}:
        raise FilterError(f"{pattern!r} names no year: write letters like '%d.%m.%Y %H:%M:%S'")
    return pattern


def _parsed(text: str, pattern: str | None) -> datetime:
    if pattern is None:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise FilterError(
                "the text is not a date; one that is not written as in ISO 8601 needs its pattern, such as "
                "moment('Europe/Istanbul', '%d.%m.%Y %H:%M:%S')"
            ) from None
    try:
        return datetime.strptime(text, _with_year(pattern))  # noqa: DTZ007 - the zone is added where the text has none
    except (ValueError, re.error):
        raise FilterError(f"the text is not a date written as {pattern!r}") from None


def date_of(value: Any, pattern: str = "%Y-%m-%d") -> str:
    """The day in Turkey (Europe/Istanbul) of a moment, as `YYYY-MM-DD` or in a strftime pattern. Nothing gives ""."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            raise FilterError("the text is not a date") from None
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(ISTANBUL)
    if not isinstance(value, date):
        raise FilterError(f"a {kind_of(value)} is not a date")
    if pattern == "%Y-%m-%d":
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    return value.strftime(pattern)


def epoch_ms(value: Any) -> datetime | int | None:
    """Milliseconds since 1970 (UTC) as a moment; a moment as those milliseconds. Nothing stays nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise FilterError("the moment has no time zone")
        return (value - _EPOCH) // timedelta(milliseconds=1)
    try:
        return _EPOCH + timedelta(milliseconds=int(to_decimal(value)))
    except OverflowError:
        raise FilterError("the number is no moment") from None


def digits(value: Any) -> str:
    """Only the digits 0–9 of a text."""
    return "".join(character for character in text_of(value) if character in "0123456789")


def vkn(value: Any) -> str:
    """The ten digits of a valid tax number (VKN), without the spaces and dots people type; else ""."""
    number = identity.normalise_tax_number(text_of(value))
    return number if identity.is_vkn(number) else ""


def tckn(value: Any) -> str:
    """The eleven digits of a valid identity number (TCKN), without the spaces people type; else ""."""
    number = identity.normalise_tax_number(text_of(value))
    return number if identity.is_tckn(number) else ""


def is_vkn(value: Any) -> bool:
    """Whether this is a valid tax number of ten digits."""
    return bool(vkn(value))


def is_tckn(value: Any) -> bool:
    """Whether this is a valid identity number of eleven digits."""
    return bool(tckn(value))


def title_tr(value: Any) -> str:
    """Every word with one capital, by Turkish letters: `DEMİR GIDA VE TİC.` → `Demir Gıda ve Tic.`"""
    return turkish.title_tr(text_of(value))


def upper_tr(value: Any) -> str:
    """Capitals by Turkish letters: `i` → `İ`, `ı` → `I`."""
    return turkish.upper_tr(text_of(value))


def lower_tr(value: Any) -> str:
    """Small letters by Turkish letters: `İ` → `i`, `I` → `ı`."""
    return turkish.lower_tr(text_of(value))


def province(value: Any) -> str:
    """The province of a state code: `TR34` → `İstanbul`; anything else unchanged."""
    return provinces.province(text_of(value))


def unescape(value: Any) -> str:
    """HTML entities as the characters they mean: `&amp;` → `&`."""
    return html.unescape(text_of(value))


def host(value: Any) -> str:
    """The host of a URL, small letters, without port; "" when there is none."""
    text = text_of(value).strip()
    try:
        return (urlsplit(text if "//" in text else f"//{text}").hostname or "").lower()
    except ValueError:
        raise FilterError("the text is not a URL") from None


def find(items: Iterable[Any], key: str, value: Any = True) -> Any:
    """The first element whose `key` equals `value`; nothing when there is none.

    Numbers and text compare by what they read like, so that the id 7 finds "7".
    """
    if items is None:
        return None
    wanted = _comparable(value)
    for item in items:
        found = item.get(key) if isinstance(item, Mapping) else getattr(item, key, None)
        if found is not None and not key.startswith("_") and (found == value or _comparable(found) == wanted):
            return item
    return None


def _comparable(value: Any) -> Any:
    return text_of(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else value


def join(items: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    """The elements as one text; `attribute` names the part of each to take."""
    parts = list(items)
    if attribute is not None:
        parts = [_part(item, attribute) for item in parts]
    texts = [text_of(part) for part in parts]
    check_join(separator, texts)
    return separator.join(texts)


def _part(item: Any, path: str) -> Any:
    for name in path.split("."):
        if name.startswith("_"):
            raise FilterError(f"{name} is private")
        missing = FilterError(f"an element has no {name}")
        if isinstance(item, Mapping):
            if name not in item:
                raise missing
            item = item[name]
        elif hasattr(item, name):
            item = getattr(item, name)
        else:
            raise missing
    return item


def replace(value: Any, old: str, new: str, count: int = -1) -> str:
    """Every `old` in the text as `new`."""
    text = text_of(value)
    check_replace(text, old, new)
    return text.replace(old, new, count)


def format_text(value: Any, *arguments: Any) -> str:
    """printf writing: `"%05d" | format(42)` → `00042`."""
    pattern = text_of(value)
    check_format(pattern)
    return pattern % arguments


def truncate(value: Any, length: int = 255, end: str = "…") -> str:
    """At most `length` characters, the last of them `end` when something was cut."""
    text = text_of(value)
    if len(text) <= length:
        return text
    return text[: max(length - len(end), 0)].rstrip() + end[:length]


def trim(value: Any, characters: str | None = None) -> str:
    """Without white space (or the given characters) at both ends."""
    return text_of(value).strip(characters)


def cut_bytes(value: Any, length: int, end: str = "") -> str:
    """At most `length` bytes of UTF-8; no letter is cut in half, nor parted from its accents."""
    return truncate_bytes(text_of(value), length, end)


def default(value: Any, otherwise: Any = "", boolean: bool = False) -> Any:
    """`otherwise` in place of something that is not there; with `true`, also in place of anything empty."""
    return otherwise if isinstance(value, Undefined) or (boolean and not value) else value


_JINJA = (
    "abs", "capitalize", "count", "dictsort", "first", "groupby", "items", "last", "length", "list", "lower", "map",
    "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "striptags", "sum", "title",
    "unique", "upper", "urlencode", "wordcount",
)  # fmt: skip

OWN_FILTERS: dict[str, Callable[..., Any]] = {
    "d": default,
    "date": date_of,
    "decimal": to_decimal,
    "default": default,
    "digits": digits,
    "epoch_ms": epoch_ms,
    "find": find,
    "format": format_text,
    "host": host,
    "int": to_int,
    "is_tckn": is_tckn,
    "is_vkn": is_vkn,
    "join": join,
    "lower_tr": lower_tr,
    "moment": moment,
    "money": money,
    "province": province,
    "replace": replace,
    "round": round_half_up,
    "string": text_of,
    "tckn": tckn,
    "title_tr": title_tr,
    "trim": trim,
    "truncate": truncate,
    "truncate_bytes": cut_bytes,
    "unescape": unescape,
    "upper_tr": upper_tr,
    "vkn": vkn,
}
"""Filters that are ours, or that replace one of Jinja's which would count in floats or know no Turkish money."""

_JINJA_FILTERS: dict[str, Any] = dict(jinja_filters.FILTERS)

FILTERS: dict[str, Callable[..., Any]] = {**{name: _JINJA_FILTERS[name] for name in _JINJA}, **OWN_FILTERS}

_JINJA_TESTS: dict[str, Any] = dict(jinja_tests.TESTS)

TESTS: dict[str, Callable[..., Any]] = {
    **_JINJA_TESTS,
    "is_vkn": is_vkn,
    "is_tckn": is_tckn,
    "vkn": is_vkn,
    "tckn": is_tckn,
}

SUGGESTIONS = {
    "float": "decimal", "number": "decimal", "strip": "trim", "strftime": "date", "currency": "money",
    "int_to_date": "epoch_ms", "timestamp": "epoch_ms", "html": "unescape", "e": "unescape", "escape": "unescape",
    "size": "length", "titlecase": "title_tr", "center": "truncate", "round_half_up": "round",
}  # fmt: skip
"""What people look for, and what it is called here."""
