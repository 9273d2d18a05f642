"""The command line: parses, calls, prints; decides nothing."""

from __future__ import annotations

import sys

import click
import typer

from syncd import __version__
from syncd.cli import check, demo, init, orders, plan, rules, sandbox, schema, status
from syncd.cli.exits import exit_code
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
        code = app(args=arguments, standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = 2
    except ConfigurationError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        code = 1
    except SyncdError as error:
        error_console().print(f"error: {error.message}", markup=False)
        if error.remedy:
            error_console().print(f"       {error.remedy}", markup=False)
        code = exit_code(error)
    except BrokenPipeError:
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
