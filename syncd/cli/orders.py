"""`syncd orders`: look at single orders, and decide about those that are held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Final

import typer

from syncd.cli.delegating import carry_out
from syncd.cli.options import ORDER_NAMES, ConfigOption, FormatOption, OrderArgument, order_name, readable_or_exit
from syncd.cli.output import Format, console, print_json, print_table
from syncd.daemon.remedies import CODES
from syncd.errors import UsageError
from syncd.ledger.order_row import OrderRow, State
from syncd.ledger.steps import StepRow
from syncd.mapping.syntax import nearest
from syncd.sync.commands import named_order
from syncd.sync.company import open_workshop
from syncd.sync.decisions import steps_of
from syncd.sync.explain import explain as explain_order
from syncd.sync.settling import is_unsettled
from syncd.sync.workshop import Workshop
from syncd.words import counted

_UNSETTLED: Final = (
    "its outcome is not known yet: it is under way, or its answer was lost and the next runs find out what became of it"
)

app = typer.Typer(help="Look at single orders, and decide about those that are held.", no_args_is_help=True)


@app.command("list")
def list_orders(
    config: ConfigOption = None,
    state: Annotated[State | None, typer.Option("--state", help="Only orders in this state.")] = None,
    hold: Annotated[str | None, typer.Option("--hold", help="Only orders held for this reason.")] = None,
    platform: Annotated[str | None, typer.Option("--platform", help="Only orders of this platform.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    format: FormatOption = Format.TEXT,
) -> None:
    """The orders that changed last."""
    settings = readable_or_exit(config)
    with open_workshop(settings, network=False) as workshop:
        rows = workshop.ledger.orders.newest(platform=platform, state=state, hold_code=hold, limit=limit)
        if not rows:
            _refuse_unknown(workshop, platform, hold)
    if format is Format.JSON:
        print_json([_row_data(row) for row in rows])
        return
    table = [
        [
            row.name,
            _day(row, settings.timezone),
            row.status_text or row.status,
            str(row.total if row.total is not None else ""),
            str(row.state),
            row.rule or "",
            row.invoice_id or "",
            f"{row.hold_code}: {row.reason}" if row.hold_code else row.reason,
        ]
        for row in rows
    ]
    columns = ["order", "ordered", "status", "total", "state", "rule", "invoice", "why"]
    print_table("", columns, table, right=frozenset({"total"}))
    if len(rows) == limit:
        console().print(f"(the newest {limit}; --limit shows more)", markup=False)


@app.command("show")
def show(order: OrderArgument, config: ConfigOption = None, format: FormatOption = Format.TEXT) -> None:
    """Everything the ledger knows of one order: its lines, its steps at Paraşüt, its history."""
    with _one(order, config) as (workshop, row):
        steps = steps_of(row, workshop)
        history = workshop.ledger.orders.history(row)
        raw = workshop.ledger.orders.raw(row)
        zone = workshop.settings.timezone
    if format is Format.JSON:
        print_json(
            {
                **_row_data(row),
                "order": row.document,
                "raw": raw,
                "steps": [
                    {
                        "identity": step.identity,
                        "state": str(step.state),
                        "outcome_known": not is_unsettled(step),
                        "method": step.method,
                        "path": step.path,
                        "body": step.body,
                        "attempts": step.attempts,
                        "intended_at": step.intended_at,
                        "finished_at": step.finished_at,
                        "remote_id": step.remote_id,
                        "answer": step.answer,
                        "deadline_at": step.deadline_at,
                        "looked": step.looked,
                        "look_at": step.look_at,
                        "second_look_at": step.second_look_at,
                    }
                    for step in steps
                ],
                "history": [{"at": at, "text": text} for at, text in history],
            }
        )
        return
    out = console()
    out.print(f"{row.name} ({row.key})", markup=False)
    out.print(
        f"  state    {row.state}" + (f" ({row.hold_code})" if row.hold_code else "") + f": {row.reason}", markup=False
    )
    if row.remedy:
        out.print(f"  to do    {row.remedy}", markup=False)
    if row.next_at is not None:
        next_at = f"{row.next_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        out.print(f"  next     {counted(row.attempts, 'attempt')} so far, the next at {next_at}", markup=False)
    out.print(f"  rule     {row.rule or 'none'}", markup=False)
    if row.pruned_at is not None:
        removed = f"{row.pruned_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        out.print(
            f"  removed  the buyer's data and the platform's record, {removed}, as `retention` says", markup=False
        )
    if row.document is not None:
        known = row.order
        out.print(f"  status   {known.status} ({known.status_text})", markup=False)
        if row.pruned_at is None:
            out.print(f"  buyer    {known.buyer.company or known.buyer.name}", markup=False)
        for line in known.lines:
            out.print(
                f"  line     {line.quantity} × {line.code or '(no code)'} {line.name}: {line.total}, {line.vat_rate} %",
                markup=False,
            )
        for back in known.returns:
            out.print(f"  return   {back.total} {back.reason}", markup=False)
        out.print(f"  total    {known.total} {known.currency}", markup=False)
    if row.invoice_id is not None:
        out.print(
            f"  invoice  id {row.invoice_id}, {row.payable or 0:.2f}, of {row.issue_date}, contact id {row.contact_id}",
            markup=False,
        )
    for step in steps:
        made = f", id {step.remote_id}" if step.remote_id else ""
        answer = f": {step.answer}" if step.answer else ""
        sent = f"{step.intended_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        out.print(
            f"  step     {step.identity}: {step.state}{made} (sent {sent}, attempt {step.attempts}){answer}",
            markup=False,
        )
        if is_unsettled(step):
            out.print(f"           {_UNSETTLED}", markup=False)
        for words in looks(step, zone):
            out.print(f"           {words}", markup=False)
    for at, text in history:
        out.print(f"  {at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {text}", markup=False)


@app.command("explain")
def explain(order: OrderArgument, config: ConfigOption = None, format: FormatOption = Format.TEXT) -> None:
    """Why the order is where it is, and which line of which file makes each field of its invoice."""
    with _one(order, config) as (workshop, row):
        explanation = explain_order(row, workshop)
    if format is Format.JSON:
        print_json(explanation)
        return
    for reason in explanation.reasons:
        console().print(reason, markup=False)
    if explanation.fields:
        print_table(
            "",
            ["field", "value", "made by"],
            [[field.name, field.value.replace("\n", " ⏎ "), field.origin] for field in explanation.fields],
        )


@app.command("retry")
def retry(
    order: Annotated[str | None, typer.Argument(metavar="[PLATFORM/ID]", help=f"The order: {ORDER_NAMES}")] = None,
    config: ConfigOption = None,
    hold: Annotated[str | None, typer.Option("--hold", help="All orders held for this reason instead.")] = None,
) -> None:
    """Try held orders again at the next run, with everything rendered anew."""
    if (order is None) is (hold is None):
        raise UsageError("Name one order, or a reason with --hold.", "`syncd orders list --state held` shows both.")
    _decide("retry", config, {"order": None if order is None else order_name(order), "hold": hold})


@app.command("ignore")
def ignore(order: OrderArgument, config: ConfigOption = None) -> None:
    """Never invoice this order; an invoice that it has already stays."""
    _decide("ignore", config, {"order": order_name(order)})


@app.command("resolve")
def resolve(
    order: OrderArgument,
    config: ConfigOption = None,
    adopt: Annotated[str | None, typer.Option("--adopt", metavar="ID", help="Paraşüt has it, under this id.")] = None,
    send_again: Annotated[bool, typer.Option("--send-again", help="Paraşüt doesn't have it; send it again.")] = False,
) -> None:
    """Tell how a step whose outcome is not known came out, after looking in Paraşüt."""
    if (adopt is None) is not send_again:
        raise UsageError(
            "Say either --adopt ID or --send-again.", "Look in Paraşüt first; `syncd orders show` tells for what."
        )
    if adopt is not None and not adopt.isdigit():
        raise UsageError(
            f"{adopt!r} is no id of Paraşüt.", "It is the number at the end of the record's address there."
        )
    _decide("resolve", config, {"order": order_name(order), "adopt": adopt})


def _decide(kind: str, config: Path | None, arguments: dict[str, object]) -> None:
    """Carry out what a person decided about orders, and say how they are now."""
    answer, _ = carry_out(kind, arguments, readable_or_exit(config))
    for order in answer["orders"]:
        console().print(f"{order['name']} is {order['state']}: {order['reason']}", markup=False)


def _refuse_unknown(workshop: Workshop, platform: str | None, hold: str | None) -> None:
    """No orders may mean that a name is misspelt: then say which names there are. Raises UsageError."""
    settings = workshop.settings
    platforms = [*settings.platforms, *(settings.unread.platforms if settings.unread else ())]
    if platform is not None and platform not in platforms:
        raise UsageError(
            f"There is no platform {platform!r}{_meant(platform, platforms)}.",
            f"The platforms are: {', '.join(platforms)}.",
        )
    held = sorted(workshop.ledger.orders.holds())
    if hold is not None and hold not in CODES and hold not in held:
        now = f"Orders are held now for: {', '.join(held)}." if held else "No order is held now."
        raise UsageError(
            f"No order is ever held for {hold!r}{_meant(hold, sorted(CODES))}.", f"{now} docs/holds.md has all reasons."
        )


def _meant(word: str, known: list[str]) -> str:
    suggestion = nearest(word, known)
    return f" (did you mean {suggestion}?)" if suggestion else ""


@contextmanager
def _one(order: str, config: Path | None) -> Iterator[tuple[Workshop, OrderRow]]:
    """The order that a command names."""
    settings = readable_or_exit(config)
    with open_workshop(settings, network=False) as workshop:
        yield workshop, named_order(order_name(order), workshop)


def looks(step: StepRow, zone: tzinfo) -> Iterator[str]:
    """What was looked for after a lost answer, where, and until when."""
    if step.looked:
        yield f"looked for {step.looked}"
    if step.look_at is not None:
        yield f"is looked for again at {step.look_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if step.second_look_at is not None:
        yield f"is looked at once more at {step.second_look_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _day(row: OrderRow, zone: tzinfo) -> str:
    return row.ordered_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if row.ordered_at else ""


def _row_data(row: OrderRow) -> dict[str, object]:
    return {
        "name": row.name,
        "key": str(row.key),
        "platform": row.platform,
        "number": row.number,
        "package": row.package,
        "status": row.status,
        "status_text": row.status_text,
        "ordered_at": row.ordered_at,
        "total": row.total,
        "currency": row.currency,
        "rule": row.rule,
        "state": str(row.state),
        "reason": row.reason,
        "hold_code": row.hold_code,
        "remedy": row.remedy,
        "contact_id": row.contact_id,
        "invoice_id": row.invoice_id,
        "issue_date": row.issue_date,
        "payable": row.payable,
        "difference": row.difference,
        "invoiced_at": row.invoiced_at,
        "data_removed_at": row.pruned_at,
    }


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="orders")
