"""The OAuth login: access tokens for requests, renewed by one at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from syncd.config.settings import ParasutSettings
from syncd.errors import CompanyStopped, NotExecuted
from syncd.parasut.answer import error_details, json_body, redirected
from syncd.parasut.stores import Tokens, TokenStore
from syncd.parasut.transport import TOKEN_PATH

_OUT_OF_BAND: Final = "urn:ietf:wg:oauth:2.0:oob"
_USUAL_LIFETIME_SECONDS: Final = 7200
_SPARE_SECONDS: Final = 60

Exchange = Generator[httpx.Request, httpx.Response, Tokens]


class Login(httpx.Auth):
    """Puts an access token on every request; logs in and renews as needed.

    The first login is the password grant; later the refresh token, which Paraşüt replaces at every use, so the new
    pair is stored before its access token is used. A refused refresh token leads back to the password grant. A 401
    renews once and sends again. Raises `CompanyStopped` when the login is refused and `NotExecuted` when the token
    endpoint gives no usable answer: in both cases the request itself was not carried out.
    """

    def __init__(self, settings: ParasutSettings, tokens: TokenStore, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._tokens = tokens
        self._clock = clock

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        tokens = self._tokens.load()
        if tokens is None or self._has_ended(tokens):
            tokens = yield from self._renew(request, tokens)
        for attempt in (1, 2):
            request.headers["Authorization"] = f"Bearer {tokens.access_token}"
            response = yield request
            if response.status_code != 401:
                return
            if attempt == 1:
                tokens = yield from self._renew(request, tokens)
        self._tokens.clear()  # whatever is wrong with them, the next request begins with a login

    def _renew(self, request: httpx.Request, stale: Tokens | None) -> Exchange:
        with self._tokens.renewing():
            current = self._tokens.load()
            if current is not None and current != stale and not self._has_ended(current):
                return current  # somebody else was faster
            if current is not None and current.refresh_token:
                response = yield self._ask(request, "refresh_token", refresh_token=current.refresh_token)
                if response.status_code not in (400, 401):
                    return self._accept(response, current.refresh_token)
            response = yield self._ask(
                request,
                "password",
                username=self._settings.username.reveal(),
                password=self._settings.password.reveal(),
                redirect_uri=_OUT_OF_BAND,
            )
            return self._accept(response, "")

    def _ask(self, request: httpx.Request, grant_type: str, **fields: str) -> httpx.Request:
        form = {
            "grant_type": grant_type,
            "client_id": self._settings.client_id.reveal(),
            "client_secret": self._settings.client_secret.reveal(),
            **fields,
        }
        return httpx.Request(
            "POST",
            self._settings.base_url.rstrip("/") + TOKEN_PATH,
            data=form,
            headers={"Accept": "application/json", "User-Agent": request.headers["User-Agent"]},
            # Requests of an auth flow don't get the client's time-outs by themselves.
            extensions={"timeout": request.extensions["timeout"]},
        )

    def _accept(self, response: httpx.Response, refresh_token: str) -> Tokens:
        body = json_body(response)
        if response.is_redirect:
            raise redirected(response)
        if 400 <= response.status_code < 500:
            raise self._refused(response, body)
        if not response.is_success or body is None or not isinstance(body.get("access_token"), str):
            raise NotExecuted(f"The login at Paraşüt has no usable answer (HTTP {response.status_code}).")
        lifetime = _lifetime_seconds(body.get("expires_in"))
        spare = min(_SPARE_SECONDS, lifetime / 10)
        tokens = Tokens(
            access_token=body["access_token"],
            refresh_token=str(body.get("refresh_token") or refresh_token),
            expires_at=self._now() + timedelta(seconds=lifetime - spare),
        )
        self._tokens.save(tokens)
        return tokens

    def _refused(self, response: httpx.Response, body: dict[str, Any] | None) -> CompanyStopped:
        words = "; ".join(error_details(body))
        settings = self._settings
        for secret in (settings.password, settings.client_secret, settings.username, settings.client_id):
            words = words.replace(secret.reveal(), "***") if secret.reveal() else words
        said = f"HTTP {response.status_code}" + (f": {words}" if words else "")
        return CompanyStopped(
            f"Paraşüt refused the login ({said}).",
            "Check parasut.client_id, client_secret, username and password, and that the user signs in without a "
            "second factor.",
        )

    def _has_ended(self, tokens: Tokens) -> bool:
        return self._now() >= tokens.expires_at

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _lifetime_seconds(value: Any) -> float:
    sensible = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9
    return float(value) if sensible else _USUAL_LIFETIME_SECONDS
