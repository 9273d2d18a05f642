"""A desk where orders get held and people do what the page about holds tells them, over real HTTP.

What a case needs of the outside world is done as people do it: in the shop or the marketplace (the stand-in's own
orders and packages), in Paraşüt (its API, logged in), in `syncd.yaml` (text that is loaded anew for each command) and
by commands.
"""

from __future__ import annotations

import importlib
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from n11_served import Store

from syncd.cli.options import order_name
from syncd.config.load import load_settings
from syncd.config.settings import Settings
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import OrderRow, State
from syncd.sandbox.market.goods import ARTICLES
from syncd.sandbox.market.market import Market
from syncd.sandbox.market.package import Package, Stage
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.parasut.state import Record
from syncd.sandbox.server import Sandbox
from syncd.sync.commands import Answer, execute
from syncd.sync.company import open_workshop
from syncd.sync.workshop import Workshop

BEGIN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
DAY = 86_400
SITE, N11, HEPSIBURADA = "site/15", "n11/2040000000001#1", "hepsiburada"
TOTAL = Decimal("1559.30")  # of the shop's order 15
PACKAGE = 3 * ARTICLES[1].price  # of the package at N11: three pieces

_PLATFORMS: Mapping[str, Mapping[str, Any]] = {
    "site": {
        "connector": "woocommerce", "title": "Web Sitesi",
        "url": "${SITE}", "consumer_key": "${SITE_KEY}", "consumer_secret": "${SITE_SECRET}",
    },
    "n11": {
        "connector": "n11", "base_url": "${N11}",
        "seller_id": 2000001, "app_key": "${N11_KEY}", "app_secret": "${N11_SECRET}",
    },
    "hepsiburada": {
        "connector": "hepsiburada", "base_url": "${HB}",
        "merchant_id": "${HB_ID}", "service_key": "${HB_KEY}", "integrator": "${HB_NAME}",
    },
}  # fmt: skip


@dataclass
class Desk:
    """One platform, one rule, a ledger, and a clock that stands until it is moved."""

    sandbox: Sandbox
    folder: Path
    platform: str
    monkeypatch: pytest.MonkeyPatch
    now: datetime = BEGIN
    rule: dict[str, Any] = field(default_factory=dict)
    more_rules: list[dict[str, Any]] = field(default_factory=list)
    platform_keys: dict[str, Any] = field(default_factory=dict)
    _loaded: tuple[str, Settings] | None = None
    _reading: ExitStack = field(default_factory=ExitStack)
    _ledger: Ledger | None = None
    mend: Callable[[], None] = lambda: None
    """Ends what makes the order get held, where a case leaves that here."""

    def __post_init__(self) -> None:
        self.rule = {
            "name": "satis",
            "platforms": [self.platform],
            "trigger": {"status": "preparing", "since": "2026-11-01"},
            "mapping": "satis-faturasi",
            **self.rule,
        }
        options = self.sandbox.options
        self._person = httpx.Client(base_url=self.sandbox.parasut_url, timeout=10)
        login = {"grant_type": "password", "client_id": options.client_id, "client_secret": options.client_secret}
        login |= {"username": options.username, "password": options.password}
        token = self._person.post("/oauth/token", data=login).json()["access_token"]
        self._person.headers["Authorization"] = f"Bearer {token}"

    # what people do

    def edit(self, **keys: Any) -> None:
        """Change the rule in `syncd.yaml`; None takes a key out."""
        self.rule |= keys
        self.rule = {key: value for key, value in self.rule.items() if value is not None}

    def syncd(self, words: str) -> Answer:
        """Give a command: `orders retry site/15`. Raises what it raises."""
        kind, arguments = _command(shlex.split(words))
        with self.workshop() as workshop, workshop.ledger.company.lease():
            return execute(kind, arguments, workshop)

    def in_parasut(self, method: str, path: str, data: Mapping[str, Any] | None = None) -> str:
        """Do something in Paraşüt, as its web pages do; returns the id of the record."""
        url = f"/v4/{self.sandbox.options.company_id}/{path}"
        answer = self._person.request(method, url, json=None if data is None else {"data": data})
        assert answer.is_success, answer.text
        return str(answer.json()["data"]["id"]) if answer.content else ""

    def enter(self, kind: str, **attributes: Any) -> str:
        """A new record in Paraşüt; returns its id."""
        return self.in_parasut("POST", kind, {"type": kind, "attributes": attributes})

    def correct(self, kind: str, id_: str, **attributes: Any) -> None:
        """Change a record in Paraşüt."""
        self.in_parasut("PUT", f"{kind}/{id_}", {"type": kind, "id": id_, "attributes": attributes})

    def by_hand(self, total: str = "100.00") -> str:
        """Make an invoice by hand; it has nothing of syncd's in it."""
        return self.in_parasut(
            "POST",
            "sales_invoices",
            {
                "type": "sales_invoices",
                "attributes": {"item_type": "invoice", "issue_date": "2026-11-25", "description": "Elle"},
                "relationships": {
                    "contact": {"data": {"type": "contacts", "id": "200001"}},
                    "details": {"data": [a_detail(total)]},
                },
            },
        )

    def reprice(self, invoice_id: str, total: str) -> None:
        """Correct an invoice in Paraşüt: one line, which comes to that total."""
        self.in_parasut(
            "PUT",
            f"sales_invoices/{invoice_id}",
            {
                "type": "sales_invoices",
                "id": invoice_id,
                "attributes": {},
                "relationships": {"details": {"data": [a_detail(total)]}},
            },
        )

    def at_shop(self, order_id: int = 15, **changes: Any) -> None:
        """The shop's clerk changes an order and saves it."""
        self.sandbox.shop.orders[order_id].update(changes)
        self.sandbox.shop.touch(order_id)

    def order(self, order_id: int = 15) -> dict[str, Any]:
        """The shop's order."""
        return self.sandbox.shop.orders[order_id]

    def copy(self, new_id: int, order_id: int = 15, *, lines_too: bool = False, **changes: Any) -> None:
        """The shop gets another order like one that it has; with `lines_too` it has the very same lines."""
        order = deepcopy(self.order(order_id)) | {"id": new_id, "number": str(new_id)} | changes
        for kind in ("line_items", "shipping_lines", "fee_lines"):
            for item in order[kind]:
                item["id"] += 0 if lines_too else 100 * new_id
        self.sandbox.shop.add(order)
        self.sandbox.shop.touch(new_id)

    @property
    def market(self) -> Market:
        return self.sandbox.market(self.platform)

    def sell(self, package_id: int = 1, **fields: Any) -> Package:
        """A package that is being prepared, ordered yesterday; by default three pieces of one article."""
        store = Store()
        store.market = self.market
        ordered_at = int(self.now.timestamp()) - DAY
        return store.sell(package_id, ordered_at, **{"pieces": 3, "stage": Stage.PREPARING, **fields})

    def shows(
        self, change: Callable[[dict[str, Any]], object], where: str = "listing.shown_package"
    ) -> Callable[[], None]:
        """Let the marketplace show its records otherwise; what is returned puts an end to that."""
        module, name = where.split(".")
        shown_by = importlib.import_module(f"syncd.sandbox.{self.platform}.{module}")
        before = getattr(shown_by, name)

        def changed(*given: Any) -> dict[str, Any]:
            record: dict[str, Any] = before(*given)
            change(record)
            return record

        self.monkeypatch.setattr(shown_by, name, changed)
        return lambda: self.monkeypatch.setattr(shown_by, name, before)

    def leave(self) -> None:
        self._person.close()
        self._reading.close()

    def later(self, **span: float) -> None:
        self.now += timedelta(**(span or {"minutes": 5}))

    # what syncd does

    def settings(self) -> Settings:
        """`syncd.yaml` as it stands now, loaded. Fails on anything that `syncd check` would complain of."""
        text = {
            "version": 1,
            "parasut": {
                "base_url": "${PARASUT}",
                "company_id": 115,
                "client_id": "${CLIENT_ID}",
                "client_secret": "${CLIENT_SECRET}",
                "username": "${USERNAME}",
                "password": "${PASSWORD}",
                "rate": {"requests": 1000, "seconds": 1},
                "timeout": "5s",
            },
            "ledger": "sqlite:///ledger.db",
            "platforms": {self.platform: {**_PLATFORMS[self.platform], **self.platform_keys}},
            "rules": [self.rule, *self.more_rules],
        }
        written = yaml.safe_dump(text, allow_unicode=True, sort_keys=False)
        if self._loaded is None or self._loaded[0] != written:
            file = self.folder / "syncd.yaml"
            file.write_text(written, encoding="utf-8")
            loaded = load_settings(file, self._environment())
            assert loaded.settings is not None, [str(problem) for problem in loaded.problems]
            assert not [one for one in loaded.problems if one.severity == "error"], loaded.problems
            self._loaded = (written, loaded.settings)
        return self._loaded[1]

    @contextmanager
    def workshop(self) -> Iterator[Workshop]:
        with open_workshop(self.settings(), clock=lambda: self.now, sleep=lambda _: None) as workshop:
            yield workshop

    def apply(self) -> Answer:
        """The next run, five minutes later."""
        self.later()
        return self.syncd("apply")

    # what came of it

    def row(self, name: str) -> OrderRow:
        if self._ledger is None:
            workshop = self._reading.enter_context(open_workshop(self.settings(), network=False))
            self._ledger = workshop.ledger
        (row,) = self._ledger.orders.named(*order_name(name))
        return row

    def invoices_of(self, name: str) -> list[Record]:
        """The invoices in Paraşüt that carry the order's mark and live."""
        marker = self.row(name).key.marker
        return [
            one
            for one in self.sandbox.parasut.invoices.values()
            if str(one["description"]).endswith(marker) and one["item_type"] != "cancelled"
        ]

    def _environment(self) -> dict[str, str]:
        options, here = self.sandbox.options, self.sandbox
        environment = {
            "PARASUT": here.parasut_url,
            "CLIENT_ID": options.client_id,
            "CLIENT_SECRET": options.client_secret,
            "USERNAME": options.username,
            "PASSWORD": options.password,
            "SITE": here.shop_url,
            "SITE_KEY": options.consumer_key,
            "SITE_SECRET": options.consumer_secret,
            "N11_KEY": options.n11_app_key,
            "N11_SECRET": options.n11_app_secret,
            "HB_ID": options.hepsiburada_merchant_id,
            "HB_KEY": options.hepsiburada_service_key,
            "HB_NAME": options.hepsiburada_user_agent,
        }
        if self.platform == "n11":
            environment["N11"] = here.n11_url
        if self.platform == "hepsiburada":
            environment["HB"] = here.hepsiburada_url
        return environment


def _command(words: list[str]) -> tuple[str, dict[str, Any]]:
    """A command line as `syncd.cli` hands it on."""
    match words:
        case ["apply"]:
            return "apply", {}
        case ["orders", "retry", "--hold", code]:
            return "retry", {"hold": code}
        case ["orders", ("retry" | "ignore") as kind, order]:
            return kind, {"order": order_name(order)}
        case ["orders", "resolve", order, "--adopt", id_]:
            return "resolve", {"order": order_name(order), "adopt": id_}
        case ["orders", "resolve", order, "--send-again"]:
            return "resolve", {"order": order_name(order), "adopt": None}
        case [("pause" | "resume") as kind, "--rule", rule]:
            return kind, {"rule": rule}
    raise AssertionError(f"no such command here: {words}")


@contextmanager
def desk_at(
    folder: Path, platform: str, monkeypatch: pytest.MonkeyPatch, rule: Mapping[str, Any], **options: Any
) -> Iterator[Desk]:
    """A desk for one platform; `options` are the sandbox's."""
    made: list[Desk] = []
    stands = frozenset({"parasut", "shop"} | ({platform} & {"n11", "hepsiburada"}))
    chosen: dict[str, Any] = {"rate_requests": 0, "orders": 1, "market_orders": 0, "stands": stands}
    chosen |= {"shop_timestamps": False, "market_limits": False, **options}

    def clock() -> float:
        return (made[0].now if made else BEGIN).timestamp()

    with Sandbox(SandboxOptions(**chosen), clock) as sandbox:
        made.append(Desk(sandbox, folder, platform, monkeypatch, rule=deepcopy(dict(rule))))
        yield made[0]
        made[0].leave()


def a_detail(total: str) -> dict[str, Any]:
    """A line of an invoice that comes to this total, without VAT."""
    return {
        "type": "sales_invoice_details",
        "attributes": {"quantity": 1, "unit_price": total, "vat_rate": 0},
        "relationships": {"product": {"data": {"type": "products", "id": "300001"}}},
    }


# how an order ends


@dataclass(frozen=True)
class Invoiced:
    """One invoice with this payable, and nobody is needed."""

    payable: Decimal = TOTAL

    def see(self, desk: Desk, name: str) -> None:
        row = desk.row(name)
        assert (row.state, row.hold_code) == (State.INVOICED, None), (row.hold_code, row.reason)
        made = desk.invoices_of(name)
        assert [one["net_total"] for one in made] == [self.payable]
        assert (row.invoice_id, row.payable) == (made[0].id, self.payable)


@dataclass(frozen=True)
class Ignored:
    """syncd has made no invoice, and never will; the one made by hand, if any, stays the only one."""

    def see(self, desk: Desk, name: str) -> None:
        row = desk.row(name)
        assert (row.state, row.reason, row.hold_code) == (State.IGNORED, "ignored by hand", None)
        assert desk.invoices_of(name) == []


@dataclass(frozen=True)
class Settled:
    """A person has put it right; the invoice that syncd made has this payable by now (None: it is gone)."""

    payable: Decimal | None = TOTAL

    def see(self, desk: Desk, name: str) -> None:
        row = desk.row(name)
        assert (row.state, row.hold_code) == (State.INVOICED, None), (row.hold_code, row.reason)
        assert row.reason == f"invoice {row.invoice_id}; settled by hand"
        assert [one["net_total"] for one in desk.invoices_of(name)] == ([] if self.payable is None else [self.payable])


@dataclass(frozen=True)
class StillHeld:
    """The remedy is one for later orders; this one waits on."""

    code: str

    def see(self, desk: Desk, name: str) -> None:
        assert (desk.row(name).state, desk.row(name).hold_code) == (State.HELD, self.code)


Ending = Invoiced | Ignored | Settled | StillHeld
Remedy = Callable[[Desk], Ending]
