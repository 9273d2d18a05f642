"""The command line: parses, calls, prints; decides nothing."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import typer

from syncd import __version__
from syncd.cli.exits import FINE, PROBLEMS, exit_code
from syncd.errors import ConfigurationError, SyncdError

# Which module holds a command. Only the one that is called gets imported: `check` must answer at once.
_MODULES = {
    "check": "check",
    "plan": "plan",
    "apply": "plan",
    "adopt": "adopt",
    "run": "run",
    "status": "status",
    "orders": "orders",
    "fetch": "fetch",
    "ledger": "ledger",
    "approve": "rules",
    "pause": "rules",
    "resume": "rules",
    "notify": "notify",
    "test": "cases",
    "init": "init",
    "schema": "schema",
    "sandbox": "sandbox",
    "demo": "demo",
}

app = typer.Typer(
    name="syncd",
    help="Carries e-commerce orders into Paraşüt as invoices, as YAML rules say.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


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
    words = sys.argv[1:] if arguments is None else arguments
    called = _MODULES.get(words[0]) if words else None
    for name in dict.fromkeys([called] if called else _MODULES.values()):
        import_module(f"syncd.cli.{name}").register(app)
    try:
        app(args=words, prog_name="syncd")
    except ConfigurationError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        if error.remedy:
            print(error.remedy, file=sys.stderr)
        sys.exit(PROBLEMS)
    except SyncdError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.remedy:
            print(f"       {error.remedy}", file=sys.stderr)
        sys.exit(exit_code(error))
    except BrokenPipeError:  # `syncd plan | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its exit
        sys.exit(FINE)
    except OSError as error:
        print(f"error: {error.strerror or error}", file=sys.stderr)
        sys.exit(PROBLEMS)


if __name__ == "__main__":
    main()
