"""Paraşüt's routes. Every answer passes one gate: the limit, the token, the company, the role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import simplejson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from syncd.sandbox.naming import ADMISSION
from syncd.sandbox.parasut.books import create_record, delete_record, update_record
from syncd.sandbox.parasut.forms import read_form
from syncd.sandbox.parasut.invoices import (
    cancel_invoice,
    create_invoice,
    create_payment,
    delete_invoice,
    delete_transaction,
    recover_invoice,
    update_invoice,
)
from syncd.sandbox.parasut.listing import listing
from syncd.sandbox.parasut.me import me
from syncd.sandbox.parasut.refusal import Refusal, bad_request, no_route, not_found
from syncd.sandbox.parasut.render import document, include_tree
from syncd.sandbox.parasut.state import ParasutState, Record
from syncd.sandbox.parasut.tokens import OAuthRefusal, form_of
from syncd.sandbox.parasut.vocabulary import SINGLE_INCLUDES

_BOOKS = ("contacts", "products", "item_categories", "accounts")


@dataclass(frozen=True)
class Call:
    """One request that passed the gate: path parameters, query, parsed body, and the URL without its query."""

    path: dict[str, Any]
    query: dict[str, str]
    body: Any
    url: str


Handler = Callable[[Call], tuple[int, Any]]


def parasut_app(state: ParasutState) -> Starlette:
    """The stand-in as an ASGI application over `state`."""
    routes = _Routes(state)
    return Starlette(routes=[*routes.token(), *routes.books(), *routes.invoices(), *routes.rest()])


class _Routes:
    def __init__(self, state: ParasutState) -> None:
        self._state = state

    def token(self) -> list[Route]:
        async def token(request: Request) -> Response:
            raw = await request.body()
            try:
                self._limit(request)
                form = form_of(raw, request.headers.get("content-type", ""))
                return _json(200, self._state.tokens.grant(form))
            except OAuthRefusal as refusal:
                return _json(refusal.status, refusal.body)
            except Refusal as refusal:
                return _json(refusal.status, refusal.body, refusal.headers)

        return [Route("/oauth/token", token, methods=["POST"])]

    def books(self) -> list[Route]:
        routes = []
        for kind in _BOOKS:
            routes += [
                self._route("GET", f"/{kind}", self._lister(kind)),
                self._route("POST", f"/{kind}", self._creator(kind)),
                self._route("GET", f"/{kind}/{{id}}", self._reader(kind)),
                self._route("PUT", f"/{kind}/{{id}}", self._updater(kind)),
                self._route("PATCH", f"/{kind}/{{id}}", self._updater(kind)),
                self._route("DELETE", f"/{kind}/{{id}}", self._deleter(kind)),
            ]
        return routes

    def invoices(self) -> list[Route]:
        kind = "sales_invoices"
        state = self._state

        def create(call: Call) -> tuple[int, Any]:
            tree = self._includes(call, kind)
            invoice = create_invoice(state, read_form(kind, call.body, creating=True))
            return 201, document(state, invoice, tree)

        def change(act: Callable[[Record], None]) -> Handler:
            def handle(call: Call) -> tuple[int, Any]:
                tree = self._includes(call, kind)
                invoice = self._record(kind, call)
                act(invoice)
                return 200, document(state, invoice, tree)

            return handle

        def update(call: Call) -> tuple[int, Any]:
            form = read_form(kind, call.body, creating=False)
            return change(lambda invoice: update_invoice(state, invoice, form))(call)

        def delete(call: Call) -> tuple[int, Any]:
            self._includes(call, kind, allowed=())
            delete_invoice(state, self._record(kind, call))
            return 204, None

        def archive(archived: bool) -> Callable[[Record], None]:
            return lambda invoice: invoice.attributes.update(archived=archived)

        def pay(call: Call) -> tuple[int, Any]:
            tree = self._includes(call, "payments")
            invoice = self._record(kind, call)
            payment = create_payment(state, invoice, read_form("payments", call.body, creating=True))
            body = document(state, payment, tree)
            # described as a number, though it is a word wherever it was seen: left out where it would be checked
            del body["data"]["attributes"]["currency"]
            return 201, body

        return [
            self._route("GET", f"/{kind}", self._lister(kind)),
            self._route("POST", f"/{kind}", create),
            self._route("GET", f"/{kind}/{{id}}", self._reader(kind)),
            self._route("PUT", f"/{kind}/{{id}}", update),
            self._route("PATCH", f"/{kind}/{{id}}", update),
            self._route("DELETE", f"/{kind}/{{id}}", delete),
            self._route("DELETE", f"/{kind}/{{id}}/cancel", change(lambda it: cancel_invoice(state, it))),
            self._route("PATCH", f"/{kind}/{{id}}/recover", change(lambda it: recover_invoice(state, it))),
            self._route("PATCH", f"/{kind}/{{id}}/archive", change(archive(True))),
            self._route("PATCH", f"/{kind}/{{id}}/unarchive", change(archive(False))),
            self._route("POST", f"/{kind}/{{id}}/payments", pay),
        ]

    def rest(self) -> list[Route]:
        def delete_one(call: Call) -> tuple[int, Any]:
            delete_transaction(self._state, self._record("transactions", call))
            return 204, None

        def refuse(call: Call) -> tuple[int, Any]:
            raise no_route()

        every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [
            Route("/v4/me", self._gate(lambda call: (200, me(self._state))), methods=["GET"]),
            self._route("GET", "/transactions/{id}", self._reader("transactions")),
            self._route("DELETE", "/transactions/{id}", delete_one),
            Route("/{rest:path}", self._gate(refuse), methods=every),
        ]

    def _route(self, method: str, path: str, handler: Handler) -> Route:
        return Route("/v4/{company}" + path, self._gate(handler), methods=[method])

    def _gate(self, handler: Handler) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            try:
                self._limit(request)
                self._admit(request)
                url = str(request.url.replace(query=""))
                status, body = handler(Call(request.path_params, _query(request), _body(raw), url))
            except Refusal as refusal:
                if refusal.status in (401, 403) and self._state.options.refusal_body == "html":
                    return HTMLResponse(f"<html><body><h1>{refusal}</h1></body></html>", refusal.status)
                return _json(refusal.status, refusal.body, refusal.headers)
            return Response(status_code=204) if status == 204 else _json(status, body)

        return endpoint

    def _limit(self, request: Request) -> None:
        scope = request.scope
        wait = scope[ADMISSION] if ADMISSION in scope else self._state.window.take()
        if wait is not None:
            raise Refusal(
                429,
                f"Too many requests. Try again in {wait} seconds.",
                title="Too Many Requests",
                headers={"Retry-After": str(wait)},
            )

    def _admit(self, request: Request) -> None:
        if not self._state.tokens.accepts(request.headers.get("authorization", "")):
            raise Refusal(401, "The access token is invalid or has expired", title="Unauthorized")
        company = request.path_params.get("company")
        if company is None:
            return
        options = self._state.options
        if company != str(options.company_id):
            raise Refusal(403, "Bu firmaya erişim yetkiniz yok", title="Forbidden")
        if options.user_role == "na" or (options.user_role == "ro" and request.method != "GET"):
            raise Refusal(403, "Bu işlem için yetkiniz yok", title="Forbidden")

    def _lister(self, kind: str) -> Handler:
        return lambda call: (200, listing(self._state, kind, call.query, call.url))

    def _reader(self, kind: str) -> Handler:
        def read(call: Call) -> tuple[int, Any]:
            tree = self._includes(call, kind)
            gone = self._state.deleted[kind].get(call.path["id"])
            if gone is not None and self._state.options.deleted_answer == "kept":
                return 200, document(self._state, gone, tree)
            if gone is not None and self._state.options.deleted_answer == "410":
                raise Refusal(410, f"{kind} {gone.id} was deleted", title="Gone")
            return 200, document(self._state, self._record(kind, call), tree)

        return read

    def _creator(self, kind: str) -> Handler:
        def create(call: Call) -> tuple[int, Any]:
            tree = self._includes(call, kind)
            record = create_record(self._state, kind, read_form(kind, call.body, creating=True))
            return 201, document(self._state, record, tree)

        return create

    def _updater(self, kind: str) -> Handler:
        def update(call: Call) -> tuple[int, Any]:
            tree = self._includes(call, kind)
            record = self._record(kind, call)
            update_record(self._state, record, read_form(kind, call.body, creating=False))
            return 200, document(self._state, record, tree)

        return update

    def _deleter(self, kind: str) -> Handler:
        def delete(call: Call) -> tuple[int, Any]:
            delete_record(self._state, self._record(kind, call))
            return 204, None

        return delete

    def _record(self, kind: str, call: Call) -> Record:
        record = self._state.table(kind).get(call.path["id"])
        if record is None:
            raise not_found(kind, call.path["id"])
        return record

    def _includes(self, call: Call, kind: str, allowed: tuple[str, ...] | None = None) -> dict[str, Any]:
        for name in call.query:
            if name != "include":
                raise bad_request(f"'{name}' is not a valid parameter")
        return include_tree(call.query.get("include", ""), SINGLE_INCLUDES[kind] if allowed is None else allowed)


def _query(request: Request) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        query[name] = value
    return query


def _body(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return simplejson.loads(raw, use_decimal=True)
    except ValueError as error:
        raise bad_request("the body is not JSON") from error


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    text = simplejson.dumps(body, use_decimal=True, ensure_ascii=False)
    return Response(text, status_code=status, media_type="application/json", headers=headers)
