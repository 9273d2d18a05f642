"""Orders as the API shows them: money at the asked number of decimals, links, and only the asked fields."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from syncd.sandbox.figures import half_up
from syncd.sandbox.shop.state import Order

_ORDER_MONEY = (
    "discount_total",
    "discount_tax",
    "shipping_total",
    "shipping_tax",
    "cart_tax",
    "total",
    "total_tax",
    "amount",
)
_ENTRY_MONEY = (
    "subtotal",
    "subtotal_tax",
    "total",
    "total_tax",
    "discount",
    "discount_tax",
    "tax_total",
    "shipping_tax_total",
)
_ENTRIES = ("line_items", "tax_lines", "shipping_lines", "fee_lines", "coupon_lines")


def shown_order(order: Order, places: int, base_url: str) -> Order:
    """An order with its money as text of `places` decimals; `base_url` is the shop's, for the links."""
    shown = _shown(order, places)
    shown["refunds"] = [_with_money(refund, ("total", "total_tax"), places) for refund in order.get("refunds", ())]
    path = str(shown.get("payment_url", ""))
    if path.startswith("/"):
        shown["payment_url"] = base_url + path
    collection = f"{base_url}/wp-json/wc/v3/orders"
    shown["_links"] = {"self": [{"href": f"{collection}/{order['id']}"}], "collection": [{"href": collection}]}
    return shown


def shown_refund(refund: dict[str, Any], order_id: int, places: int, base_url: str) -> dict[str, Any]:
    """A refund of an order, likewise."""
    shown = _shown(refund, places)
    up = f"{base_url}/wp-json/wc/v3/orders/{order_id}"
    shown["_links"] = {"self": [{"href": f"{up}/refunds/{refund['id']}"}], "up": [{"href": up}]}
    return shown


def picked(value: Any, fields: str) -> Any:
    """Only the fields in a `_fields` list; dots lead inwards (`environment.version`)."""
    names = [name.strip() for name in fields.split(",") if name.strip()]
    if not names:
        return value
    if isinstance(value, list):
        return [picked(item, fields) for item in value]
    kept: dict[str, Any] = {}
    for name in names:
        _copy_path(value, kept, name.split("."))
    return kept


def _copy_path(source: Any, target: dict[str, Any], path: list[str]) -> None:
    head, *rest = path
    if not isinstance(source, dict) or head not in source:
        return
    if not rest or not isinstance(source[head], dict):
        target[head] = source[head]
    else:
        _copy_path(source[head], target.setdefault(head, {}), rest)


def _shown(record: dict[str, Any], places: int) -> dict[str, Any]:
    shown = _with_money(record, _ORDER_MONEY, places)
    for name in _ENTRIES:
        if name in record:
            shown[name] = [_entry(entry, places) for entry in record[name]]
    return shown


def _entry(entry: dict[str, Any], places: int) -> dict[str, Any]:
    shown = _with_money(entry, _ENTRY_MONEY, places)
    if "taxes" in entry:
        shown["taxes"] = [_with_money(tax, ("total", "subtotal"), places) for tax in entry["taxes"]]
    return shown


def _with_money(record: dict[str, Any], names: tuple[str, ...], places: int) -> dict[str, Any]:
    return {name: _money(value, places) if name in names else value for name, value in record.items()}


def _money(value: Any, places: int) -> Any:
    if not isinstance(value, str) or not value:
        return value
    try:
        return format(half_up(Decimal(value), places), "f")
    except InvalidOperation:
        return value
