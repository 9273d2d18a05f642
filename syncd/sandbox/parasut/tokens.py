"""Paraşüt's tokens: password and refresh grants, with a new refresh token at every renewal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

import simplejson

from syncd.sandbox.options import SandboxOptions


class OAuthRefusal(Exception):
    """A refused token request; its envelope is `{"error", "error_description"}`."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.body = {"error": error, "error_description": description}


class Tokens:
    """The tokens in force. An access token lives `token_seconds`; a refresh token works once."""

    def __init__(self, options: SandboxOptions, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._access: dict[str, float] = {}
        self._refresh: set[str] = set()
        self._issued = 0
        self._password = options.password

    def grant(self, form: dict[str, Any]) -> dict[str, Any]:
        """Answer a token request. Raises OAuthRefusal."""
        options = self._options
        if (form.get("client_id"), form.get("client_secret")) != (options.client_id, options.client_secret):
            raise OAuthRefusal(401, "invalid_client", "Client authentication failed.")
        refused = OAuthRefusal(
            options.token_error_status,
            "invalid_grant",
            "The provided authorization grant is invalid, expired, revoked or was issued to another client.",
        )
        kind = form.get("grant_type")
        if kind == "password":
            if (form.get("username"), form.get("password")) != (options.username, self._password):
                raise refused
        elif kind == "refresh_token":
            if form.get("refresh_token") not in self._refresh:
                raise refused
            self._refresh.discard(str(form["refresh_token"]))
        else:
            raise OAuthRefusal(400, "unsupported_grant_type", "The grant type is not supported.")
        access, refresh = self._new("access"), self._new("refresh")
        now = self._clock()
        self._access[access] = now + options.token_seconds
        self._refresh.add(refresh)
        return {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": options.token_seconds,
            "refresh_token": refresh,
            "scope": "public",
            "created_at": int(now),
        }

    def accepts(self, authorization: str) -> bool:
        """Whether an `Authorization` header carries an access token in force."""
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and self._access.get(token, 0.0) > self._clock()

    def revoke_access(self) -> None:
        """Every access token stops working; refresh tokens still do."""
        self._access.clear()

    def revoke_refresh(self) -> None:
        """Every refresh token stops working; access tokens still do."""
        self._refresh.clear()

    def change_password(self, password: str) -> None:
        """From now on the user logs in with another password; tokens are as they were."""
        self._password = password

    def give_password_back(self) -> None:
        """The password is the old one again."""
        self._password = self._options.password

    def _new(self, kind: str) -> str:
        self._issued += 1
        return hashlib.sha256(f"{kind} {self._issued} {self._options.seed} {self._clock()}".encode()).hexdigest()


def form_of(raw: bytes, content_type: str) -> dict[str, Any]:
    """The fields of a token request, sent as a multipart form, a URL-encoded form or JSON; {} when unreadable."""
    if content_type.startswith("multipart/form-data"):
        message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + raw)
        fields: dict[str, Any] = {}
        for part in message.walk():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(content, bytes):
                fields[name] = content.decode("utf-8", "replace")
        return fields
    if content_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        loaded = simplejson.loads(raw or b"{}")
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}
