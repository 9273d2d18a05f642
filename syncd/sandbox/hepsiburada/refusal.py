"""Refusals, in the many shapes that Hepsiburada has for them: text, a page, and several kinds of JSON."""

from __future__ import annotations

from collections.abc import Mapping

import simplejson


class HepsiburadaRefusal(Exception):
    """An answer that ends the request: `body` as it is sent."""

    def __init__(self, status: int, media_type: str, body: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body[:60]}")
        self.status = status
        self.media_type = media_type
        self.body = body
        self.headers = dict(headers or {})


def blocked() -> HepsiburadaRefusal:
    """The gateway, for a request without the right User-Agent."""
    return HepsiburadaRefusal(403, "text/html", "<html><head><title>Access Denied</title></head><body></body></html>")


def unauthorized() -> HepsiburadaRefusal:
    """A wrong key, or the merchant id as User-Agent."""
    return HepsiburadaRefusal(401, "text/plain", "Unauthorized")


def foreign_store() -> HepsiburadaRefusal:
    """Another store than the key's."""
    return _json(403, {"title": "Forbidden", "status": 403})


def bad_parameter(message: str) -> HepsiburadaRefusal:
    """A parameter that can't be used: a JSON object with only a message."""
    return _json(400, {"message": message})


def bad_date(name: str) -> HepsiburadaRefusal:
    """A date in another form than yyyy-MM-dd HH:mm: a list of errors."""
    return _json(400, {"errors": [{"code": "InvalidDate", "message": f"{name} is not a valid date"}]})


def unpaid(status: int) -> HepsiburadaRefusal:
    """The detail of an order that is not paid, or that there isn't: a JSON string."""
    return _json(status, "Siparişe ait sonuç bulunamadı, ödeme durumunu kontrol ediniz.")


def no_package() -> HepsiburadaRefusal:
    """A package number that is unknown or dead: the shape of the older pages."""
    message = "cannot find package with package number"
    return _json(404, {"statusCode": 404, "code": "1004", "defaultMessage": None, "message": message})


def no_route() -> HepsiburadaRefusal:
    """Any other address."""
    return HepsiburadaRefusal(404, "text/plain", "")


def too_many(limit: int, seconds: int) -> HepsiburadaRefusal:
    """Over the limit; the header tells in how many seconds it is over."""
    headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(seconds)}
    return HepsiburadaRefusal(429, "text/plain", "", headers)


def _json(status: int, body: object) -> HepsiburadaRefusal:
    return HepsiburadaRefusal(status, "application/json", simplejson.dumps(body, ensure_ascii=False))
