"""The second look: what came late, after it was looked for in vain and sent again.

Each step with an attempt whose answer was lost is looked at once more, at the earliest ten minutes after it was settled
(`recovery.second_look`). A record that came late then shows as one too many. It is ours, for it carries our mark or
equals our body: a draft, a contact, product or category that nothing uses is deleted, for anything else a person is
asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import simplejson
from loguru import logger

from syncd.errors import Hold, Refused
from syncd.ledger.mirror import Kind
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import FOUND, StepRow, StepState
from syncd.parasut.bodies import delete_record, delete_sales_invoice
from syncd.parasut.client import ParasutClient
from syncd.parasut.lookups import invoice as read_invoice
from syncd.parasut.request import Request
from syncd.parasut.resources import SalesInvoice, text
from syncd.sync.executor import Executor, Unsettled
from syncd.sync.going_on import go_on
from syncd.sync.looking import Found, look
from syncd.sync.settling import Settling

_LISTS: Final[dict[str, Kind]] = {"contact": "contacts", "product": "products", "category": "item_categories"}


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Looks once more, with what settling needs and the executor for deletions."""

    settling: Settling
    executor: Executor

    def due(self) -> list[OrderRow]:
        """Look at every step whose second look is due; return the orders that changed.

        Raises as the client and the executor do.
        """
        ledger = self.settling.ledger
        steps = ledger.steps.second_looks(self.settling.clock())
        if not steps:
            return []
        found = look(steps, self.settling.client)
        changed: list[OrderRow] = []
        for step in steps:
            row = None if step.order_id is None else ledger.orders.by_id(step.order_id)
            try:
                after = self._look(step, found[step.identity], row)
            except Hold as hold:
                after = self._held(row, hold)
            except Unsettled:  # whether the deletion was carried out: it is asked again, which does no harm
                again = self.settling.clock() + timedelta(seconds=self.settling.recovery.settle)
                ledger.steps.note(step.identity, second_look_at=again)
                continue
            if after is not None:
                changed.append(after)
            words = f"{found[step.identity].words}; second look: {len(found[step.identity].ids)} found"
            ledger.steps.note(step.identity, second_look_at=None, looked=words)
        return changed

    def _look(self, step: StepRow, found: Found, row: OrderRow | None) -> OrderRow | None:
        if step.state is not StepState.DONE:
            return self._came_late(step, found, row)
        if step.kind in _LISTS:
            self._delete_all_unused(step, found)
            return None
        for one in found.ids:
            if one == step.remote_id:
                continue
            logger.warning("{}: {} came late, beside {}", step.identity, one, step.remote_id)
            if step.kind == "payment":
                raise Hold(
                    "paid-twice",
                    f"The invoice has {len(found.ids)} payments of one amount and day: {', '.join(found.ids)}.",
                    "Delete the one too many in Paraşüt, then `syncd orders ignore` the order; its invoice stays.",
                )
            self._delete_invoice(step, one, row)
        return None

    def _came_late(self, step: StepRow, found: Found, row: OrderRow | None) -> OrderRow | None:
        """A step that was given up, or was not needed any more, had been carried out after all."""
        if step.kind in _LISTS:
            self._delete_all_unused(step, found)
        if not found.ids or step.kind not in ("sale", "payment") or row is None:
            return None
        if row.invoice_id is not None and step.kind == "sale":
            for one in found.ids:
                if one != row.invoice_id:
                    self._delete_invoice(step, one, row)
            return None
        ledger, at = self.settling.ledger, self.settling.clock()
        ledger.steps.finish(step.identity, StepState.DONE, at, remote_id=found.ids[0], answer=FOUND)
        words = f"`{step.identity}` had made {found.ids[0]} after all; it came late"
        logger.warning("{}: {}", row.name, words)
        if row.state in (State.IGNORED, State.INVOICED):
            return None
        return go_on(row, words, ledger, self.settling.judgement, at)

    def _delete_invoice(self, step: StepRow, surplus: str, row: OrderRow | None) -> None:
        client = self.settling.client
        ours = _invoice(client, (row.invoice_id if row else None) or step.remote_id or "")
        other = _invoice(client, surplus)
        if other is None:
            return
        alike = ours is not None and (ours.net_total, ours.contact_id) == (other.net_total, other.contact_id)
        kept = ours.id if ours is not None else "none"
        if not alike or other.e_document_id is not None or not self._deleted(step, surplus):
            raise Hold(
                "surplus-invoice",
                f"Paraşüt has the invoice {surplus} for this order besides {kept}; it came late, and was not deleted.",
                "Look at both in Paraşüt and delete the one too many, then `syncd orders ignore` the order; "
                "its invoice stays.",
            )

    def _deleted(self, step: StepRow, surplus: str) -> bool:
        return self._run(f"surplus {step.identity} {surplus}", delete_sales_invoice(surplus), step.order_id)

    def _delete_all_unused(self, step: StepRow, found: Found) -> None:
        """Delete what came late; what another step made is that one's."""
        for one in found.ids:
            if not self.settling.ledger.steps.have_made(step.kind, one):
                logger.warning("{}: {} came late", step.identity, one)
                self._delete_unused(step, one)

    def _delete_unused(self, step: StepRow, surplus: str) -> None:
        """Delete a record that equals the one we made; one that a person changed, or that is in use, stays."""
        resource = _LISTS[step.kind]
        client, ledger = self.settling.client, self.settling.ledger
        try:
            record = client.send(Request("GET", f"{resource}/{surplus}")).resource
        except Refused:
            return
        wanted = simplejson.loads(step.body, use_decimal=True)["data"]["attributes"]
        same = all(text(record, name) == str(wanted.get(name) or "") for name in ("name", "email", "phone", "code"))
        used = step.kind == "contact" and _has_invoices(client, surplus)
        identity = f"surplus {step.identity} {surplus}"
        if same and not used and self._run(identity, delete_record(resource, surplus), step.order_id):
            ledger.mirror.drop(resource, surplus)
            return
        logger.warning("{}: {} came late beside {}; it is in use, and stays", step.identity, surplus, step.remote_id)

    def _run(self, identity: str, request: Request, order_id: int | None) -> bool:
        try:
            self.executor.run(identity, "surplus", request, order_id=order_id, fence=0)
        except Refused as refusal:
            return refusal.status == 404
        return True

    def _held(self, row: OrderRow | None, hold: Hold) -> OrderRow | None:
        if row is None:
            return None
        return self.settling.ledger.orders.change(
            row,
            f"held ({hold.code}): {hold.message}",
            self.settling.clock(),
            state=State.HELD.value,
            hold_code=hold.code,
            reason=hold.message,
            remedy=hold.remedy,
            next_at=None,
        )


def _invoice(client: ParasutClient, invoice_id: str) -> SalesInvoice | None:
    if not invoice_id:
        return None
    try:
        return read_invoice(client, invoice_id)
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return None


def _has_invoices(client: ParasutClient, contact_id: str) -> bool:
    query = (("filter[contact_id]", contact_id), ("page[size]", "1"))
    return bool((client.send(Request("GET", "sales_invoices", query)).body or {}).get("data"))
