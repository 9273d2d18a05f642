"""The checked configuration: immutable, typed, secrets resolved but wrapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from syncd.mapping.document import DocumentMapping
from syncd.mapping.template import Template
from syncd.orders.status import Status
from syncd.problem import Position, Problem


class Secret:
    """A value that must never be printed."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself; only for the request that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Recovery:
    """The waiting times around a request whose outcome may get lost, in seconds.

    `send_within`: the longest between writing a request down and sending it. `settle`: how long after the request's own
    deadline Paraşüt may still be carrying it out. `second_look`: when an order with such a request is looked at again.
    """

    send_within: int = 5
    settle: int = 120
    second_look: int = 600


@dataclass(frozen=True, slots=True)
class ParasutSettings:
    """How to reach one company at Paraşüt."""

    company_id: int
    client_id: Secret
    client_secret: Secret
    username: Secret
    password: Secret
    base_url: str = "https://api.parasut.com"
    rate_requests: int = 10
    rate_seconds: int = 10
    timeout_seconds: int = 60
    recovery: Recovery = Recovery()


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """A named entry under `platforms:`. `options` are the connector's own keys, secrets as `Secret`."""

    name: str
    connector: str
    title: str
    options: Mapping[str, Any]
    position: Position
    statuses: Mapping[str, Status] = field(default_factory=dict)
    connector_file: Path = Path()
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a rule fires for an order of its own."""

    status: Status
    since: date
    condition: Template | None = None


class Missing(StrEnum):
    """What to do when a category or product does not exist yet."""

    CREATE = "create"
    ERROR = "error"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Categories:
    """Names or paths (`Gelir > Web`) of Paraşüt's item categories, as templates."""

    invoice: Template | None = None
    contact: Template | None = None
    product: Template | None = None
    missing: Missing = Missing.CREATE


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """How the buyer is found among Paraşüt's contacts, in this order."""

    match: tuple[Literal["tax_number", "email", "platform_customer"], ...] = (
        "tax_number",
        "email",
        "platform_customer",
    )
    update: Literal["never"] = "never"


@dataclass(frozen=True, slots=True)
class ProductPolicy:
    """What to do with a code that Paraşüt doesn't know. `use` names a substitute product by code."""

    missing: Missing = Missing.CREATE
    use: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentChoice:
    """How orders of one payment method are booked; `account` None means unpaid."""

    account: str | None = None
    type: str | None = None
    platform: str | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond these an order waits."""

    per_run: int | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, complete. Its place in `Settings.rules` is its priority."""

    name: str
    platforms: tuple[str, ...]
    trigger: Trigger
    mapping: DocumentMapping
    position: Position
    every_seconds: int | None = None
    cron: str | None = None
    categories: Categories = Categories()
    contact: ContactPolicy = ContactPolicy()
    product: ProductPolicy = ProductPolicy()
    payment: Mapping[str, PaymentChoice] = field(default_factory=dict)
    issue_date: Literal["today", "shipped_at", "delivered_at"] = "today"
    cancelled: Literal["hold", "ignore"] = "hold"
    returned: Literal["hold", "ignore"] = "hold"
    refunded_before: Literal["subtract", "hold", "full"] = "subtract"
    inexact: Literal["accept", "hold"] = "accept"
    adopt: Literal["ask", "automatic"] = "ask"
    limits: Limits = Limits()
    canary: bool = False
    otherwise: bool = False


class Event(StrEnum):
    """What people are told of."""

    HOLD = "hold"
    RULE_STOPPED = "rule_stopped"
    DEADLINE = "deadline"
    PLATFORM = "platform"
    COMPANY = "company"
    CONFIGURATION = "configuration"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Email:
    """By e-mail, over an SMTP server."""

    host: str
    sender: str
    recipients: tuple[str, ...]
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: Secret | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """By an HTTP POST."""

    url: Secret
    headers: Mapping[str, Secret] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """By a program of the administrator's own: the program, then its arguments."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Apprise:
    """By what Apprise knows."""

    urls: tuple[Secret, ...]


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to tell people, and of what."""

    name: str
    way: Email | Webhook | Command | Apprise
    events: frozenset[Event] = frozenset(Event)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours of the day, as the wall clock shows them, in which only `exceptions` are told."""

    begin: time
    end: time
    exceptions: frozenset[Event] = frozenset()

    def hold(self, clock: time) -> bool:
        """Whether it is quiet at that time of day; `end` is not, and lies on the next day when it is the earlier."""
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end


@dataclass(frozen=True, slots=True)
class Notify:
    """Whom to tell, when, and in which language."""

    channels: tuple[Channel, ...]
    quiet_hours: QuietHours | None = None
    daily_summary: time | None = None
    language: Literal["tr", "en"] = "tr"


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """How `syncd run` runs. `listen` None: no endpoints."""

    listen: str | None = "127.0.0.1:9464"
    log: Literal["auto", "text", "journald", "json"] = "auto"
    jitter_seconds: int = 5


@dataclass(frozen=True, slots=True)
class Unread:
    """Why settings are good for looking only: what is wrong, and the rules and platforms that are not among them."""

    problems: tuple[Problem, ...]
    rules: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run needs to know from files and environment. `retention` None: nothing is removed.

    With `unread` they are what could be read of files that have problems: nothing may be sent by them.
    """

    file: Path
    parasut: ParasutSettings
    ledger_url: str
    timezone: ZoneInfo
    platforms: Mapping[str, PlatformSettings]
    rules: tuple[Rule, ...]
    notify: Notify | None = None
    files: tuple[Path, ...] = ()
    secrets: tuple[Secret, ...] = ()
    daemon: DaemonSettings = DaemonSettings()
    retention: timedelta | None = None
    unread: Unread | None = None

    @property
    def order_prefixes(self) -> frozenset[str]:
        """What the names of orders begin with, by which the log tells them from tax numbers."""
        return frozenset({*self.platforms, *(platform.connector for platform in self.platforms.values())})
