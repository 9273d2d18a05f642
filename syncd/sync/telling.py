"""What a run did, as lines for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from syncd.sync.report import Report, Result, Verdict
from syncd.sync.steps import Known, Made, Ref, Unseen
from syncd.words import counted


def result_lines(result: Result) -> Iterator[str]:
    """One order of a real run, for people."""
    if result.verdict is Verdict.INVOICED and result.plan is not None:
        row = result.row
        came = "invoiced" if result.plan.adopts is None else f"its invoice {result.plan.adopts.how}"
        sign = "=" if row.difference is None else f"(differs by {row.difference:+}) from"
        yield (
            f"{row.name}: {came}, id {row.invoice_id}, {row.payable:.2f} {result.plan.currency} {sign} total "
            f"{result.plan.total}, {result.plan.contact_name}, {result.plan.payment}"
        )
        return
    yield f"{result.row.name}: {'held' if result.verdict is Verdict.HELD else 'waits'}"
    yield from reason_lines(result)


def summary_lines(report: Report, *, dry: bool) -> Iterator[str]:
    """The closing lines of a run."""
    for collected in report.collected:
        if collected.pending:
            yield f"{collected.platform}: {collected.pending}"
        elif collected.error is not None:
            yield f"{collected.platform}: not read to the end. {collected.error}"
        else:
            yield f"{collected.platform}: {counted(collected.seen, 'order')} read"
    if report.stopped is not None:
        yield f"stopped early: {report.stopped}"
    invoiced = report.count(Verdict.INVOICED)
    words = f"{invoiced} to invoice" if dry else f"{invoiced} invoiced"
    plans = [one.plan for one in report.results if one.plan is not None and one.verdict is Verdict.INVOICED]
    total = sum((plan.total for plan in plans), Decimal(0))
    off = [plan.difference for plan in plans if plan.difference]
    differ = counted(len(off), "of them differs from its total", "of them differ from their total")
    differing = f", {differ} by {sum(off):+} in sum" if off else ""
    calls = counted(report.calls, "call")
    yield (
        f"{words} (total {total}{differing}), {report.count(Verdict.HELD)} held, "
        f"{report.count(Verdict.WAITS)} waiting; "
        f"{calls} to Paraşüt" + (f", {report.throttled} answered 429" if report.throttled else "")
    )


def report_data(report: Report) -> dict[str, Any]:
    """A run for programs."""
    return {
        "platforms": [
            {
                "name": collected.platform,
                "orders_read": collected.seen,
                "error": None if collected.error is None else str(collected.error),
                "pending": collected.pending or None,
            }
            for collected in report.collected
        ],
        "orders": [result_data(result) for result in report.results],
        "stopped": None if report.stopped is None else str(report.stopped),
        "notes": list(report.notes),
        "calls": report.calls,
        "throttled": report.throttled,
    }


def result_data(result: Result) -> dict[str, Any]:
    """One order of a run, for programs."""
    row, plan = result.row, result.plan
    data: dict[str, Any] = {
        "order": row.name,
        "package": row.package,
        "verdict": str(result.verdict),
        "rule": row.rule,
        "message": result.message,
    }
    if result.hold is not None:
        data["hold"] = {"code": result.hold.code, "remedy": result.hold.remedy}
    if row.invoice_id is not None:
        data["invoice"] = {"id": row.invoice_id, "payable": row.payable}
    if plan is not None and plan.adopts is not None:
        data["adopts"] = {"id": plan.adopts.invoice.id, "how": plan.adopts.how}
    if plan is not None:
        data["plan"] = {
            "contact": {"name": plan.contact_name, "match": plan.contact_match, **_ref(plan.contact)},
            "category": plan.category,
            "payment": plan.payment,
            "ordered_on": plan.ordered_on,
            "issue_date": plan.issue_date,
            "due_date": plan.due_date,
            "last_legal_day": plan.last_legal_day,
            "currency": plan.currency,
            "total": plan.total,
            "payable": plan.payable,
            "difference": plan.difference,
            "exact": plan.exact,
            "certain": plan.certain,
            "lines": [
                {
                    "code": line.code,
                    "name": line.name,
                    "product": _ref(line.product),
                    "quantity": line.quantity,
                    "unit_price": line.unit_price,
                    "discount": line.discount,
                    "vat_rate": line.vat_rate,
                    "net": line.net,
                    "vat": line.vat,
                    "gross": line.gross,
                    "order_gross": line.order_gross,
                }
                for line in plan.lines
            ],
            "steps": [step.identity for step in plan.steps],
            "fields": {"contact": dict(plan.document.contact), "invoice": dict(plan.invoice.attributes)},
            "notes": list(plan.notes),
        }
    return data


def reason_lines(result: Result) -> Iterator[str]:
    """Why an order is held or waits, and what to do about it."""
    code = f" ({result.hold.code})" if result.hold is not None else ""
    yield f"  why{code}: {result.message}"
    if result.hold is not None and result.hold.remedy:
        yield f"  what to do: {result.hold.remedy}"


def _ref(ref: Ref) -> dict[str, str]:
    match ref:
        case Known():
            return {"id": ref.id}
        case Made():
            return {"made_by": ref.identity}
        case Unseen():
            return {"looked_up_later": ref.label}
