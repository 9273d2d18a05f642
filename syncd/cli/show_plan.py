"""Plans as text, order by order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from syncd.sync.plan import InvoicePlan
from syncd.sync.report import Result, Verdict
from syncd.sync.steps import Known, Made
from syncd.sync.telling import reason_lines

_COLUMNS = ("code", "name", "quantity", "unit net", "discount", "VAT %", "net", "VAT", "gross")


def plan_lines(result: Result) -> Iterator[str]:
    """One order of a dry run, for people."""
    plan = result.plan
    row = result.row
    if plan is None:
        yield f"{row.name}: {'held' if result.verdict is Verdict.HELD else 'waits'}"
        yield from reason_lines(result)
        return
    waits = result.verdict is Verdict.WAITS
    yield f"{row.name}: {'waits; ' if waits else ''}{_what(plan)} by rule {plan.rule}"
    if waits:
        yield from reason_lines(result)
    yield f"  contact    {plan.contact_name} ({_contact(plan)})"
    legal = f", last legal day {plan.last_legal_day}" if plan.last_legal_day else ""
    yield f"  dates      ordered {plan.ordered_on}, issued {plan.issue_date}, due {plan.due_date}{legal}"
    yield f"  category   {plan.category or 'none'}"
    yield f"  payment    {plan.payment}"
    yield from _table(plan)
    sign = "equal" if plan.difference == 0 else f"differs by {plan.difference:+}"
    yield f"  payable {plan.payable} {plan.currency}, order total {plan.total}: {sign}"
    if not plan.certain:
        yield "  (the account's way of rounding is not known yet; the figures that come back are compared)"
    for note in plan.notes:
        yield f"  note: {note}"
    for label in plan.unseen:
        yield f"  {label}: looked up when applied"


def _what(plan: InvoicePlan) -> str:
    if plan.adopts is None:
        return "invoice"
    return f"adopts invoice {plan.adopts.invoice.id} ({plan.adopts.how}), compared and completed"


def _table(plan: InvoicePlan) -> Iterator[str]:
    rows = [_COLUMNS] + [
        (
            line.code,
            line.name if len(line.name) <= 36 else line.name[:35] + "…",
            _number(line.quantity),
            _number(line.unit_price),
            _number(line.discount) if line.discount else "",
            _number(line.vat_rate),
            _number(line.net),
            _number(line.vat),
            _number(line.gross),
        )
        for line in plan.lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row, line in zip(rows, (None, *plan.lines), strict=True):
        cells = [
            text.ljust(width) if column < 2 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        made = "  (new product)" if line is not None and isinstance(line.product, Made) else ""
        yield "    " + "  ".join(cells).rstrip() + made


def _contact(plan: InvoicePlan) -> str:
    match plan.contact:
        case Known():
            return f"{plan.contact_match}, id {plan.contact.id}"
        case Made() if plan.contact_match.startswith("found"):
            return f"{plan.contact_match}, made for an earlier order"
        case _:
            return plan.contact_match


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text and len(text.split(".")[1]) > 2 else text
