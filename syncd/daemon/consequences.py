"""What other settings mean for the open orders, in words; nothing is changed here.

An open order may be judged differently (another rule, another state), made differently (payment, mapping, dates …),
or let go earlier or later (`go_live`, `limits`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from syncd.config.settings import PlatformSettings, Rule, Secret, Settings
from syncd.daemon.configuration import Configuration
from syncd.daemon.reload import differs
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import OrderRow, State
from syncd.sync.judge import Judgement, decide
from syncd.sync.outgrown import is_kept, kept_lines
from syncd.sync.workshop import platform_variables
from syncd.words import counted

_NAMED: Final = 10
_NO_RULE: Final = "no rule"

# What an order is made with. `trigger` and `platforms` choose orders, `cancelled` and `returned` come after.
_MAKING: Final = (
    "mapping",
    "categories",
    "contact",
    "product",
    "payment",
    "issue_date",
    "refunded_before",
    "inexact",
    "adopt",
)


@dataclass(frozen=True, slots=True)
class Consequences:
    """What other settings change for the open orders, one line each; and, as `warnings`, what they don't.

    One of the two says something in any case.
    """

    lines: Sequence[str]
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What judging the open orders by the new rules brings.

    `counts` are the due and waiting orders afterwards, by rule. `kept` are those that a rule with another `if` keeps
    though it would not take them any more.
    """

    affected: Sequence[Affected]
    counts: Counter[tuple[str, State]]
    kept: Sequence[OrderRow]


@dataclass(frozen=True, slots=True)
class Affected:
    """An open order that other rules judge differently: rule and state before and after."""

    name: str
    before: tuple[str, str]
    after: tuple[str, str]

    def __str__(self) -> str:
        (old_rule, old_state), (new_rule, new_state) = self.before, self.after
        if old_rule == new_rule:
            return f"{self.name}: {old_state} → {new_state} ({new_rule})"
        return f"{self.name}: {old_state} ({old_rule}) → {new_state} ({new_rule})"


def consequences(ledger: Ledger, old: Configuration, new: Configuration) -> Consequences:
    """What it means for the open orders when `new` comes into force after `old`.

    The comparison is between the two configurations, whatever of `old` the ledger has seen: between two reloads there
    need not have been a run.
    """
    judged = _judged(ledger, old.settings, new.settings)
    lines = [
        *_judged_lines(judged.affected),
        *_made_lines(old.settings, new.settings, judged.counts),
        *_let_go_lines(ledger, old.settings, new.settings, judged.counts),
        *_read_again_lines(old, new),
    ]
    warnings = list(kept_lines(judged.kept, "new `if`"))
    return Consequences(lines or ([] if warnings else ["no waiting or due order is affected"]), warnings)


def _judged(ledger: Ledger, old: Settings, new: Settings) -> _Judged:
    before, after = _judgement(old), _judgement(new)
    counts = Counter({(rule or "", state): count for (rule, state), count in ledger.orders.counts().items()})
    found: list[Affected] = []
    kept: list[OrderRow] = []
    changed = before.fingerprint != after.fingerprint
    conditions = {
        rule.name for one, rule in _common(old, new) if differs(one.trigger.condition, rule.trigger.condition)
    }
    # With other claims every open order is looked at: none was judged by a fingerprint that is empty.
    for row in ledger.orders.to_judge_again("" if changed else after.fingerprint):
        if row.document is None or row.platform not in after.variables:
            continue
        order = ledger.orders.whole(row)
        decided = decide(row, order, after)
        counts[row.rule or "", row.state] -= 1
        counts[decided.rule or "", decided.state] += 1
        if not changed:
            continue
        if decided.rule in conditions and is_kept(decided, order, after):
            kept.append(decided)
        known = row.judged_by == before.fingerprint or row.platform not in before.variables
        was = row if known else decide(row, order, before)
        if _standing(was) != _standing(decided):
            found.append(Affected(row.name, _standing(was), _standing(decided)))
    return _Judged(found, counts, kept)


def _judgement(settings: Settings) -> Judgement:
    return Judgement(settings.rules, settings.timezone, platform_variables(settings.platforms))


def _standing(row: OrderRow) -> tuple[str, str]:
    return row.rule or _NO_RULE, str(row.state)


def _judged_lines(found: Sequence[Affected]) -> Iterator[str]:
    """How many orders that are, and the first of them by name: before all others those that no rule wants any more."""
    if found:
        gone = [order for order in found if order.after[0] == _NO_RULE]
        words = f", {len(gone)} of them {'is' if len(gone) == 1 else 'are'} wanted by no rule any more" if gone else ""
        yield f"{counted(len(found), 'order is', 'orders are')} judged differently{words}:"
        first = sorted(found, key=lambda order: order.after[0] != _NO_RULE)
        yield from (f"  {order}" for order in first[:_NAMED])
    if len(found) > _NAMED:
        yield f"  … and {len(found) - _NAMED} more"


def _made_lines(old: Settings, new: Settings, counts: Counter[tuple[str, State]]) -> Iterator[str]:
    for before, rule in _common(old, new):
        orders = _orders(counts, rule.name)
        if not orders:
            continue
        if any(differs(getattr(before, name), getattr(rule, name)) for name in _MAKING):
            yield f"{orders} will be made with the new settings of rule {rule.name}"
        both = [name for name in rule.platforms if name in old.platforms and name in new.platforms]
        titles = [name for name in both if old.platforms[name].title != new.platforms[name].title]
        if titles:
            yield f"{orders} of rule {rule.name} will be made with the new title of platform {', '.join(titles)}"
        if old.timezone != new.timezone:
            yield f"{orders} of rule {rule.name} will be dated by the new timezone"


def _let_go_lines(ledger: Ledger, old: Settings, new: Settings, counts: Counter[tuple[str, State]]) -> Iterator[str]:
    for before, rule in _common(old, new):
        if before.canary != rule.canary:
            yield f"rule {rule.name}: {_go_live(ledger, rule, counts[rule.name, State.DUE])}"
        orders = _orders(counts, rule.name)
        if orders and differs(before.limits, rule.limits):
            yield f"{orders} of rule {rule.name} will come under its new limits"


def _go_live(ledger: Ledger, rule: Rule, due: int) -> str:
    state = ledger.rule(rule.name)
    now = f"; {counted(due, 'order is', 'orders are')} due now" if due else ""
    if state.approved:
        return "`go_live` changes nothing for its orders, for the rule is approved"
    if not rule.canary:
        return f"its orders no longer wait for `syncd approve {rule.name}`{now}"
    if state.first_invoice_at is not None:
        return f"it has made invoices already: its orders wait for `syncd approve {rule.name}`{now}"
    return f"its first order will be invoiced, the others then wait for `syncd approve {rule.name}`{now}"


def _read_again_lines(old: Configuration, new: Configuration) -> Iterator[str]:
    """Other settings of a platform show in its orders only once their records are read with them."""
    for name, platform in new.settings.platforms.items():
        before = old.settings.platforms.get(name)
        if before is None:
            continue
        same_file = old.digest(before.connector_file) == new.digest(platform.connector_file)
        if not same_file or differs(_read_with(before), _read_with(platform)):
            yield (
                f"the open orders of platform {name} are read again with its new settings when it is read next, "
                "which may change their state"
            )


def _read_with(platform: PlatformSettings) -> tuple[Any, ...]:
    options = {name: value for name, value in platform.options.items() if not isinstance(value, Secret)}
    return platform.connector, options, dict(platform.statuses)


def _common(old: Settings, new: Settings) -> Iterator[tuple[Rule, Rule]]:
    before = {rule.name: rule for rule in old.rules}
    return ((before[rule.name], rule) for rule in new.rules if rule.name in before)


def _orders(counts: Counter[tuple[str, State]], rule: str) -> str:
    """`2 due orders (and 1 waiting)`, or "" when there is none of either."""
    due, waiting = counts[rule, State.DUE], counts[rule, State.WAITING]
    if due and waiting:
        return f"{counted(due, 'due order')} (and {waiting} waiting)"
    return counted(due, "due order") if due else counted(waiting, "waiting order") if waiting else ""
