"""What a person may ask for, carried out by whoever holds the lease: the command itself, or the daemon for it.

A command is a kind and arguments, its answer a document; all of it JSON, for they travel through the ledger.

| kind | arguments | answer |
|---|---|---|
| adopt | dry_run | see stocktaking.py |
| apply | rule, order (`[platform, number]`) | lines, summary, held, report, unreachable, failed |
| retry | order or hold (a hold code) | orders: `[{name, state, reason}]` |
| ignore | order | the same |
| resolve | order, adopt (an id, or null) | the same |
| approve | rule | – |
| pause, resume | rule, or null for everything | – |

An answer with `error` says `{kind, message, remedy}` instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Final

from loguru import logger

from syncd.errors import LedgerError, SyncdError, UsageError
from syncd.ledger.invoices import key_of
from syncd.ledger.order_row import OrderRow, State
from syncd.sync.decisions import approve, ignore, resolve, retry, set_paused
from syncd.sync.failing import note_report
from syncd.sync.outgrown import kept_since
from syncd.sync.report import Report, Result, Selection
from syncd.sync.run import work
from syncd.sync.stocktaking import take_stock
from syncd.sync.telling import report_data, result_lines, summary_lines
from syncd.sync.workshop import Workshop

Answer = Mapping[str, Any]

LONG: Final = frozenset({"apply", "adopt"})
"""The kinds that are runs of their own; the others are done within a moment, also between two orders of a run."""

INTERRUPTED: Final = "Interrupted"

_ERRORS: Final[Mapping[str, type[SyncdError]]] = {"UsageError": UsageError, "LedgerError": LedgerError}


def execute(
    kind: str,
    arguments: Mapping[str, Any],
    workshop: Workshop,
    on_result: Callable[[Result], None] = lambda _: None,
    on_report: Callable[[Report], None] = lambda _: None,
) -> Answer:
    """Carry out a command. The caller holds the company's lease; it is told of each order of a run, and of the run.

    Raises UsageError when it can't be done as it was asked, and LedgerError.
    """
    match kind:
        case "adopt":
            if not arguments.get("dry_run"):
                _warn_of_kept_orders(workshop)
            return take_stock(workshop, dry_run=bool(arguments.get("dry_run")))
        case "apply":
            return _apply(arguments, workshop, on_result, on_report)
        case "retry" if arguments.get("hold"):
            return _retry_all(arguments["hold"], workshop)
        case "retry":
            return _told([retry(named_order(arguments["order"], workshop), workshop)])
        case "ignore":
            return _told([ignore(named_order(arguments["order"], workshop), workshop)])
        case "resolve":
            row = named_order(arguments["order"], workshop)
            return _told([resolve(row, workshop, adopt=arguments.get("adopt"))])
        case "approve":
            approve(arguments["rule"], workshop)
        case "pause" | "resume":
            set_paused(arguments.get("rule"), kind == "pause", workshop)
        case _:
            raise UsageError(
                f"The daemon knows no command {kind!r}.",
                "It is of another version of syncd; restart it, then ask again.",
            )
    return {}


def answered(
    kind: str,
    arguments: Mapping[str, Any],
    workshop: Workshop,
    on_result: Callable[[Result], None] = lambda _: None,
    on_report: Callable[[Report], None] = lambda _: None,
) -> Answer:
    """The same for somebody else: what is raised becomes the answer, too."""
    try:
        # a platform that is being read in the background must not save over what a person decides
        with nullcontext() if kind in LONG else workshop.ledger.orders.alone:
            return execute(kind, arguments, workshop, on_result, on_report)
    except SyncdError as error:
        return failure(type(error).__name__, error.message, error.remedy)


def failure(kind: str, message: str, remedy: str = "") -> Answer:
    """The answer that tells why there is none."""
    return {"error": {"kind": kind, "message": message, "remedy": remedy}}


def unpacked(answer: Answer) -> Answer:
    """An answer as it came; raises the error that it tells of."""
    error = answer.get("error")
    if error is None:
        return answer
    raise _ERRORS.get(error["kind"], SyncdError)(error["message"], error["remedy"])


def named_order(order: Sequence[str], workshop: Workshop) -> OrderRow:
    """The one order of a platform with that number or package id; raises UsageError.

    Also the order of a step or a mark, as they are printed: `n11/2000001/987#1`, `[sale n11/2000001/987]`.
    """
    platform, text = order
    found = workshop.ledger.orders.named(platform, text) or _marked(f"{platform}/{text}", workshop)
    if not found:
        raise UsageError(f"The ledger has no order {platform}/{text}.", _why_unknown(workshop))
    if len(found) > 1:
        packages = ", ".join(sorted(row.whole_name for row in found))
        raise UsageError(f"Several packages have the number {text}.", f"Name one of them: {packages}.")
    return found[0]


def _marked(text: str, workshop: Workshop) -> list[OrderRow]:
    """The order whose connector, account and package a text names, with a step's number or without; if there is one."""
    orders = workshop.ledger.orders
    key = text.removeprefix("[").removesuffix("]").removeprefix("sale ")
    accounts = orders.accounts()
    named = [key_of(one, accounts) for one in (key, re.sub(r"#\d+$", "", key))]
    return [row for one in named if one is not None and (row := orders.get(one)) is not None][:1]


def _apply(
    arguments: Mapping[str, Any],
    workshop: Workshop,
    on_result: Callable[[Result], None],
    on_report: Callable[[Report], None],
) -> Answer:
    rule, order = arguments.get("rule"), arguments.get("order")
    selection = Selection(frozenset({rule}) if rule else None, (order[0], order[1]) if order else None)
    notes = _warn_of_kept_orders(workshop)
    report = work(workshop, selection, on_result)
    report.notes = notes
    asked = {rule} if rule else {one.name for one in workshop.settings.rules}
    note_report(workshop.ledger, report, () if order else asked, workshop.clock())  # one order says little of its rule
    on_report(report)
    return {
        "lines": [*notes, *(line for result in report.results for line in result_lines(result))],
        "summary": list(summary_lines(report, dry=False)),
        "held": sum(workshop.ledger.orders.holds().values()),
        "report": report_data(report),
        "unreachable": report.unreachable,
        "failed": report.failed,
    }


def _warn_of_kept_orders(workshop: Workshop) -> list[str]:
    """Say which orders their rules keep after others than today's have judged them, before a run judges them again."""
    notes = kept_since(workshop.ledger, workshop.judgement)
    for note in notes:
        logger.warning("{}", note)
    return notes


def _retry_all(hold: str, workshop: Workshop) -> Answer:
    rows = workshop.ledger.orders.newest(state=State.HELD, hold_code=hold, limit=1_000_000)
    if not rows:
        raise UsageError(f"No order is held for {hold!r}.", "`syncd status` shows the reasons there are.")
    return _told([retry(row, workshop) for row in rows])


def _told(rows: Sequence[OrderRow]) -> Answer:
    return {"orders": [{"name": row.name, "state": str(row.state), "reason": row.reason} for row in rows]}


def _why_unknown(workshop: Workshop) -> str:
    if not workshop.ledger.marks() or not workshop.settings.rules:
        return "`syncd apply` reads orders into the ledger; before the first one, `syncd plan --order` shows an order."
    earliest = min(rule.trigger.since for rule in workshop.settings.rules)
    return f"`syncd orders list` shows those it has. Nothing that changed before {earliest} is read (`since`)."
