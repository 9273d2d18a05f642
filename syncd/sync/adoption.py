"""Invoices that Paraşüt holds and the ledger doesn't know, given to their orders.

A ledger may be deleted, put back from a backup, rolled back with its machine, or have a twin; and people make invoices
by hand. So before a run writes anything, the invoices that are new in Paraşüt are read into the ledger, and every order
whose mark one of them bears gets it. What can only be told of a single order (its number, its buyer) is decided when
it is planned (see existing.py).

A new ledger beside invoices with our marks has a predecessor that is lost, and one that finds invoices of its orders
which it never sent was put back from an older copy. Orders that were due before that, whose invoice is found nowhere,
may have one that was cancelled: those are in no list. They are held.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from loguru import logger

from syncd.config.settings import Rule
from syncd.errors import Hold
from syncd.ledger.invoices import SeenInvoice, key_of, marker_in
from syncd.ledger.ledger import BEGAN, Ledger
from syncd.ledger.order_row import OrderKey, OrderRow, State
from syncd.ledger.orders import NewOrder
from syncd.ledger.steps import INVOICE_FENCE, StepState
from syncd.orders.status import SIDE_EXITS, Status
from syncd.parasut.client import PAGE_SIZE
from syncd.parasut.lookups import invoices_above
from syncd.parasut.resources import SalesInvoice
from syncd.sync.existing import MAYBE, Adoption, by_mark, lost, taken
from syncd.sync.going_on import held_values, hold_order
from syncd.sync.judge import undone
from syncd.sync.workshop import Workshop
from syncd.words import counted

READ_TO: Final = "invoices read to"  # all invoices up to this id were read
READ_SINCE: Final = "invoices read since"  # … that were issued from this day on
LOST: Final = "ledger before lost"  # the moment before which a ledger that is gone may have made invoices
_GIVEN_TO: Final = "invoices given to"  # invoices up to this id were given to the orders that were known then
_ASKED_TO: Final = "orders asked to"  # orders up to this number were looked for among the invoices
_ARCHIVED_AT: Final = "archived invoices read at"

_EARLIER: Final = timedelta(days=3)  # an invoice may bear an earlier day than its order
_ARCHIVED_EVERY: Final = timedelta(days=1)
_LOT: Final = 300
_TELL_SECONDS: Final = 60.0


@dataclass
class Given:
    """What was found for orders: those that got their invoice, and those that a person must decide about."""

    adopted: list[OrderRow] = field(default_factory=list)
    held: list[OrderRow] = field(default_factory=list)
    unsent: bool = False  # whether one of them was adopted whose request this ledger never wrote down


def adopt_new(workshop: Workshop) -> Given:
    """Read what is new among Paraşüt's invoices, and give orders theirs. To be called before a run's first write.

    Costs one call when nothing is new. Raises as the client does, Stopped, and LedgerError.
    """
    read_new_invoices(workshop)
    return adopt_known(workshop)


def read_new_invoices(workshop: Workshop, tell: Callable[[str], None] = logger.info) -> int:
    """Read the invoices above those read before into the ledger; the first time all since the rules' earliest `since`.

    Returns how many were read. An account with 20,000 invoices takes a quarter of an hour; `tell` is told each minute
    how far it is. Interrupted, it begins anew. Changes no order and no step.
    """
    ledger, settings = workshop.ledger, workshop.settings
    if workshop.client is None or not settings.rules:
        return 0
    since = min(rule.trigger.since for rule in settings.rules) - _EARLIER
    before = ledger.setting(READ_SINCE)
    whole = before is None or date.fromisoformat(before) > since
    fence = 0 if whole else int(ledger.setting(READ_TO) or 0)
    now = workshop.clock()
    count, highest, told = 0, fence, time.monotonic()
    for archived in (False, True):
        if archived and not (whole or count or _archived_are_due(ledger, now)):
            continue  # nothing new is there that could have been archived since
        walk = invoices_above(workshop.client, fence, since, archived=archived)
        while page := list(islice(walk, PAGE_SIZE)):
            ledger.invoices.store([_seen(one) for one in page if one.item_type == "invoice"], now)
            count += len(page)
            highest = max(highest, *(int(one.id) for one in page))
            if time.monotonic() - told >= _TELL_SECONDS:
                told = time.monotonic()
                tell(f"reading Paraşüt's invoices: {count} so far, back to {page[-1].issue_date}")
            workshop.breathe()
        if archived:
            ledger.set_setting(_ARCHIVED_AT, now.isoformat())
    _remember_a_loss(workshop)
    if whole:
        ledger.set_setting(_GIVEN_TO, None)  # older ones have come
        ledger.set_setting(READ_SINCE, since.isoformat())
    for name in (READ_TO, INVOICE_FENCE):
        if highest > int(ledger.setting(name) or 0):
            ledger.set_setting(name, str(highest))
    if not int(ledger.setting(INVOICE_FENCE) or 0):  # only older ones are there: a lost one is looked for above them
        newest = next(workshop.client.pages("sales_invoices", newest_first=True))
        ledger.set_setting(INVOICE_FENCE, str(max((int(one.id) for one in newest), default=0)))
    return count


def adopt_known(workshop: Workshop) -> Given:
    """Give each order the invoice with its mark: new invoices to the orders that are known, and new orders theirs.

    Also to orders that are held, waiting, left alone or ended: what has an invoice must not get another, and what was
    cancelled after it needs a person. Asks nobody. Raises LedgerError.
    """
    ledger, given = workshop.ledger, Given()
    has_sold = ledger.steps.any_sale()
    read_to = ledger.setting(READ_TO)
    seen: set[OrderKey] = set()
    accounts = ledger.orders.accounts()
    for lot in ledger.invoices.marked(above=int(ledger.setting(_GIVEN_TO) or 0)):
        keys = [key for one in lot if (key := key_of(one.marker, accounts)) is not None]
        with ledger.orders.alone:
            for row in ledger.orders.many(keys).values():
                if row.key in seen:
                    continue
                seen.add(row.key)
                if row.invoice_id is None:
                    _give(row, ledger.invoices.by_marker(row.key.marker), workshop, given)
                else:
                    _tell_of_a_twin(row, workshop, given)
    if has_sold and given.unsent:
        _remember_a_rollback(workshop)
    ledger.set_setting(_GIVEN_TO, read_to)
    began = lost_before(ledger)
    if began is None and not ledger.invoices.any_marked():
        ledger.set_setting(_ASKED_TO, str(ledger.orders.newest_id()))
        return given
    asked_to = int(ledger.setting(_ASKED_TO) or 0)
    while new := ledger.orders.first_seen_after(asked_to, _LOT):
        with ledger.orders.alone:
            found = ledger.invoices.by_markers([one.key.marker for one in new if not one.invoiced])
            for row in ledger.orders.many({one.key for one in new if one.key.marker in found} - seen).values():
                _give(row, found[row.key.marker], workshop, given)
            if began is not None:
                without = [one for one in new if not one.invoiced and one.key.marker not in found]
                _doubt([one for one in without if is_doubtful(one.state, one.ordered_at, began)], workshop, given)
        asked_to = new[-1].id
        ledger.set_setting(_ASKED_TO, str(asked_to))
    _tell(given)
    return given


def lost_before(ledger: Ledger) -> datetime | None:
    """The moment before which a lost ledger may have made invoices; None when there was no other ledger."""
    text = ledger.setting(LOST)
    return None if text is None else datetime.fromisoformat(text)


def is_doubtful(state: State, ordered_at: datetime | None, began: datetime) -> bool:
    """Whether an order that is seen for the first time may have been invoiced by the ledger of before.

    One that still waits for its status then was not.
    """
    return state is not State.WAITING and (ordered_at is None or ordered_at < began)


def with_doubts(rows: Iterable[OrderRow], ledger: Ledger) -> list[OrderRow]:
    """For a dry run: these rows, those that are new in the ledger with the doubt that `adopt_known` would note."""
    began = lost_before(ledger)
    if began is None:
        return list(rows)
    asked_to = int(ledger.setting(_ASKED_TO) or 0)
    return [
        replace(row, doubtful=True)
        if (row.id is None or row.id > asked_to) and is_doubtful(row.state, row.ordered_at, began)
        else row
        for row in rows
    ]


def adopt(row: OrderRow, adoption: Adoption, ledger: Ledger, rules: Sequence[Rule], at: datetime) -> OrderRow:
    """Give an order an invoice that this ledger didn't make; its rule is among `rules`, if it has one.

    Raises Hold when another order got it meanwhile.
    """
    invoice = adoption.invoice
    words = f"its invoice {invoice.id} was {adoption.how}"
    try:
        return ledger.steps.adopt(
            sale_of(row, ledger),
            row.ledger_id,
            invoice.id,
            at,
            adoption.how,
            text=f"adopted {invoice}: {adoption.how}",
            contact_id=invoice.contact_id,
            issue_date=invoice.issue_date.isoformat() if invoice.issue_date else "",
            **({"payable": invoice.payable} if invoice.currency else {}),
            attempts=0,
            next_at=None,
            **_after(row, words, invoice.id, rules, at),
        )
    except ValueError as error:
        raise taken(row.name, invoice, str(error)) from error


def sale_of(row: OrderRow, ledger: Ledger) -> str:
    """The identity of the sale that makes an order's invoice: the second one after a wrong draft was deleted."""
    deleted = ledger.steps.get(f"delete sale {row.key}#1")
    return f"sale {row.key}#{2 if deleted is not None and deleted.state is StepState.DONE else 1}"


def strangers(ledger: Ledger) -> Iterator[SeenInvoice]:
    """Invoices with a mark of ours that belong to no order of the ledger."""
    for lot in ledger.invoices.marked():
        yield from lot


def foretold(ledger: Ledger, changed: Mapping[OrderKey, OrderRow]) -> Iterator[tuple[OrderRow, list[SeenInvoice]]]:
    """For a dry run: the orders without an invoice whose mark some bear, with those; `changed` are not stored yet."""
    accounts = ledger.orders.accounts() | {(key.connector, key.account) for key in changed}
    found: dict[OrderKey, list[SeenInvoice]] = {}
    for one in strangers(ledger):
        key = key_of(one.marker, accounts)
        if key is not None:
            found.setdefault(key, []).append(one)
    known = ledger.orders.many(found)
    for key, invoices in found.items():
        row = changed.get(key) or known.get(key)
        if row is not None and row.invoice_id is None:
            yield row, invoices


def _give(row: OrderRow, found: list[SeenInvoice], workshop: Workshop, given: Given) -> None:
    at = workshop.clock()
    try:
        adoption = by_mark(row.key, row.name, found)
        if adoption is not None:
            # By its first sale: a late draft may turn up before the second, after a wrong one, was sent.
            unsent = workshop.ledger.steps.get(f"sale {row.key}#1") is None
            given.unsent |= unsent
            given.adopted.append(adopt(row, adoption, workshop.ledger, workshop.settings.rules, at))
            _tell_of(given.adopted[-1], adoption, unsent)
    except Hold as hold:
        given.held.append(hold_order(row, hold, workshop.ledger, at))


def _tell_of_a_twin(row: OrderRow, workshop: Workshop, given: Given) -> None:
    """Hold an order that has its invoice, and of which Paraşüt shows another one that nobody is going to look at."""
    ledger = workshop.ledger
    if row.state is State.HELD or any(step.second_look_at is not None for step in ledger.steps.of_order(row.ledger_id)):
        return  # a person, or the second look, will see it
    twins = [
        one
        for one in ledger.invoices.by_marker(row.key.marker)
        if one.id != row.invoice_id and not ledger.steps.have_made("sale", one.id)
    ]
    if twins:
        words = ", ".join(map(str, twins))
        hold = Hold(
            "surplus-invoice",
            f"Paraşüt has another invoice with this order's mark besides {row.invoice_id}: {words}.",
            "Look at both in Paraşüt and delete the one too many, then `syncd orders ignore` the order; its invoice "
            "stays.",
        )
        given.held.append(hold_order(row, hold, ledger, workshop.clock()))


def _doubt(orders: list[NewOrder], workshop: Workshop, given: Given) -> None:
    """Note the doubt, and hold at once what is due: many of them are one matter, and stop no rule."""
    ledger, at = workshop.ledger, workshop.clock()
    rows = ledger.orders.many(one.key for one in orders).values()
    held: dict[int, dict[str, Any]] = {}
    for row in rows:
        hold = lost(row.name)
        held[row.ledger_id] = {"doubtful": True, **(held_values(hold) if row.state is State.DUE else {})}
    changed = ledger.orders.change_all(held, at)
    given.held += [row for row in changed if row.hold_code == MAYBE]


def _after(row: OrderRow, words: str, invoice_id: str, rules: Sequence[Rule], at: datetime) -> dict[str, Any]:
    """How an order stands once it has its invoice."""
    settled = {"state": State.INVOICED.value, "hold_code": None, "remedy": "", "reason": words, "invoiced_at": at}
    if row.state is State.IGNORED:
        return {**settled, "reason": f"{words}; it was ignored by hand"}
    if row.document is None:
        return {"invoiced_at": at}  # held until its record can be read
    if row.rule is None or row.pruned_at is not None:
        return settled
    status = row.order.status
    rule = next((rule for rule in rules if rule.name == row.rule), None)
    if status in SIDE_EXITS:
        policy = "hold" if rule is None else rule.cancelled if status is Status.CANCELLED else rule.returned
        if policy != "hold":
            return settled
        return {**held_values(undone(status, invoice_id))}
    reason = f"{words}; it is to be compared and completed"
    return {"state": State.DUE.value, "hold_code": None, "remedy": "", "reason": reason}


def _seen(invoice: SalesInvoice) -> SeenInvoice:
    return SeenInvoice(
        id=invoice.id,
        marker=marker_in(invoice.description),
        order_no=invoice.order_no,
        order_date=invoice.order_date,
        contact_id=invoice.contact_id or "",
        issue_date=invoice.issue_date,
        payable=invoice.net_total,
        currency=invoice.currency,
    )


def _archived_are_due(ledger: Ledger, now: datetime) -> bool:
    text = ledger.setting(_ARCHIVED_AT)
    return text is None or not timedelta(0) <= now - datetime.fromisoformat(text) < _ARCHIVED_EVERY


def _remember_a_loss(workshop: Workshop) -> None:
    """Before anything is adopted: that a ledger which never made an invoice finds some with our marks."""
    ledger = workshop.ledger
    began = ledger.setting(BEGAN)
    if began is None or ledger.setting(LOST) is not None or ledger.steps.any_sale():
        return
    shops = [(one.connector, one.account) for one in workshop.platforms.values()]
    if any(ledger.invoices.any_marked(connector, account) for connector, account in shops):
        ledger.set_setting(LOST, began)
        logger.warning(
            "this ledger is new, but Paraşüt holds invoices that syncd made: the ledger of before is lost, or is used "
            "elsewhere. Orders whose invoice is found get it; those that were due before and have none are held"
        )


def _remember_a_rollback(workshop: Workshop) -> None:
    """A ledger that has made invoices finds one of its orders' that it never sent: it is older than what was done.

    What was invoiced and cancelled since is in no list, so orders that are due now and have none are held, as after a
    loss.
    """
    workshop.ledger.set_setting(LOST, workshop.clock().isoformat())
    workshop.ledger.set_setting(_ASKED_TO, None)
    logger.warning(
        "Paraşüt holds invoices of this ledger's orders that it never made: it was put back from an older copy, or "
        "another one is in use. Orders whose invoice is found get it; those that are due now and have none are held"
    )


def _tell_of(row: OrderRow, adoption: Adoption, unsent: bool) -> None:
    """Say which order got which invoice, how it was found, and whether a request of this ledger may have made it."""
    bound = logger.bind(order=row.name, platform=row.platform, **({"rule": row.rule} if row.rule else {}))
    made = "made without this ledger" if unsent else "this ledger had sent the request for it"
    bound.info("{}: its invoice {} was {}; {}", row.name, adoption.invoice.id, adoption.how, made)


def _tell(given: Given) -> None:
    if given.held:
        logger.warning("{} may have been invoiced already, and wait for a person", counted(len(given.held), "order"))
