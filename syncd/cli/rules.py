"""`syncd approve`, `syncd pause`, `syncd resume`: what a person says about a rule, or about everything."""

from __future__ import annotations

from typing import Annotated

import typer

from syncd.cli.options import ConfigOption, RuleOption, settings_or_exit
from syncd.cli.output import console
from syncd.sync.company import open_workshop
from syncd.sync.decisions import approve as approve_rule
from syncd.sync.decisions import set_paused


def approve(rule: Annotated[str, typer.Argument(help="The rule's name.")], config: ConfigOption = None) -> None:
    """Let a rule with `go_live: canary` go on, after you looked at its first invoice."""
    with open_workshop(settings_or_exit(config), network=False) as workshop:
        approve_rule(rule, workshop)
    console().print(f"rule {rule} is approved", markup=False)


def pause(rule: RuleOption = None, config: ConfigOption = None) -> None:
    """The emergency stop: nothing is written any more, also by a run that is under way."""
    with open_workshop(settings_or_exit(config), network=False) as workshop:
        set_paused(rule, True, workshop)
    console().print(
        f"rule {rule} is paused" if rule else "paused: nothing is written until `syncd resume`", markup=False
    )


def resume(rule: RuleOption = None, config: ConfigOption = None) -> None:
    """Take `syncd pause` back."""
    with open_workshop(settings_or_exit(config), network=False) as workshop:
        set_paused(rule, False, workshop)
    console().print(f"rule {rule} goes on" if rule else "resumed", markup=False)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("approve")(approve)
    app.command("pause")(pause)
    app.command("resume")(resume)
