"""Orders that a rule keeps though its `if` is not true of them any more: they will be invoiced, which is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from syncd.config.settings import Rule
from syncd.errors import Hold
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import OrderRow, State
from syncd.orders.order import Order
from syncd.sync.judge import Judgement, decide

_NAMED: Final = 5


def outgrown(rule: Rule, platform: str, order: Order, judgement: Judgement) -> str:
    """What keeps an order out of a rule's `if`, in words; "" when it is true of the order, or there is none."""
    text = "" if rule.trigger.condition is None else rule.trigger.condition.text
    try:
        return "" if judgement.fits(rule, platform, order) else f"`if: {text}` is not true of it any more"
    except Hold:
        return f"`if: {text}` can't be told of it any more"


def kept_note(rule: Rule, row: OrderRow, order: Order, judgement: Judgement) -> str:
    """What a plan and an explanation say of an order that its rule keeps; "" of others."""
    clause = outgrown(rule, row.platform, order, judgement)
    if not clause:
        return ""
    return (
        f"its rule's {clause}; the rule took the order before and keeps it: `syncd orders ignore {row.name}` if it is "
        "not to be invoiced"
    )


def is_kept(row: OrderRow, order: Order, judgement: Judgement) -> bool:
    """Whether a judged order waits or is due by the rule that has it, though that would not take it today."""
    if row.state not in (State.DUE, State.WAITING):
        return False
    rule = next((rule for rule in judgement.rules if rule.name == row.rule), None)
    return rule is not None and bool(outgrown(rule, row.platform, order, judgement))


def kept_since(ledger: Ledger, judgement: Judgement) -> list[str]:
    """Which orders their rules keep though these would not take them today, one line a rule.

    Only orders that other rules than today's have judged last are looked at, so a run that judges them again makes
    this silent, and costs one query where nothing has changed. Asks nobody; changes nothing.
    """
    return list(kept_lines(_kept(ledger, judgement)))


def kept_lines(kept: Iterable[OrderRow], what: str = "`if`") -> Iterator[str]:
    """What is to be said of orders that their rules keep, one line a rule: how many, which, and what to do."""
    rules: dict[str, list[OrderRow]] = {}
    for row in kept:
        rules.setdefault(row.rule or "", []).append(row)
    for rule, rows in rules.items():
        counts = Counter(row.state for row in rows)
        numbers = " and ".join(f"{counts[state]} {state}" for state in (State.DUE, State.WAITING) if counts[state])
        one = len(rows) == 1
        names = ", ".join(row.name for row in rows[:_NAMED])
        more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        fit, stay, them = ("fits", "it stays", "it") if one else ("fit", "they stay", "them")
        days = "its day" if one else "their days"
        yield (
            f"{numbers} {'order' if one else 'orders'} of rule {rule} no longer {fit} its {what}; {stay} {rule}'s and "
            f"will be invoiced: `syncd orders ignore` {them}, or raise the rule's `since` beyond {days} ({names}{more})"
        )


def _kept(ledger: Ledger, judgement: Judgement) -> Iterator[OrderRow]:
    conditional = {rule.name for rule in judgement.rules if rule.trigger.condition is not None}
    for row in ledger.orders.to_judge_again(judgement.fingerprint):
        if row.rule not in conditional or row.document is None or row.platform not in judgement.variables:
            continue
        order = ledger.orders.whole(row)
        decided = decide(row, order, judgement)
        if decided.rule == row.rule and is_kept(decided, order, judgement):
            yield decided
