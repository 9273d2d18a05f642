"""(j) What nobody knows about Paraşüt: lists that show new records late, ids that do not rise, other orders of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chaos.bench import Attempt, Bench, Size
from chaos.scenarios.kills import kill_while_held
from chaos.truth import Verdict

_SWITCHES = {
    "ids with gaps": ("--ids", "gaps"),
    "ids in any order within eight": ("--ids", "unordered"),
    "lists show records 1 s late": ("--list-delay-seconds", "1"),
    "lists begin with the newest": ("--list-order", "newest"),
    "records that sort alike come in any order": ("--list-ties", "random"),
    "archived records are shown": ("--list-archived", "shown"),
    "spaces in descriptions are trimmed": ("--description-spaces", "trimmed"),
    "order numbers are not shown": ("--order-no", "hidden"),
}


def attempts(bench: Bench, size: Size) -> Iterator[Attempt]:
    """The answer about an invoice, a contact, a product or a category gets lost under each of them."""
    for name, options in _SWITCHES.items():
        for request in ("sale.create", "contact.create", "product.create", "category.create"):
            for nth in (1, 3):
                yield Attempt(name, f"{request} {nth}", partial(_lost, size.orders, options, request, nth))


def _lost(orders: int, options: tuple[str, ...], request: str, nth: int, bench: Bench) -> Verdict:
    return kill_while_held(
        orders, options, request, nth, "hold_after", "drop", bench, nameless=request == "contact.create"
    )
