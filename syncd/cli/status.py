"""`syncd status`: what happened, what waits, why."""

from __future__ import annotations

import typer

from syncd.cli.options import ConfigOption, FormatOption, settings_or_exit
from syncd.cli.output import Format, console, print_json, print_table
from syncd.config.settings import Settings
from syncd.ledger.ledger import RuleState
from syncd.ledger.order_row import State
from syncd.sync.company import open_workshop
from syncd.sync.executor import STOP_SETTING

_SHOWN = (State.DUE, State.WAITING, State.HELD, State.INVOICED, State.ENDED, State.IGNORED, State.LEFT)


def status(config: ConfigOption = None, format: FormatOption = Format.TEXT) -> None:
    """Orders by rule and state, holds by reason, how far each platform is read, how the account rounds."""
    settings = settings_or_exit(config)
    with open_workshop(settings, network=False) as workshop:
        ledger = workshop.ledger
        counts = ledger.orders.counts()
        holds = ledger.orders.holds()
        differing, difference = ledger.orders.differences()
        marks = [(ledger.overview.platform_of(one.connector, one.account) or "", one) for one in ledger.marks()]
        rules = {rule.name: ledger.rule(rule.name) for rule in settings.rules}
        paused = ledger.setting(STOP_SETTING)
        profiles = ledger.company.rounding()
    if format is Format.JSON:
        print_json(
            {
                "paused_since": paused,
                "rules": [
                    {
                        "name": name,
                        "canary": next(rule.canary for rule in settings.rules if rule.name == name),
                        "approved": state.approved,
                        "paused": state.paused,
                        "first_invoice_at": state.first_invoice_at,
                        "orders": {str(one): counts.get((name, one), 0) for one in _SHOWN},
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
                    {
                        "platform": platform or None,
                        "connector": one.connector,
                        "account": one.account,
                        "read_up_to": one.mark,
                        "read_at": one.read_at,
                        "doubted_since": one.doubted_since,
                    }
                    for platform, one in marks
                ],
                "rounding": list(profiles),
            }
        )
        return
    out = console()
    if paused is not None:
        out.print(f"PAUSED since {paused}: nothing is written until `syncd resume`.", markup=False)
    names = [*rules, *sorted({rule for rule, _ in counts if rule is not None and rule not in rules})]
    rows = [
        [name, *(_count(counts.get((name, state), 0)) for state in _SHOWN), _flags(name, settings, rules)]
        for name in names
    ]
    if any(rule is None for rule, _ in counts):
        rows.append(["(no rule)", *(_count(counts.get((None, state), 0)) for state in _SHOWN), ""])
    print_table("", ["rule", *map(str, _SHOWN), ""], rows, right=frozenset(map(str, _SHOWN)))
    for code, count in sorted(holds.items()):
        out.print(f"held: {count} × {code}   (syncd orders list --hold {code})", markup=False)
    if differing:
        out.print(f"{differing} invoices differ from their order's total, by {difference:+} in sum", markup=False)
    zone = settings.timezone
    for platform, one in marks:
        account = f"{one.connector} {one.account}"
        out.print(
            f"{f'{platform} ({account})' if platform else account}: "
            f"read up to {one.mark.astimezone(zone):%Y-%m-%d %H:%M:%S}, "
            f"last at {one.read_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            markup=False,
        )
        if one.doubted_since is not None:
            since = one.doubted_since.astimezone(zone)
            out.print(f"  shows far less than it must since {since:%Y-%m-%d %H:%M}; nothing is concluded", markup=False)
    known = (
        profiles[0] if len(profiles) == 1 else f"{len(profiles)} ways remain possible" if profiles else "not known yet"
    )
    out.print(f"rounding at Paraşüt: {known}", markup=False)


def _count(number: int) -> str:
    return str(number) if number else "·"


def _flags(name: str, settings: Settings, states: dict[str, RuleState]) -> str:
    rule = next((rule for rule in settings.rules if rule.name == name), None)
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
