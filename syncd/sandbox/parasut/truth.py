"""The books as they really are, for whoever checks what was done to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncd.sandbox.parasut.state import ParasutState, Record

KINDS = (
    "sales_invoices",
    "sales_invoice_details",
    "payments",
    "transactions",
    "contacts",
    "products",
    "item_categories",
    "accounts",
)


def books(state: ParasutState, kinds: Iterable[str] = KINDS) -> dict[str, list[dict[str, Any]]]:
    """Every record of these kinds that ever was, by kind, in the order of their making; figures as Decimals.

    A deleted record is shown as it last was, with `deleted`; `live` is neither deleted nor cancelled.
    """
    return {
        kind: sorted(
            [
                *(_shown(state, record, deleted=False) for record in state.table(kind).values()),
                *(_shown(state, record, deleted=True) for record in state.deleted[kind].values()),
            ],
            key=lambda shown: (str(shown["created_at"]), int(shown["id"])),
        )
        for kind in kinds
    }


def _shown(state: ParasutState, record: Record, deleted: bool) -> dict[str, Any]:
    attributes = {**record.attributes, **({} if deleted else state.derived(record))}
    cancelled = attributes.get("item_type") == "cancelled"
    return {
        **attributes,
        "id": record.id,
        "links": record.links,
        "deleted": deleted,
        "cancelled": cancelled,
        "live": not deleted and not cancelled,
    }
