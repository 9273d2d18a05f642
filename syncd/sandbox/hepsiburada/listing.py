"""The lists, one for each state: what is in each, by which date it is asked for, and how it is cut into pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncd.sandbox.hepsiburada.refusal import bad_date, bad_parameter
from syncd.sandbox.hepsiburada.render import (
    ISTANBUL,
    barcode,
    local,
    order_line,
    package_record,
    pascal,
    since,
    word_of,
)
from syncd.sandbox.hepsiburada.state import HepsiburadaState, cancelled_part, line_id
from syncd.sandbox.market.ids import guid
from syncd.sandbox.market.package import MarketLine, Package, Stage

_DAY = 24 * 3600
_MONTH = 30 * _DAY

Entry = tuple[int, dict[str, Any]]
"""The moment that the list goes by, and the record."""


@dataclass(frozen=True)
class Listing:
    """One list. `offset` is how its parameter is spelt; a `bare` list has no envelope, its totals stand in headers."""

    entries: Callable[[HepsiburadaState], list[Entry]]
    limit: int
    offset: str = "offset"
    dated: bool = True
    one_day: bool = False
    bare: bool = False

    def answer(self, state: HepsiburadaState, query: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        """The body and the headers that answer a query. Raises HepsiburadaRefusal."""
        offset, limit = self._page(query)
        begin, end = self._window(query)
        found = sorted(
            ((moment, record) for moment, record in self.entries(state) if begin <= moment <= end),
            key=lambda entry: -entry[0],
        )
        shown = [record for _, record in found[offset : offset + limit]]
        told = {"totalCount": len(found), "limit": limit, "offset": offset, "pageCount": -(-len(found) // limit)}
        if self.bare:
            return shown, {name.lower(): str(number) for name, number in told.items()}
        return {**told, "items": shown}, {}

    def _page(self, query: Mapping[str, str]) -> tuple[int, int]:
        known = {self.offset, "limit"} | ({"begindate", "enddate"} if self.dated else set())
        known |= {"timespan"} if self.one_day else set()
        for name in query:
            if name not in known:
                raise bad_parameter(f"unknown parameter {name}")
        if (self.offset in query) != ("limit" in query):
            raise bad_parameter("LimitCannotBeEmpty" if "limit" not in query else "OffsetCannotBeEmpty")
        offset, limit = _whole(query, self.offset, 0), _whole(query, "limit", self.limit)
        if not 1 <= limit <= self.limit:
            raise bad_parameter(f"limit must be between 1 and {self.limit}")
        return offset, limit

    def _window(self, query: Mapping[str, str]) -> tuple[int, int]:
        begin, end = _moment(query, "begindate"), _moment(query, "enddate")
        if begin is None:
            return 0, 2**40 if end is None else end
        if self.one_day:  # a wider window, or one without an end, is cut without a word
            return begin, min(2**40 if end is None else end, begin + _DAY)
        return begin, 2**40 if end is None else end


def _open(state: HepsiburadaState) -> list[Entry]:
    return [
        (since(package, Stage.CREATED, state.market), order_line(line, package, state))
        for package in state.market.listed()
        if package.stage is Stage.CREATED and not state.is_packed(package)
        for line in package.lines
    ]


def _payment_awaiting(state: HepsiburadaState) -> list[Entry]:
    return [
        (package.ordered_at, pascal(_summary(line, package, state)))
        for package in state.market.listed()
        if package.stage is Stage.UNPAID
        for line in package.lines
    ]


def _summary(line: MarketLine, package: Package, state: HepsiburadaState) -> dict[str, Any]:
    return {
        "id": line_id(line),
        "merchantId": state.merchant_id,
        "merchantSku": line.article.code,
        "name": line.article.name,
        "orderDate": local(package.ordered_at),
        "orderNumber": line.order_number,
        "properties": [],
        "quantity": line.quantity,
        "sku": f"HBV{line.article.article_id:010d}",
    }


def _cancelled(state: HepsiburadaState) -> list[Entry]:
    now, found = state.market.now(), []
    for package in state.market.listed():
        moment = max(since(package, stage, state.market) for stage in (Stage.CANCELLED, Stage.UNSUPPLIED))
        if package.stage not in (Stage.CANCELLED, Stage.UNSUPPLIED) or not _was_paid(package) or moment < now - _MONTH:
            continue
        for line in cancelled_part(package).lines:
            record = {
                "cancelDate": local(package.modified),
                "cancelReasonCode": "2",
                "cancelledBy": "Customer" if package.cancelled_by == "customer" else "Merchant",
                "lineItemId": line_id(line),
                "merchantId": state.merchant_id,
                "merchantSku": line.article.code,
                "orderNumber": line.order_number,
                "quantity": line.quantity,
                "sku": f"HBV{line.article.article_id:010d}",
            }
            found.append((package.modified, record))
    return found


def _packages(state: HepsiburadaState) -> list[Entry]:
    return [
        (package.ordered_at if state.packages_by == "ordered" else package.modified, package_record(package, state))
        for package in state.market.listed()
        if state.is_packed(package) and package.stage in (Stage.CREATED, Stage.PREPARING)
    ]


def _by_stage(name: str, *stages: Stage) -> Callable[[HepsiburadaState], list[Entry]]:
    """The packages in one of `stages`, by the moment of the first of them, which `name` shows; one month long."""

    def entries(state: HepsiburadaState) -> list[Entry]:
        found = []
        for package in state.market.listed():
            moment = since(package, stages[0], state.market)
            if package.stage in stages and moment >= state.market.now() - _MONTH:
                found.append((moment, pascal(_package_summary(package, state) | {name: local(moment)})))
        return found

    return entries


def _package_summary(package: Package, state: HepsiburadaState) -> dict[str, Any]:
    return {
        "id": guid("50000000", package.package_id),
        "merchantId": state.merchant_id,
        "orderNumber": package.order_number,
        "orderNumbers": list(package.order_numbers),
        "packageNumber": str(package.package_id),
        "barcode": barcode(package),
        "etgbNo": None,
    }


def _missing_invoice(state: HepsiburadaState) -> list[Entry]:
    found = []
    for package in state.market.listed():
        if state.is_packed(package) and package.stage is not Stage.UNPACKED:
            word = word_of(package, state)
            status = "Open" if word == "Packaged" else word
            record = {"orderNumbers": list(package.order_numbers), "packageNumber": str(package.package_id)}
            if package.package_id not in state.invoiced:
                found.append((package.modified, record | {"status": status}))
    return found


def _unpacked(state: HepsiburadaState) -> list[Entry]:
    return [
        (
            package.modified,
            {
                "barcode": barcode(package),
                "packageNumber": str(package.package_id),
                "unpackedDate": local(package.modified),
            },
        )
        for package in state.market.listed()
        if package.stage is Stage.UNPACKED or state.is_unpacked(package)
    ]


def _was_paid(package: Package) -> bool:
    return package.reached(Stage.CREATED) is not None


def _whole(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name, str(usual))
    if not text.isdigit():
        raise bad_parameter(f"{name} is not a number")
    return int(text)


def _moment(query: Mapping[str, str], name: str) -> int | None:
    if name not in query:
        return None
    try:
        return int(datetime.strptime(query[name], "%Y-%m-%d %H:%M").replace(tzinfo=ISTANBUL).timestamp())
    except ValueError:
        raise bad_date(name) from None


LISTS: Mapping[Sequence[str], Listing] = {
    ("orders", ""): Listing(_open, 100),
    ("orders", "paymentawaiting"): Listing(_payment_awaiting, 50),
    ("orders", "cancelled"): Listing(_cancelled, 50),
    ("packages", ""): Listing(_packages, 10, offset="Offset", one_day=True, bare=True),
    ("packages", "missing-invoice"): Listing(_missing_invoice, 50, dated=False),
    ("packages", "shipped"): Listing(_by_stage("shippedDate", Stage.SHIPPED), 50),
    ("packages", "delivered"): Listing(_by_stage("deliveredDate", Stage.DELIVERED), 50),
    ("packages", "undelivered"): Listing(_by_stage("undeliveredDate", Stage.UNDELIVERED, Stage.RETURNED), 50),
    ("packages", "status/unpacked"): Listing(_unpacked, 10, offset="Offset", one_day=True),
}
"""(orders or packages, the rest of the path behind the merchant id) → its list."""
