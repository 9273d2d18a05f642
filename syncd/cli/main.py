"""The command line: parses, calls, prints; decides nothing."""

from __future__ import annotations

import sys

import typer

from syncd import __version__
from syncd.cli import check, demo, init, orders, plan, rules, sandbox, schema, status
from syncd.cli.exits import FINE, PROBLEMS, exit_code
from syncd.cli.output import error_console
from syncd.errors import ConfigurationError, SyncdError

app = typer.Typer(
    name="syncd",
    help="Carries e-commerce orders into Paraşüt as invoices, as YAML rules say.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(orders.app, name="orders")
for module in (check, plan, status, rules, init, schema, sandbox, demo):
    module.register(app)


@app.callback(invoke_without_command=True)
def root(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    """Carries e-commerce orders into Paraşüt as invoices, as YAML rules say."""
    if version:
        typer.echo(f"syncd {__version__}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 fine, 1 problems found, 2 wrong usage, 3 the other side can't be reached."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a unit without a locale still prints Turkish
    try:
        app(args=arguments, prog_name="syncd")
    except ConfigurationError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(PROBLEMS)
    except SyncdError as error:
        error_console().print(f"error: {error.message}", markup=False)
        if error.remedy:
            error_console().print(f"       {error.remedy}", markup=False)
        sys.exit(exit_code(error))
    except BrokenPipeError:  # `syncd plan | head`
        sys.exit(FINE)


if __name__ == "__main__":
    main()
