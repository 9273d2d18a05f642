"""The service's only route; every other address is a 503."""

from __future__ import annotations

import simplejson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syncd.sandbox.n11.listing import page_of
from syncd.sandbox.n11.refusal import N11Refusal, missing_header, too_many, unknown_path, wrong_key, wrong_key_in_words
from syncd.sandbox.n11.state import N11State

PACKAGES = "/rest/delivery/v1/shipmentPackages"


def app(state: N11State) -> Starlette:
    """The stand-in as an ASGI application over `state`."""

    async def packages(request: Request) -> Response:
        try:
            _authenticate(state, request)
            if not state.counts():
                raise too_many()
            envelope = page_of(state, dict(request.query_params))
        except N11Refusal as refusal:
            return _refused(refusal)
        text = simplejson.dumps(envelope, use_decimal=True, ensure_ascii=False)
        return Response(text, media_type="application/json;charset=UTF-8")

    async def nowhere(request: Request) -> Response:
        return _refused(unknown_path())

    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(routes=[Route(PACKAGES, packages, methods=["GET"]), Route("/{rest:path}", nowhere, methods=every)])


def _authenticate(state: N11State, request: Request) -> None:
    key, secret = request.headers.get("appKey"), request.headers.get("appSecret")
    if not key or not secret:
        raise missing_header()
    if (key, secret) != (state.app_key, state.app_secret):
        raise wrong_key() if state.refuses_in == "json" else wrong_key_in_words()


def _refused(refusal: N11Refusal) -> Response:
    return Response(refusal.body, status_code=refusal.status, media_type=refusal.media_type)
