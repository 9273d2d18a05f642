"""Everything that can be asked of the sandbox. Where the outside world's behaviour is unknown, it is a switch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from syncd.sandbox.faults import Fault
from syncd.sandbox.parasut.arithmetic import Rounding

STANDS = ("parasut", "shop", "trendyol", "hepsiburada", "n11")
MARKETS = STANDS[2:]
ALL_STANDS = frozenset(STANDS)


@dataclass(frozen=True)
class SandboxOptions:
    """Ports (0 = any free one), credentials, seed, recording, limits, switches and faults of all stand-ins.

    Money is in lira; every `…_seconds` is in seconds. Credentials are invented and guard nothing.
    """

    stands: frozenset[str] = frozenset({"parasut", "shop"})
    """Which stand-ins are served; `ALL_STANDS` are all."""

    parasut_port: int = 0
    shop_port: int = 0
    trendyol_port: int = 0
    hepsiburada_port: int = 0
    n11_port: int = 0
    control_port: int | None = None
    """The port of the control address; None: there is none."""

    company_id: int = 115
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-client-secret"
    username: str = "muhasebe@ornek.test"
    password: str = "sandbox-password"
    token_seconds: int = 7200
    token_error_status: Literal[401, 400] = 401
    user_role: Literal["rw", "ro", "na"] = "rw"

    consumer_key: str = "ck_" + "5a" * 20
    consumer_secret: str = "cs_" + "5b" * 20
    shop_permissions: Literal["read_write", "read", "write"] = "read_write"
    shop_timestamps: bool = True
    """Whether a signature's time stamp must be near the sandbox's clock; off for a clock that isn't the client's."""
    shop_timezone: str = "Europe/Istanbul"
    shop_certificate: Path | None = None
    """A PEM certificate (chain); with it the shop speaks TLS."""
    shop_certificate_key: Path | None = None

    trendyol_seller_id: int = 107703
    trendyol_api_key: str = "sandbox-trendyol-key"
    trendyol_api_secret: str = "sandbox-trendyol-secret"
    hepsiburada_merchant_id: str = "0a0a0a0a-0000-4000-8000-00000000a001"
    hepsiburada_service_key: str = "Sandbox12Key"
    hepsiburada_user_agent: str = "ornek_dev"
    """The integrator's developer name, the only User-Agent that Hepsiburada takes."""
    n11_app_key: str = "sandbox-n11-key"
    n11_app_secret: str = "sandbox-n11-secret"
    n11_seller_id: int = 2000001

    market_orders: int | None = None
    """How many orders each marketplace begins with; None: one of each kind that it knows."""
    market_age_hours: float | None = 96.0
    """How long ago a marketplace's first order came in; 0: it comes in now, the others later. None: its last order came
    in an hour ago."""
    market_spacing_seconds: int = 3 * 3600
    """How long after each order of a marketplace the next one comes in."""
    market_pace: float = 1.0
    """Multiplies the time that orders of the marketplaces take from status to status (usually one and a half days)."""
    market_limits: bool = True
    """Whether the marketplaces keep their own request limits."""

    orders: int = 8
    """How many orders the shop begins with; the first eight are telling ones."""
    seed: int = 1
    seed_file: Path | None = None
    """A JSON list of WooCommerce orders to serve instead."""
    refunds_file: Path | None = None
    """With `seed_file`: the orders' refunds in detail, as JSON {order id: [refund, …]}."""

    traffic: Path | None = None
    """Paraşüt's exchanges as JSON lines, flushed one by one."""
    shop_traffic: Path | None = None

    rate_requests: int = 10
    """Requests that Paraşüt takes in any `rate_seconds`; 0 means no limit."""
    rate_seconds: float = 10.0
    latency_seconds: float = 0.0

    vat: Literal["line", "rate", "invoice"] = "line"
    line_net: Literal["rounded", "exact"] = "rounded"
    price_decimals: int = 6
    discount: Literal["line", "unit"] = "line"

    refuse_duplicate_contacts: bool = False
    """422 for a second contact with the same tax number (fillers excepted)."""
    refuse_duplicate_products: bool = False
    """422 for a second product with the same code."""
    page_size_answer: Literal["400", "422", "clamp"] = "400"
    cash_sale: Literal["works", "ignored"] = "works"
    over_payment: Literal["refuse", "accept"] = "refuse"
    refusal_body: Literal["json", "html"] = "json"
    """How the refusal of a token (401) or of a company (403) reads."""
    list_archived: Literal["hidden", "shown"] = "hidden"
    """Whether lists show archived contacts and products that are not asked for."""
    deleted_answer: Literal["404", "410", "kept"] = "404"
    """What reading a deleted record gets; `kept`: the record as it last was."""
    long_description: Literal["refuse", "cut", "accept"] = "refuse"
    """What becomes of an invoice's description of more than 255 characters."""
    description_spaces: Literal["kept", "trimmed"] = "kept"
    """Whether spaces at the ends of a description, and several between words, are kept."""
    order_no: Literal["returned", "hidden"] = "returned"
    """Whether answers show an invoice's `order_no`."""
    list_order: Literal["oldest", "newest"] = "oldest"
    """The order of a list that is asked for no sort."""
    list_ties: Literal["id", "reverse", "random"] = "id"
    """The order of records that sort alike; `random`: another one at every request."""
    list_delay_seconds: float = 0.0
    """How late a new record appears in lists. Reading it by its id works at once."""
    ids: Literal["rising", "gaps", "unordered"] = "rising"
    """Whether ids have holes, or come in any order within each eight, as when several machines give them."""
    omitted_lines: Literal["removed", "kept"] = "removed"
    """What becomes of an invoice's lines that an update doesn't name."""

    faults: tuple[Fault, ...] = ()

    @property
    def rounding(self) -> Rounding:
        return Rounding(self.vat, self.line_net, self.price_decimals, self.discount)


SWITCHES = (
    *("vat", "line_net", "price_decimals", "discount", "refuse_duplicate_contacts", "refuse_duplicate_products"),
    *("page_size_answer", "cash_sale", "over_payment", "refusal_body", "list_archived", "deleted_answer"),
    *("long_description", "description_spaces", "order_no", "list_order", "list_ties", "list_delay_seconds", "ids"),
    *("omitted_lines", "user_role"),
)
"""The options that may change while the stand-in runs."""


def allowed_values(name: str) -> tuple[Any, ...]:
    """The words or numbers that an option takes; () when it isn't one of a few."""
    values = get_args(get_type_hints(SandboxOptions).get(name))
    return values if all(isinstance(value, str | int) for value in values) else ()


def switched(options: SandboxOptions, changes: Mapping[str, Any]) -> SandboxOptions:
    """The options with other switches. Raises ValueError for what is no switch, or a value that one doesn't take."""
    for name, value in changes.items():
        if name not in SWITCHES:
            raise ValueError(f"{name!r} is no switch; the switches are {', '.join(SWITCHES)}")
        allowed = allowed_values(name)
        if allowed and value not in allowed:
            raise ValueError(f"{name} can't be {value!r}; it is one of {', '.join(map(str, allowed))}")
    return replace(options, **changes)
