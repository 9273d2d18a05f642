"""`syncd demo`: the whole tour against the sandbox, with nothing to configure; it fails when figures don't agree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.output import console, print_table
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

_RULES = """\
version: 1
parasut:
  base_url: ${DEMO_PARASUT_URL}
  company_id: 115
  client_id: ${DEMO_CLIENT_ID}
  client_secret: ${DEMO_CLIENT_SECRET}
  username: ${DEMO_USERNAME}
  password: ${DEMO_PASSWORD}
ledger: sqlite:///ledger.db
platforms:
  site:
    connector: woocommerce
    title: Web Sitesi
    url: ${DEMO_SHOP_URL}
    consumer_key: ${DEMO_CONSUMER_KEY}
    consumer_secret: ${DEMO_CONSUMER_SECRET}
    statuses: {kargoda: shipped}
rules:
  - name: site-hazirlanan
    platforms: [site]
    trigger: {status: preparing, since: 2026-11-01, if: order.total > 0 and order.payment.method == "bacs"}
    mapping: satis-faturasi
    categories: {invoice: Satış > Havale, contact: Web Müşterileri, product: E-ticaret}
    payment: {bacs: {account: Garanti TL, type: EFT/HAVALE}}
  - name: site-kargolanan
    otherwise: true
    platforms: [site]
    trigger: {status: shipped, since: 2026-11-01, if: order.total > 0}
    mapping: satis-faturasi
    categories: {invoice: Satış > Web Sitesi, contact: Web Müşterileri, product: E-ticaret}
    payment:
      cod: unpaid
      "*": {account: iyzico, type: ODEMEARACISI, platform: iyzico}
"""


@dataclass(frozen=True, slots=True)
class _Invoice:
    """An invoice as the stand-in holds it, not as syncd's ledger says."""

    number: str
    category: str
    payable: Decimal
    paid: bool


def demo(
    traffic: Annotated[
        Path | None, typer.Option("--traffic", help="Write every exchange with the Paraşüt stand-in into this file.")
    ] = None,
) -> None:
    """Start the sandbox, check, plan, apply two rules, compare every invoice, apply again: nothing is made twice."""
    out = console()
    with (
        tempfile.TemporaryDirectory(prefix="syncd-demo-") as folder,
        Sandbox(SandboxOptions(orders=12, traffic=traffic)) as sandbox,
    ):
        file = Path(folder) / "syncd.yaml"
        file.write_text(_RULES, encoding="utf-8")
        tour = _Tour(file, sandbox)
        out.print("The sandbox stands in for Paraşüt and for a WooCommerce shop; the commands below are the real ones.")
        tour.run("check", "--connect", "--probe", expect={0})
        tour.run("plan", expect={0})
        if sandbox.parasut.invoices:
            tour.failed("check or plan left an invoice behind")
        tour.run("apply", expect={0, 1})
        made = tour.compare()
        tour.run("apply", expect={0, 1})
        if len(tour.invoices()) != made:
            tour.failed("the second apply made something")
        tour.run("status", expect={0})
        for name in tour.held():
            tour.run("orders", "explain", name, expect={0})
        out.print()
        if tour.failures:
            for failure in tour.failures:
                out.print(f"demo: {failure}", markup=False)
            raise typer.Exit(1)
        out.print(f"demo: everything agrees: {made} invoices, each equal to its order; the second apply made nothing.")


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
        }
        self._held: list[str] = []
        self.failures: list[str] = []

    def run(self, *words: str, expect: set[int]) -> None:
        """Run a real command and show what it prints."""
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
        self._held += [name for name in re.findall(r"^(site/\S+): held$", done.stdout, re.M) if name not in self._held]
        if done.returncode not in expect:
            self.failed(f"`syncd {' '.join(words)}` ended with {done.returncode}")

    def held(self) -> list[str]:
        """The orders that a run held."""
        return self._held

    def failed(self, words: str) -> None:
        """Something is not as it should be."""
        self.failures.append(words)

    def invoices(self) -> list[_Invoice]:
        """The invoices at the stand-in, in the order they were made."""
        return list(_invoices(self._sandbox))

    def compare(self) -> int:
        """Hold every invoice against the order it was made for, from what the two stand-ins know; return how many."""
        rows = []
        shop = self._sandbox.shop
        truths = {str(order["number"]): shop.truth[order_id] for order_id, order in shop.orders.items()}
        invoices = self.invoices()
        for invoice in invoices:
            truth = truths[invoice.number]
            due = truth.total - truth.refunded
            agrees = invoice.payable == due
            if not agrees:
                self.failed(f"order {invoice.number}: payable {invoice.payable}, order {due}")
            rows.append(
                [
                    invoice.number,
                    str(due),
                    str(invoice.payable),
                    "=" if agrees else "≠",
                    "paid" if invoice.paid else "open",
                    invoice.category,
                ]
            )
        if not invoices:
            self.failed("no invoice was made")
        if len({invoice.number for invoice in invoices}) != len(invoices):
            self.failed("an order has two invoices")
        console().print()
        print_table(
            "What Paraşüt holds now",
            ["order", "total", "payable", "", "", "category"],
            rows,
            right=frozenset({"total", "payable"}),
        )
        return len(invoices)


def _invoices(sandbox: Sandbox) -> Iterator[_Invoice]:
    books = sandbox.parasut
    for invoice in books.invoices.values():
        category = books.item_categories.get(str(invoice.links.get("category")))
        yield _Invoice(
            number=str(invoice["order_no"]),
            category="" if category is None else str(books.derived(category)["full_path"]),
            payable=invoice["net_total"],
            paid=books.derived(invoice)["payment_status"] == "paid",
        )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)
