"""What keeps a due order waiting: a paused rule, a canary that is not approved, the limits of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from syncd.config.settings import Rule
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import OrderKey, OrderRow
from syncd.words import counted


@dataclass
class Admission:
    """Counts what a run has invoiced, by rule. An order that a person named passes the limits, not the canary."""

    ledger: Ledger
    named: bool
    done: dict[str, int] = field(default_factory=dict)
    sums: dict[str, Decimal] = field(default_factory=dict)
    counted: set[OrderKey] = field(default_factory=set)  # they count already: of them no second invoice is made

    def refusal(self, rule: Rule, row: OrderRow) -> str:
        """Why the order waits, or ""."""
        state = self.ledger.rule(rule.name)  # read anew each time: a person may pause the rule while a run is under way
        done = self.done.get(rule.name, 0)
        if state.paused:
            return f"the rule is paused; `syncd resume --rule {rule.name}` lets it go on"
        if row.invoice_id is not None:
            return ""  # it has its invoice already and only waits to be finished
        begun = done or state.first_invoice_at is not None
        if rule.canary and not state.approved and begun and not self._began_with(row, state.first_invoice_at):
            return f"the rule's first invoice is to be looked at; `syncd approve {rule.name}` lets the others go"
        if self.named or row.key in self.counted:
            return ""
        if rule.limits.per_run is not None and done >= rule.limits.per_run:
            made = counted(rule.limits.per_run, "invoice was", "invoices were")
            return f"limits.per_run: {made} made; the next run goes on"
        total = _in_lira(row)
        if rule.limits.amount is not None and total is None:
            return (
                f"limits.amount: the order is in {row.currency}; `syncd apply --order {row.name}` makes it all the same"
            )
        if (
            rule.limits.amount is not None
            and total is not None
            and self.sums.get(rule.name, Decimal(0)) + total > rule.limits.amount
        ):
            return f"limits.amount: this order's {total} would carry the run over {rule.limits.amount}" + (
                f"; `syncd apply --order {row.name}` makes it all the same" if total > rule.limits.amount else ""
            )
        return ""

    def _began_with(self, row: OrderRow, first_at: datetime | None) -> bool:
        """Whether the rule's first invoice is this order's, whose answer was lost: it is to be sent once more."""
        steps = () if first_at is None else self.ledger.steps.of_order(row.ledger_id)
        return any(step.kind == "sale" and step.doubted_at == first_at for step in steps)

    def begin(self, rule: Rule, row: OrderRow) -> None:
        """An order is worked on: it counts until it is known that no invoice of it was made."""
        self.count(rule, row)

    def end(self, rule: Rule, row: OrderRow, *, made: bool) -> None:
        """What became of it."""
        if not made:
            self.counted.discard(row.key)
            self.done[rule.name] -= 1
            self.sums[rule.name] -= _in_lira(row) or Decimal(0)

    def count(self, rule: Rule, row: OrderRow) -> None:
        """One more was invoiced; one whose answer was lost, and that is sent again, counts once."""
        if row.key in self.counted:
            return
        self.counted.add(row.key)
        self.done[rule.name] = self.done.get(rule.name, 0) + 1
        self.sums[rule.name] = self.sums.get(rule.name, Decimal(0)) + (_in_lira(row) or Decimal(0))


def _in_lira(row: OrderRow) -> Decimal | None:
    """What an order comes to in lira, or None when its rate is not known."""
    total = row.total or Decimal(0)
    if row.currency in ("TRY", "TRL"):
        return total
    rate = row.order.exchange_rate if row.document is not None else None
    return None if rate is None else total * rate
