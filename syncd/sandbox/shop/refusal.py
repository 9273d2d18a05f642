"""WooCommerce's error bodies, `{"code", "message", "data": {"status", …}}`."""

from __future__ import annotations

from typing import Any


class ShopRefusal(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: str, message: str, **data: Any) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}


def unauthorized(message: str) -> ShopRefusal:
    """401 for credentials that were understood and are wrong."""
    return ShopRefusal(401, "woocommerce_rest_authentication_error", message)


def not_allowed(action: str) -> ShopRefusal:
    """401 for a request without (usable) credentials; `action` is view, list, edit or create."""
    if action == "list":
        return ShopRefusal(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    message = f"Sorry, you are not allowed to {action} this resource."
    if action == "view":
        message = "Sorry, you cannot view this resource."
    return ShopRefusal(401, f"woocommerce_rest_cannot_{action}", message)


def invalid_param(name: str, message: str, code: str) -> ShopRefusal:
    """400 for a parameter with a bad value."""
    details = {name: {"code": code, "message": message, "data": None}}
    return ShopRefusal(
        400, "rest_invalid_param", f"Invalid parameter(s): {name}", params={name: message}, details=details
    )


def no_route() -> ShopRefusal:
    return ShopRefusal(404, "rest_no_route", "No route was found matching the URL and request method.")


def invalid_order(status: int) -> ShopRefusal:
    """An order that isn't there: 404 when read, 400 when written."""
    return ShopRefusal(status, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
