"""A request to Paraşüt as data: what is asked, before any of it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import simplejson


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `path` begins after `/v4/{company_id}/`, as in `contacts` or `sales_invoices/400001`.

    `body` is a JSON:API document of plain values; money, quantities and rates in it are `Decimal`. `written` is the
    text of a body that was written down before: it is sent exactly so, in place of `body`.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    written: str = field(default="", repr=False)

    @property
    def is_write(self) -> bool:
        """Whether carrying it out changes something at Paraşüt."""
        return self.method != "GET"

    @property
    def content(self) -> bytes | None:
        """The body as the bytes that are sent: JSON in UTF-8, a `Decimal` as a number with exactly its digits."""
        if self.written:
            return self.written.encode()
        if self.body is None:
            return None
        text = simplejson.dumps(_exact(self.body), ensure_ascii=False, separators=(",", ":"))
        return text.encode()

    def __str__(self) -> str:
        """Method and path; values of filters are left out, since they can be e-mail addresses and tax numbers."""
        names = "&".join(
            f"{name}=…" if name.startswith("filter[") and "archived" not in name else f"{name}={value}"
            for name, value in self.query
        )
        return f"{self.method} {self.path}" + (f"?{names}" if names else "")


def _exact(value: Any) -> Any:
    """Return `value` with every `Decimal` as its plain digits and dates as text; binary floats are a mistake."""
    if isinstance(value, float):
        raise TypeError("a number for Paraşüt must be a Decimal or an int, not a float")
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is no number for Paraşüt")
        return simplejson.RawJSON(format(value, "f"))
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, Mapping):
        return {name: _exact(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    return value
