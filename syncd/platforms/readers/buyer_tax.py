"""The buyer's tax number and tax office in a WooCommerce order.

WooCommerce has no field for them; Turkish plugins and themes keep them in the order's `meta_data`, each under keys of
its own. A number counts only when its check digits are right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from syncd.orders.identity import is_filler, is_tckn, is_vkn
from syncd.platforms.readers.woocommerce import company, meta

_SEPARATORS = re.compile(r"[\s.\-/]+")
_CHECKOUT_BLOCK = re.compile(r"wc_(?:billing|other|contact)/[^/]+/")


def tax_number(record: Mapping[str, Any], own_keys: Sequence[str], known_keys: Sequence[str]) -> str:
    """The buyer's VKN or TCKN, digits only; "" when none is right.

    The shop's own keys are believed first, in their order. Among the known keys a company's VKN goes before a TCKN, and
    the other way round for a person. With Hezarfen's invoice type `person` a left-over VKN is not taken.
    """
    own = next(_numbers(record, own_keys), "")
    if own:
        return own
    found = list(_numbers(record, known_keys))
    if meta(record, "_billing_hez_invoice_type") == "person":
        found = [number for number in found if is_tckn(number)]
    preferred = is_vkn if company(record) else is_tckn
    return next(filter(preferred, found), found[0] if found else "")


def tax_office(record: Mapping[str, Any], own_keys: Sequence[str], known_keys: Sequence[str]) -> str:
    """The tax office as the buyer wrote it; "" for Hezarfen's invoice type `person`."""
    if meta(record, "_billing_hez_invoice_type") == "person":
        return ""
    values = [str(value).strip() for value in _values(record, [*own_keys, *known_keys]) if isinstance(value, str)]
    return next(filter(None, values), "")


def _numbers(record: Mapping[str, Any], keys: Iterable[str]) -> Iterator[str]:
    for value in _values(record, keys):
        number = _cleaned(value)
        if (is_vkn(number) or is_tckn(number)) and not is_filler(number):
            yield number


def _cleaned(value: Any) -> str:
    """Digits of a value that is nothing but a number; "" for `******`, encrypted text, lists and the like."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value).zfill(10)  # a VKN that was kept as a number lost its leading zeros
    if not isinstance(value, str):
        return ""
    text = _SEPARATORS.sub("", value).upper().removeprefix("TR")
    return text if text.isascii() and text.isdigit() else ""


def _values(record: Mapping[str, Any], keys: Iterable[str]) -> Iterator[Any]:
    entries = [entry for entry in record.get("meta_data") or () if isinstance(entry, Mapping)]
    for key in map(_name, keys):
        yield from (entry.get("value") for entry in entries if _name(str(entry.get("key", ""))) == key)


def _name(key: str) -> str:
    """A meta key without what varies: capitals, a leading `_`, `billing_`, the checkout block's path."""
    text = key.replace("İ", "i").replace("ı", "i").lower().lstrip("_")
    block = _CHECKOUT_BLOCK.match(text)
    if block:
        text = text[block.end() :].replace("-", "_")
    return text.removeprefix("billing_")
