"""Requests to a platform: signed, repeated when that helps, and every failure in words."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from loguru import logger

from syncd.config.schedule import seconds
from syncd.config.settings import PlatformSettings
from syncd.errors import ConfigurationError, PlatformError, PlatformUnreachable, TemplateFailure
from syncd.outgoing import CONNECT_TIMEOUT_SECONDS, USER_AGENT
from syncd.platforms.answer import UnreadableAnswer, parse_body
from syncd.platforms.authentication import UnfitForHeader, authentication
from syncd.platforms.pace import Limit, Pace
from syncd.platforms.record import rendered
from syncd.problem import Problem

ATTEMPTS = 4
FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 60.0
LARGEST_ANSWER_BYTES = 100_000_000
USUAL_TIMEOUT = "60s"
_MAX_MESSAGE = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform said. `body` is None, and `readable` False, when it was no JSON; `text` is then a plain text."""

    status: int
    headers: httpx.Headers
    body: Any
    readable: bool
    text: str = ""


class PlatformClient:
    """Reads from one platform, as the connector's `http` part says. `options` still holds the secrets.

    For one thread at a time. `on_trouble` is told in words when an attempt has no answer or a 5xx one, and "" when the
    platform answers again: long before a reading fails, for it is asked several times.
    """

    def __init__(
        self,
        settings: PlatformSettings,
        part: Mapping[str, Any],
        options: Mapping[str, Any],
        scope: Mapping[str, Any],
        *,
        transport: httpx.BaseTransport | None,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        before_request: Callable[[], None] = lambda: None,
        on_trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._name = settings.name
        self._part = part
        self._scope = scope
        self._clock = clock
        self._sleep = sleep
        self._before_request = before_request
        self._on_trouble = on_trouble
        self._trouble = ""  # why the last attempt had no answer that can be used; "" when it had one
        base_url: str = rendered(part["base_url"], scope)
        self._api_path = base_url.removeprefix(str(options.get("url", "")).rstrip("/"))
        self._scheme = _scheme(base_url, settings)
        if self._scheme not in part["authentication"]:
            message = f"{settings.name}: {settings.connector} has no way to sign in at an {self._scheme}:// address"
            raise ConfigurationError([Problem(settings.position, message)])
        self._timeout_seconds = seconds(options.get("timeout", USUAL_TIMEOUT))
        self._pace = Pace(*self._limits(), time.monotonic, sleep)
        try:
            auth = authentication(part["authentication"], self._scheme, options)
            headers = httpx.Headers({"User-Agent": USER_AGENT, "Accept": "application/json", **self._headers()})
        except UnfitForHeader as error:
            raise ConfigurationError([Problem(settings.position, f"{settings.name}: {error}")]) from error
        except UnicodeEncodeError as error:  # its own text would show the value
            message = f"{settings.name}: a setting that goes into a header (User-Agent) may hold plain letters only"
            raise ConfigurationError([Problem(settings.position, message)]) from error
        self._client = httpx.Client(
            base_url=base_url,
            auth=auth,
            headers=headers,
            timeout=httpx.Timeout(self._timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS),
            verify=_trust(settings, options),
            transport=transport,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def get(self, path: str, query: Mapping[str, Any]) -> Answer:
        """A 2xx answer in JSON. Raises `PlatformError` for any other and `PlatformUnreachable` for none.

        429, 5xx and connection failures are tried again after a growing wait, or the one that `Retry-After` names; a
        longer one than a minute is left to the next run.
        """
        answer = self.ask(path, query)
        if 200 <= answer.status < 300 and answer.readable:
            return answer
        raise self.failure(path, answer)

    def ask(self, path: str, query: Mapping[str, Any]) -> Answer:
        """The same, but a refusal is an answer, too: its meaning is the caller's."""
        for attempt in range(1, ATTEMPTS + 1):
            wait = FIRST_WAIT_SECONDS * 2 ** (attempt - 1)
            self._before_request()
            self._pace.wait()
            try:
                answer = self._answer(path, query)
            except (httpx.RequestError, httpx.InvalidURL) as error:
                failure = self._unreachable(error)
                self._in_trouble(failure.message)
                if attempt == ATTEMPTS or _is_certificate_failure(error):
                    raise failure from error
            else:
                self._in_trouble(self.failure(path, answer).message if answer.status >= 500 else "")
                if not (answer.status == 429 or answer.status >= 500) or attempt == ATTEMPTS:
                    return answer
                wait = max(wait, self._retry_after(answer))
                if wait > LONGEST_WAIT_SECONDS:
                    return answer
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _in_trouble(self, words: str) -> None:
        """Say it once, when it begins and when it is over: a platform that hangs takes minutes until it has failed."""
        before, self._trouble = self._trouble, words
        if words == before:
            return
        self._on_trouble(words)
        if not before:
            logger.warning("{} It is asked again; the other platforms go on.", words)
        elif not words:
            logger.info("{}: answers again", self._name)

    def _answer(self, path: str, query: Mapping[str, Any]) -> Answer:
        """One request and its whole answer. The timeout counts for each piece of it; drips end at twice the timeout."""
        started = time.monotonic()
        deadline = started + 2 * self._timeout_seconds
        content = bytearray()
        with self._client.stream("GET", path, params={name: str(value) for name, value in query.items()}) as response:
            for piece in response.iter_bytes():
                content += piece
                if len(content) > LARGEST_ANSWER_BYTES:
                    raise httpx.ReadError("the answer is too large")
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer takes too long")
            milliseconds = (time.monotonic() - started) * 1000
            logger.debug("{}: GET {}: {} in {:.0f} ms", self._name, path, response.status_code, milliseconds)
            return _read(response, bytes(content))

    def failure(self, path: str, answer: Answer) -> PlatformError:
        """The error for an answer that can't be used, with the connector's remedy for it."""
        if 300 <= answer.status < 400:
            return self._redirected(path, answer)
        code, message = self._error_text(answer)
        said = f": {message}" if message else ""
        named = f" ({code})" if code else ""
        kind = "" if answer.readable or answer.text else " without JSON"
        return PlatformError(
            self._name, f"GET {path} answered HTTP {answer.status}{kind}{said}{named}.", self._remedy(answer, code)
        )

    def _headers(self) -> dict[str, str]:
        return {name: str(value) for name, value in rendered(self._part.get("headers", {}), self._scope).items()}

    def _limits(self) -> tuple[list[Limit], float]:
        limits = [Limit(limit["requests"], seconds(limit["per"])) for limit in self._part.get("limits", ())]
        return limits, seconds(str(rendered(self._part.get("spacing", "0s"), self._scope)))

    def _error_text(self, answer: Answer) -> tuple[str, str]:
        """Code and message of an error, as the connector reads them; else the plain text of the answer."""
        words = ("", answer.text)
        if "error" in self._part and (isinstance(answer.body, Mapping) or not answer.readable):
            try:
                error = rendered(self._part["error"], {**self._scope, "body": answer.body, "text": answer.text})
                words = (str(error["code"]), str(error["message"]) or answer.text)
            except TemplateFailure:
                pass
        return words[0], re.sub(r"\s+", " ", words[1]).strip().rstrip(".")[:_MAX_MESSAGE]

    def _remedy(self, answer: Answer, code: str) -> str:
        known = {"status": answer.status, "code": code, "scheme": self._scheme, "json": answer.readable}
        for remedy in self._part.get("remedies", ()):
            if all(remedy[name] == value for name, value in known.items() if name in remedy):
                return str(rendered(remedy["say"], self._scope))
        if 200 <= answer.status < 300 and not answer.readable:
            return "Is the address that of the API? A maintenance page, a cache or a firewall may answer in its place."
        if answer.status == 429 or answer.status >= 500:
            wait = self._retry_after(answer)
            again = f"It asks to wait {wait:.0f} seconds. " if wait else ""
            return f"{again}The next run tries again; if it stays so, look at the platform's own log."
        return ""

    def _redirected(self, path: str, answer: Answer) -> PlatformError:
        target = urlsplit(answer.headers.get("Location", ""))
        place = f"{target.scheme}://{target.netloc}{target.path}" if target.netloc else target.path
        message = f"GET {path} is redirected (HTTP {answer.status}) to {place or 'nowhere'}."
        advice = "Write the address that answers itself as url."
        if target.netloc and place.endswith(self._api_path + path):
            advice = f"Write the address that answers itself: url: {place.removesuffix(self._api_path + path)}"
        return PlatformError(self._name, message, advice)

    def _unreachable(self, error: httpx.RequestError | httpx.InvalidURL) -> PlatformUnreachable:
        if _is_certificate_failure(error):
            remedy = (
                "If the certificate is signed by an authority of your own, name its file as ca_file; else renew it."
            )
            return PlatformUnreachable(self._name, "the certificate of the other side is not trusted.", remedy)
        host = self._client.base_url.host
        if isinstance(error, httpx.TimeoutException):
            remedy = "If it is slow, raise the platform's timeout or lower its page size; the next run tries again."
            return PlatformUnreachable(self._name, f"{host} did not answer in time.", remedy)
        kind = type(error).__name__
        remedy = "Check the platform's address, DNS and network; the next run tries again."
        return PlatformUnreachable(self._name, f"{host} can't be reached ({kind}).", remedy)

    def _retry_after(self, answer: Answer) -> float:
        """Seconds to wait as told, by number or date; 0 when nothing was told."""
        names = self._part.get("wait_headers", ("Retry-After",))
        told = next((answer.headers[name].strip() for name in names if name in answer.headers), "")
        if told.isascii() and told.isdigit():
            return float(told)
        try:
            return max((parsedate_to_datetime(told) - self._clock()).total_seconds(), 0.0)
        except (ValueError, TypeError):
            return 0.0


def _read(response: httpx.Response, content: bytes) -> Answer:
    try:
        return Answer(response.status_code, response.headers, parse_body(content), True)
    except UnreadableAnswer:
        told = content[: 4 * _MAX_MESSAGE].decode(errors="replace")
        text = "" if "<" in told[:_MAX_MESSAGE] else told.strip().strip('"')[:_MAX_MESSAGE]
        return Answer(response.status_code, response.headers, None, False, text)


def _scheme(base_url: str, settings: PlatformSettings) -> str:
    """The scheme of an address that can be used. Raises ConfigurationError."""
    try:
        scheme, port, host = urlsplit(base_url).scheme, urlsplit(base_url).port, httpx.URL(base_url).host
        del port
    except (ValueError, httpx.InvalidURL) as error:
        message = f"{settings.name}: the address {base_url} can't be used: {error}"
        raise ConfigurationError([Problem(settings.position, message)]) from error
    if not host:
        raise ConfigurationError([Problem(settings.position, f"{settings.name}: the address {base_url} has no host")])
    return scheme.lower()


def _trust(settings: PlatformSettings, options: Mapping[str, Any]) -> ssl.SSLContext:
    """The public authorities, and the platform's own one when `ca_file` names it."""
    if "ca_file" not in options:
        return _public_trust()
    file = Path(settings.position.file).parent / options["ca_file"]
    context = httpx.create_ssl_context()
    try:
        context.load_verify_locations(file)
    except OSError as error:  # ssl.SSLError, too: the file holds no certificate
        message = f"{settings.name}: ca_file {file} can't be used: {error.strerror or error}"
        raise ConfigurationError([Problem(settings.position, message)]) from error
    return context


@cache
def _public_trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _is_certificate_failure(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
