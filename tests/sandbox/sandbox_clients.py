"""Small clients for the sandbox's own tests, written against HTTP only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from oauthlib.oauth1 import Client as OAuthClient

from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def password_form(options: SandboxOptions, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "password",
        "client_id": options.client_id,
        "client_secret": options.client_secret,
        "username": options.username,
        "password": options.password,
        **changes,
    }


class Parasut:
    """Logged in at the stand-in; paths are below the company."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.http = httpx.Client(base_url=sandbox.parasut_url, timeout=10)
        answer = self.http.post("/oauth/token", data=password_form(sandbox.options))
        self.tokens = answer.json()
        self.http.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        self._root = f"/v4/{sandbox.options.company_id}"

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        return self.http.request(method, self._root + path, json=body, params=query or None)

    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        return self.http.get(self._root + path, params=query)


@contextmanager
def parasut(clock: Clock | None = None, **options: Any) -> Iterator[tuple[Sandbox, Parasut]]:
    """A sandbox without a rate limit, and a client that is logged in."""
    chosen = SandboxOptions(**{"rate_requests": 0, "orders": 0, **options})
    with Sandbox(chosen, clock or Clock()) as sandbox:
        client = Parasut(sandbox)
        try:
            yield sandbox, client
        finally:
            client.http.close()


def record(kind: str, attributes: dict[str, Any], **relations: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"type": kind, "attributes": attributes}
    if relations:
        data["relationships"] = {name: {"data": target} for name, target in relations.items()}
    return {"data": data}


def line(quantity: Any, unit_price: Any, vat_rate: Any, product: str | None = "300001", **more: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "sales_invoice_details",
        "attributes": {"quantity": quantity, "unit_price": unit_price, "vat_rate": vat_rate, **more},
    }
    if product is not None:
        entry["relationships"] = {"product": {"data": {"type": "products", "id": product}}}
    return entry


def invoice(*lines: dict[str, Any], contact: str = "200001", **attributes: Any) -> dict[str, Any]:
    return record(
        "sales_invoices",
        {"item_type": "invoice", "issue_date": "2026-11-20", **attributes},
        contact={"type": "contacts", "id": contact},
        details=list(lines),
    )


def cash(**attributes: Any) -> dict[str, Any]:
    return {"cash_sale": True, "payment_account_id": 700001, "payment_date": "2026-11-20", **attributes}


class Shop:
    """Signs its requests with OAuth 1.0a, as plain HTTP asks for."""

    def __init__(self, sandbox: Sandbox, clock: Clock, method: str = "HMAC-SHA256") -> None:
        self._url = sandbox.shop_url
        self._options = sandbox.options
        self._clock = clock
        self._method = method
        self._nonces = iter(range(10**6))

    def signed(self, method: str, path: str, query: dict[str, Any] | None = None, **oauth: Any) -> httpx.Request:
        chosen: dict[str, Any] = {
            "client_key": self._options.consumer_key,
            "client_secret": self._options.consumer_secret,
            "signature_method": self._method,
            "nonce": f"nonce{next(self._nonces)}",
            "timestamp": str(int(self._clock())),
            **oauth,
        }
        url = httpx.URL(f"{self._url}/wp-json/wc/v3{path}", params=query or {})
        uri, headers, _ = OAuthClient(**chosen).sign(str(url), http_method=method)
        return httpx.Request(method, uri, headers=headers)

    def get(self, path: str, query: dict[str, Any] | None = None, **oauth: Any) -> httpx.Response:
        return self.send(self.signed("GET", path, query, **oauth))

    def write(self, method: str, path: str, body: Any) -> httpx.Response:
        signed = self.signed(method, path)
        return self.send(
            httpx.Request(method, signed.url, headers={"Authorization": signed.headers["Authorization"]}, json=body)
        )

    def send(self, request: httpx.Request) -> httpx.Response:
        with httpx.Client(timeout=10) as client:
            return client.send(request)


@contextmanager
def shop(clock: Clock | None = None, **options: Any) -> Iterator[tuple[Sandbox, Shop]]:
    clock = clock or Clock()
    with Sandbox(SandboxOptions(**options), clock) as sandbox:
        yield sandbox, Shop(sandbox, clock)
