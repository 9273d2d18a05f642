"""`syncd ledger`: copy it, check it, remove what retention says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from syncd.cli.exits import PROBLEMS
from syncd.cli.options import ConfigOption, FormatOption, readable_or_exit, settings_or_exit
from syncd.cli.output import Format, console, print_json
from syncd.config.settings import Settings
from syncd.errors import Busy, LedgerError, UsageError
from syncd.ledger.copying import copy_ledger
from syncd.ledger.database import NEWEST_REVISION, ledger_file
from syncd.ledger.inspecting import Findings, inspect_file
from syncd.ledger.ledger import open_ledger
from syncd.sync.clock import accept_clock
from syncd.sync.company import company_key

app = typer.Typer(help="Back up the ledger, check it, remove what `retention` says.", no_args_is_help=True)


@app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file that the copy shall be.")],
    config: ConfigOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it is there.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Copy the ledger to FILE, also while the daemon works: complete, checked, of one moment, without the login."""
    ledger = _file(readable_or_exit(config))
    if not ledger.is_file():
        raise LedgerError(f"There is no ledger {ledger}.", "Check `ledger:` in the configuration.")
    begun = datetime.now(UTC)
    copied = copy_ledger(ledger, file.absolute(), replace=force)
    took = (datetime.now(UTC) - begun).total_seconds()
    if format is Format.JSON:
        print_json(
            {
                "file": str(copied.file),
                "bytes": copied.size,
                "taken_at": begun,
                "seconds": round(took, 3),
                **_data(copied.findings),
            }
        )
        return
    console().print(
        f"{file}: {_size(copied.size)}, {copied.findings.order_count} orders, as of {begun:%Y-%m-%d %H:%M:%S} UTC; "
        f"checked, in {took:.1f} s",
        markup=False,
    )


@app.command("check")
def check(
    config: ConfigOption = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="This file, such as a backup, instead of the configured ledger.")
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Read the whole ledger: is it sound, of which revision, and how much is in it. Changes nothing."""
    settings = readable_or_exit(config)
    path = file.absolute() if file is not None else _file(settings)
    findings = inspect_file(path)
    problems = [*findings.problems, *_of_another(findings, company_key(settings.parasut))]
    if format is Format.JSON:
        print_json({"file": str(path), "bytes": path.stat().st_size, **_data(findings), "problems": problems})
    else:
        _show(path, findings, problems)
    if problems:
        raise typer.Exit(PROBLEMS)


@app.command("prune")
def prune(
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell how many orders it would be.")] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Remove the data of finished orders that are older than `retention` says. The daemon does it once a day."""
    settings = settings_or_exit(config)
    if settings.retention is None:
        raise UsageError(
            "The configuration has no `retention`: nothing is ever removed.", "Write one, such as `retention: 400d`."
        )
    now = datetime.now(UTC)
    before = now - settings.retention
    ledger = open_ledger(settings.ledger_url, company_key(settings.parasut))
    try:
        count = ledger.pruning.due(before)
        if not dry_run and count:
            count = 0
            with ledger.company.lease():
                while removed := ledger.pruning.prune(before, now):
                    count += removed
    except Busy as error:
        raise Busy(error.message, "The daemon removes what is due by itself, once a day.") from error
    finally:
        ledger.close()
    if format is Format.JSON:
        print_json({"orders": count, "before": before, "removed": not dry_run})
        return
    day = before.astimezone(settings.timezone).date()
    done = "would lose" if dry_run else "lost"
    console().print(
        f"{count} finished orders, unchanged since before {day}, {done} their buyer's data and the platform's record",
        markup=False,
    )


@app.command("accept-clock")
def accept(config: ConfigOption = None) -> None:
    """Say that this machine's clock is right now, after it was ahead; syncd had stopped writing for it."""
    settings = settings_or_exit(config)
    ledger = open_ledger(settings.ledger_url, company_key(settings.parasut))
    try:
        accept_clock(ledger, datetime.now(UTC))
    finally:
        ledger.close()
    console().print("The clock is taken as right; the next run goes on from it.", markup=False)


def _file(settings: Settings) -> Path:
    file = ledger_file(settings.ledger_url)
    if file is None:
        raise UsageError("The configured ledger is no file.", "Write it like sqlite:////var/lib/syncd/ledger.db.")
    return file


def _of_another(findings: Findings, company: str) -> list[str]:
    if findings.company in ("", company):
        return []
    return [f"it belongs to the company {findings.company}, the configuration names {company}"]


def _show(path: Path, findings: Findings, problems: list[str]) -> None:
    out = console()
    old = "" if findings.revision == NEWEST_REVISION else f" (this syncd works with {NEWEST_REVISION})"
    out.print(f"{path}: {_size(path.stat().st_size)}, revision {findings.revision}{old}", markup=False)
    counts = ", ".join(f"{count} {state}" for state, count in findings.orders.items())
    out.print(f"  orders   {findings.order_count}" + (f": {counts}" if counts else ""), markup=False)
    out.print(f"  steps    {findings.steps}, {findings.unsettled} without a known outcome", markup=False)
    if findings.newest:
        out.print(f"  changed  {findings.newest[:19].replace('T', ' ')} UTC", markup=False)
    for problem in problems:
        out.print(f"  problem  {problem}", markup=False)
    if findings.problems:
        out.print(
            "It is damaged. Stop syncd, keep these files, and restore a backup as docs/operations.md says.",
            markup=False,
        )
    elif not problems:
        out.print("It is sound.", markup=False)


def _data(findings: Findings) -> dict[str, object]:
    return {
        "revision": findings.revision,
        "company": findings.company,
        "orders": findings.order_count,
        "orders_by_state": dict(findings.orders),
        "steps": findings.steps,
        "unsettled": findings.unsettled,
        "newest": findings.newest,
    }


def _size(count: int) -> str:
    return f"{count / 1024:.0f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="ledger")
