"""`syncd status`: what happened, what waits, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

import typer

from syncd.cli.options import ConfigOption, FormatOption, readable_or_exit
from syncd.cli.output import Format, console, print_json, print_table
from syncd.config.settings import Settings
from syncd.ledger.ledger import Ledger, Mark, RuleState
from syncd.ledger.order_row import State
from syncd.sync.company import open_workshop
from syncd.sync.executor import STOP_SETTING
from syncd.sync.failing import PARASUT, Failing, What, all_failing
from syncd.words import counted

_SHOWN = (State.DUE, State.SETTLING, State.WAITING, State.HELD, State.INVOICED, State.ENDED, State.IGNORED, State.LEFT)

_WAITS = 10  # for what due orders wait, at most


def status(config: ConfigOption = None, format: FormatOption = Format.TEXT) -> None:
    """Orders by rule and state, holds by reason, what doesn't work, how far platforms are read, how Paraşüt rounds."""
    settings = readable_or_exit(config)
    with open_workshop(settings, network=False) as workshop:
        ledger = workshop.ledger
        counts = ledger.orders.counts()
        holds = ledger.orders.holds()
        differing, difference = ledger.orders.differences()
        marks = [(_platform_of(one, ledger, settings), one) for one in ledger.marks()]
        configured = [rule.name for rule in settings.rules] + list(settings.unread.rules if settings.unread else ())
        rules = {name: ledger.rule(name) for name in configured}
        put_off = ledger.overview.put_off(workshop.clock())
        paused = ledger.setting(STOP_SETTING)
        profiles = ledger.company.rounding()
        failing = {(one.what, one.name): one for one in all_failing(ledger)}
    if format is Format.JSON:
        print_json(
            {
                "paused_since": paused,
                "configuration_problems": len(settings.unread.problems) if settings.unread else 0,
                "parasut": {"failing": _failing_data(failing.get(PARASUT))},
                "rules": [
                    {
                        "name": name,
                        "canary": next((rule.canary for rule in settings.rules if rule.name == name), None),
                        "approved": state.approved,
                        "paused": state.paused,
                        "first_invoice_at": state.first_invoice_at,
                        "stopped": _failing_data(failing.get(("rule", name))),
                        "orders": {str(one): counts.get((name, one), 0) for one in _SHOWN},
                        "put_off": [
                            {"orders": one.orders, "until": one.until, "reason": one.reason}
                            for one in put_off
                            if one.rule == name
                        ],
                    }
                    for name, state in rules.items()
                ],
                "without_rule": {
                    str(one): sum(count for (rule, state), count in counts.items() if rule is None and state is one)
                    for one in _SHOWN
                },
                "holds": holds,
                "inexact": {"invoices": differing, "sum": difference},
                "platforms": [
                    *(
                        {
                            "platform": platform or None,
                            "connector": one.connector,
                            "account": one.account,
                            "read_up_to": one.mark,
                            "read_at": one.read_at,
                            "doubted_since": one.doubted_since,
                            "unreadable": _failing_data(failing.get(("platform", platform))),
                        }
                        for platform, one in marks
                    ),
                    *(
                        {
                            "platform": name,
                            "connector": settings.platforms[name].connector,
                            "account": settings.platforms[name].account,
                            "read_up_to": None,
                            "read_at": None,
                            "doubted_since": None,
                            "unreadable": _failing_data(one),
                        }
                        for name, one in _never_read(failing, marks, settings)
                    ),
                ],
                "rounding": list(profiles),
            }
        )
        return
    out = console()
    if paused is not None:
        since = datetime.fromisoformat(paused).astimezone(settings.timezone)
        out.print(f"PAUSED since {since:%Y-%m-%d %H:%M:%S}: nothing is written until `syncd resume`.", markup=False)
    if PARASUT in failing:
        _print_failing("Paraşüt can't be worked with; failing", failing[PARASUT], settings.timezone)
    names = [*rules, *sorted({rule for rule, _ in counts if rule is not None and rule not in rules})]
    rows = [
        [name, *(_count(counts.get((name, state), 0)) for state in _SHOWN), _flags(name, settings, rules)]
        for name in names
    ]
    if any(rule is None for rule, _ in counts):
        rows.append(["(no rule)", *(_count(counts.get((None, state), 0)) for state in _SHOWN), ""])
    print_table("", ["rule", *map(str, _SHOWN), ""], rows, right=frozenset(map(str, _SHOWN)))
    for off in put_off[:_WAITS]:
        due = counts.get((off.rule, State.DUE), 0)
        until = off.until.astimezone(settings.timezone)
        out.print(
            f"rule {off.rule}: {due} due, of them {off.orders} {'waits' if off.orders == 1 else 'wait'} until "
            f"{until:%Y-%m-%d %H:%M:%S}: {off.reason}",
            markup=False,
        )
    for code, count in sorted(holds.items()):
        out.print(f"held: {count} × {code}   (syncd orders list --hold {code})", markup=False)
    if differing:
        invoices = counted(differing, "invoice differs", "invoices differ")
        out.print(f"{invoices} from the order's total, by {difference:+} in sum", markup=False)
    zone = settings.timezone
    for (what, name), one in failing.items():
        if what == "rule" and name in rules:
            _print_failing(f"rule {name}: stopped", one, zone)
    for platform, mark in marks:
        account = f"{mark.connector} {mark.account}"
        out.print(
            f"{f'{platform} ({account})' if platform else account}: "
            f"read up to {mark.mark.astimezone(zone):%Y-%m-%d %H:%M:%S}, "
            + (
                "the first reading is not finished"
                if mark.rescanned_at is None
                else f"last at {mark.read_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
            ),
            markup=False,
        )
        if mark.doubted_since is not None:
            since = mark.doubted_since.astimezone(zone)
            out.print(f"  shows far less than it must since {since:%Y-%m-%d %H:%M}; nothing is concluded", markup=False)
        unreadable = failing.get(("platform", platform))
        if unreadable is not None:
            _print_failing("  not read to its end", unreadable, zone)
    for name, one in _never_read(failing, marks, settings):
        _print_failing(f"{name} ({settings.platforms[name].connector}): never read to its end; failing", one, zone)
    known = (
        profiles[0] if len(profiles) == 1 else f"{len(profiles)} ways remain possible" if profiles else "not known yet"
    )
    out.print(f"rounding at Paraşüt: {known}", markup=False)


def _platform_of(mark: Mark, ledger: Ledger, settings: Settings) -> str:
    """The name of the platform that a mark is of, or "" when nothing tells: marks know accounts, orders both."""
    name = ledger.overview.platform_of(mark.connector, mark.account)
    alike = [one.name for one in settings.platforms.values() if one.connector == mark.connector]
    return name or (alike[0] if len(alike) == 1 else "")


def _never_read(
    failing: Mapping[tuple[What, str], Failing], marks: Sequence[tuple[str, Mark]], settings: Settings
) -> list[tuple[str, Failing]]:
    """The platforms that fail and of which nothing was read yet."""
    read = {platform for platform, _ in marks}
    return [
        (name, one)
        for (what, name), one in failing.items()
        if what == "platform" and name in settings.platforms and name not in read
    ]


def _failing_data(one: Failing | None) -> dict[str, object] | None:
    return None if one is None else {"since": one.since, "reason": one.why, "remedy": one.remedy}


def _print_failing(what: str, one: Failing, zone: tzinfo) -> None:
    out = console()
    out.print(f"{what} since {one.since.astimezone(zone):%Y-%m-%d %H:%M}: {one.why}", markup=False)
    out.print(f"    what to do: {one.remedy}", markup=False)


def _count(number: int) -> str:
    return str(number) if number else "·"


def _flags(name: str, settings: Settings, states: dict[str, RuleState]) -> str:
    rule = next((rule for rule in settings.rules if rule.name == name), None)
    if rule is None and settings.unread is not None:
        paused = "paused; " if name in states and states[name].paused else ""
        return f"{paused}not read: `syncd check`"
    if rule is None:
        return "no longer configured"
    state = states[name]
    words = ["paused"] if state.paused else []
    if rule.canary and not state.approved:
        first = state.first_invoice_at
        words.append(
            "canary: waits for `syncd approve " + name + "`" if first else "canary: one invoice, then it waits"
        )
    return ", ".join(words)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)
