"""Options that several commands share, and what stands behind them."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from syncd.cli.output import Format
from syncd.config.load import find_config, load_settings
from syncd.config.settings import Settings
from syncd.errors import ConfigurationError, UsageError
from syncd.words import counted

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="The configuration file. Default: $SYNCD_CONFIG, ./syncd.yaml, /etc/syncd/syncd.yaml."
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for programs.")]
RuleOption = Annotated[str | None, typer.Option("--rule", help="Only this rule.")]
ORDER_NAMES = "site/1042, n11/204012345#987654; or by number or package id alone, where that is one order."
OrderOption = Annotated[
    str | None,
    typer.Option("--order", metavar="PLATFORM/ID", help=f"Only this order: {ORDER_NAMES}"),
]
OrderArgument = Annotated[str, typer.Argument(metavar="PLATFORM/ID", help=f"The order: {ORDER_NAMES}")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Also log what is going on, to standard error.")]


def config_file(option: Path | None) -> Path:
    """The configuration file that the option, the environment or the usual places name; UsageError for none."""
    file = find_config(option, os.environ, Path.cwd())
    if option is None and "SYNCD_CONFIG" not in os.environ and not file.exists():
        raise UsageError(
            "There is no configuration: neither ./syncd.yaml nor /etc/syncd/syncd.yaml exists.",
            "`syncd init` writes a first one; --config or $SYNCD_CONFIG names another place.",
        )
    return file


def settings_or_exit(config: Path | None, *, verbose: bool = False) -> Settings:
    """Load the configuration for a command that needs all of it. Raises ConfigurationError with every problem."""
    loaded = load_settings(config_file(config), os.environ)
    if loaded.errors or loaded.settings is None:
        raise ConfigurationError(loaded.errors)
    _set_up_logs(loaded.settings, verbose)
    return loaded.settings


def readable_or_exit(config: Path | None, *, verbose: bool = False) -> Settings:
    """The same for a command that looks into the ledger, stops, or asks the daemon: problems elsewhere are a warning.

    Settings with `unread` are what could be read; the daemon works on with its last good ones. Raises
    ConfigurationError when even ledger and company can't be told.
    """
    file = config_file(config)
    loaded = load_settings(file, os.environ)
    settings = loaded.settings or loaded.readable
    if settings is None:
        raise ConfigurationError(
            loaded.errors, "Until this is mended `systemctl stop syncd` stops a running daemon (or kill -TERM)."
        )
    _set_up_logs(settings, verbose)
    if loaded.errors:
        problems = counted(len(loaded.errors), "problem")
        sys.stderr.write(
            f"warning: {file.name} has {problems}, see `syncd check`; this goes by the rest of it, "
            "a running daemon by its last good configuration.\n"
        )
    return settings


def _set_up_logs(settings: Settings, verbose: bool) -> None:
    from syncd.logs import set_up_logs  # only commands that do something need a log

    set_up_logs(
        [secret.reveal() for secret in settings.secrets],
        names=settings.order_prefixes,
        verbose=verbose,
        zone=settings.timezone,
    )


def order_name(text: str) -> tuple[str, str]:
    """`site/1042` as platform and number; raises UsageError."""
    match = re.fullmatch(r"([^/]+)/(.+)", text)
    if match is None:
        raise UsageError(f"{text!r} does not name an order.", "Write it as PLATFORM/NUMBER, like site/1042.")
    return match[1], match[2]


def stop_on_signals() -> Callable[[], bool]:
    """Let Ctrl-C and SIGTERM end a run after the request in hand; returns what tells whether one came."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:  # a second one means it: the ledger keeps the intent of the request that is cut off
            raise KeyboardInterrupt
        asked = True

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    return lambda: asked
