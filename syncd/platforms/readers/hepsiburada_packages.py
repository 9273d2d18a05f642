"""Which lines of Hepsiburada's orders make one invoice.

What is invoiced is the package. Its number can't be what it is known by: unpacking, splitting or another carrier gives
the same lines a new one. Lines keep their ids, so a group of lines is known by the smallest of them. A package that is
packed again stays the same order, and lines that move elsewhere take their id along, by which the ledger notices what
was invoiced before.

The lists tell only which order numbers changed; their details are looked up, and become one raw record for each
package, one for the lines of an order that are in no package, one for its cancelled lines, and stubs: a line that used
to give a record its id and does so no more leaves a record without lines behind, which ends the old one (`MergedInto`,
`Cancelled…`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncd.platforms.readers.hepsiburada_words import listed, text, value

MERGED = "MergedInto"
"""Our own word for the record of a line that went into another line's package."""

_PROGRESS = ("open", "unpacked", "packaged", "intransit", "undelivered", "delivered", "claimcreated")
_DATES = ("shippedDate", "deliveredDate", "undeliveredDate")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with the order that it belongs to; `order` is the detail without its lines."""

    id: str
    number: str
    package: str
    item: Mapping[str, Any]
    order: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Group:
    """Lines that make one record. `package` is "" for lines that are in none."""

    head: str
    package: str
    lines: tuple[_Line, ...]


def order_numbers(entry: Mapping[str, Any]) -> list[str]:
    """Every order number that an entry of a list names: its own, those of its package, those of its lines."""
    own = [text(entry, "orderNumber")]
    own += [str(number).strip() for number in listed(entry, "orderNumbers")]
    own += [text(item, "orderNumber") for item in listed(entry, "items")]
    return [number for number in dict.fromkeys(own) if number]


def packages(found: Mapping[str, Any], entries: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """The raw records in the details of a group of orders.

    `found` is order number → detail, None for one that Hepsiburada refuses (it is not paid yet); `entries` are the list
    entries (`list`, `record`) that named the orders. They tell the orders of a package and when it was on its way.

    A package that none of the entries names is left out, unless a line of its orders was cancelled: it may hold lines
    of an order that is not in `found`, and lists of its own tell of it whenever something happens to it.
    """
    lines = list(_lines(found.values()))
    live = [line for line in lines if not is_cancelled(line.item)]
    gone = [line for line in lines if is_cancelled(line.item)]
    named = {_package_of(entry["record"]) for entry in entries}
    touched = {line.number for line in gone}
    groups = [
        group
        for group in _groups(live)
        if not entries or not group.package or group.package in named or touched & {line.number for line in group.lines}
    ]
    unclear = {id_ for id_, times in Counter(line.id for line in live).items() if times > 1 or not id_}
    records = [_record(group, entries, found, unclear) for group in groups]
    for group in groups:
        records += [_stub(line, MERGED, group) for line in _former_heads(group)]
    for number in dict.fromkeys(line.number for line in gone):
        records += _cancelled([line for line in gone if line.number == number])
    heads = {record["id"] for record in records[: len(groups)]}
    return [record for place, record in enumerate(records) if place < len(groups) or record["id"] not in heads]


def orders_in(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The orders of a raw record, as their details tell them; none for an entry of the list of packages."""
    if isinstance(value(record, "invoice"), Mapping):
        return [record]
    return [order for order in listed(record, "orders") if isinstance(order, Mapping)]


def items_in(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The lines of a raw record that count: those that are not cancelled, or all of them when all are."""
    items = [item for item in listed(record, "items") if isinstance(item, Mapping)]
    return [item for item in items if not is_cancelled(item)] or items


def is_cancelled(item: Mapping[str, Any]) -> bool:
    """Whether a line was cancelled: `CancelledByMerchant`, `CancelledByCustomer`, `CancelledBySap`."""
    return text(item, "status").casefold().startswith("cancelled")


def line_id(item: Mapping[str, Any]) -> str:
    """The id of a line, in small letters; "" when it has none."""
    return text(item, "lineItemId", "id").lower()


def least_advanced(items: Iterable[Mapping[str, Any]]) -> str:
    """The status word that holds for several lines: of the one that is furthest behind.

    A word that is not known counts as furthest behind, so that nothing is made of it. Lines in an open claim have been
    delivered; only when there is a claim on all of them is it the word of the whole.
    """
    words = [text(item, "status") for item in items]
    return min(words, key=_progress, default="")


def _lines(details: Iterable[Any]) -> Iterable[_Line]:
    answers = (one for detail in details for one in (detail if isinstance(detail, list) else [detail]))
    for detail in answers:
        if not isinstance(detail, Mapping):
            continue
        order = {name: held for name, held in detail.items() if name.casefold() != "items"}
        for item in listed(detail, "items"):
            if isinstance(item, Mapping):
                number = text(item, "orderNumber") or text(detail, "orderNumber")
                yield _Line(line_id(item), number, text(item, "packageNumber"), item, order)


def _groups(lines: Sequence[_Line]) -> Iterable[_Group]:
    """Packages first, each with an id that no other group has."""
    keys = dict.fromkeys((line.package, "" if line.package else line.number) for line in lines)
    taken: set[str] = set()
    for package, number in sorted(keys, key=lambda key: (not key[0], key)):
        own = [line for line in lines if line.package == package and (package or line.number == number)]
        ids = sorted(line.id for line in own if line.id)
        head = next((id_ for id_ in ids if id_ not in taken), "")
        if not head:  # a line in two packages at once, or lines without ids: held as identity-unclear
            head = f"{ids[0] if ids else number or own[0].number}~{package or 'open'}"
        taken.add(head)
        yield _Group(head, package, tuple(own))


def _record(
    group: _Group, entries: Sequence[Mapping[str, Any]], found: Mapping[str, Any], unclear: Collection[str]
) -> dict[str, Any]:
    items = [line.item for line in group.lines]
    told = [entry["record"] for entry in entries if group.package and _package_of(entry["record"]) == group.package]
    numbers = _in_order(group.lines)
    named = [number for record in told for number in order_numbers(record)]
    missing = [number for number in dict.fromkeys(named) if found.get(number) is None]
    dates = {name: text(record, name) for record in told for name in _DATES if text(record, name)}
    return {
        "id": group.head,
        "status": least_advanced(items),
        "orderNumbers": numbers,
        "packageNumber": group.package,
        **dates,
        **({"missingOrders": missing} if missing else {}),
        **({"unclearLines": True} if any(line.id in unclear for line in group.lines) else {}),
        "orders": _orders(group.lines),
        "items": items,
    }


def _former_heads(group: _Group) -> list[_Line]:
    """Lines that may have given an earlier record its id: the smallest of each order, and those that were unpacked."""
    heads = []
    for number in dict.fromkeys(line.number for line in group.lines):
        own = [line for line in group.lines if line.number == number and line.id]
        smallest = min(own, key=lambda line: line.id, default=None)
        heads += [line for line in own if line is smallest or text(line.item, "status").casefold() == "unpacked"]
    return [line for line in heads if line.id != group.head]


def _stub(line: _Line, word: str, group: _Group | None = None) -> dict[str, Any]:
    """A record without lines: what this line stood for is now elsewhere, or nowhere."""
    return {
        "id": line.id,
        "status": word,
        "orderNumbers": [line.number],
        "packageNumber": line.package,
        **({"mergedInto": {"id": group.head, "orderNumbers": _in_order(group.lines)}} if group else {}),
        "orders": _orders([line]),
        "items": [],
    }


def _cancelled(lines: Sequence[_Line]) -> list[dict[str, Any]]:
    """The cancelled lines of one order: a record of all of them, and a stub for each that may have had its own."""
    known = sorted((line for line in lines if line.id), key=lambda line: line.id)
    if not known:
        return []
    head, *others = known
    record = _stub(head, text(head.item, "status"))
    return [record | {"items": [line.item for line in known]}] + [
        _stub(line, text(line.item, "status")) for line in others
    ]


def _in_order(lines: Iterable[_Line]) -> list[str]:
    """The order numbers of lines, the oldest order first."""
    dated = {(text(line.order, "orderDate") or text(line.item, "orderDate"), line.number) for line in lines}
    return list(dict.fromkeys(number for _, number in sorted(dated)))


def _orders(lines: Iterable[_Line]) -> list[Mapping[str, Any]]:
    own = list(lines)
    orders = {line.number: line.order for line in own}
    return [orders[number] for number in _in_order(own)]


def _package_of(entry: Any) -> str:
    """The package that a list entry is about. An entry of open lines has the field, too, but tells of one line only."""
    about_package = value(entry, "orderNumbers") is not None or value(entry, "items") is not None
    return text(entry, "packageNumber") if about_package else ""


def _progress(word: str) -> int:
    folded = "".join(character for character in word.casefold() if character not in " _-")
    return _PROGRESS.index(folded) if folded in _PROGRESS else -1
