"""`syncd fetch`: what a platform returns, and the order made from it; for whoever writes a connector."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Annotated, Any

import simplejson
import typer

from syncd.cli.exits import PROBLEMS
from syncd.cli.options import ConfigOption, FormatOption, VerboseOption, settings_or_exit
from syncd.cli.output import Format, print_json
from syncd.config.schedule import seconds
from syncd.config.settings import Settings
from syncd.errors import Hold, PlatformError, UsageError
from syncd.ledger.order_row import order_label
from syncd.orders.invoiceable import invoiceable
from syncd.orders.json import order_to_json
from syncd.orders.order import Order
from syncd.orders.status import MAIN_WAY
from syncd.platforms.platform import Platform, Record, open_platform
from syncd.words import counted

_SPAN = re.compile(r"[1-9][0-9]*[smhd]", re.ASCII)


def fetch(
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="A name under `platforms:`.")],
    since: Annotated[
        str, typer.Option("--since", help="What changed since then: a day (2026-11-20), a moment, or 2h, 3d.")
    ] = "1d",
    raw: Annotated[bool, typer.Option("--raw", help="Show the platform's own records, too.")] = False,
    order: Annotated[
        str | None,
        typer.Option(
            "--order", metavar="NUMBER", help="Only this order, by number, package id or both (204012345#987654)."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Stop after this many records.")] = 20,
    config: ConfigOption = None,
    format: FormatOption = Format.TEXT,
    verbose: VerboseOption = False,
) -> None:
    """Read a platform and show the orders that its connector makes of the records. Changes nothing anywhere.

    What is printed holds the buyers' data. Exit 1 when a record could not be read.
    """
    settings = settings_or_exit(config, verbose=verbose)
    with _opened(settings, platform) as opened:
        found = (record for page in opened.changes(_moment(since, settings)) for record in page.records)
        wanted = (
            record
            for record in found
            if order is None or order in (record.id, record.number, f"{record.number}#{record.id}")
        )
        records, more, failure = _gathered(wanted, limit)
    if format is Format.JSON:
        print_json([_data(platform, record, raw) for record in records])
    else:
        for record in records:
            sys.stdout.write("\n".join(_lines(platform, record, raw, settings.timezone)) + "\n\n")
        sys.stdout.write(_summary(platform, records, limit, more) + "\n")
    if failure is not None:
        raise failure
    raise typer.Exit(PROBLEMS if any(record.problem is not None for record in records) else 0)


def _gathered(wanted: Iterator[Record], limit: int) -> tuple[list[Record], bool, PlatformError | None]:
    """Up to `limit` records, whether there are more, and what ended the reading early."""
    records: list[Record] = []
    try:
        for record in wanted:
            if len(records) == limit:
                return records, True, None
            records.append(record)
    except PlatformError as error:
        return records, False, error
    return records, False, None


@contextmanager
def _opened(settings: Settings, name: str) -> Iterator[Platform]:
    if name not in settings.platforms:
        raise UsageError(f"There is no platform {name!r}.", f"The platforms are: {', '.join(settings.platforms)}.")
    platform = open_platform(settings.platforms[name])
    try:
        yield platform
    finally:
        platform.close()


def _moment(text: str, settings: Settings) -> datetime:
    if _SPAN.fullmatch(text):
        return datetime.now(UTC) - timedelta(seconds=seconds(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since {text!r} is no moment.", "Write 2026-11-20, 2026-11-20T09:30, 2h or 3d.") from None
    if len(text) == len("2026-11-20"):
        moment = datetime.combine(moment, time.min)
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.timezone)


def _data(platform: str, record: Record, raw: bool) -> dict[str, Any]:
    """The order is in the form that `plan --input` and `syncd test` take."""
    problem = record.problem
    data: dict[str, Any] = {
        "platform": platform,
        "id": record.id,
        "number": record.number,
        "order": None if record.order is None else order_to_json(record.order),
        "problem": None if problem is None else {"hold_code": problem.code, "message": problem.message},
        "lines_differ": None if record.order is None or (held := _difference(record.order)) is None else held.message,
    }
    return data | {"raw": record.raw} if raw else data


def _lines(platform: str, record: Record, raw: bool, zone: tzinfo) -> Iterator[str]:
    yield f"{platform}/{order_label(record.number, record.id) or '?'}"
    if record.problem is not None:
        yield f"  can't be read ({record.problem.code}): {record.problem.message}"
    if record.order is not None:
        yield from _order_lines(record.order, zone)
    if raw:
        text = simplejson.dumps(record.raw, use_decimal=True, ensure_ascii=False, indent=2, default=str)
        yield from (f"  | {line}" for line in text.splitlines())


def _order_lines(order: Order, zone: tzinfo) -> Iterator[str]:
    yield f"  id         {order.id}" + (f", from {', '.join(order.origin_ids)}" if order.origin_ids else "")
    yield f"  status     {order.status} ({order.status_text})"
    moments = {"ordered": order.ordered_at, "changed": order.updated_at, "shipped": order.shipped_at}
    yield "  moments    " + ", ".join(
        f"{word} {moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" for word, moment in moments.items() if moment is not None
    )
    buyer = order.buyer
    yield f"  buyer      {buyer.company or buyer.name}" + (
        f", tax number {buyer.tax_number}" if buyer.tax_number else ""
    )
    yield f"  address    {' '.join(filter(None, (order.billing.address, order.billing.district, order.billing.city)))}"
    yield f"  payment    {order.payment.method or '?'} {order.payment.title}".rstrip()
    for line in order.lines:
        price = f"{line.unit_price:f}" if line.unit_price else "?"
        less = f" - {line.discount:f}" if line.discount else ""
        yield (
            f"  {line.kind:<10} {line.quantity:f} x {price}{less} = {line.total:f} at {line.vat_rate:f} %"
            f"  [{line.code or 'no code'}] {line.name}"
        )
    yield f"  total      {order.total:f} {order.currency}"
    held = _difference(order)
    if held is not None:
        yield f"  doubt      {held.code}: {held.message}"
    for doubt in order.doubts:
        yield f"  doubt      {doubt.hold_code}: {doubt.message}"


def _difference(order: Order) -> Hold | None:
    """What would hold the order because its lines do not make up its total; nothing of one that is never invoiced."""
    if order.status not in MAIN_WAY:
        return None
    try:
        invoiceable(order, "full")
    except Hold as held:
        return held
    return None


def _summary(platform: str, records: list[Record], limit: int, more: bool) -> str:
    bad = [record for record in records if record.problem is not None]
    odd = [record for record in records if record.order is not None and _difference(record.order) is not None]
    words = counted(len(records), "record")
    for some, told in ((bad, "of them can't be read"), (odd, "with lines that don't come to the total")):
        if some:
            names = (f"{platform}/{order_label(record.number, record.id) or '?'}" for record in some)
            words += f", {len(some)} {told} ({', '.join(names)})"
    return words + (f"; there are more than --limit {limit}" if more else "")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("fetch")(fetch)
