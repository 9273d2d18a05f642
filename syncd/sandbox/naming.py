"""What a request is called: `sale.create`, `contact.list`, `orders.read`."""

from __future__ import annotations

import re
from functools import lru_cache

_NOUNS = {
    "sales_invoices": "sale",
    "contacts": "contact",
    "products": "product",
    "item_categories": "category",
    "accounts": "account",
    "payments": "payment",
    "transactions": "transaction",
}
_ACTS = ("cancel", "recover", "archive", "unarchive")
_METHODS = {"POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
_ID = re.compile(r"\d{2,}|\d+$|[0-9a-fA-F-]{20,}")
TOKEN = "token"
WRITE = "write"
ADMISSION = "syncd.sandbox.admission"
"""In a request's scope: the seconds that a limit told it to wait when it arrived, None when it was let in. (It may be
carried out long afterwards.)"""


@lru_cache(maxsize=4096)
def template(path: str) -> str:
    """The path with `{}` for each segment that holds an id: what requests of one kind have in common."""
    return "/".join("{}" if _ID.search(part) and not re.fullmatch(r"v\d", part) else part for part in path.split("/"))


@lru_cache(maxsize=4096)
def request_name(stand: str, method: str, path: str) -> str:
    """The name of a request: what it is about, and what it does with it. The token endpoint is just `token`."""
    if stand == "parasut" and path.rstrip("/") == "/oauth/token":
        return TOKEN
    parts = [part for part in template(path).split("/") if part]
    words = [part for part in parts if part != "{}"]
    act = _METHODS.get(method, "")
    if len(words) > 1 and words[-1] in _ACTS:
        act = words.pop()
    noun = words[-1] if words else "root"
    if stand == "parasut":
        noun = _NOUNS.get(noun, noun)
    if not act:
        act = "read" if parts and (parts[-1] == "{}" or noun == "me") else "list"
    return f"{noun}.{act}"


def is_write(name: str, method: str) -> bool:
    """Whether a request changes something. Token requests don't count."""
    return method not in ("GET", "HEAD", "OPTIONS") and name != TOKEN


def means(wanted: str, name: str, method: str) -> bool:
    """Whether `wanted` (a name, the part of one after its point, `write`, or nothing for all) means the request."""
    if wanted in ("", name, name.partition(".")[2]):
        return True
    return wanted == WRITE and is_write(name, method)
