"""What an answer means for the request behind it: done, refused, not executed, unknown, or nothing works any more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import simplejson

from syncd.errors import CompanyStopped, NotExecuted, OutcomeUnknown, Refused
from syncd.parasut.budget import LONGEST_PAUSE_SECONDS
from syncd.parasut.jsonapi import Resource, read_one
from syncd.parasut.request import Request

_DEFAULT_PAUSE_SECONDS: Final = 10
_PARSED: Final = "syncd.json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: 2xx. `body` is None when there was nothing to say (204, some deletions)."""

    status: int
    body: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def resource(self) -> Resource:
        """The record in the answer. Raises `ParasutError` when there is none."""
        return read_one(self.body or {})


def judge(request: Request, response: httpx.Response) -> Answer:
    """Given a request and the last response to it, return the answer or raise what the response means.

    `Refused` for 400, 403 with JSON, 404, 422 and the other 4xx; `CompanyStopped` for 401 (the login was renewed
    before), 402, 403 without JSON and a redirect; `Throttled` rises earlier. 5xx, 408 and a 2xx that can't be read are
    `OutcomeUnknown` for a write; a read has no outcome to lose, so they are `NotExecuted` there.
    """
    status, body = response.status_code, json_body(response)
    if usable(request.method, response):
        return Answer(status, body)
    if status < 200 or status >= 500 or status == 408 or response.is_success:
        raise no_outcome(request.method, request.path, _what_came(response))
    if response.is_redirect or status < 400:
        if request.is_write and status in (302, 303):  # these can also mean "done, look there"
            raise no_outcome(request.method, request.path, f"a redirect (HTTP {status})")
        raise redirected(response)
    if status == 401:
        raise CompanyStopped(
            "Paraşüt does not accept the login, although it was renewed just now (HTTP 401).",
            "Check the user's rights in Paraşüt and parasut.company_id; the orders stay where they are.",
        )
    if status == 402:
        raise CompanyStopped(
            "The company's Paraşüt subscription has ended (HTTP 402).",
            "Renew the subscription in Paraşüt; the orders stay where they are.",
        )
    if status == 403 and body is None:
        raise CompanyStopped(
            "Paraşüt turned the request away before looking at it (HTTP 403 without a readable answer).",
            "Check parasut.company_id, the user's rights, and that this machine's address is not blocked.",
        )
    raise Refused(status, error_details(body))


def usable(method: str, response: httpx.Response) -> bool:
    """Whether a response is a 2xx with what its method needs: one record for a write, any `data` for a read."""
    if not response.is_success:
        return False
    body = json_body(response)
    if method in ("GET", "DELETE") and response.status_code in (204, 205):
        return True
    if method == "DELETE" and not response.content:
        return True
    if body is None or "data" not in body:
        return False
    data = body["data"]
    return method in ("GET", "DELETE") or (isinstance(data, Mapping) and bool(data.get("id")))


def no_outcome(method: str, path: str, what: str) -> NotExecuted | OutcomeUnknown:
    """The error for a request that had no answer to rely on: nothing is lost for a read, a write may have been done."""
    if method == "GET":
        return NotExecuted(f"{method} {path} failed: {what}.")
    return OutcomeUnknown(f"{method} {path} may or may not have been carried out: {what}.")


def redirected(response: httpx.Response) -> CompanyStopped:
    """The error for an answer that points elsewhere; credentials and invoices are not sent after it."""
    target = response.next_request.url if response.next_request else None
    where = f"to {target.scheme}://{target.netloc.decode('ascii')}" if target else "elsewhere"
    return CompanyStopped(
        f"parasut.base_url is not Paraşüt itself: it points {where} (HTTP {response.status_code}).",
        "Set parasut.base_url to the address that answers (usually https://api.parasut.com).",
    )


def json_body(response: httpx.Response) -> dict[str, Any] | None:
    """Return the JSON object of a response, numbers with a point as `Decimal`; None for everything that is none."""
    if _PARSED not in response.extensions:
        try:
            parsed = simplejson.loads(response.content.decode("utf-8-sig"), use_decimal=True)
        except (ValueError, RecursionError):
            parsed = None
        response.extensions[_PARSED] = parsed if isinstance(parsed, dict) else None
    body: dict[str, Any] | None = response.extensions[_PARSED]
    return body


def error_details(body: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what Paraşüt says is wrong, word for word; () when it says nothing.

    Knows `{"errors": [{"title", "detail"}]}`, OAuth's `{"error", "error_description"}` and `{"status", "error"}`.
    """
    if body is None:
        return ()
    errors = body.get("errors")
    if isinstance(errors, list):
        return tuple(text for error in errors if (text := _error_text(error)))
    if errors:
        return (str(errors),)
    return tuple(str(body[name]) for name in ("error", "error_description") if body.get(name))


def retry_after_seconds(response: httpx.Response) -> int:
    """Return how long a 429 asks to wait: `Retry-After`, else "N seconds" in its text, else 10; 1 to 60."""
    header = response.headers.get("Retry-After", "").strip()
    if not header.isascii() or not header.isdigit():
        found = re.search(r"(\d{1,6}) second", " ".join(error_details(json_body(response))))
        header = found[1] if found else str(_DEFAULT_PAUSE_SECONDS)
    return max(1, min(int(header[:6]), LONGEST_PAUSE_SECONDS))


def _error_text(error: Any) -> str:
    if isinstance(error, Mapping):
        return str(error.get("detail") or error.get("title") or "")
    return str(error or "")


def _what_came(response: httpx.Response) -> str:
    if response.is_success:
        return f"the answer can't be read (HTTP {response.status_code})"
    details = "; ".join(error_details(json_body(response)))
    return f"HTTP {response.status_code}" + (f" ({details})" if details else "")
