"""Opening everything that works for one company: ledger, Paraşüt, platforms."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

from syncd.config.settings import ParasutSettings, Settings
from syncd.ledger.ledger import Ledger, open_ledger
from syncd.parasut.client import ParasutClient
from syncd.platforms.platform import Platform, open_platform
from syncd.sync.stores import LedgerBudget, LedgerTokens
from syncd.sync.workshop import Workshop


def company_key(settings: ParasutSettings) -> str:
    """The company's identity in the ledger: host and Müşteri ID."""
    return f"{urlsplit(settings.base_url).netloc}/{settings.company_id}"


def open_client(
    settings: ParasutSettings,
    ledger: Ledger,
    *,
    unix_time: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    before_call: Callable[[], None] = lambda: None,
    on_trouble: Callable[[str], None] = lambda _: None,
) -> ParasutClient:
    """A client whose login and call budget live in the ledger. `unix_time` and `sleep` are what calls are paced by.

    `before_call` is called before every request; when it raises Stopped, the request does not leave. `on_trouble` is
    told when an attempt has no answer, and with "" when one has again.
    """
    budget = LedgerBudget(ledger.company, settings.rate_requests, settings.rate_seconds, before_call)
    tokens = LedgerTokens(ledger.company)
    return ParasutClient(settings, tokens, budget, clock=unix_time, sleep=sleep, on_trouble=on_trouble)


@contextmanager
def open_workshop(
    settings: Settings,
    *,
    network: bool = True,
    ledger_url: str | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    stopping: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Workshop]:
    """Ledger, client and platforms for a run. With `network` False neither Paraşüt nor a platform can be asked.
    `sleep` is how a platform's client waits before it asks again.

    Raises LedgerError, ConfigurationError.
    """
    with ExitStack() as stack:
        ledger = open_ledger(ledger_url or settings.ledger_url, company_key(settings.parasut), clock())
        stack.callback(ledger.close)
        client: ParasutClient | None = None
        platforms: dict[str, Platform] = {}
        if network:
            client = stack.enter_context(open_client(settings.parasut, ledger))
            for name, platform in settings.platforms.items():
                platforms[name] = open_platform(platform, clock=clock, sleep=sleep)
                stack.callback(platforms[name].close)
        yield Workshop(settings, ledger, platforms, client, clock, stopping)
