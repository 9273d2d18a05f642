"""The control address: faults, holds, the audit trail, the truth and people's acts, as JSON over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import simplejson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syncd.sandbox.audit import Deeds, watched
from syncd.sandbox.faults import faults_of
from syncd.sandbox.holds import DROP, GO
from syncd.sandbox.options import MARKETS, switched
from syncd.sandbox.parasut.people import act as parasut_act
from syncd.sandbox.parasut.refusal import Refusal
from syncd.sandbox.parasut.truth import KINDS, books
from syncd.sandbox.shop.people import act as shop_act

if TYPE_CHECKING:
    from syncd.sandbox.server import Sandbox

_LONGEST_WAIT = 60.0
Handler = Callable[[Request, Any], Awaitable[Any]]


class ControlError(ValueError):
    """What was asked can't be done; answered as 400."""


def control_app(sandbox: Sandbox, clock: Callable[[], float]) -> Starlette:
    """The control address of a running sandbox."""
    desk = _Control(sandbox, clock)
    routes: list[tuple[str, str, Handler]] = [
        ("GET", "/", desk.about),
        ("GET", "/requests", desk.requests),
        ("GET", "/audit", desk.audit),
        ("GET", "/faults", desk.faults),
        ("POST", "/faults", desk.add_faults),
        ("DELETE", "/faults", desk.clear_faults),
        ("DELETE", "/faults/{number:int}", desk.remove_fault),
        ("GET", "/holds", desk.holds),
        ("POST", "/holds", desk.release),
        ("POST", "/holds/{number:int}", desk.release),
        ("POST", "/stands/{stand}/down", desk.down),
        ("POST", "/stands/{stand}/up", desk.up),
        ("GET", "/parasut/state", desk.books),
        ("GET", "/truth", desk.truth),
        ("POST", "/parasut/switches", desk.switch),
        ("POST", "/parasut/acts", desk.parasut_acts),
        ("POST", "/shop/acts", desk.shop_acts),
    ]
    return Starlette(routes=[Route(path, _answered(handler), methods=[method]) for method, path, handler in routes])


def _answered(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            body = simplejson.loads(raw) if raw else {}
            answer, status = await handler(request, body), 200
        except Refusal as refusal:
            answer, status = {"error": str(refusal)}, 400
        except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
            answer, status = {"error": f"{error}"}, 400
        text = simplejson.dumps(answer, ensure_ascii=False, use_decimal=False, default=_plain)
        return Response(text, status_code=status, media_type="application/json")

    return endpoint


class _Control:
    def __init__(self, sandbox: Sandbox, clock: Callable[[], float]) -> None:
        self._sandbox = sandbox
        self._clock = clock

    async def about(self, request: Request, body: Any) -> Any:
        options = self._sandbox.options
        secret = (
            *("company_id", "client_id", "client_secret", "username", "password", "consumer_key", "consumer_secret"),
            *("trendyol_seller_id", "trendyol_api_key", "trendyol_api_secret", "hepsiburada_merchant_id"),
            *("hepsiburada_service_key", "hepsiburada_user_agent", "n11_app_key", "n11_app_secret", "n11_seller_id"),
        )
        return {
            "stands": {name: self._sandbox.url(name) for name in sorted(options.stands)},
            "credentials": {name: getattr(options, name) for name in secret},
        }

    async def requests(self, request: Request, body: Any) -> Any:
        return self._sandbox.audit.counts()

    async def audit(self, request: Request, body: Any) -> Any:
        query = request.query_params
        after, stand = int(query.get("after", "0")), query.get("stand", "")
        return {"requests": await self._sandbox.audit.after(after, stand, _wait(request))}

    async def faults(self, request: Request, body: Any) -> Any:
        return {"faults": self._sandbox.faults.shown()}

    async def add_faults(self, request: Request, body: Any) -> Any:
        return {"faults": [self._sandbox.faults.add(fault) for fault in faults_of(body)]}

    async def clear_faults(self, request: Request, body: Any) -> Any:
        self._sandbox.faults.clear()
        return {"faults": []}

    async def remove_fault(self, request: Request, body: Any) -> Any:
        number = request.path_params["number"]
        if not self._sandbox.faults.remove(number):
            raise ControlError(f"no fault {number} is in force")
        return {"faults": self._sandbox.faults.shown()}

    async def holds(self, request: Request, body: Any) -> Any:
        fault = request.query_params.get("fault")
        return {"held": await self._sandbox.holds.shown(_wait(request), None if fault is None else int(fault))}

    async def release(self, request: Request, body: Any) -> Any:
        then, number = body.get("then", GO), request.path_params.get("number")
        if then not in (GO, DROP):
            raise ControlError(f"a held request can {GO} on, or be let {DROP}; not {then!r}")
        released = self._sandbox.holds.release(then, number)
        if number is not None and not released:
            raise ControlError(f"request {number} isn't held")
        return {"released": released}

    async def down(self, request: Request, body: Any) -> Any:
        seconds = body.get("seconds")
        wire = self._sandbox.wire(request.path_params["stand"])
        wire.down(None if seconds is None else float(seconds))
        return {"down": True}

    async def up(self, request: Request, body: Any) -> Any:
        await self._sandbox.wire(request.path_params["stand"]).up()
        return {"down": False}

    async def books(self, request: Request, body: Any) -> Any:
        kinds = request.query_params.get("kinds")
        return books(self._sandbox.parasut, KINDS if kinds is None else tuple(kinds.split(",")))

    async def truth(self, request: Request, body: Any) -> Any:
        served = self._sandbox.options.stands
        told: dict[str, Any] = {
            name: [{**_plain(truth), "id": truth.package_id} for truth in self._sandbox.market(name).truths()]
            for name in MARKETS
            if name in served
        }
        if "shop" in served:
            shop = self._sandbox.shop
            told["shop"] = [
                {"id": identity, "status": shop.orders[identity]["status"], **_plain(truth)}
                for identity, truth in shop.truth.items()
                if identity in shop.orders
            ]
        return told

    async def switch(self, request: Request, body: Any) -> Any:
        books = self._sandbox.parasut
        books.options = switched(books.options, body)
        return {"switches": {name: getattr(books.options, name) for name in body}}

    async def parasut_acts(self, request: Request, body: Any) -> Any:
        return self._act(lambda one: parasut_act(self._sandbox.parasut, one), body)

    async def shop_acts(self, request: Request, body: Any) -> Any:
        return self._act(lambda one: shop_act(self._sandbox.shop, one), body)

    def _act(self, does: Callable[[Mapping[str, Any]], None], body: Any) -> Any:
        done: list[str] = []
        for one in body if isinstance(body, list) else [body]:
            deeds = Deeds()
            with watched(deeds):
                does(one)
            self._sandbox.audit.people(str(one["act"]), self._clock(), deeds)
            done += [*deeds.created, *deeds.updated, *deeds.deleted]
        return {"done": done}


def _wait(request: Request) -> float:
    return min(_LONGEST_WAIT, float(request.query_params.get("wait", "0")))


def _plain(value: Any) -> Any:
    """What JSON has no word for: figures as text, dataclasses as objects."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} is nothing for JSON")
