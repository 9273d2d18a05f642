"""`syncd check`: is the configuration right, and does every service let us in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncd.cli.exits import FINE, PROBLEMS, UNREACHABLE
from syncd.cli.options import ConfigOption, FormatOption, config_file
from syncd.cli.output import Format, print_json
from syncd.config.load import load_settings
from syncd.config.settings import Settings
from syncd.errors import ConfigurationError
from syncd.platforms.address import address_problem
from syncd.platforms.connector import Connector, load_connector
from syncd.problem import Problem

if TYPE_CHECKING:
    from syncd.sync.connection import Finding
    from syncd.sync.probe import Probed


def check(
    config: ConfigOption = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also test the connection to Paraşüt and to every platform.")
    ] = False,
    probe_rounding: Annotated[
        bool,
        typer.Option("--probe", help="Also learn how the Paraşüt account rounds: makes an estimate and deletes it."),
    ] = False,
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="Don't demand that secrets are set; for CI of the files alone.")
    ] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Check everything at once; each problem with file, line and column."""
    file = config_file(config)
    loaded = load_settings(file, os.environ, secrets="optional" if without_secrets else "required")
    problems = [*loaded.problems, *_connector_problems(loaded.settings)]
    if any(problem.severity == "error" for problem in problems) or loaded.settings is None:
        _report(problems, file, [], None, format)
        raise typer.Exit(PROBLEMS)
    findings: list[Finding] = []
    probed: Probed | None = None
    if connect or probe_rounding:
        findings, probed = _connect(loaded.settings, probe_rounding)
    _report(problems, file, findings, probed, format)
    failed = [finding for finding in findings if not finding.ok]
    if failed:
        raise typer.Exit(UNREACHABLE if any(finding.unreachable for finding in failed) else PROBLEMS)
    raise typer.Exit(FINE)


def _connector_problems(settings: Settings | None) -> list[Problem]:
    """What is wrong with the connectors beyond the keys that a configuration sets, and with what they are used for."""
    problems: list[Problem] = []
    platforms = settings.platforms.values() if settings else ()
    connectors: dict[Path, Connector] = {}
    for file in dict.fromkeys(platform.connector_file for platform in platforms):
        try:
            connectors[file] = load_connector(file)
        except ConfigurationError as error:
            problems += error.problems
    for platform in platforms:
        connector = connectors.get(platform.connector_file)
        wrong = None if connector is None else address_problem(platform, connector)
        problems += [] if wrong is None else [wrong]
    return problems


def _connect(settings: Settings, probe_rounding: bool) -> tuple[list[Finding], Probed | None]:
    # Ledger and network take longer to import than the files take to be checked; only this needs them.
    from syncd.logs import set_up_logs
    from syncd.sync.company import open_workshop
    from syncd.sync.connection import try_connections
    from syncd.sync.probe import probe

    set_up_logs([secret.reveal() for secret in settings.secrets], names=settings.order_prefixes, zone=settings.timezone)
    with open_workshop(settings) as workshop:
        findings = list(try_connections(workshop))
        if not probe_rounding or not all(finding.ok for finding in findings if finding.service == "parasut"):
            return findings, None
        assert workshop.client is not None
        with workshop.ledger.company.lease():
            return findings, probe(workshop.client, workshop.ledger, workshop.clock, settings.timezone)


def _report(
    problems: list[Problem], file: Path, findings: list[Finding], probed: Probed | None, format: Format
) -> None:
    if format is Format.JSON:
        print_json(
            {
                "file": str(file),
                "problems": [_problem(problem) for problem in problems],
                "connections": findings,
                "rounding": None if probed is None else probed.remaining,
            }
        )
        return
    for problem in problems:
        print(str(problem))
    if not any(problem.severity == "error" for problem in problems):
        print(f"{file}: no errors")
    for finding in findings:
        sign = "ok  " if finding.ok else "FAIL"
        print(f"{sign} {finding.service}: {finding.what}: {finding.message}")
        if not finding.ok and finding.remedy:
            print(f"     what to do: {finding.remedy}")
    if findings and probed is None:
        print(
            "rounding: not probed; `syncd check --probe` learns how the account rounds (makes an estimate, deletes it)"
        )
    if probed is not None:
        words = probed.remaining[0] if len(probed.remaining) == 1 else f"{len(probed.remaining)} ways remain possible"
        print(f"rounding: {words}")
        for left in probed.left_behind:
            print(f"could not be deleted again, please do: {left}")


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.position.file,
        "line": problem.position.line,
        "column": problem.position.column,
        "severity": problem.severity,
        "message": problem.message,
        "suggestion": problem.suggestion,
    }


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)
