"""Messages by an HTTP POST of JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
import simplejson

from syncd.config.settings import Webhook
from syncd.daemon.channels.failure import NotDelivered
from syncd.daemon.messages import Message
from syncd.outgoing import CONNECT_TIMEOUT_SECONDS, USER_AGENT

TIMEOUT_SECONDS: Final = 20

_LONGEST_WAIT: Final = 3600


def post_message(webhook: Webhook, message: Message, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
    """Post the message; any 2xx means that it arrived. The address is a secret and stands in no error.

    Raises NotDelivered.
    """
    headers = {
        "User-Agent": USER_AGENT,
        "Content-Type": "application/json; charset=utf-8",
        **{name: value.reveal() for name, value in webhook.headers.items()},
    }
    body = simplejson.dumps(message.as_json(), ensure_ascii=False).encode()
    timeout = httpx.Timeout(timeout_seconds, connect=min(CONNECT_TIMEOUT_SECONDS, timeout_seconds))
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False) as client,
            client.stream("POST", webhook.url.reveal(), content=body, headers=headers) as response,
        ):
            status, wait = response.status_code, response.headers.get("Retry-After", "")
    except httpx.TimeoutException:
        raise NotDelivered("The webhook did not answer in time.") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        remedy = "Check the host and scheme of `url`, and its certificate."
        raise NotDelivered(f"The webhook can't be reached ({type(error).__name__}).", remedy) from None
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        remedy = "Set `url` to the address that it leads to; redirects are not followed."
        raise NotDelivered(f"The webhook answered with a redirect ({status}).", remedy)
    if status in (401, 403):
        raise NotDelivered(f"The webhook refused the message ({status}).", "Check `headers`, or the token in `url`.")
    if status in (404, 410):
        raise NotDelivered(f"There is no such webhook ({status}).", "Check `url`: it may have been deleted there.")
    raise NotDelivered(f"The webhook answered {status}.", retry_after_seconds=_seconds(wait))


def _seconds(text: str) -> int | None:
    """What a Retry-After asks for: a number of seconds, or a date."""
    if re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return min(int(text), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(int((moment - datetime.now(UTC)).total_seconds()), 0), _LONGEST_WAIT)
