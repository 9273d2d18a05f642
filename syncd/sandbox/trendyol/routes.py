"""The routes of the stand-in, and what is asked before any of them works: a User-Agent, then a key, then the seller."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import simplejson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from syncd.sandbox.basic import basic_login
from syncd.sandbox.trendyol.listing import paged, stream
from syncd.sandbox.trendyol.refusal import (
    TrendyolRefusal,
    blocked,
    foreign_seller,
    invalid,
    not_found,
    retired,
    unauthorized,
)
from syncd.sandbox.trendyol.state import TrendyolState

_SELLER = "/integration/order/sellers/{seller}"
_USER_AGENT = re.compile(r"(?P<seller>\d+) - [A-Za-z0-9]{1,30}")

Handler = Callable[[TrendyolState, dict[str, str]], Any]


def app(state: TrendyolState) -> Starlette:
    """The stand-in as an ASGI application over `state`."""

    def route(path: str, handler: Handler, methods: tuple[str, ...] = ("GET",)) -> Route:
        return Route(path, _gate(state, handler), methods=list(methods))

    def streamed(state: TrendyolState, query: dict[str, str]) -> Any:
        state.count_stream()
        return stream(state, query)

    def listed(state: TrendyolState, query: dict[str, str]) -> Any:
        state.count_list()
        return paged(state, query)

    return Starlette(
        routes=[
            route(f"{_SELLER}/orders/stream", streamed),
            route(f"{_SELLER}/v2/orders", listed),
            route(f"{_SELLER}/orders", _retired),
            route("/{rest:path}", _nothing, ("GET", "POST", "PUT", "DELETE")),
        ]
    )


def _retired(state: TrendyolState, query: dict[str, str]) -> Any:
    raise retired(f"/sellers/{state.seller_id}/orders", state.now())


def _nothing(state: TrendyolState, query: dict[str, str]) -> Any:
    raise not_found()


def _gate(state: TrendyolState, handler: Handler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            _admit(state, request)
            return _json(200, handler(state, _query(state, request)))
        except TrendyolRefusal as refusal:
            if isinstance(refusal.body, str):
                return HTMLResponse(refusal.body, status_code=refusal.status)
            return _json(refusal.status, refusal.body)

    return endpoint


def _admit(state: TrendyolState, request: Request) -> None:
    agent = _USER_AGENT.fullmatch(request.headers.get("user-agent", ""))
    if agent is None:
        raise blocked()
    if basic_login(request) != (state.api_key, state.api_secret):
        raise unauthorized()
    for seller in (agent["seller"], request.path_params.get("seller", str(state.seller_id))):
        if seller != str(state.seller_id):
            raise foreign_seller(seller)


def _query(state: TrendyolState, request: Request) -> dict[str, str]:
    pairs = request.query_params.multi_items()
    query = dict(pairs)
    if len(query) != len(pairs):
        raise invalid("invalid.parameter", "a parameter is given twice", state.now())
    return query


def _json(status: int, body: Any) -> Response:
    text = simplejson.dumps(body, use_decimal=True, ensure_ascii=False)
    return Response(text, status_code=status, media_type="application/json;charset=UTF-8")
