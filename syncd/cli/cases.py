"""`syncd test`: the unit tests of rules and mappings, written in YAML."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from syncd.cases.case_file import ENDINGS, FOLDERS, case_files
from syncd.cases.junit import junit_xml
from syncd.cases.recording import Change
from syncd.cases.run import record, run_cases
from syncd.cases.words import change_line, closing_lines, result_lines, run_data
from syncd.cli.exits import FINE, PROBLEMS
from syncd.cli.options import ConfigOption, FormatOption, config_file
from syncd.cli.output import Format, print_json
from syncd.config.load import load_settings
from syncd.errors import ConfigurationError, UsageError


def test(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files of cases, or folders with *.cases.yaml. Default: tests and cases beside the configuration."
        ),
    ] = None,
    config: ConfigOption = None,
    update: Annotated[
        bool, typer.Option("--update", help="Write what comes out into the cases that fail or expect nothing yet.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Also write the results as JUnit XML, for CI.")
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Try rules and mappings on the orders of case files; asks nobody, needs no secrets. Exit 1 when one fails."""
    file = config_file(config)
    loaded = load_settings(file, os.environ, secrets="optional")
    if loaded.errors or loaded.settings is None:
        raise ConfigurationError(loaded.errors)
    files = case_files(paths or [], file.parent)
    run = run_cases(files, loaded.settings)
    changes: list[Change] = list(record(run)) if update else []
    if junit is not None:
        _write(junit, junit_xml(run))
    if format is Format.JSON:
        print_json(run_data(run, changes))
        raise typer.Exit(FINE if run.passed else PROBLEMS)
    if not files:
        looked = "in what was named" if paths else f"in {' or '.join(str(file.parent / name) for name in FOLDERS)}"
        sys.stdout.write(f"There is no file *{ENDINGS[0]} {looked}.\n")
        raise typer.Exit(PROBLEMS)
    lines = [str(problem) for problem in run.problems]
    lines += [line for one in run.results if one.ending != "passed" for line in (*result_lines(one), "")]
    lines += [change_line(change) for change in changes]
    sys.stdout.write("\n".join([*lines, *closing_lines(run)]) + "\n")
    raise typer.Exit(FINE if run.passed else PROBLEMS)


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"The results can't be written to {file}: {error.strerror or error}.",
            "Name a file that may be written with --junit.",
        ) from error


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("test")(test)
