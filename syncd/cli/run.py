"""`syncd run`: the daemon."""

from __future__ import annotations

import os
import sys

import typer

from syncd.cli.options import ConfigOption, VerboseOption, config_file


def run(config: ConfigOption = None, verbose: VerboseOption = False) -> None:
    """Work on every rule at its times until SIGTERM or Ctrl-C; SIGHUP reads the configuration again.

    A stop lets the request in hand end, within 10 seconds; a second one ends at once. Exit 0 after a clean stop.
    """
    from syncd.daemon.daemon import left_a_thread  # brings endpoints and scheduler along
    from syncd.daemon.daemon import run as run_daemon

    code = run_daemon(config_file(config), os.environ, verbose=verbose)
    if code or left_a_thread():
        # A thread that still waits for an answer would be waited for by nobody; leave without tidying up under it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)
