"""The shop's routes under /wp-json/."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import simplejson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syncd.sandbox.shop.listing import Query, decimals_of, found_orders, page_of
from syncd.sandbox.shop.refusal import ShopRefusal, invalid_order, invalid_param, no_route
from syncd.sandbox.shop.render import picked, shown_order, shown_refund
from syncd.sandbox.shop.signature import authenticate
from syncd.sandbox.shop.state import STATUSES, Order, ShopState

_ROOT = "/wp-json/wc/v3"


class Call:
    """One authenticated request: path parameters, query pairs, parsed JSON body."""

    def __init__(self, request: Request, body: Any) -> None:
        self.path = request.path_params
        self.query: Query = parse_qsl(request.url.query, keep_blank_values=True)
        self.body: dict[str, Any] = body if isinstance(body, dict) else {}
        self.base_url = f"{request.url.scheme}://{request.headers['host']}"
        self.url = str(request.url.replace(query=""))
        self.headers: list[tuple[str, str]] = []


Handler = Callable[[Call], tuple[int, Any]]


def shop_app(state: ShopState) -> Starlette:
    """The stand-in as an ASGI application over `state`."""
    shop = _Shop(state)
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    def route(method: str, path: str, handler: Handler, action: str) -> Route:
        return Route(_ROOT + path, _gate(state, handler, action), methods=[method])

    return Starlette(
        routes=[
            Route("/wp-json/", _gate(state, shop.index, None), methods=["GET"]),
            Route("/wp-json", _gate(state, shop.index, None), methods=["GET"]),
            route("GET", "/orders", shop.orders, "list"),
            route("GET", "/orders/{id:int}", shop.order, "view"),
            route("PUT", "/orders/{id:int}", shop.change_order, "edit"),
            route("POST", "/orders/{id:int}", shop.change_order, "edit"),
            route("GET", "/orders/{id:int}/refunds", shop.order_refunds, "list"),
            route("GET", "/orders/{id:int}/notes", shop.notes, "list"),
            route("POST", "/orders/{id:int}/notes", shop.add_note, "create"),
            route("GET", "/refunds", shop.refunds, "list"),
            route("GET", "/settings/{group}/{name}", shop.setting, "view"),
            route("GET", "/system_status", shop.system_status, "list"),
            route("GET", "/taxes", lambda call: _page(call, state.taxes), "list"),
            route("GET", "/taxes/classes", lambda call: (200, state.tax_classes), "list"),
            route("GET", "/products", shop.products, "list"),
            route("GET", "/products/{id:int}", shop.product, "view"),
            Route("/{rest:path}", _gate(state, _refuse, None), methods=every),
        ]
    )


def _refuse(call: Call) -> tuple[int, Any]:
    raise no_route()


def _gate(state: ShopState, handler: Handler, action: str | None) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        headers: list[tuple[str, str]] = []
        try:
            if action is not None:
                authenticate(state, request, action)
            call = Call(request, _json_body(raw))
            headers = call.headers
            status, body = handler(call)
            body = picked(body, dict(call.query).get("_fields", ""))
        except ShopRefusal as refusal:
            status, body = refusal.status, refusal.body
        text = simplejson.dumps(body, use_decimal=True, ensure_ascii=False)
        response = Response(text, status_code=status, media_type="application/json; charset=UTF-8")
        root = f"{request.url.scheme}://{request.headers['host']}/wp-json/"
        response.headers.append("Link", f'<{root}>; rel="https://api.w.org/"')
        for name, value in headers:
            response.headers.append(name, value)
        return response

    return endpoint


def _json_body(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return simplejson.loads(raw, use_decimal=True)
    except ValueError as error:
        raise ShopRefusal(400, "rest_invalid_json", "Invalid JSON body passed.") from error


def _page(call: Call, records: list[Any]) -> tuple[int, list[Any]]:
    """One page of records, with the headers that tell of the others; past the end it is empty."""
    page, size = page_of(call.query)
    pages = -(-len(records) // size)
    call.headers += [("X-WP-Total", str(len(records))), ("X-WP-TotalPages", str(pages))]
    others = [(name, value) for name, value in call.query if name != "page"]
    for relation, number in (("prev", page - 1), ("next", page + 1)):
        if 1 <= number <= pages:
            query = urlencode([*others, ("page", str(number))])
            call.headers.append(("Link", f'<{call.url}?{query}>; rel="{relation}"'))
    return 200, records[(page - 1) * size : page * size]


class _Shop:
    def __init__(self, state: ShopState) -> None:
        self._state = state

    def index(self, call: Call) -> tuple[int, Any]:
        offset = datetime.now(UTC).astimezone(self._state.zone).utcoffset()
        hours = offset.total_seconds() / 3600 if offset is not None else 0
        return 200, {
            "name": "Örnek Termos",
            "description": "",
            "url": call.base_url,
            "home": call.base_url,
            "gmt_offset": f"{hours:g}",
            "timezone_string": self._state.options.shop_timezone,
            "namespaces": ["wc/v3", "wp/v2"],
        }

    def orders(self, call: Call) -> tuple[int, Any]:
        places = decimals_of(call.query)
        status, found = _page(call, found_orders(self._state, call.query))
        return status, [shown_order(order, places, call.base_url) for order in found]

    def order(self, call: Call) -> tuple[int, Any]:
        return 200, shown_order(self._order(call, 404), decimals_of(call.query), call.base_url)

    def change_order(self, call: Call) -> tuple[int, Any]:
        """Status, note and meta data can be changed; a known meta key is replaced. Counts as a modification."""
        order = self._order(call, 400)
        status = call.body.get("status")
        if status is not None and status not in (*STATUSES, *self._state.plugin_statuses):
            raise invalid_param("status", "status is not a known status.", "rest_not_in_enum")
        for entry in call.body.get("meta_data", ()):
            known = next((own for own in order["meta_data"] if own["key"] == entry["key"]), None)
            if known is None:
                order["meta_data"].append({"id": self._state.new_id(), "key": entry["key"], "value": entry["value"]})
            else:
                known["value"] = entry["value"]
        if "customer_note" in call.body:
            order["customer_note"] = call.body["customer_note"]
        if status is not None:
            self._state.set_status(order["id"], status)
        self._state.touch(order["id"])
        return 200, shown_order(order, decimals_of(call.query), call.base_url)

    def order_refunds(self, call: Call) -> tuple[int, Any]:
        order = self._order(call, 404)
        places = decimals_of(call.query)
        status, found = _page(call, self._state.refunds.get(order["id"], []))
        return status, [shown_refund(refund, order["id"], places, call.base_url) for refund in found]

    def refunds(self, call: Call) -> tuple[int, Any]:
        places = decimals_of(call.query)
        every = [(order_id, refund) for order_id, found in self._state.refunds.items() for refund in found]
        status, found = _page(call, every)
        return status, [
            {**shown_refund(refund, order_id, places, call.base_url), "parent_id": order_id}
            for order_id, refund in found
        ]

    def notes(self, call: Call) -> tuple[int, Any]:
        return 200, self._state.notes.get(self._order(call, 404)["id"], [])

    def add_note(self, call: Call) -> tuple[int, Any]:
        """A note on an order; the order does not count as modified."""
        order = self._order(call, 404)
        if not isinstance(call.body.get("note"), str):
            message = "Missing parameter(s): note"
            raise ShopRefusal(400, "rest_missing_callback_param", message, params=["note"])
        local, gmt = self._state.now()
        note = {
            "id": self._state.new_id(),
            "author": "WooCommerce",
            "date_created": local,
            "date_created_gmt": gmt,
            "note": call.body["note"],
            "customer_note": bool(call.body.get("customer_note", False)),
        }
        self._state.notes.setdefault(order["id"], []).append(note)
        return 201, note

    def setting(self, call: Call) -> tuple[int, Any]:
        group, name = call.path["group"], call.path["name"]
        value = self._state.settings.get(f"{group}/{name}")
        if value is None:
            raise ShopRefusal(404, "rest_setting_setting_invalid", "Invalid setting.")
        return 200, {"id": name, "group_id": group, "label": name, "type": "select", "default": "", "value": value}

    def system_status(self, call: Call) -> tuple[int, Any]:
        return 200, {
            "environment": {
                "home_url": call.base_url,
                "site_url": call.base_url,
                "version": "11.0.1",
                "wp_version": "7.1",
                "default_timezone": "UTC",
            },
            "settings": {"currency": self._state.settings["general/woocommerce_currency"], "currency_symbol": "₺"},
        }

    def products(self, call: Call) -> tuple[int, Any]:
        skus = dict(call.query).get("sku", "").casefold()
        wanted = [sku.strip() for sku in skus.split(",") if sku.strip()]
        found = [
            product
            for product in self._state.products
            if not wanted or str(product.get("sku", "")).casefold() in wanted
        ]
        return _page(call, found)

    def product(self, call: Call) -> tuple[int, Any]:
        for product in self._state.products:
            if product["id"] == call.path["id"]:
                return 200, product
        raise ShopRefusal(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")

    def _order(self, call: Call, missing: int) -> Order:
        order = self._state.orders.get(call.path["id"])
        if order is None:
            raise invalid_order(missing)
        return order
