"""A company and a shop over real HTTP, and the runs between them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from factories import HERE, ISTANBUL, a_rule

from syncd.config.settings import ParasutSettings, PlatformSettings, Rule, Secret, Settings
from syncd.ledger.order_row import OrderRow
from syncd.orders.status import Status
from syncd.resources import MAPPINGS
from syncd.sandbox.server import Sandbox
from syncd.sync.company import open_workshop
from syncd.sync.preview import preview
from syncd.sync.report import Report, Selection
from syncd.sync.run import work
from syncd.sync.workshop import Workshop


@dataclass
class World:
    """A sandbox, a ledger file, and a clock that stands still until it is moved."""

    sandbox: Sandbox
    folder: Path
    rules: tuple[Rule, ...] = field(default_factory=lambda: (a_rule(),))
    now: datetime = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    statuses: dict[str, Status] = field(default_factory=dict)
    name: str = "site"
    account: str | None = None

    def settings(self) -> Settings:
        options = self.sandbox.options
        return Settings(
            file=self.folder / "syncd.yaml",
            parasut=ParasutSettings(
                company_id=options.company_id,
                client_id=Secret(options.client_id),
                client_secret=Secret(options.client_secret),
                username=Secret(options.username),
                password=Secret(options.password),
                base_url=self.sandbox.parasut_url,
                rate_requests=options.rate_requests or 10_000,
                rate_seconds=int(options.rate_seconds),
                timeout_seconds=5,
            ),
            ledger_url=f"sqlite:///{self.folder}/ledger.db",
            timezone=ISTANBUL,
            platforms={
                self.name: PlatformSettings(
                    name=self.name,
                    connector="woocommerce",
                    title="Web Sitesi",
                    options={
                        "url": self.sandbox.shop_url,
                        "consumer_key": Secret(options.consumer_key),
                        "consumer_secret": Secret(options.consumer_secret),
                    },
                    position=HERE,
                    statuses=self.statuses,
                    account=self.account,
                    connector_file=MAPPINGS / "platforms" / "woocommerce.yaml",
                )
            },
            rules=self.rules,
        )

    def open(self, stack: ExitStack, **changes: Any) -> Workshop:
        return stack.enter_context(
            open_workshop(self.settings(), clock=lambda: self.now, sleep=lambda _: None, **changes)
        )

    def apply(self, **selection: Any) -> Report:
        with ExitStack() as stack:
            workshop = self.open(stack)
            with workshop.ledger.company.lease():
                return work(workshop, Selection(**selection))

    def plan(self, *, offline: bool = False, **selection: Any) -> Report:
        with ExitStack() as stack:
            return preview(self.open(stack, network=not offline), Selection(**selection), offline=offline)

    def rows(self) -> list[OrderRow]:
        """What the ledger knows of all orders, the last changed first."""
        with ExitStack() as stack:
            return self.open(stack, network=False).ledger.orders.newest(limit=1000)

    def again(self, order_id: int, new_id: int) -> None:
        """The same buyer orders the same once more."""
        order = self.sandbox.shop.orders[order_id]
        lines = {
            kind: [{**line, "id": line["id"] + 900} for line in order[kind]]
            for kind in ("line_items", "shipping_lines", "fee_lines")
        }
        self.sandbox.shop.add({**order, **lines, "id": new_id, "number": str(new_id)})
        self.sandbox.shop.touch(new_id)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def invoices(self) -> list[dict[str, Any]]:
        """The invoices at the stand-in, as order number, payable and whether it's paid."""
        books = self.sandbox.parasut
        return [
            {
                "order": invoice["order_no"],
                "payable": invoice["net_total"],
                "paid": books.derived(invoice)["payment_status"] == "paid",
            }
            for invoice in books.invoices.values()
        ]

    def writes(self) -> list[str]:
        """Method and path of every request that changed something at Paraşüt."""
        return [
            f"{exchange.method} {exchange.path.split('/', 3)[-1]}"
            for exchange in self.sandbox.traffic
            if exchange.method != "GET" and not exchange.path.startswith("/oauth")
        ]
