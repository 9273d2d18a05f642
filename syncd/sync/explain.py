"""Why an order is treated as it is, and who made each field of its invoice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from syncd.config.settings import Rule, Unread
from syncd.errors import Hold, TemplateFailure
from syncd.ledger.order_row import UNFINISHED, OrderRow, State
from syncd.mapping.document import RenderedDocument, render_document
from syncd.orders.invoiceable import invoiceable
from syncd.orders.order import Order
from syncd.sync.judge import OPEN_STATES
from syncd.sync.knowledge import LedgerKnowledge
from syncd.sync.outgrown import kept_note
from syncd.sync.payments import ANY
from syncd.sync.plan import PlanContext, category_names, plan_order
from syncd.sync.standing import past_of
from syncd.sync.workshop import Workshop
from syncd.words import sentence

_LET_GO: Final = {State.HELD: " when it is retried", State.SETTLING: " if it has no invoice"}


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
    if row.pruned_at is not None:
        day = row.pruned_at.astimezone(workshop.settings.timezone).date()
        return Explanation((f"Its data were removed on {day}, as `retention` says.", *_standing(row)))
    order = workshop.ledger.orders.whole(row)
    rule = next((rule for rule in workshop.settings.rules if rule.name == row.rule), None)
    unread = workshop.settings.unread
    if row.platform not in workshop.settings.platforms:
        return Explanation((f"The platform {row.platform} {_gone(unread)}.",))
    standing = _standing(row)
    if rule is None:
        if row.state not in OPEN_STATES or row.invoice_id is not None:
            return Explanation((f"Its rule, {row.rule}, {_gone(unread)}.", *standing))
        if unread is not None:  # which rule wants it can't be told by half of them
            return Explanation((f"Its rule, {row.rule or 'if any'}, {_gone(unread)}.", *standing))
        return Explanation((_claim(row, order, workshop),))
    reasons = [f"Rule {rule.name} ({rule.position}) owns it.", *standing, *_kept(rule, row, order, workshop)]
    context = workshop.context(rule, row.platform)
    try:
        knowledge = LedgerKnowledge(workshop.ledger, looked_up=False)
        plan_order(row.key, row.name, order, context, knowledge, past=past_of(row, workshop.ledger))
    except Hold as hold:
        if row.state is not State.HELD:
            reasons.append(f"Planned now it would be held ({hold.code}): {hold.message}")
    return Explanation(tuple(reasons), explained_fields(order, context))


def explained_fields(order: Order, context: PlanContext) -> tuple[ExplainedField, ...]:
    """Where each field of the order's invoice comes from; nothing when it can't be made."""
    rule = context.rule
    try:
        payable = invoiceable(order, rule.refunded_before)
        document = render_document(rule.mapping, payable, context.platform, context.rule_variables)
        names = category_names(rule.categories, payable, context)
    except (Hold, TemplateFailure):
        return ()
    return (*_fields(document, payable), *_by_rule(rule, order, names))


def _gone(unread: Unread | None) -> str:
    return "is no longer in the configuration" if unread is None else "can't be read now, see `syncd check`"


def _standing(row: OrderRow) -> tuple[str, ...]:
    if row.state is State.HELD:
        return (f"It is held ({row.hold_code}): {row.reason}", row.remedy)
    return (sentence(row.reason[:1].upper() + row.reason[1:]),)


def _kept(rule: Rule, row: OrderRow, order: Order, workshop: Workshop) -> Iterator[str]:
    """That the rule would not take the order today; nothing of one that is invoiced, or that a person ignored."""
    if row.state not in UNFINISHED or row.invoice_id is not None:
        return
    judgement, why = workshop.judgement, ""
    if row.platform not in rule.platforms:
        why = f"The rule is no longer for {row.platform}"
    elif judgement.ordered_on(order) < rule.trigger.since:
        why = f"The rule's `since: {rule.trigger.since}` is later than the order ({judgement.ordered_on(order)})"
    if why:
        yield f"{why}, so it lets the order go{_LET_GO.get(row.state, '')}."
        if workshop.settings.unread is None:  # which rule wants it can't be told by half of them
            yield _claim(row, order, workshop)
        return
    note = kept_note(rule, row, order, judgement)
    if note:
        yield sentence(note[:1].upper() + note[1:])


def _claim(row: OrderRow, order: Order, workshop: Workshop) -> str:
    try:
        owner, reason = workshop.judgement.owner(row.platform, order)
    except Hold as hold:
        return str(hold)
    return f"No rule wants this order: {reason}." if owner is None else f"Rule {owner.name} takes it at the next run."


def _fields(document: RenderedDocument, order: Order) -> Iterator[ExplainedField]:
    for section, values in (("contact", document.contact), ("invoice", document.invoice)):
        for name, value in values.items():
            yield ExplainedField(f"{section}.{name}", str(value), _origin(document, (section,), name))
    for number, (rendered, line) in enumerate(zip(document.lines, order.lines, strict=True), 1):
        for name, value in rendered.fields.items():
            origin = _origin(document, (f"kinds.{line.kind}", "line"), name)
            yield ExplainedField(f"line {number} {name}", str(value), origin)


def _by_rule(rule: Rule, order: Order, names: Mapping[str, str]) -> Iterator[ExplainedField]:
    """What the rule itself decides, not its mapping."""
    for name, template in (("invoice", rule.categories.invoice), ("contact", rule.categories.contact)):
        if template is not None:
            yield ExplainedField(f"category of the {name}", names[name], str(template.source.position))
    choice = rule.payment.get(order.payment.method) or rule.payment.get(ANY)
    if choice is not None and choice.position is not None:
        yield ExplainedField("payment", choice.account or "unpaid", str(choice.position))
    yield ExplainedField("invoice.issue_date", rule.issue_date, str(rule.position))


def _origin(document: RenderedDocument, sections: tuple[str, ...], name: str) -> str:
    """Who made a field: the first section that has a template for it. A default of syncd's own has none."""
    places = [document.origins[f"{section}.{name}"] for section in sections if f"{section}.{name}" in document.origins]
    return str(places[0]) if places else "syncd"
