"""Answers other than success. Trendyol's error bodies are not uniform; each of its shapes occurs here."""

from __future__ import annotations

from typing import Any


class TrendyolRefusal(Exception):
    """A refusal with its status and body: JSON, or plain text when `body` is one."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def blocked() -> TrendyolRefusal:
    """403 of the gateway, before anybody looked at the key: HTML."""
    return TrendyolRefusal(403, "<html><body><h1>403 Forbidden</h1></body></html>")


def unauthorized() -> TrendyolRefusal:
    return TrendyolRefusal(401, {"status": 401, "exception": "ClientApiAuthenticationException"})


def foreign_seller(seller: str) -> TrendyolRefusal:
    return TrendyolRefusal(
        403, {"errors": [{"key": "seller.not.allowed", "message": f"Satıcıya erişim yok: {seller}"}]}
    )


def invalid(key: str, message: str, now: int) -> TrendyolRefusal:
    """400 for a query that can't be served; `now` in unix seconds."""
    errors = [{"key": key, "message": message}]
    return TrendyolRefusal(400, {"timestamp": now * 1000, "exception": "TrendyolBusinessException", "errors": errors})


def too_many() -> TrendyolRefusal:
    return TrendyolRefusal(429, {"errors": [{"errorCode": "too.many.requests", "message": "Too many requests"}]})


def retired(path: str, now: int) -> TrendyolRefusal:
    body = {
        "error": "UPGRADE_REQUIRED",
        "message": "This service is retired, use v2/orders or orders/stream",
        "timestamp": now * 1000,
        "path": path,
        "status": 426,
    }
    return TrendyolRefusal(426, body)


def not_found() -> TrendyolRefusal:
    return TrendyolRefusal(404, "")
