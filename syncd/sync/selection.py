"""The part of the work that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from syncd.config.settings import Rule, Settings
from syncd.errors import Hold, UsageError
from syncd.ledger.order_row import OrderKey, OrderRow, State
from syncd.logs import about
from syncd.platforms.platform import Platform
from syncd.sync.collect import Collected, collect
from syncd.sync.executor import asked_to_stop
from syncd.sync.judge import Judgement
from syncd.sync.progress import Progress
from syncd.sync.readings import Readings, Task
from syncd.sync.report import Report, Selection
from syncd.sync.workshop import Workshop
from syncd.words import counted as counted_words
from syncd.words import sentence

_NEVER = datetime.max.replace(tzinfo=UTC)
_TO_BE_DONE = (State.DUE, State.SETTLING)


def collect_all(workshop: Workshop, selection: Selection, judgement: Judgement, *, store: bool) -> list[Collected]:
    """Read every platform that the selected rules are for, all at once; each once, however many rules share it.

    One that has been read for long already is not waited for, and its result says so. Raises Stopped when the run is to
    end; what was read until then is kept.
    """
    wanted = {name for rule in selected_rules(workshop.settings, selection) for name in rule.platforms}
    if selection.order is not None:
        wanted &= {selection.order[0]}
    tasks = {
        name: _task(workshop, platform, judgement, store=store)
        for name, platform in workshop.platforms.items()
        if name in wanted
    }
    return (workshop.readings or Readings()).read(tasks, workshop.breathe)


def _task(workshop: Workshop, platform: Platform, judgement: Judgement, *, store: bool) -> Task:
    name, stopping = platform.name, workshop.stopping
    progress = Progress(name, judgement.zone)

    def read(between: Callable[[], None]) -> Collected:
        def pause() -> None:
            between()
            if stopping():
                raise asked_to_stop()

        with about(platform=name):
            return collect(
                platform,
                workshop.ledger,
                judgement,
                workshop.clock,
                reader=workshop.reader(name),
                store=store,
                between=pause,
                progress=progress,
                on_rise=lambda: workshop.platform_read(name),
            )

    return Task(progress, read)


def selected_rules(settings: Settings, selection: Selection) -> list[Rule]:
    """The rules a command asked for, in their order. Raises UsageError when there is none."""
    if not settings.rules:
        raise UsageError("The configuration has no rules.", "Add one under `rules`; syncd.yaml.example shows two.")
    rules = [rule for rule in settings.rules if selection.rules is None or rule.name in selection.rules]
    if not rules:
        asked = ", ".join(map(repr, sorted(selection.rules or ())))
        names = ", ".join(rule.name for rule in settings.rules)
        raise UsageError(f"There is no rule {asked}.", f"The rules are: {names}.")
    return rules


def due_rows(
    workshop: Workshop, changed: Mapping[OrderKey, OrderRow], selection: Selection, *, bare: bool = False
) -> list[OrderRow]:
    """The due orders that are asked for, oldest first, under their platform's name of today.

    Among them are those that wait for the outcome of a request. `changed` comes before what the ledger says. `bare`
    rows come without their documents. Raises UsageError when a named order is not the only one of its name.
    """
    names = {(platform.connector, platform.account): name for name, platform in workshop.platforms.items()}
    asked = None if selection.strays else selection.rules
    stored = workshop.ledger.orders.in_state(_TO_BE_DONE, rules=asked, bare=bare)
    rows = [row for row in stored if row.key not in changed]
    rows += [row for row in changed.values() if row.state in _TO_BE_DONE]
    rows = [replace(row, platform=names.get((row.connector, row.account), row.platform)) for row in rows]
    known = {rule.name for rule in workshop.settings.rules}
    rows = [row for row in rows if selected(row, selection) or (selection.strays and row.rule not in known)]
    if selection.order is not None and len(rows) > 1:
        packages = ", ".join(sorted(row.whole_name for row in rows))
        raise UsageError(f"{'/'.join(selection.order)} names {len(rows)} orders.", f"Name one of them: {packages}.")
    return sorted(rows, key=lambda row: (row.ordered_at or _NEVER, row.package))


def must_know(workshop: Workshop, selection: Selection, rows: Sequence[OrderRow], report: Report) -> None:
    """Raise UsageError when a person named an order that can't be worked on, saying why."""
    if selection.order is None or rows or any(collected.error or collected.pending for collected in report.collected):
        return
    platform, text = selection.order
    if platform not in workshop.settings.platforms:
        known = ", ".join(workshop.settings.platforms)
        raise UsageError(f"There is no platform {platform!r}.", f"The platforms are: {known}.")
    found = workshop.ledger.orders.named(platform, text)
    if not found:
        raise UsageError(
            f"{platform} shows no order {text} since the rules' `since`.", "Look for its number in the shop."
        )
    if not any(result.row.key == found[0].key for result in report.results):
        raise UsageError(sentence(f"{found[0].name} is not due; it is {found[0].state}: {found[0].reason}"))


def not_yet(row: OrderRow, now: datetime, zone: tzinfo) -> str:
    """Why a due order's turn has not come yet, and when it does; "" when it has."""
    if row.state is not State.SETTLING and (row.next_at is None or row.next_at <= now):
        return ""
    next_at = max(row.next_at or now, now).astimezone(zone)
    tries = f" ({counted_words(row.attempts, 'attempt')})" if row.attempts else ""
    return f"{row.reason.rstrip('.')}{tries}; the next try is at {next_at:%Y-%m-%d %H:%M:%S}"


def obstacle(row: OrderRow, workshop: Workshop, report: Report) -> Hold | str | None:
    """What keeps a due order from being worked on whatever its rule says; a hold needs a person, a text passes."""
    if row.platform not in workshop.settings.platforms:
        return f"the platform {row.platform} is no longer in the configuration"
    if row.rule not in {rule.name for rule in workshop.settings.rules}:
        return Hold(
            "rule-gone",
            f"The rule {row.rule} that owns the order is no longer in the configuration.",
            "Give the rule its name back, or finish the order by hand in Paraşüt and `syncd orders ignore` it.",
        )
    unread = {collected.platform for collected in report.collected if collected.error is not None}
    if row.platform in unread and row.invoice_id is None:
        return f"{row.platform} could not be read; the order may have changed there"
    being_read = {collected.platform for collected in report.collected if collected.pending}
    being_read |= set() if workshop.readings is None else workshop.readings.begun().keys()
    if row.platform in being_read:  # whether it has an invoice or not: a thread may be saving what changed about it
        return f"{row.platform} is still being read; the order may have changed there"
    return None


def in_turn(
    rows: Sequence[OrderRow], workshop: Workshop, selection: Selection, report: Report
) -> tuple[list[tuple[OrderRow, Hold | str]], list[tuple[Rule, OrderRow]]]:
    """The due orders that have an obstacle, with it; and the others with their rules, rule by rule."""
    seen = [(row, obstacle(row, workshop, report)) for row in rows]
    rules = selected_rules(workshop.settings, selection)
    free = [(rule, row) for rule in rules for row, why in seen if why is None and row.rule == rule.name]
    return [(row, why) for row, why in seen if why is not None], free


def selected(row: OrderRow, selection: Selection) -> bool:
    """Whether a command asked for this order."""
    if selection.rules is not None and row.rule not in selection.rules:
        return False
    if selection.order is None:
        return True
    platform, text = selection.order
    return row.platform == platform and row.is_called(text)


def calls_of(workshop: Workshop) -> tuple[int, int, int]:
    """The requests to Paraşüt so far; how many of them were answered 429, and how many had a good answer."""
    client = workshop.client
    return (0, 0, 0) if client is None else (client.calls, client.throttled, client.answers)


def counted(report: Report, workshop: Workshop, before: tuple[int, int, int] = (0, 0, 0)) -> Report:
    """The report with what the run has cost at Paraşüt, where `before` it that much had been spent."""
    now = calls_of(workshop)
    report.calls, report.throttled, report.answers = (
        later - earlier for later, earlier in zip(now, before, strict=True)
    )
    return report
