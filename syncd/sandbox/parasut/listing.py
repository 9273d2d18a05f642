"""Lists: filters, sorting and pages, each refused when it is not known."""

from __future__ import annotations

import operator
import random
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

from syncd.sandbox.figures import ZERO, decimal_text, to_decimal
from syncd.sandbox.parasut.forms import is_date
from syncd.sandbox.parasut.refusal import bad_request, unprocessable
from syncd.sandbox.parasut.render import document, include_tree
from syncd.sandbox.parasut.state import ParasutState, Record
from syncd.sandbox.parasut.vocabulary import COMPARISONS, DATE, LISTS, ListVocabulary

_LARGEST_PAGE = 25
_USUAL_PAGE = 15
_FILTER = re.compile(r"filter\[(\w+)\](?:\[(\w+)\])?$")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "eq": operator.eq,
    "not_eq": operator.ne,
}
_INVOICES_SHOWN = ("invoice", "refund", "estimate")
_INVOICES_KNOWN = (*_INVOICES_SHOWN, "export", "recurring_invoice", "recurring_estimate", "recurring_export")

_OF_STANDING = {"payment_status", "remaining", "remaining_in_trl"}
_ties = random.Random(1)

Test = Callable[[Record], bool]


def listing(state: ParasutState, kind: str, query: Mapping[str, str], url: str) -> dict[str, Any]:
    """One page of the records of `kind`: data, included, links, meta. `url` is the list's own, without a query.

    Archived records are in no list unless `filter[archived]=true` asks for them alone; a cancelled invoice is in none.
    Raises Refusal (400; 422 for a large page if the switch says so).
    """
    vocabulary = LISTS[kind]
    tests: list[Test] = []
    asked: set[str] = set()
    for name, value in query.items():
        match = _FILTER.match(name)
        if match:
            asked.add(match[1])
            tests.append(_filter(state, kind, vocabulary, match[1], match[2], value))
        elif name not in ("sort", "include", "page[number]", "page[size]"):
            raise bad_request(f"'{name}' is not a valid parameter")
    options = state.options
    if options.list_delay_seconds:
        shown_since = state.clock() - options.list_delay_seconds
        tests.append(lambda record: record.made_at <= shown_since)
    if "archived" not in asked and (options.list_archived == "hidden" or kind == "sales_invoices"):
        tests.append(lambda record: not record.attributes.get("archived", False))
    if kind == "sales_invoices" and "item_type" not in asked:
        tests.append(lambda record: record["item_type"] in _INVOICES_SHOWN)
    if kind == "contacts":
        tests.append(lambda record: not record["untrackable"])
    tree = include_tree(query.get("include", ""), vocabulary.includes)
    number, size = _page(state, query)
    if kind == "sales_invoices" and (asked & _OF_STANDING or "remaining" in query.get("sort", "")):
        for invoice in list(state.invoices.values()):
            state.derived(invoice)  # who is overdue changes with the day
    found = [record for record in list(state.table(kind).values()) if all(test(record) for test in tests)]
    found = _sorted(state, found, vocabulary, query.get("sort", "id" if options.list_order == "oldest" else "-id"))
    body = document(state, found[(number - 1) * size : number * size], tree)
    pages = max(1, -(-len(found) // size))

    def link(page: int) -> str:
        others = {name: value for name, value in query.items() if not name.startswith("page[")}
        return f"{url}?{urlencode({**others, 'page[number]': page, 'page[size]': size})}"

    body["links"] = {
        "self": link(number),
        "first": link(1),
        "prev": link(number - 1) if number > 1 else None,
        "next": link(number + 1) if number < pages else None,
        "last": link(pages),
    }
    body["meta"] = {
        "current_page": number,
        "total_pages": pages,
        "total_count": len(found),
        "per_page": size,
        **_sums(state, kind, found, url),
    }
    return body


def _filter(
    state: ParasutState, kind: str, vocabulary: ListVocabulary, name: str, comparison: str | None, value: str
) -> Test:
    if name not in vocabulary.filters:
        raise bad_request(f"'{name}' is not a valid filter. Acceptable: {', '.join(vocabulary.filters)}")
    if name in vocabulary.compared:
        if comparison is not None and comparison not in COMPARISONS:
            raise bad_request(f"'{comparison}' is not a valid operator. Acceptable: {', '.join(COMPARISONS)}")
        wanted: Any = value
        if vocabulary.compared[name] == DATE:
            if not is_date(value):
                raise bad_request(f"'{name}' is not a date")
        else:
            wanted = to_decimal(value)
            if wanted is None:
                raise bad_request(f"'{name}' is not a number")
        compare = _COMPARE[comparison or "eq"]
        return lambda record: record[name] is not None and compare(record[name], wanted)
    if comparison is not None:
        raise bad_request(f"'{name}' takes no operator")
    if name == "archived":
        return lambda record: bool(record["archived"]) == (value == "true")
    if name == "query":
        needle = value.casefold()
        fields = ("name", "email", "tax_number")
        return lambda record: any(needle in str(record[field] or "").casefold() for field in fields)
    if name == "contact_id":
        return lambda record: record.links["contact"] == value
    if name == "payment_status":
        return lambda record: _paid_as(record, value)
    if name == "item_type":
        types = [word.strip() for word in value.split(",")]
        return lambda record: record["item_type"] in types and record["item_type"] in _INVOICES_KNOWN
    return lambda record: record[name] is not None and str(record[name]) == value


def _paid_as(invoice: Record, wanted: str) -> bool:
    if wanted == "not_due":
        return invoice["payment_status"] not in ("paid", "overdue")
    if wanted == "unscheduled":
        return invoice["payment_status"] != "paid" and invoice["due_date"] is None
    return bool(invoice["payment_status"] == wanted)


def _page(state: ParasutState, query: Mapping[str, str]) -> tuple[int, int]:
    numbers = []
    for name, usual in (("page[number]", 1), ("page[size]", _USUAL_PAGE)):
        text = query.get(name, str(usual))
        if not re.fullmatch(r"-?\d+", text):
            raise bad_request(f"'{name}' is not a number")
        numbers.append(int(text))
    number, size = max(1, numbers[0]), numbers[1] if numbers[1] > 0 else _USUAL_PAGE
    if size > _LARGEST_PAGE:
        if state.options.page_size_answer == "422":
            raise unprocessable("Page size is too big")
        if state.options.page_size_answer == "400":
            raise bad_request("Page size is too big")
        size = _LARGEST_PAGE
    return number, size


def _sorted(state: ParasutState, found: list[Record], vocabulary: ListVocabulary, text: str) -> list[Record]:
    ties = state.options.list_ties
    if state.options.ids == "unordered":
        found = sorted(found, key=lambda record: int(record.id))
    if ties == "reverse":
        found = found[::-1]
    elif ties == "random":
        found = _ties.sample(found, len(found))
    for key in reversed([part.strip() for part in text.split(",") if part.strip()]):
        name = key.lstrip("-")
        if name not in vocabulary.sorts:
            raise bad_request(f"'{name}' is not a valid sort. Acceptable: {', '.join(vocabulary.sorts)}")
        found = sorted(found, key=partial(_rank, state, name), reverse=key.startswith("-"))
    return found


def _rank(state: ParasutState, name: str, record: Record) -> tuple[bool, Any]:
    if name == "id":
        return (True, int(record.id))
    value = state.derived(record)["balance"] if name.startswith("balance") else record[name]
    return (value is not None, 0 if value is None else value)


def _sums(state: ParasutState, kind: str, found: list[Record], url: str) -> dict[str, Any]:
    if kind == "sales_invoices":
        return {
            "outstanding_total": _total(invoice["remaining_in_trl"] for invoice in found),
            "net_total": _total(invoice["net_total_in_trl"] for invoice in found),
            "export_url": f"{url}/export",
        }
    if kind == "contacts":
        owing = {contact.id for contact in found}
        open_invoices = (
            invoice["remaining"]
            for invoice in list(state.invoices.values())
            if invoice.links["contact"] in owing and invoice["item_type"] in ("invoice", "export")
        )
        return {"payable_total": "0.0", "collectible_total": _total(open_invoices)}
    if kind == "accounts":
        return {"net_total": _total(state.derived(account)["balance"] for account in found)}
    if kind == "products":
        return {"export_url": f"{url}/export"}
    return {}


def _total(figures: Iterable[Decimal]) -> str:
    return decimal_text(sum(figures, ZERO))
