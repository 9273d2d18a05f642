"""How a request proves who sends it: each way is an `httpx.Auth`, without I/O of its own."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import httpx
from oauthlib import oauth1

from syncd.config.settings import Secret


class OneLeggedOAuth(httpx.Auth):
    """OAuth 1.0a without a token (HMAC-SHA256) on GET requests: WooCommerce ignores Basic over plain HTTP.

    The parameters go into the query, because some hosts strip the `Authorization` header. A nonce is good for one
    request only, so each attempt is signed anew.
    """

    def __init__(self, key: str, secret: str) -> None:
        self._key = key
        self._secret = secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        client = oauth1.Client(
            self._key,
            client_secret=self._secret,
            signature_method=oauth1.SIGNATURE_HMAC_SHA256,
            signature_type=oauth1.SIGNATURE_TYPE_QUERY,
        )
        uri, _, _ = client.sign(str(request.url), http_method="GET")
        request.url = httpx.URL(uri)
        yield request


class UnfitForHeader(ValueError):
    """A secret that no header can carry. The message names the setting, never its value."""


class SecretHeaders(httpx.Auth):
    """Secrets that travel as headers of their own, or as a bearer token."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._headers)
        yield request


NEEDED: Mapping[str, tuple[str, ...]] = {
    "basic": ("user", "secret"),
    "bearer": ("secret",),
    "headers": ("headers",),
    "oauth1": ("user", "secret"),
}
"""The keys that each way of signing in needs beside `way`."""


def authentication(part: Mapping[str, Mapping[str, Any]], scheme: str, options: Mapping[str, Any]) -> httpx.Auth:
    """The way that the connector names for this scheme (`http` or `https`).

    `part` is `{https: {way: basic, user: …, secret: …}, …}`, where user, secret and the values of headers are keys of
    the platform's settings.
    """
    choice = part[scheme]
    match choice["way"]:
        case "basic":
            return httpx.BasicAuth(_plain(options[choice["user"]]), _plain(options[choice["secret"]]))
        case "oauth1":
            return OneLeggedOAuth(_plain(options[choice["user"]]), _plain(options[choice["secret"]]))
        case "bearer":
            return SecretHeaders({"Authorization": f"Bearer {_fit(options, choice['secret'])}"})
        case _:
            return SecretHeaders({name: _fit(options, key) for name, key in choice["headers"].items()})


def _fit(options: Mapping[str, Any], key: str) -> str:
    value = _plain(options[key])
    if not (value.isascii() and value.isprintable()):
        raise UnfitForHeader(
            f"the value of '{key}' holds a line break or a letter that no key has; was it copied whole, and alone?"
        )
    return value


def _plain(value: Any) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value)
