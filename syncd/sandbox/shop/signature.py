"""Who may talk to the shop: keys over TLS, OAuth 1.0a with one leg over plain HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request

from syncd.sandbox.basic import basic_login
from syncd.sandbox.shop.refusal import ShopRefusal, not_allowed, unauthorized
from syncd.sandbox.shop.state import ShopState

_WINDOW_SECONDS = 15 * 60
_HASHES = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
_NEEDED = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")


def authenticate(state: ShopState, request: Request, action: str) -> None:
    """Raise ShopRefusal (401) unless the request carries the shop's key in a way that counts.

    Basic authentication and keys in the query are ignored over plain HTTP, as if nothing had been sent; a proxy's
    `X-Forwarded-Proto: https` makes a request count as TLS. Over TLS a signature works, too.
    """
    over_tls = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
    if not (over_tls and _has_key(state, request)):
        parameters = _oauth_parameters(request)
        if not any(name.startswith("oauth_") for name, _ in parameters):
            raise not_allowed(action)
        _verify(state, request, parameters, "https" if over_tls else "http")
    permission = "read" if request.method in ("GET", "HEAD", "OPTIONS") else "write"
    if permission not in state.options.shop_permissions:
        raise unauthorized(f"The API key provided does not have {permission} permissions.")


def _has_key(state: ShopState, request: Request) -> bool:
    key, secret = request.query_params.get("consumer_key", ""), request.query_params.get("consumer_secret", "")
    if not key:
        key, secret = basic_login(request)
    if not key or key != state.options.consumer_key:
        return False
    if not hmac.compare_digest(secret.encode(), state.options.consumer_secret.encode()):
        raise unauthorized("Consumer secret is invalid.")
    return True


def _oauth_parameters(request: Request) -> list[tuple[str, str]]:
    parameters = parse_qsl(request.url.query, keep_blank_values=True)
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "oauth":
        found = re.findall(r'([\w]+)="([^"]*)"', rest)
        parameters += [(unquote(name), unquote(value)) for name, value in found if name != "realm"]
    return parameters


def _verify(state: ShopState, request: Request, parameters: Sequence[tuple[str, str]], scheme: str) -> None:
    oauth = {name: value for name, value in parameters if name.startswith("oauth_")}
    missing = [name for name in _NEEDED if not oauth.get(name)]
    if missing:
        raise unauthorized(f"Missing OAuth parameter {', '.join(missing)}")
    if oauth["oauth_consumer_key"] != state.options.consumer_key:
        raise unauthorized("Consumer key is invalid.")
    if oauth["oauth_signature_method"] not in _HASHES:
        raise unauthorized("Invalid signature - signature method is invalid.")
    signed = [(name, value) for name, value in parameters if name != "oauth_signature"]
    url = f"{scheme}://{request.headers['host']}{request.scope['raw_path'].decode()}"
    expected = signature(request.method, url, signed, state.options.consumer_secret, oauth["oauth_signature_method"])
    if not hmac.compare_digest(expected.encode(), oauth["oauth_signature"].encode()):
        raise unauthorized("Invalid signature - provided signature does not match.")
    _check_freshness(state, oauth)


def _check_freshness(state: ShopState, oauth: dict[str, str]) -> None:
    try:
        age = abs(state.clock() - int(oauth["oauth_timestamp"]))
    except ValueError:
        age = float("inf")
    if age > _WINDOW_SECONDS and state.options.shop_timestamps:
        raise unauthorized("Invalid timestamp.")
    if oauth["oauth_nonce"] in state.nonces:
        raise _used_nonce()
    state.nonces.add(oauth["oauth_nonce"])


def _used_nonce() -> ShopRefusal:
    return unauthorized("Invalid nonce - nonce has already been used.")


def signature(method: str, url: str, parameters: Sequence[tuple[str, str]], secret: str, way: str) -> str:
    """The OAuth 1.0a signature in base64, with an empty token secret (RFC 5849, section 3.4)."""

    def escape(text: str) -> str:
        return quote(text, safe="-._~")

    pairs = sorted((escape(name), escape(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method.upper(), escape(url), escape(joined)))
    digest = hmac.new(f"{escape(secret)}&".encode(), base.encode(), _HASHES[way]).digest()
    return base64.b64encode(digest).decode()
