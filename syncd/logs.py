"""The log of a command: to standard error, without secrets, tax numbers and e-mails."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from loguru import logger

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_NUMBER = re.compile(r"(?<![\w.,/#-])\d{10,11}(?![\w.,-])")
_SHORTEST_SECRET = 4


def set_up_logs(secrets: Iterable[str], *, verbose: bool = False) -> None:
    """Send warnings (with `verbose` everything) to standard error, masked."""
    values = sorted({secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def write(message: str) -> None:  # the whole text, with what an exception says
        sys.stderr.write(mask(message, values))

    logger.remove()
    logger.add(
        write,
        level="DEBUG" if verbose else "WARNING",
        format="{time:YYYY-MM-DD HH:mm:ss} {level: <7} {message}",
        backtrace=False,
        diagnose=False,
    )


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the secrets, and with e-mails and numbers that may be a VKN or TCKN blackened."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _NUMBER.sub("***", _EMAIL.sub("***", text))
