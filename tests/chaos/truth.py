"""Whether Paraşüt holds what it must, and whether the ledger tells the same story."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chaos.ledger import Row
from chaos.orders import Due

_MARKER = re.compile(r"\[sale ([^\]]+)\]$")
_KURUS = Decimal("0.01")

Record = dict[str, Any]


@dataclass
class Verdict:
    """What was found. `wrong` are sentences that name orders; the numbers are for the table.

    `missed` counts attempts that never came to their point: runs differ a little, and the last points may not be there.
    """

    orders: int = 0
    invoiced: int = 0
    duplicates: int = 0
    losses: int = 0
    inexact: int = 0
    removed: int = 0
    missed: int = 0
    held: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: Verdict) -> Verdict:
        for name in ("orders", "invoiced", "duplicates", "losses", "inexact", "removed", "missed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.held += other.held
        self.wrong += other.wrong
        return self


def marker_of(row: Row) -> str:
    """What the description of an order's invoice ends with."""
    return f"[sale {row['connector']}/{row['account']}/{row['package']}]"


def judge(
    books: Mapping[str, list[Record]],
    orders: Sequence[Row],
    steps: Sequence[Row],
    dues: Sequence[Due],
    *,
    may_be_held: Collection[str] = (),
    others: Collection[str] = (),
    settled_by_hand: Collection[str] = (),
    forgot: bool = False,
) -> Verdict:
    """Compare the books, the ledger and what is due.

    `may_be_held` are the hold codes that orders may have ("*": any, as long as it has a reason). `others` are ids of
    invoices that a person made. `settled_by_hand` are the names of orders whose invoice a person changed: of them only
    is asked that there is no second invoice. When the ledger `forgot`, a buyer without tax number and e-mail may be
    there twice: nothing tells that the contact of before is his.
    """
    verdict = Verdict()
    by_platform = {(row["platform"], row["package"]): row for row in orders}
    live: dict[str, list[Record]] = defaultdict(list)
    removed: dict[str, list[Record]] = defaultdict(list)
    for invoice in books["sales_invoices"]:
        if invoice["id"] in others:
            continue
        found = _MARKER.search(invoice["description"] or "")
        if not found:
            if invoice["live"] and not settled_by_hand:
                verdict.wrong.append(f"invoice {invoice['id']} is of no order: {invoice['description']!r}")
            continue
        (live if invoice["live"] else removed)[found.group(1)].append(invoice)
    known = set()
    for due in dues:
        verdict.orders += 1
        row = by_platform.get((due.platform, due.package))
        marker = "" if row is None else f"{row['connector']}/{row['account']}/{row['package']}"
        known.add(marker)
        verdict.removed += len(removed.get(marker, ()))
        verdict.held[row["hold_code"] if row is not None and row["state"] == "held" else ""] += 1
        _judge_order(due, row, live.get(marker, []), verdict, may_be_held, due.name in settled_by_hand)
    for marker in live.keys() - known:
        verdict.wrong.append(f"an invoice is there that is not due: {marker}")
    late = {step["identity"] for step in steps if step["kind"] == "category" and step["doubted_at"]}
    _judge_records(books, dues, live, verdict, late, forgot=forgot)
    _judge_payments(books, live, dues, by_platform, verdict, settled_by_hand)
    _judge_steps(books, orders, steps, verdict)
    return verdict


def _judge_order(
    due: Due, row: Row | None, invoices: Sequence[Record], verdict: Verdict, may_be_held: Collection[str], by_hand: bool
) -> None:
    name = due.name
    if row is None:
        verdict.losses += 1
        verdict.wrong.append(f"{name}: the ledger doesn't know it")
        return
    if len(invoices) > 1:
        verdict.duplicates += len(invoices) - 1
        verdict.wrong.append(f"{name}: {len(invoices)} live invoices: {', '.join(one['id'] for one in invoices)}")
    held = row["state"] == "held"
    if held and not (row["hold_code"] and row["reason"] and row["remedy"]):
        verdict.wrong.append(f"{name}: held without a reason or a remedy")
    if by_hand:
        return
    if held and row["hold_code"] not in may_be_held and "*" not in may_be_held:
        verdict.wrong.append(f"{name}: held ({row['hold_code']}): {row['reason']}")
    if not held and row["state"] != "invoiced":
        verdict.losses += 1
        verdict.wrong.append(f"{name}: is {row['state']} in the end: {row['reason']}")
    if not held and not invoices:
        verdict.losses += 1
        verdict.wrong.append(f"{name}: is {row['state']}, and there is no live invoice")
    if invoices:
        verdict.invoiced += 1
    for invoice in invoices:
        difference = Decimal(str(invoice["net_total"])) - due.total
        if difference:
            verdict.inexact += 1
        allowed = Decimal(0) if due.has_exact_payable else _KURUS
        if abs(difference) > allowed and not held:
            verdict.wrong.append(f"{name}: invoice {invoice['id']} comes to {invoice['net_total']}, not {due.total}")
    if row["state"] == "invoiced" and len(invoices) == 1:
        invoice = invoices[0]
        told = (row["invoice_id"], row["contact_id"])
        true = (invoice["id"], invoice["links"]["contact"])
        if told != true:
            verdict.wrong.append(f"{name}: the ledger tells of invoice and contact {told}, Paraşüt has {true}")
        if row["payable"] is None or Decimal(row["payable"]) != Decimal(str(invoice["net_total"])):
            verdict.wrong.append(f"{name}: the ledger tells of {row['payable']}, Paraşüt has {invoice['net_total']}")


def _judge_records(
    books: Mapping[str, list[Record]],
    dues: Sequence[Due],
    live: Mapping[str, list[Record]],
    verdict: Verdict,
    late: Collection[str],
    *,
    forgot: bool,
) -> None:
    contacts = [contact for contact in books["contacts"] if not contact["deleted"]]
    by_key: dict[str, list[str]] = defaultdict(list)
    for contact in contacts:
        for key in {contact.get("tax_number") or "", contact.get("email") or "", contact.get("name") or ""} - {""}:
            by_key[key].append(contact["id"])
    codes: dict[str, list[str]] = defaultdict(list)
    for product in books["products"]:
        if not product["deleted"]:
            codes[product.get("code") or ""].append(product["id"])
    for buyer in sorted({due.buyer for due in dues}):
        if len(by_key[buyer]) > 1 and not (forgot and "@" not in buyer and not buyer.isdigit()):
            verdict.wrong.append(f"buyer {buyer} has {len(by_key[buyer])} contacts: {', '.join(by_key[buyer])}")
    for code in sorted({code for due in dues for code in due.codes}):
        if len(codes[code]) > 1:
            verdict.wrong.append(f"product {code} is there {len(codes[code])} times: {', '.join(codes[code])}")
    categories = Counter(
        (category["category_type"], category["name"], category["links"].get("parent"))
        for category in books["item_categories"]
        if not category["deleted"]
    )
    for category, count in categories.items():
        kind, name, _ = category
        may_be_late = any(one.startswith(f"category {kind} ") and one.endswith(str(name)) for one in late)
        if count > 1 and not may_be_late:  # a late one stays: nothing tells what bears it, and syncd uses its own
            verdict.wrong.append(f"category {category} is there {count} times")


def _judge_payments(
    books: Mapping[str, list[Record]],
    live: Mapping[str, list[Record]],
    dues: Sequence[Due],
    rows: Mapping[tuple[str, str], Row],
    verdict: Verdict,
    by_hand: Collection[str],
) -> None:
    payments = {payment["id"]: payment for payment in books["payments"] if not payment["deleted"]}
    for due in dues:
        row = rows.get((due.platform, due.package))
        if row is None or due.name in by_hand:
            continue
        for invoice in live.get(f"{row['connector']}/{row['account']}/{row['package']}", []):
            amounts = [
                Decimal(str(payments[one]["amount"])) for one in invoice["links"].get("payments", ()) if one in payments
            ]
            paid, payable = sum(amounts, Decimal(0)), Decimal(str(invoice["net_total"]))
            if len(amounts) > 1 or paid > payable:
                verdict.wrong.append(f"{due.name}: invoice {invoice['id']} of {payable} is paid {amounts}")
            if row["state"] == "invoiced" and paid != (payable if due.paid else 0):
                verdict.wrong.append(f"{due.name}: {paid} of {payable} is paid, the buyer paid: {due.paid}")


def _judge_steps(
    books: Mapping[str, list[Record]], orders: Sequence[Row], steps: Sequence[Row], verdict: Verdict
) -> None:
    kinds = {"sale": "sales_invoices", "contact": "contacts", "product": "products", "category": "item_categories"}
    ids = {kind: {record["id"] for record in books[table]} for kind, table in kinds.items()}
    held = {row["id"] for row in orders if row["state"] == "held"}
    for step in steps:
        if step["state"] in ("intended", "unknown") and step["order_id"] not in held:
            verdict.wrong.append(f"step {step['identity']} is {step['state']} in the end")
        if step["state"] == "done" and step["kind"] in ids and step["remote_id"] not in ids[step["kind"]]:
            verdict.wrong.append(f"step {step['identity']} made {step['remote_id']}, which Paraşüt never had")
