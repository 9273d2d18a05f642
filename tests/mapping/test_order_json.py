"""Orders go to JSON and back without loss, and what is no order is refused by name."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from factories import a_line, an_order
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.orders.json import OrderFormatError, order_from_json, order_to_json
from syncd.orders.order import (
    Address,
    Buyer,
    Doubt,
    Export,
    Line,
    LineKind,
    Order,
    Payment,
    Return,
    ReturnLine,
    Shipment,
)
from syncd.orders.status import Status

TEXT = st.text(max_size=12)
MONEY = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4)
MOMENT = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LINES = st.builds(
    Line, TEXT, TEXT, MONEY, MONEY, MONEY, TEXT, TEXT, MONEY, MONEY, MONEY, st.sampled_from(LineKind),
    st.lists(TEXT, max_size=2).map(tuple),
)  # fmt: skip
BUYERS = st.builds(Buyer, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, st.none() | st.booleans())
RETURNS = st.builds(
    Return,
    TEXT,
    MONEY,
    TEXT,
    st.none() | MOMENT,
    st.lists(st.builds(ReturnLine, TEXT, MONEY, MONEY), max_size=2).map(tuple),
)
ORDERS = st.builds(
    Order,
    id=TEXT, number=TEXT, status=st.sampled_from(Status), ordered_at=MOMENT, currency=TEXT, total=MONEY,
    lines=st.lists(LINES, max_size=3).map(tuple), status_text=TEXT, origin_ids=st.lists(TEXT, max_size=2).map(tuple),
    updated_at=st.none() | MOMENT, shipped_at=st.none() | MOMENT, delivered_at=st.none() | MOMENT,
    exchange_rate=st.none() | MONEY, customer_id=TEXT, buyer=BUYERS,
    billing=st.builds(Address, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT), shipping=st.builds(Address, TEXT),
    payment=st.builds(Payment, TEXT, TEXT, st.none() | MOMENT, TEXT, TEXT),
    shipment=st.builds(Shipment, TEXT, TEXT, TEXT, st.none() | MOMENT),
    export=st.builds(Export, st.booleans(), st.booleans(), TEXT),
    coupons=st.lists(TEXT, max_size=2).map(tuple), returns=st.lists(RETURNS, max_size=2).map(tuple),
    doubts=st.lists(st.builds(Doubt, TEXT, TEXT, TEXT), max_size=2).map(tuple), note=TEXT,
    raw=st.dictionaries(TEXT, st.integers() | TEXT | st.none(), max_size=3),
)  # fmt: skip


@settings(max_examples=150)
@given(ORDERS)
def test_an_order_survives_the_way_to_json_and_back(order: Order) -> None:
    again = order_from_json(json.loads(json.dumps(order_to_json(order, raw=True))))
    assert again == order
    assert again.raw == order.raw
    assert str(again.total) == format(order.total, "f")


def test_money_is_text_and_moments_are_utc() -> None:
    document = order_to_json(an_order(lines=(a_line("1E+2"),)))
    assert document["lines"][0]["total"] == "100"
    assert document["ordered_at"] == "2026-11-23T17:02:09Z"
    assert document["shipped_at"] is None
    assert "raw" not in document


def test_what_the_schema_does_not_require_may_be_missing() -> None:
    order = order_from_json(
        {
            "id": "1",
            "number": "1",
            "status": "preparing",
            "ordered_at": "2026-11-23T20:02:09+03:00",
            "currency": "TRY",
            "total": Decimal("12.50"),
            "lines": [{"id": "1", "name": "Kalem", "quantity": 1, "total": "12.50", "vat_rate": "20"}],
        }
    )
    assert order.ordered_at == datetime(2026, 11, 23, 17, 2, 9, tzinfo=UTC)
    assert order.lines == (Line("1", "Kalem", Decimal(1), Decimal("12.50"), Decimal(20)),)
    assert order.buyer == Buyer()


@pytest.mark.parametrize(
    ("steps", "value", "message"),
    [
        (("total",), 1559.3, 'total must be a number written as text, like "1559.30"'),
        (("lines", 0, "total"), "12,50", 'lines[0].total must be a number written as text, like "1559.30"'),
        (("lines", 0, "quantity"), "NaN", 'lines[0].quantity must be a number written as text, like "1559.30"'),
        (("lines", 0, "kind"), "gift", "lines[0].kind must be one of product, shipping, fee, gift_wrap"),
        (("lines", 0, "sku"), "x", "lines[0].sku is not a part of an order"),
        (("lines",), {}, "lines must be a list"),
        (("lines", 0), "x", "lines[0] must be an object"),
        (("buyer", "name"), None, "buyer.name must be text"),
        (("export", "micro"), "no", "export.micro must be true or false"),
        (
            ("ordered_at",),
            "2026-11-23T20:02:09",
            "ordered_at must be a moment with its offset, like 2026-11-23T17:02:09Z",
        ),
        (("ordered_at",), None, "ordered_at must be a moment with its offset, like 2026-11-23T17:02:09Z"),
        (("payment", "paid_at"), "soon", "payment.paid_at must be a moment with its offset, like 2026-11-23T17:02:09Z"),
        (("status",), ["x"], "status must be one of unpaid, awaiting_approval, preparing, shipped, delivered, "),
        (("raw",), [], "raw must be an object"),
    ],
)
def test_what_is_wrong_is_named(steps: tuple[Any, ...], value: Any, message: str) -> None:
    document: Any = deepcopy(order_to_json(an_order()))
    place = document
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    with pytest.raises(OrderFormatError) as caught:
        order_from_json(document)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("key", ["id", "total", "lines", "ordered_at"])
def test_what_is_missing_is_named(key: str) -> None:
    document = order_to_json(an_order())
    del document[key]
    with pytest.raises(OrderFormatError, match=f"^{key} is missing"):
        order_from_json(document)


def test_what_is_no_object_is_no_order() -> None:
    with pytest.raises(OrderFormatError, match="the order must be an object"):
        order_from_json([])  # type: ignore[arg-type]
