"""Every exchange is recorded: in memory for tests, and as JSON lines for the contract checker."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import parse_qsl

import simplejson

_SECRET = {
    "client_secret",
    "password",
    "username",
    "refresh_token",
    "access_token",
    "consumer_secret",
    "consumer_key",
    "oauth_consumer_key",
    "oauth_signature",
}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. `status` is 0 and `response` None when the connection was closed without an answer.

    `query` maps a name to its value, or to the list of its values; bodies are parsed JSON (or text that isn't JSON).
    Tokens and secrets are masked.
    """

    method: str
    path: str
    query: dict[str, Any]
    body: Any
    status: int
    response: Any


def parsed_query(text: str) -> dict[str, Any]:
    """A query string as {name: value or list of values}."""
    query: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name not in query:
            query[name] = value
        elif isinstance(query[name], list):
            query[name].append(value)
        else:
            query[name] = [query[name], value]
    return query


def parsed_body(raw: bytes, content_type: str) -> Any:
    """A body as JSON if it is JSON, a form as an object, other text as it is; None when empty."""
    if not raw:
        return None
    if content_type.startswith("application/x-www-form-urlencoded"):
        return parsed_query(raw.decode("utf-8", "replace"))
    if content_type.startswith("multipart/"):
        return "(multipart)"
    try:
        return simplejson.loads(raw, use_decimal=True)
    except ValueError:
        return raw.decode("utf-8", "replace")


def masked(value: Any) -> Any:
    """The same structure with the values of secret fields blotted out."""
    if isinstance(value, dict):
        return {name: "***" if name in _SECRET else masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


class Recorder:
    """Keeps exchanges in `exchanges` and writes them to a file, one line each, flushed at once."""

    def __init__(self, path: Path | None) -> None:
        self.exchanges: list[Exchange] = []
        self._file: TextIO | None = path.open("w", encoding="utf-8") if path else None
        self._lock = threading.Lock()

    def record(self, exchange: Exchange) -> None:
        with self._lock:
            self.exchanges.append(exchange)
            if self._file is not None:
                line = simplejson.dumps(vars(exchange), use_decimal=True, ensure_ascii=False)
                self._file.write(line + "\n")
                self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
