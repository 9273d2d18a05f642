"""What comes of a case's order, in the words of `expect`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from syncd.cases.books import Books
from syncd.cases.case import Case
from syncd.cases.given import given_order
from syncd.config.settings import Settings
from syncd.errors import Hold
from syncd.ledger.order_row import OrderKey, OrderRow, State
from syncd.orders.order import Order
from syncd.platforms.platform import Platform
from syncd.sync.explain import explained_fields
from syncd.sync.judge import Judgement, Seen, judge
from syncd.sync.plan import InvoicePlan, PlanContext, PlannedLine, plan_order
from syncd.sync.report import Result, Verdict
from syncd.sync.steps import CreateCategory, CreateContact, CreateProduct, PaidFrom, Unseen
from syncd.sync.telling import result_data
from syncd.sync.workshop import platform_variables

UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`data` has the keys of `expect` that apply. `origins` tells who made a field: `contact.name`, `lines.0.code`.

    `rule` owns the order, if any; `fired` says that the order reached the rule's status.
    """

    data: Mapping[str, Any]
    story: str
    rule: str | None = None
    fired: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)


class _Skipped(Exception):
    """The record is none that the connector makes an order of."""


def _left(reason: str) -> Outcome:
    return Outcome({"rule": None, "fires": False, "left": reason}, f"no rule wants it: {reason}")


def outcome_of(case: Case, settings: Settings, platform: Platform) -> Outcome:
    """Judge and plan the order of a case, as a dry run does. Raises ConfigurationError when the case is wrong."""
    moment = datetime.now(UTC)  # when it was seen: told to nobody

    def read(raw: Mapping[str, Any]) -> Order:
        if platform.skips(raw):
            raise _Skipped
        return platform.read(raw)

    try:
        order = given_order(case, read)
    except _Skipped:
        return _left("the connector skips this record: it is no order")
    except Hold as hold:
        return _held(None, False, hold)
    key = OrderKey(platform.connector, platform.account, order.id)
    variables = platform_variables(settings.platforms)
    judgement = Judgement(settings.rules, settings.timezone, variables)
    row = judge(Seen(key, case.platform, order.number, order.raw, moment, order), None, judgement)
    if row is None:
        return _left(f"{order.status_text}, without lines: there is nothing to remember")
    rule = next((one for one in settings.rules if one.name == row.rule), None)
    if row.state is State.HELD:
        return _held(row.rule, False, Hold(row.hold_code or "", row.reason, row.remedy))
    if rule is None:
        return _left(row.reason)
    place = {"rule": str(rule.position)}
    if row.state is not State.DUE:
        key_of_reason = "ended" if row.state is State.ENDED else "waits"
        data = {"rule": rule.name, "fires": False, key_of_reason: row.reason}
        return Outcome(
            data, f"the rule does not fire: {row.reason}", rule.name, False, {**place, "fires": place["rule"]}
        )
    today = case.today or _latest_day(order, settings)
    context = PlanContext(rule, variables[case.platform], today, settings.timezone)
    books = Books(case.knows)
    try:
        plan = plan_order(key, row.name, order, context, books)
    except Hold as hold:
        return _held(rule.name, True, hold, place)
    data = {"rule": rule.name, "fires": True, **_planned(plan, row, books)}
    return Outcome(data, f"it is invoiced by {rule.name}", rule.name, True, {**place, **_origins(order, context)})


def _held(rule: str | None, fired: bool, hold: Hold, origins: Mapping[str, str] | None = None) -> Outcome:
    told = {"code": hold.code, "message": hold.message, "remedy": hold.remedy}
    data = {"rule": rule, "fires": fired, "hold": told}
    return Outcome(data, f"it is held ({hold.code}): {hold.message}", rule, fired, origins or {})


def _latest_day(order: Order, settings: Settings) -> date:
    """The last day that the order itself tells of, so that a case means the same in a year's time."""
    moments = (
        order.ordered_at,
        order.payment.paid_at,
        order.shipped_at,
        order.shipment.shipped_at,
        order.delivered_at,
    )
    return max(moment.astimezone(settings.timezone).date() for moment in moments if moment is not None)


def _planned(plan: InvoicePlan, row: OrderRow, books: Books) -> dict[str, Any]:
    """The plan as every dry run tells it (result_data), its parts put where `expect` has them."""
    told = result_data(Result(row, Verdict.INVOICED, "", plan))["plan"]
    fields = told["fields"]
    kept = ("category", "ordered_on", "issue_date", "due_date", "last_legal_day", "currency", "lines", "notes")
    return {
        **{key: told[key] for key in kept},
        "contact": {**fields["contact"], **told["contact"]},
        "invoice": fields["invoice"],
        "payment": _payment(plan.invoice.payment, books),
        "totals": {
            "order": plan.total,
            "payable": plan.payable,
            "difference": plan.difference,
            "exact": plan.exact,
            **_sums(plan.lines),
            "by_rate": {
                _rate(rate): _sums([line for line in plan.lines if line.vat_rate == rate])
                for rate in sorted({line.vat_rate for line in plan.lines})
            },
        },
        "makes": _makes(plan),
    }


def _payment(payment: PaidFrom | None, books: Books) -> str | dict[str, Any]:
    if payment is None:
        return UNPAID
    account = payment.account
    name = account.label if isinstance(account, Unseen) else ""
    name = next((known.name for known in books.accounts() if known.ref == account), name)
    return {"account": name, "day": payment.day, "description": payment.description}


def _sums(lines: Sequence[PlannedLine]) -> dict[str, Decimal]:
    pick: Mapping[str, Callable[[PlannedLine], Decimal]] = {
        "net": lambda line: line.net,
        "vat": lambda line: line.vat,
        "gross": lambda line: line.gross,
    }
    return {name: sum(map(of, lines), Decimal(0)) for name, of in pick.items()}


def _rate(rate: Decimal) -> str:
    return f"{rate.normalize():f}"


def _makes(plan: InvoicePlan) -> list[str]:
    """What would be made in Paraşüt besides the invoice, in words."""
    made: list[str] = []
    for step in plan.steps:
        match step:
            case CreateCategory():
                made.append(step.identity)
            case CreateContact():
                made.append(f"contact {step.attributes['name']}")
            case CreateProduct():
                made.append(step.identity)
            case _:
                pass
    return made


def _origins(order: Order, context: PlanContext) -> dict[str, str]:
    """Places of what `syncd orders explain` explains, under the paths of `expect`."""
    origins: dict[str, str] = {}
    for one in explained_fields(order, context):
        name = one.name
        if name.startswith("line "):
            number, field_name = name.removeprefix("line ").split(" ", 1)
            name = f"lines.{int(number) - 1}.{field_name}"
        name = {"category of the invoice": "category", "invoice.issue_date": "issue_date"}.get(name, name)
        origins.setdefault(name, one.origin)
    return origins
