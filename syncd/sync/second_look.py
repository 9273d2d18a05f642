"""The second look: what came late, after it was looked for in vain and sent again.

Each step with an attempt whose answer was lost is looked at once more, at the earliest ten minutes after it was settled
(`recovery.second_look`). A record that came late then shows as one too many. It is ours, for it carries our mark or
equals our body: a draft, a contact, product or category that nothing uses is deleted, for anything else a person is
asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

import simplejson

from syncd.errors import Hold, Refused
from syncd.ledger.mirror import Kind
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import FOUND, StepRow, StepState
from syncd.parasut.bodies import delete_record, delete_sales_invoice
from syncd.parasut.client import ParasutClient
from syncd.parasut.jsonapi import Resource
from syncd.parasut.lookups import invoice as read_invoice
from syncd.parasut.request import Request
from syncd.parasut.resources import SalesInvoice, text
from syncd.sync.executor import Executor, Unsettled
from syncd.sync.going_on import go_on, hold_order
from syncd.sync.looking import Found, look
from syncd.sync.settling import Settling
from syncd.sync.step_words import about_step, what

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
        found = look(steps, self.settling.client, ledger)
        changed: list[OrderRow] = []
        for step in steps:
            row = None if step.order_id is None else ledger.orders.by_id(step.order_id)
            try:
                after = self._look(step, found.get(step.identity), row)
            except Hold as hold:
                after = None if row is None else hold_order(row, hold, ledger, self.settling.clock())
            except (Refused, Unsettled):  # it can't be told now, or a deletion has no answer: asked again, to no harm
                self._later(step)
                continue
            if after is not None:
                changed.append(after)
            if step.identity in found:
                words = f"{found[step.identity].words}; second look: {len(found[step.identity].late)} found"
                ledger.steps.note(step.identity, second_look_at=None, looked=words)
            else:
                self._later(step)
        return changed

    def _later(self, step: StepRow) -> None:
        if not step.body:  # retention has emptied it: nothing can be compared any more
            self.settling.ledger.steps.note(step.identity, second_look_at=None)
            return
        again = self.settling.clock() + timedelta(seconds=max(self.settling.recovery.settle, 1))
        self.settling.ledger.steps.note(step.identity, second_look_at=again)

    def _look(self, step: StepRow, found: Found | None, row: OrderRow | None) -> OrderRow | None:
        if found is None:
            return None
        match step.kind:
            case "sale" if row is not None:
                return self._look_at_sale(step, found, row)
            case "payment" if row is not None:
                return self._look_at_payment(step, found, row)
            case "contact" | "product" | "category":
                self._delete_all_unused(step, found)
        return None

    def _look_at_sale(self, step: StepRow, found: Found, row: OrderRow) -> OrderRow | None:
        """Give an order the invoice that came late, or delete what it has beside its own."""
        after: OrderRow | None = None
        if row.invoice_id is None and found.late:
            row, after = self._came_late(step, found.late[0], row)
        steps = self.settling.ledger.steps
        for one in found.late:
            if one != row.invoice_id and not steps.have_made("sale", one):
                whose, bound = about_step(step, self.settling.ledger)
                bound.warning("{}: the invoice {} came late, beside {}", whose, one, row.invoice_id)
                self._delete_invoice(step, one, row, found)
        return after

    def _look_at_payment(self, step: StepRow, found: Found, row: OrderRow) -> OrderRow | None:
        if len(found.late) > 1:
            raise Hold(
                "paid-twice",
                f"The invoice has {len(found.late)} payments of one amount and day: {', '.join(found.late)}.",
                "Delete the one too many in Paraşüt, then `syncd orders ignore` the order; its invoice stays.",
            )
        invoice = _invoice(self.settling.client, row.invoice_id)
        paid = sum((payment.amount for payment in (invoice.payments if invoice else None) or ()), Decimal(0))
        if invoice is not None and paid > invoice.net_total:
            raise Hold(
                "paid-twice",
                f"{paid:.2f} is booked as paid of the invoice {invoice.id}, which comes to {invoice.net_total:.2f}.",
                "Delete the payment too many in Paraşüt, then `syncd orders ignore` the order; its invoice stays.",
            )
        if step.state is not StepState.DONE and found.late:
            return self._came_late(step, found.late[0], row)[1]
        return None

    def _came_late(self, step: StepRow, remote_id: str, row: OrderRow) -> tuple[OrderRow, OrderRow | None]:
        """A step that was given up, or was not needed any more, had been carried out after all.

        Returns its order, and the same once more when its state has changed.
        """
        ledger, at = self.settling.ledger, self.settling.clock()
        ledger.steps.finish(step.identity, StepState.DONE, at, remote_id=remote_id, answer=FOUND)
        words = f"`{step.identity}` had made {remote_id} after all; it came late"
        whose, bound = about_step(step, ledger)
        bound.warning("{}: {} after all: {} came late", whose, what(step), remote_id)
        row = ledger.orders.by_id(row.ledger_id) or row
        if row.state is State.INVOICED:
            return row, None
        if row.state is State.IGNORED:
            raise Hold(
                "surplus-invoice",
                f"Paraşüt has the invoice {remote_id} for this order, which was ignored by hand; it came late.",
                "Delete it in Paraşüt if the order must have none, then `syncd orders ignore` the order.",
            )
        after = go_on(row, words, ledger, self.settling.judgement, at)
        return after, after

    def _delete_invoice(self, step: StepRow, surplus: str, row: OrderRow, found: Found) -> None:
        """Delete a late twin of the order's own invoice; one that differs in anything is left to a person.

        Only while its own is in the list of invoices, where cancelled and deleted ones are not.
        """
        client = self.settling.client
        other = _invoice(client, surplus)
        if other is None:
            return
        ours = _invoice(client, row.invoice_id) if row.invoice_id in found.late else None
        if ours is None or not _are_twins(ours, other) or not self._deleted(step, surplus):
            kept = row.invoice_id or "none"
            raise Hold(
                "surplus-invoice",
                f"Paraşüt has the invoice {surplus} for this order besides {kept}; it came late, and was not deleted.",
                "Look at both in Paraşüt and delete the one too many, then `syncd orders ignore` the order; "
                "its invoice stays.",
            )

    def _deleted(self, step: StepRow, surplus: str) -> bool:
        return self._run(f"surplus {step.identity} {surplus}", delete_sales_invoice(surplus), step.order_id)

    def _delete_all_unused(self, step: StepRow, found: Found) -> None:
        """Delete what came late; what another step made is that one's.

        A category stays: nothing tells what bears it.
        """
        for one in found.late if step.kind != "category" else ():
            if not self.settling.ledger.steps.have_made(step.kind, one):
                whose, bound = about_step(step, self.settling.ledger)
                bound.warning("{}: the {} {} came late", whose, step.kind, one)
                self._delete_unused(step, one)

    def _delete_unused(self, step: StepRow, surplus: str) -> None:
        """Delete a record that equals the body we sent; one that somebody touched, or that is in use, stays."""
        resource = _LISTS[step.kind]
        client, ledger = self.settling.client, self.settling.ledger
        try:
            record = client.send(Request("GET", f"{resource}/{surplus}")).resource
        except Refused as refusal:
            if refusal.is_gone:
                return
            raise
        used = step.kind == "contact" and _has_invoices(client, surplus)
        identity = f"surplus {step.identity} {surplus}"
        if _is_as_made(record, step) and not used and self._run(identity, delete_record(resource, surplus), None):
            ledger.mirror.drop(resource, surplus)
            return
        whose, bound = about_step(step, ledger)
        words = "{}: the {} {} came late beside {}; it is in use, and stays"
        bound.warning(words, whose, step.kind, surplus, step.remote_id)

    def _run(self, identity: str, request: Request, order_id: int | None) -> bool:
        try:
            self.executor.run(identity, "surplus", request, order_id=order_id, fence=0)
        except Refused as refusal:
            return refusal.is_gone
        return True


def _invoice(client: ParasutClient, invoice_id: str | None) -> SalesInvoice | None:
    if not invoice_id:
        return None
    try:
        return read_invoice(client, invoice_id)
    except Refused as refusal:
        if refusal.is_gone:
            return None
        raise


def _are_twins(ours: SalesInvoice, other: SalesInvoice) -> bool:
    """Whether two drafts were made by one body, and nobody has done anything to the second."""
    if other.e_document_id is not None or "cancelled" in (ours.item_type, other.item_type):
        return False
    return _made_of(ours) == _made_of(other) and (not other.payments or _paid(ours) == _paid(other))


def _made_of(invoice: SalesInvoice) -> tuple[object, ...]:
    lines = tuple(
        (line.quantity, line.unit_price, line.discount, line.vat_rate, line.net_total) for line in invoice.lines or ()
    )
    head = (invoice.item_type, invoice.net_total, invoice.contact_id, invoice.issue_date, invoice.currency)
    return (*head, invoice.description, invoice.order_no, invoice.order_date, lines)


def _paid(invoice: SalesInvoice) -> list[tuple[str, str]]:
    return sorted((str(payment.date), str(payment.amount)) for payment in invoice.payments or ())


def _is_as_made(record: Resource, step: StepRow) -> bool:
    """Whether a record has all that the step's body said, and nobody touched it since."""
    wanted = simplejson.loads(step.body, use_decimal=True)["data"]["attributes"]
    touched = text(record, "updated_at") != text(record, "created_at")
    return not touched and all(_is_same(record.attributes.get(name), value) for name, value in wanted.items())


def _is_same(kept: object, sent: object) -> bool:
    if isinstance(sent, bool) or isinstance(kept, bool):
        return kept is sent or kept is None
    if isinstance(sent, int | Decimal):
        try:
            return Decimal(str(kept)) == sent
        except InvalidOperation:
            return False
    if isinstance(sent, str):
        return str(kept or "").strip() == sent.strip()
    return True


def _has_invoices(client: ParasutClient, contact_id: str) -> bool:
    query = (("filter[contact_id]", contact_id), ("page[size]", "1"))
    return bool((client.send(Request("GET", "sales_invoices", query)).body or {}).get("data"))
