"""The answers that faults give instead of the right one."""

from __future__ import annotations

import json

from starlette.responses import HTMLResponse, Response

from syncd.sandbox.faults import Fault

_TITLES = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


def spoilt(fault: Fault, stand: str) -> Response | None:
    """The bad answer of a fault's kind; None when it gives none but closes or keeps the connection."""
    kind = fault.kind.removesuffix("_after")
    if kind in ("429", "429_bare"):
        detail = "Too many requests. Try again in 1 seconds."
        waits = "X-RateLimit-Reset" if stand == "hepsiburada" else "Retry-After"
        told = {} if kind == "429_bare" else {waits: str(1 if fault.retry_after is None else fault.retry_after)}
        return _errors(429, "Too Many Requests", detail, told)
    if kind in ("503", "556"):
        body = json.dumps({"status": int(kind), "message": "Service Unavailable"})
        told = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return Response(body, status_code=int(kind), media_type="application/json", headers=told)
    if kind in ("500", "502", "504"):
        status = int(kind)
        body = json.dumps({"status": status, "error": _TITLES[status]})
        return Response(body, status_code=status, media_type="application/json")
    if kind in _PAGES:
        status, title = _PAGES[kind]
        return HTMLResponse(f"<html><body><h1>{title}</h1></body></html>", status_code=status)
    if kind in _REFUSED:
        status, title, detail = _REFUSED[kind]
        return _errors(status, title, detail)
    return None


_PAGES = {
    "502html": (502, "502 Bad Gateway"),
    "html_403": (403, "Access denied"),
    "html_200": (200, "Bakım çalışması"),
}
_REFUSED = {
    "401": (401, "Unauthorized", "The access token is invalid"),
    "402": (402, "Payment Required", "Abonelik süresi doldu"),
    "403": (403, "Forbidden", "Bu işlem için yetkiniz yok"),
}


def emptied(stand: str) -> Response:
    """A list with none of its records."""
    if stand == "shop":
        return Response("[]", media_type="application/json", headers={"X-WP-Total": "0", "X-WP-TotalPages": "0"})
    empty = {"data": [], "meta": {"current_page": 1, "total_pages": 0, "total_count": 0, "per_page": 25}}
    return Response(json.dumps(empty), media_type="application/json")


def half(answer: Response) -> bytes:
    """The first half of an answer's body."""
    body = bytes(answer.body)
    return body[: len(body) // 2]


def _errors(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps({"errors": [{"title": title, "detail": detail}]}, ensure_ascii=False)
    return Response(body, status_code=status, media_type="application/json", headers=headers)
