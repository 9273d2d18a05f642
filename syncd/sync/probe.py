"""Learning how the account rounds without making an invoice: one estimate, read and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from syncd.errors import OutcomeUnknown, ParasutError
from syncd.ledger.ledger import Ledger
from syncd.orders.amounts import ALL_PROFILES, probe_lines
from syncd.parasut.bodies import contact_body, delete_sales_invoice, product_body, sales_invoice_body
from syncd.parasut.client import ParasutClient
from syncd.parasut.request import Request
from syncd.parasut.resources import parse_sales_invoice
from syncd.sync.collect import Clock
from syncd.sync.executor import STOP_SETTING, Stopped
from syncd.sync.learning import learn_from

_NAME = "syncd deneme"


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe learned: the profiles that remain possible, and what it could not clean up."""

    remaining: tuple[str, ...]
    left_behind: tuple[str, ...] = ()


def probe(client: ParasutClient, ledger: Ledger, clock: Clock, zone: tzinfo) -> Probed:
    """Create an estimate (teklif, no legal document) with telling lines, learn from its figures, delete it.

    It needs a contact and a product; makes both under the name "syncd deneme" and deletes them, too. Raises as the
    client does; what could be made is deleted all the same.
    """
    made: list[tuple[str, Request]] = []
    left: list[str] = []
    lines = probe_lines()
    if ledger.setting(STOP_SETTING) is not None:
        raise Stopped("syncd is paused; nothing was sent.", "`syncd resume` lets it go on.")
    try:
        contact = _make(client, contact_body({"name": _NAME}), "contacts", made)
        product = _make(client, product_body({"name": _NAME, "inventory_tracking": False}), "products", made)
        day = clock().astimezone(zone).date()
        request = sales_invoice_body(
            {"item_type": "estimate", "description": _NAME, "issue_date": day, "due_date": day, "currency": "TRL"},
            contact,
            [(product, line.quantity, line.unit_price, line.discount, line.vat_rate, "") for line in lines],
        )
        try:
            answer = client.send(request)
        except OutcomeUnknown as error:
            error.remedy = f"Delete the estimate {_NAME!r} in Paraşüt if it is there, and probe again."
            raise
        estimate = parse_sales_invoice(answer.resource)
        made.append((f"estimate {estimate.id}", delete_sales_invoice(estimate.id)))
    finally:
        for name, removal in reversed(made):
            try:
                client.send(removal)
            except ParasutError as error:
                left.append(f"{name}: {error.message}")
    learn_from(lines, estimate, ledger, clock())
    return Probed(ledger.company.rounding() or tuple(profile.key for profile in ALL_PROFILES), tuple(left))


def _make(client: ParasutClient, request: Request, kind: str, made: list[tuple[str, Request]]) -> str:
    record = client.send(request).resource.id
    made.append((f"{kind} {record}", Request("DELETE", f"{kind}/{record}")))
    return record
