"""`syncd approve`, `syncd pause`, `syncd resume`: what a person says about a rule, or about everything."""

from __future__ import annotations

from typing import Annotated

import typer

from syncd.cli.delegating import carry_out
from syncd.cli.options import ConfigOption, RuleOption, readable_or_exit
from syncd.cli.output import console


def approve(rule: Annotated[str, typer.Argument(help="The rule's name.")], config: ConfigOption = None) -> None:
    """Let a rule with `go_live: canary` go on, after you looked at its first invoice."""
    carry_out("approve", {"rule": rule}, readable_or_exit(config))
    console().print(f"rule {rule} is approved", markup=False)


def pause(rule: RuleOption = None, config: ConfigOption = None) -> None:
    """The emergency stop: nothing is written any more, also by a run that is under way."""
    carry_out("pause", {"rule": rule}, readable_or_exit(config))
    console().print(
        f"rule {rule} is paused" if rule else "paused: nothing is written until `syncd resume`", markup=False
    )


def resume(rule: RuleOption = None, config: ConfigOption = None) -> None:
    """Take `syncd pause` back."""
    carry_out("resume", {"rule": rule}, readable_or_exit(config))
    console().print(f"rule {rule} goes on" if rule else "resumed", markup=False)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("approve")(approve)
    app.command("pause")(pause)
    app.command("resume")(resume)
