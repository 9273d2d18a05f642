"""`syncd adopt`: give orders the invoices that Paraşüt has of them already."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from syncd.cli.delegating import carry_out
from syncd.cli.exits import PROBLEMS
from syncd.cli.options import ConfigOption, FormatOption, VerboseOption, readable_or_exit
from syncd.cli.output import Format, print_json
from syncd.words import counted


def adopt(
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell; change no order.")] = False,
    format: FormatOption = Format.TEXT,
    verbose: VerboseOption = False,
) -> None:
    """Look for invoices in Paraşüt that the ledger doesn't know, and give them to their orders.

    Every run does this before it writes. By hand it shows what is found after a ledger was lost or restored. Writes
    nothing to Paraşüt or a platform. Exit 1 when a person must decide, or a platform could not be read.
    """
    settings = readable_or_exit(config, verbose=verbose)
    answer, _ = carry_out("adopt", {"dry_run": dry_run}, settings)
    if format is Format.JSON:
        print_json(answer)
    else:
        sys.stdout.write("\n".join(_lines(answer)) + "\n")
    if answer["maybe_invoiced"]["count"] or answer["not_read"]:
        raise typer.Exit(PROBLEMS)


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    would = "would be adopted" if answer["dry_run"] else "adopted"
    for one in answer["adopted"]["orders"]:
        yield f"{one['order']}: invoice {one['invoice']} {would} ({one['how']})"
    yield from _more(answer["adopted"])
    for one in answer["maybe_invoiced"]["orders"]:
        yield f"{one['order']}: {'would be held' if answer['dry_run'] else 'held'} (maybe-invoiced)"
        yield f"  why: {one['why']}"
        yield f"  what to do: {one['remedy']}"
    yield from _more(answer["maybe_invoiced"])
    for one in answer["strangers"]["invoices"]:
        yield f"invoice {one['id']}, {one['mark']}: its order is not known here"
    yield from _more(answer["strangers"], "invoices")
    for words in answer["not_read"]:
        yield f"not read to the end: {words}"
    yield (
        f"{answer['adopted']['count']} {would}, {answer['maybe_invoiced']['count']} maybe invoiced, "
        f"{counted(answer['strangers']['count'], 'invoice')} of syncd's without an order; "
        f"{counted(answer['calls'], 'call')} to Paraşüt"
    )


def _more(found: Mapping[str, Any], kind: str = "orders") -> Iterator[str]:
    left = found["count"] - len(found[kind])
    if left:
        yield f"… and {left} more"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("adopt")(adopt)
