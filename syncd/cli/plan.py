"""`syncd plan` and `syncd apply`: what would be done, and doing exactly that."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.delegating import carry_out
from syncd.cli.exits import PROBLEMS, report_exit_code, run_exit_code
from syncd.cli.options import (
    ConfigOption,
    FormatOption,
    OrderOption,
    RuleOption,
    VerboseOption,
    order_name,
    readable_or_exit,
    settings_or_exit,
)
from syncd.cli.output import Format, print_json
from syncd.cli.show_plan import plan_lines
from syncd.errors import UsageError
from syncd.sync.company import open_workshop
from syncd.sync.executor import STOP_SETTING
from syncd.sync.preview import preview
from syncd.sync.report import Report, Result, Selection, Verdict
from syncd.sync.saved_order import preview_saved
from syncd.sync.telling import report_data, result_lines, summary_lines
from syncd.words import counted


def plan(
    config: ConfigOption = None,
    rule: RuleOption = None,
    order: OrderOption = None,
    input: Annotated[
        Path | None,
        typer.Option("--input", help="Plan this saved order (the platform's own record or ours, as JSON) instead."),
    ] = None,
    platform: Annotated[
        str | None,
        typer.Option("--platform", help="With --input: the platform the order is from, if there are several."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody; plan with what the ledger knows.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 when something would be invoiced or held.")
    ] = False,
    format: FormatOption = Format.TEXT,
    verbose: VerboseOption = False,
) -> None:
    """The dry run: order by order what would be done. Changes nothing at Paraşüt or a platform, and no order."""
    settings = settings_or_exit(config, verbose=verbose)
    paused: str | None = None
    if input is not None:
        report = preview_saved(input, settings, platform=platform, rule=rule, offline=offline)
    elif platform is not None:
        raise UsageError("--platform goes with --input.")
    else:
        with open_workshop(settings, network=not offline) as workshop:
            selection = Selection(frozenset({rule}) if rule else None, None if order is None else order_name(order))
            report = preview(workshop, selection, offline=offline)
            paused = workshop.ledger.setting(STOP_SETTING)
    if format is Format.JSON:
        print_json(report_data(report))
    else:
        if paused is not None:
            sys.stdout.write("syncd is paused: `apply` would write nothing until `syncd resume`.\n\n")
        for note in report.notes:
            sys.stdout.write(f"note: {note}\n\n")
        for result in report.results:
            sys.stdout.write("\n".join(plan_lines(result)) + "\n\n")
        sys.stdout.write("\n".join(summary_lines(report, dry=True)) + "\n")
    if exit_code and any(result.verdict is not Verdict.WAITS for result in report.results):
        raise typer.Exit(PROBLEMS)
    raise typer.Exit(_unreachable_only(report))


def apply(
    config: ConfigOption = None,
    rule: RuleOption = None,
    order: OrderOption = None,
    format: FormatOption = Format.TEXT,
    verbose: VerboseOption = False,
) -> None:
    """Do it once, now: read the platforms, make the invoices that are due. Exit 1 when something is held or failed."""
    settings = readable_or_exit(config, verbose=verbose)
    show = _show if format is Format.TEXT else _silent
    arguments = {"rule": rule, "order": None if order is None else order_name(order)}
    answer, by_the_daemon = carry_out("apply", arguments, settings, show)
    if format is Format.JSON:
        print_json(answer["report"])
    else:
        lines = [*(answer["lines"] if by_the_daemon else ()), *answer["summary"]]
        sys.stdout.write("\n".join(lines) + "\n")
        held = answer["held"]
        if held:
            orders = counted(held, "order waits", "orders wait")
            sys.stdout.write(f"{orders} for a person in all: `syncd orders list --state held`\n")
    raise typer.Exit(run_exit_code(unreachable=answer["unreachable"], failed=answer["failed"]))


def _show(result: Result) -> None:
    sys.stdout.write("\n".join(result_lines(result)) + "\n")
    sys.stdout.flush()


def _silent(_result: Result) -> None:
    return


def _unreachable_only(report: Report) -> int:
    """A plan that shows holds has done its work; only what could not be read is a failure."""
    errors = any(collected.error is not None for collected in report.collected) or report.stopped is not None
    return report_exit_code(report) if errors else 0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("plan")(plan)
    app.command("apply")(apply)
