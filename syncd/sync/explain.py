"""Why an order is treated as it is, and who made each field of its invoice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from syncd.errors import Hold
from syncd.ledger.orders import OrderRow, State
from syncd.sync.knowledge import LedgerKnowledge
from syncd.sync.plan import plan_order
from syncd.sync.workshop import Workshop


@dataclass(frozen=True, slots=True)
class ExplainedField:
    """A field of contact, invoice or line, its value, and `file:line:column` of its template."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the order is where it is, in sentences, and where each field comes from."""

    reasons: tuple[str, ...]
    fields: tuple[ExplainedField, ...] = ()


def explain(row: OrderRow, workshop: Workshop) -> Explanation:
    """Explain one order by today's rules and mappings. Asks nobody; changes nothing."""
    if row.document is None:
        return Explanation((f"The platform's record can't be read: {row.reason}", row.remedy))
    order = workshop.ledger.orders.whole(row)
    rule = next((rule for rule in workshop.settings.rules if rule.name == row.rule), None)
    if row.platform not in workshop.settings.platforms:
        return Explanation((f"The platform {row.platform} is no longer in the configuration.",))
    if rule is None:
        owner, reason = None, ""
        try:
            owner, reason = workshop.judgement.owner(row.platform, order)
        except Hold as hold:
            reason = str(hold)
        if owner is None:
            return Explanation((f"No rule wants this order: {reason}.",))
        return Explanation((f"Rule {owner.name} takes it at the next run.",))
    reasons = [f"Rule {rule.name} ({rule.position}) owns it.", f"It is {row.state}: {row.reason}."]
    if row.state is State.HELD:
        reasons[1] = f"It is held ({row.hold_code}): {row.reason}"
        reasons.append(row.remedy)
    try:
        plan = plan_order(
            row.key,
            row.name,
            order,
            workshop.context(rule, row.platform),
            LedgerKnowledge(workshop.ledger, looked_up=False),
        )
    except Hold as hold:
        if row.state is not State.HELD:
            reasons.append(f"Planned now it would be held ({hold.code}): {hold.message}")
        return Explanation(tuple(reasons))
    values = _values(plan.document)
    fields = tuple(ExplainedField(name, values.get(name, ""), str(position)) for name, position in plan.origins.items())
    return Explanation(tuple(reasons), fields)


def _values(document: Any) -> dict[str, str]:
    values = {f"contact.{name}": str(value) for name, value in document.contact.items()}
    values |= {f"invoice.{name}": str(value) for name, value in document.invoice.items()}
    for line in document.lines:
        for name, value in line.fields.items():
            values[f"line.{name}"] = ", ".join(filter(None, [values.get(f"line.{name}", ""), str(value)]))
    return values
