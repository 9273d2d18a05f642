"""What commands print: text for people, JSON for programs."""

from __future__ import annotations

import sys
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import simplejson

from syncd.problem import Position

if TYPE_CHECKING:
    from rich.console import Console


class Format(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


def console() -> Console:
    """Where results go. Lines are as long as they need to be; without a terminal they carry no colours."""
    from rich.console import Console  # commands that print plain lines do without

    return Console(highlight=False, emoji=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Write a value as JSON: money as numbers with all their digits, moments as ISO text."""
    sys.stdout.write(simplejson.dumps(_plain(value), use_decimal=True, ensure_ascii=False, indent=2) + "\n")


def print_table(title: str, columns: list[str], rows: list[list[str]], *, right: frozenset[str] = frozenset()) -> None:
    """Write a table for people."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    out = Console(highlight=False, emoji=False)
    if not out.is_terminal:  # a file or a pipe has no width; programs and grep want whole lines
        out.width = 1000
    out.print(table, no_wrap=True, crop=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Position | Path | StrEnum):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal | str | int | bool) or value is None:
        return value
    return str(value)
