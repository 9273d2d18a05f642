"""The books of the stand-in company: records by kind, in memory."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from syncd.sandbox.audit import note
from syncd.sandbox.figures import ZERO
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.parasut.identities import Identities
from syncd.sandbox.parasut.shapes import ATTRIBUTES, FIRST_ID
from syncd.sandbox.parasut.tokens import Tokens
from syncd.sandbox.parasut.window import RateWindow

_ISTANBUL = ZoneInfo("Europe/Istanbul")


@dataclass
class Record:
    """One record. Figures in `attributes` are Decimals, dates are ISO text; `links` holds the id (or ids) of each
    relation that is known: `{"contact": "200001", "details": ["500001"]}`."""

    kind: str
    id: str
    attributes: dict[str, Any]
    links: dict[str, Any] = field(default_factory=dict)
    made_at: float = 0.0
    """When it was made, in unix seconds."""

    def __getitem__(self, name: str) -> Any:
        return self.attributes[name]


class ParasutState:
    """Everything the stand-in knows. Tables map id → Record; tests may read and change them while it runs."""

    def __init__(self, options: SandboxOptions, clock: Callable[[], float] = time.time) -> None:
        self.options = options
        self.clock = clock
        self.tokens = Tokens(options, clock)
        self.window = RateWindow(options.rate_requests, options.rate_seconds, clock)
        self.contacts: dict[str, Record] = {}
        self.products: dict[str, Record] = {}
        self.item_categories: dict[str, Record] = {}
        self.accounts: dict[str, Record] = {}
        self.invoices: dict[str, Record] = {}
        self.details: dict[str, Record] = {}
        self.payments: dict[str, Record] = {}
        self.transactions: dict[str, Record] = {}
        self._tables = {
            "contacts": self.contacts,
            "products": self.products,
            "item_categories": self.item_categories,
            "accounts": self.accounts,
            "sales_invoices": self.invoices,
            "sales_invoice_details": self.details,
            "payments": self.payments,
            "transactions": self.transactions,
        }
        self.deleted: dict[str, dict[str, Record]] = {kind: {} for kind in self._tables}
        """What was deleted, by kind and id, as it last was."""
        self._ids = {kind: Identities(first, lambda: self.options.ids) for kind, first in FIRST_ID.items()}

    def table(self, kind: str) -> dict[str, Record]:
        """The records of a kind by its JSON:API type; empty for kinds that the stand-in doesn't keep."""
        return self._tables.get(kind, {})

    def add(self, kind: str, attributes: dict[str, Any], links: dict[str, Any] | None = None) -> Record:
        """A new record with the next id; attributes not given take their defaults. Unknown ones are a KeyError."""
        unknown = set(attributes) - set(ATTRIBUTES[kind])
        if unknown:
            raise KeyError(f"{kind} have no {', '.join(sorted(unknown))}")
        identity = str(self._ids[kind].next())
        stamp = self.timestamp()
        filled = {"created_at": stamp, "updated_at": stamp, **copy.deepcopy(ATTRIBUTES[kind]), **attributes}
        record = Record(kind, identity, filled, dict(links or {}), self.clock())
        self._tables[kind][identity] = record
        note("created", kind, identity)
        return record

    def remove(self, record: Record) -> None:
        """Delete a record; it is kept as it last was in `deleted`."""
        del self._tables[record.kind][record.id]
        # links change when what hangs on the record is deleted after it
        self.deleted[record.kind][record.id] = replace(record, links=copy.deepcopy(record.links))
        note("deleted", record.kind, record.id)

    def was_deleted(self, record: Record) -> bool:
        return self.deleted[record.kind].get(record.id) is record

    def add_contact(self, name: str, category: str | None = None, **attributes: Any) -> Record:
        """A contact; `category` is the id of one."""
        return self.add("contacts", {"name": name, **attributes}, {"category": category})

    def add_product(self, name: str, category: str | None = None, **attributes: Any) -> Record:
        """A product; `category` is the id of one."""
        return self.add("products", {"name": name, **attributes}, {"category": category})

    def add_category(self, name: str, category_type: str, parent: Record | None = None) -> Record:
        """An item category, below another if `parent` is given."""
        attributes = {
            "name": name,
            "category_type": category_type,
            "parent_id": int(parent.id) if parent else None,
            "bg_color": "#ffffff",
            "text_color": "#000000",
        }
        return self.add("item_categories", attributes, {"parent_category": parent.id if parent else None})

    def add_account(self, name: str, account_type: str = "bank", **attributes: Any) -> Record:
        return self.add("accounts", {"name": name, "account_type": account_type, **attributes})

    def lines(self, invoice: Record | str) -> list[Record]:
        """An invoice's lines in their order."""
        record = self.invoices[invoice] if isinstance(invoice, str) else invoice
        return [self.details[identity] for identity in record.links["details"]]

    def payments_of(self, invoice: Record) -> list[Record]:
        return [self.payments[identity] for identity in invoice.links["payments"]]

    def touch(self, record: Record) -> None:
        """Stamp a record as changed now."""
        record.attributes["updated_at"] = self.timestamp()
        if record.kind == "sales_invoices":
            self.derived(record)  # what remains of it is kept on it
        note("updated", record.kind, record.id)

    def timestamp(self) -> str:
        """Now as live answers write it: UTC with milliseconds and a Z."""
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def today(self) -> date:
        """The day in Turkey."""
        return datetime.fromtimestamp(self.clock(), _ISTANBUL).date()

    def derived(self, record: Record) -> dict[str, Any]:
        """Attributes that follow from other records or from today's date."""
        if record.kind == "sales_invoices":
            return self._invoice_standing(record)
        if record.kind == "contacts":
            owed = _total(
                self._invoice_standing(invoice)["remaining"]
                for invoice in self.invoices.values()
                if invoice.links["contact"] == record.id and invoice["item_type"] in ("invoice", "export")
            )
            return {"balance": owed, "trl_balance": owed}
        if record.kind == "item_categories":
            return {"full_path": self._full_path(record), "parent_id": record["parent_id"]}
        if record.kind == "accounts":
            moved = _total(
                transaction["debit_amount"]
                for transaction in self.transactions.values()
                if transaction.links["debit_account"] == record.id
            )
            return {"balance": record["balance"] + moved}
        if record.kind == "products":
            used = sum(1 for line in self.details.values() if line.links["product"] == record.id)
            return {
                "sales_invoice_details_count": used,
                "list_price_in_trl": record["list_price"] or ZERO,
                "buying_price_in_trl": record["buying_price"] or ZERO,
            }
        return {}

    def _invoice_standing(self, invoice: Record) -> dict[str, Any]:
        paid = _total(payment["amount"] for payment in self.payments_of(invoice))
        remaining = invoice["net_total"] - paid
        due = date.fromisoformat(invoice["due_date"] or invoice["issue_date"])
        left = (due - self.today()).days
        if remaining <= 0:
            status = "paid"
        elif paid > 0:
            status = "partially_paid"
        else:
            status = "overdue" if left < 0 else "unpaid"
        standing = {
            "total_paid": paid,
            "remaining": remaining,
            "remaining_in_trl": remaining * invoice["exchange_rate"],
            "net_total_in_trl": invoice["net_total"] * invoice["exchange_rate"],
            "payment_status": status,
            "days_overdue": max(-left, 0) if remaining > 0 else 0,
            "days_till_due_date": left,
        }
        invoice.attributes.update(standing)
        return standing

    def _full_path(self, category: Record) -> str:
        parent = category.links.get("parent_category")
        own = str(category["name"])
        return f"{self._full_path(self.item_categories[parent])} > {own}" if parent else own


def _total(figures: Iterable[Decimal]) -> Decimal:
    return sum(figures, ZERO)
