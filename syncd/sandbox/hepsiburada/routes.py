"""The routes of the stand-in, and what is asked before any of them works: a User-Agent, a key, the store."""

from __future__ import annotations

from typing import Any

import simplejson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syncd.sandbox.basic import basic_login
from syncd.sandbox.hepsiburada.listing import LISTS
from syncd.sandbox.hepsiburada.refusal import (
    HepsiburadaRefusal,
    bad_parameter,
    blocked,
    foreign_store,
    no_package,
    no_route,
    unauthorized,
    unpaid,
)
from syncd.sandbox.hepsiburada.render import CARRIER, barcode, order_detail, word_of
from syncd.sandbox.hepsiburada.state import HepsiburadaState, cancelled_part
from syncd.sandbox.market.package import Package, Stage

Reply = tuple[Any, dict[str, str]]


def app(state: HepsiburadaState) -> Starlette:
    """The stand-in as an ASGI application over `state`."""

    async def endpoint(request: Request) -> Response:
        try:
            _admit(state, request)
            state.count_request()
            body, headers = _answer(state, request)
        except HepsiburadaRefusal as refusal:
            return Response(refusal.body, refusal.status, headers=refusal.headers, media_type=refusal.media_type)
        text = simplejson.dumps(body, use_decimal=True, ensure_ascii=False)
        return Response(text, headers=headers, media_type="application/json; charset=utf-8")

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=["GET"])])


def _admit(state: HepsiburadaState, request: Request) -> None:
    agent = request.headers.get("user-agent", "")
    if agent.lower() == state.merchant_id.lower():
        raise unauthorized()
    if agent != state.user_agent:
        raise blocked()
    user, key = basic_login(request)
    if user.lower() != state.merchant_id.lower() or key != state.service_key:
        raise unauthorized()


def _answer(state: HepsiburadaState, request: Request) -> Reply:
    """Paths don't care about capitals: `/orders/merchantId/…` is the same."""
    steps = [step.lower() for step in request.path_params["path"].strip("/").split("/")]
    if len(steps) < 3 or steps[1] != "merchantid":
        raise no_route()
    if steps[2] != state.merchant_id.lower():
        raise foreign_store()
    room, rest = steps[0], "/".join(steps[3:])
    query = dict(request.query_params)
    listing = LISTS.get((room, rest))
    if listing is not None:
        return listing.answer(state, query)
    if query:
        raise bad_parameter(f"unknown parameter {next(iter(query))}")
    match (room, *steps[3:]):
        case ("orders", "ordernumber", number):
            return _order(state, number), {}
        case ("packages", "packagenumber", number):
            return _tracking(state, number), {}
        case _:
            raise no_route()


def _order(state: HepsiburadaState, number: str) -> dict[str, Any]:
    """The detail: every line of the order that is in a living package, open, or cancelled."""
    found = [package for package in state.market.find(order_number=number) if _is_told(package)]
    if not found:
        raise unpaid(state.unpaid_status)
    shown = [cancelled_part(package) if package.stage is Stage.CANCELLED else package for package in found]
    return order_detail(number, shown, state)


def _is_told(package: Package) -> bool:
    return package.stage is not Stage.UNPACKED and package.reached(Stage.CREATED) is not None


def _tracking(state: HepsiburadaState, number: str) -> dict[str, Any]:
    found = state.market.find(package_id=int(number)) if number.isdigit() else []
    if not found or not state.is_packed(found[0]) or found[0].stage is Stage.UNPACKED:
        raise no_package()
    package = found[0]
    code = f"ORN{package.tracking}" if package.tracking else ""
    return {
        "packageNumber": number,
        "barcode": barcode(package),
        "status": "Open" if word_of(package, state) == "Packaged" else word_of(package, state),
        "cargoCompany": CARRIER,
        "trackingInfoCode": code,
        "trackingInfoUrl": f"https://kargo.test/{code}" if code else "",
    }
