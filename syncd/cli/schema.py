"""`syncd schema`: the JSON Schemas of what a person writes, for editors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from syncd.errors import UsageError
from syncd.resources import SCHEMAS

_SUFFIX = ".schema.json"


def schema(
    name: Annotated[str, typer.Argument(help="syncd, rules, mapping, connector, order or cases.")] = "syncd",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it into this file instead of printing it.")
    ] = None,
    all_: Annotated[
        Path | None, typer.Option("--all", metavar="FOLDER", help="Write all schemas into this folder.")
    ] = None,
) -> None:
    """Print a JSON Schema; editors complete and check the YAML with it."""
    known = {file.name.removesuffix(_SUFFIX): file for file in sorted(SCHEMAS.glob(f"*{_SUFFIX}"))}
    if all_ is not None:
        all_.mkdir(parents=True, exist_ok=True)
        for file in known.values():
            (all_ / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
        typer.echo(f"{len(known)} schemas written to {all_}")
        return
    if name not in known:
        raise UsageError(f"There is no schema {name!r}.", f"The schemas are: {', '.join(known)}.")
    text = known[name].read_text(encoding="utf-8")
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(schema)
