"""`syncd demo`: the whole tour against the sandbox, with nothing to configure; it fails when figures don't agree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.output import console, print_table
from syncd.sandbox.market.package import Stage
from syncd.sandbox.market.truth import Reason
from syncd.sandbox.options import ALL_STANDS, MARKETS, SandboxOptions
from syncd.sandbox.server import Sandbox

_RATE = 100
"""Requests in ten seconds: ten times what Paraşüt allows, so that the tour takes half a minute and not five."""

_HELD_AT_SITE = {"site/107", "site/116", "site/122"}
"""The shop's orders with products that have no code, or one that two products of Paraşüt share."""

_FOR_A_PERSON = (Reason.EXPORT, Reason.REPLACEMENT, Reason.CONTRADICTORY)

_CONFIGURATION = """\
version: 1
parasut:
  base_url: ${DEMO_PARASUT_URL}
  company_id: 115
  client_id: ${DEMO_CLIENT_ID}
  client_secret: ${DEMO_CLIENT_SECRET}
  username: ${DEMO_USERNAME}
  password: ${DEMO_PASSWORD}
  rate: {requests: 100, seconds: 10}
ledger: sqlite:///ledger.db
platforms:
  site:
    connector: woocommerce
    title: Web Sitesi
    url: ${DEMO_SHOP_URL}
    consumer_key: ${DEMO_CONSUMER_KEY}
    consumer_secret: ${DEMO_CONSUMER_SECRET}
    statuses: {kargoda: shipped}
  trendyol:
    connector: trendyol
    title: Trendyol
    base_url: ${DEMO_TRENDYOL_URL}
    seller_id: ${DEMO_TRENDYOL_SELLER_ID}
    api_key: ${DEMO_TRENDYOL_API_KEY}
    api_secret: ${DEMO_TRENDYOL_API_SECRET}
    spacing: 0s
  hepsiburada:
    connector: hepsiburada
    title: Hepsiburada
    base_url: ${DEMO_HEPSIBURADA_URL}
    merchant_id: ${DEMO_HEPSIBURADA_MERCHANT_ID}
    service_key: ${DEMO_HEPSIBURADA_SERVICE_KEY}
    integrator: ${DEMO_HEPSIBURADA_USER_AGENT}
  n11:
    connector: n11
    title: N11
    base_url: ${DEMO_N11_URL}
    seller_id: 2000001
    app_key: ${DEMO_N11_APP_KEY}
    app_secret: ${DEMO_N11_APP_SECRET}
rules:
  - name: site-hazirlanan
    platforms: [site]
    trigger: {status: preparing, since: 2026-11-01, if: order.total > 0}
    mapping: satis-faturasi
    categories: {invoice: Satış > Web Sitesi, contact: Web Müşterileri, product: E-ticaret}
    payment:
      cod: unpaid
      bacs: {account: Garanti TL, type: EFT/HAVALE}
      "*": {account: iyzico, type: ODEMEARACISI, platform: iyzico}
  - name: pazaryeri-kargolanan
    platforms: [trendyol, hepsiburada, n11]
    trigger: {status: shipped, since: SINCE}
    mapping: satis-faturasi
    categories: {invoice: "Satış > {{ platform.title }}", contact: Pazaryeri Müşterileri, product: E-ticaret}
    payment: {"*": {account: Garanti TL, type: EFT/HAVALE}}
"""


@dataclass
class _Sums:
    """A platform's side of the comparison: what must be invoiced by order, and what Paraşüt holds."""

    trigger: str
    orders: int
    due: dict[str, list[Decimal]] = field(default_factory=lambda: defaultdict(list))
    invoiced: dict[str, list[Decimal]] = field(default_factory=lambda: defaultdict(list))


def demo(
    traffic: Annotated[
        Path | None, typer.Option("--traffic", help="Write every exchange with the Paraşüt stand-in into this file.")
    ] = None,
) -> None:
    """Start the sandbox, check, plan, apply for four platforms, compare every invoice; apply again: nothing is made."""
    out = console()
    options = SandboxOptions(
        stands=ALL_STANDS,
        orders=12,
        traffic=traffic,
        rate_requests=_RATE,
        market_orders=10,
        market_age_hours=46,
        market_spacing_seconds=5 * 3600,
        market_limits=False,
    )
    with tempfile.TemporaryDirectory(prefix="syncd-demo-") as folder, Sandbox(options) as sandbox:
        file = Path(folder) / "syncd.yaml"
        since = (datetime.now(UTC) - timedelta(days=4)).date()
        file.write_text(_CONFIGURATION.replace("SINCE", since.isoformat()), encoding="utf-8")
        tour = _Tour(file, sandbox)
        out.print(
            "The sandbox stands in for Paraşüt, a WooCommerce shop, Trendyol, Hepsiburada and N11; the commands are"
        )
        out.print(
            f"the real ones. To be quick, Paraşüt takes {_RATE} requests in 10 s here instead of 10, and the 5 s that"
        )
        out.print("Trendyol wants between two requests are left out.")
        tour.run("check", "--connect", "--probe", expect={0})
        tour.run("plan", "--rule", "site-hazirlanan", expect={0})
        if sandbox.parasut.invoices:
            tour.failed("check or plan left an invoice behind")
        tour.run("apply", expect={1})
        made = tour.compare()
        tour.run("apply", expect={0, 1})
        if len(sandbox.parasut.invoices) != made:
            tour.failed("the second apply made something")
        tour.run("status", expect={0})
        for name in tour.held[-1:]:
            tour.run("orders", "explain", name, expect={0})
        out.print()
        if tour.failures:
            for failure in tour.failures:
                out.print(f"demo: {failure}", markup=False)
            raise typer.Exit(1)
        out.print(
            f"demo: everything agrees: {made} invoices on four platforms, each equal to its order; "
            "the second apply made nothing."
        )


class _Tour:
    def __init__(self, file: Path, sandbox: Sandbox) -> None:
        self._file = file
        self._sandbox = sandbox
        options = sandbox.options
        self._environment = {
            **os.environ,
            "PYTHONIOENCODING": "utf-8",
            "DEMO_PARASUT_URL": sandbox.parasut_url,
            "DEMO_CLIENT_ID": options.client_id,
            "DEMO_CLIENT_SECRET": options.client_secret,
            "DEMO_USERNAME": options.username,
            "DEMO_PASSWORD": options.password,
            "DEMO_SHOP_URL": sandbox.shop_url,
            "DEMO_CONSUMER_KEY": options.consumer_key,
            "DEMO_CONSUMER_SECRET": options.consumer_secret,
            "DEMO_TRENDYOL_URL": sandbox.trendyol_url,
            "DEMO_TRENDYOL_SELLER_ID": str(options.trendyol_seller_id),
            "DEMO_TRENDYOL_API_KEY": options.trendyol_api_key,
            "DEMO_TRENDYOL_API_SECRET": options.trendyol_api_secret,
            "DEMO_HEPSIBURADA_URL": sandbox.hepsiburada_url,
            "DEMO_HEPSIBURADA_MERCHANT_ID": options.hepsiburada_merchant_id,
            "DEMO_HEPSIBURADA_SERVICE_KEY": options.hepsiburada_service_key,
            "DEMO_HEPSIBURADA_USER_AGENT": options.hepsiburada_user_agent,
            "DEMO_N11_URL": sandbox.n11_url,
            "DEMO_N11_APP_KEY": options.n11_app_key,
            "DEMO_N11_APP_SECRET": options.n11_app_secret,
        }
        self.held: list[str] = []
        self.failures: list[str] = []

    def run(self, *words: str, expect: set[int]) -> None:
        """Run a real command and show what it prints; remember which orders it held."""
        console().print(f"\n$ syncd {' '.join(words)}", style="bold", markup=False)
        done = subprocess.run(
            [sys.executable, "-m", "syncd", *words, "--config", str(self._file)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
        held = re.findall(r"^(\w+/[^\s#]+)(?:#\S+)?: held$", done.stdout, re.M)  # by number: `truth` knows no other
        self.held += [name for name in held if name not in self.held]
        if done.returncode not in expect:
            self.failed(f"`syncd {' '.join(words)}` ended with {done.returncode}")

    def failed(self, words: str) -> None:
        """Something is not as it should be."""
        self.failures.append(words)

    def compare(self) -> int:
        """Hold every invoice against the order it was made for, from what the stand-ins know; return how many."""
        sides = {"site": self._shop(), **{name: self._market(name) for name in MARKETS}}
        platforms = {number: name for name, side in sides.items() for number in side.due}
        for invoice in self._sandbox.parasut.invoices.values():
            number = str(invoice["order_no"])
            if number in platforms:
                sides[platforms[number]].invoiced[number].append(invoice["net_total"])
            else:
                self.failed(f"order {number}: invoiced, and must not be")
        rows = []
        for name, side in sides.items():
            before = len(self.failures)
            for number, totals in side.due.items():
                payables = side.invoiced[number]
                if Counter(totals) != Counter(payables):
                    self.failed(f"{name}/{number}: payable {_listed(payables)}, to be invoiced {_listed(totals)}")
            due, invoiced = _all(side.due), _all(side.invoiced)
            agrees = "=" if len(self.failures) == before else "≠"
            rows.append(
                [name, side.trigger, str(side.orders), str(len(due)), f"{sum(due)}", str(len(invoiced)),
                 f"{sum(invoiced)}", agrees]
            )  # fmt: skip
            if not due:
                self.failed(f"{name}: there was nothing to invoice")
        held = _HELD_AT_SITE | {
            f"{name}/{truth.order_number}"
            for name in MARKETS
            for truth in self._sandbox.market(name).truths()
            if truth.reason in _FOR_A_PERSON and Stage.SHIPPED in truth.reached
        }
        if set(self.held) != held:
            self.failed(f"held: {', '.join(sorted(self.held))}; must be held: {', '.join(sorted(held))}")
        console().print()
        columns = ["platform", "trigger", "orders", "due", "they come to", "invoices", "payable", ""]
        print_table("What Paraşüt holds now", columns, rows, right=frozenset(columns[2:7]))
        return len(self._sandbox.parasut.invoices)

    def _shop(self) -> _Sums:
        shop = self._sandbox.shop
        side = _Sums("preparing", len(shop.orders))
        for order_id, order in shop.orders.items():
            truth = shop.truth[order_id]
            reached = order["status"] in ("processing", "completed", "kargoda")
            if reached and truth.total > 0 and f"site/{order['number']}" not in _HELD_AT_SITE:
                side.due[str(order["number"])].append(truth.total - truth.refunded)
        return side

    def _market(self, name: str) -> _Sums:
        truths = self._sandbox.market(name).truths()
        side = _Sums("shipped", len(truths))
        for truth in truths:
            if truth.due(Stage.SHIPPED) is not None:
                side.due[truth.order_number].append(truth.total)
        return side


def _all(sums: dict[str, list[Decimal]]) -> list[Decimal]:
    return [one for found in sums.values() for one in found]


def _listed(sums: list[Decimal]) -> str:
    return " and ".join(map(str, sums)) or "nothing"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)
