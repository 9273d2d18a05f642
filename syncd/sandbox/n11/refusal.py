"""Answers other than packages: N11 refuses in JSON, in plain text, or with a page, as it happens."""

from __future__ import annotations

import simplejson


class N11Refusal(Exception):
    """An answer that ends the request: `body` as it is sent."""

    def __init__(self, status: int, media_type: str, body: str) -> None:
        super().__init__(f"{status} {body[:60]}")
        self.status = status
        self.media_type = media_type
        self.body = body


def wrong_key() -> N11Refusal:
    """Keys that N11 does not know."""
    return _failure("SELLER_API.authenticationFailed", "Mağaza bilgileri doğrulanamadı.")


def wrong_key_in_words() -> N11Refusal:
    """The other way in which N11 was seen to refuse keys."""
    return N11Refusal(403, "text/plain", "Authentication failed")


def missing_header() -> N11Refusal:
    """A request without appKey or appSecret."""
    return N11Refusal(
        400, "text/html", "<!doctype html><html><body><h1>HTTP Status 400 – Bad Request</h1></body></html>"
    )


def unknown_parameter(name: str) -> N11Refusal:
    """The stand-in's own strictness: N11 itself is not known to look at such."""
    return _failure("SELLER_API.badRequest", f"Bilinmeyen parametre: {name}")


def too_many() -> N11Refusal:
    """Beyond the documented 1,000 requests a minute; how N11 itself says so is not known."""
    return _failure("SELLER_API.maxCallLimit.reached", "İstek sınırı aşıldı.", status=429)


def unknown_path() -> N11Refusal:
    """Any address that N11 doesn't serve."""
    return N11Refusal(503, "text/html", "<html><head><title>503 Service Unavailable</title></head></html>")


def _failure(code: str, message: str, status: int = 400) -> N11Refusal:
    body = {
        "code": status,
        "status": "failure",
        "errorCode": code,
        "errorMessage": message,
        "errorCategory": "SELLER_API",
    }
    return N11Refusal(status, "application/json", simplejson.dumps(body, ensure_ascii=False))
