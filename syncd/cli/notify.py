"""`syncd notify`: who is told of what; with `--test`, whether it reaches them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from syncd.cli.exits import FINE, UNREACHABLE
from syncd.cli.options import ConfigOption, FormatOption, settings_or_exit
from syncd.cli.output import Format, console, print_json, print_table
from syncd.config.settings import Channel, Event, Notify, Settings
from syncd.errors import UsageError


def notify(
    config: ConfigOption = None,
    test: Annotated[
        bool, typer.Option("--test", help="Send a test message through every channel, now and whatever the hour.")
    ] = False,
    channel: Annotated[str | None, typer.Option("--channel", metavar="NAME", help="Only this channel.")] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show the channels of `notify`; with --test, try them."""
    settings = settings_or_exit(config)
    if settings.notify is None:
        raise UsageError("The configuration has no `notify`.", "docs/notifications.md shows how to add it.")
    chosen = _chosen(settings.notify, channel)
    if test:
        _try(chosen, settings, format)
    if format is Format.JSON:
        print_json([_plain(one) for one in chosen])
        return
    rows = [
        [one.name, _way(one), "everything" if one.events == set(Event) else ", ".join(_events(one))] for one in chosen
    ]
    print_table("", ["channel", "way", "told of"], rows)
    out = console()
    quiet, summary = settings.notify.quiet_hours, settings.notify.daily_summary
    if quiet is not None:
        spared = ", ".join(sorted(quiet.exceptions)) or "nothing"
        out.print(f"quiet from {quiet.begin:%H:%M} to {quiet.end:%H:%M}, except: {spared}", markup=False)
    out.print("daily summary: " + ("off" if summary is None else f"at {summary:%H:%M}"), markup=False)


def _try(channels: list[Channel], settings: Settings, format: Format) -> None:
    from syncd.daemon.channels.delivery import deliver  # listing them needs none of this
    from syncd.daemon.channels.failure import NotDelivered
    from syncd.daemon.messages import Writer

    assert settings.notify is not None
    writer = Writer(settings.notify.language, settings.timezone, str(settings.parasut.company_id))
    message = writer.test(datetime.now(UTC))
    results: list[dict[str, object]] = []
    for channel in channels:
        failure: NotDelivered | None = None
        try:
            deliver(channel, message)
        except NotDelivered as error:
            failure = error
        results.append(
            {
                "channel": channel.name,
                "way": _way(channel),
                "ok": failure is None,
                "message": failure.message if failure else "the test message was taken",
                "remedy": failure.remedy if failure else "",
            }
        )
        if format is Format.TEXT:
            result = results[-1]
            console().print(
                f"{'ok  ' if failure is None else 'FAIL'} {channel.name} ({_way(channel)}): {result['message']}",
                markup=False,
            )
            if failure is not None and failure.remedy:
                console().print(f"     what to do: {failure.remedy}", markup=False)
    if format is Format.JSON:
        print_json(results)
    raise typer.Exit(FINE if all(result["ok"] for result in results) else UNREACHABLE)


def _chosen(notify: Notify, name: str | None) -> list[Channel]:
    if name is None:
        return list(notify.channels)
    found = [channel for channel in notify.channels if channel.name == name]
    if not found:
        names = ", ".join(channel.name for channel in notify.channels)
        raise UsageError(f"There is no channel {name!r}.", f"The channels are: {names}.")
    return found


def _plain(channel: Channel) -> dict[str, object]:
    return {"channel": channel.name, "way": _way(channel), "events": _events(channel)}


def _way(channel: Channel) -> str:
    return type(channel.way).__name__.lower()


def _events(channel: Channel) -> list[str]:
    return [str(event) for event in Event if event in channel.events]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("notify")(notify)
