"""HTTP's Basic, as the stand-ins read it."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request


def basic_login(request: Request) -> tuple[str, str]:
    """User and secret of an `Authorization: Basic` header; two empty texts without a readable one."""
    way, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        written = base64.b64decode(value, validate=True).decode() if way.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        written = ""
    user, _, secret = written.partition(":")
    return user, secret
