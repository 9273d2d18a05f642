"""Hepsiburada's order details and packages for tests; everything invented."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from syncd.config.settings import PlatformSettings, Secret
from syncd.orders.order import Order
from syncd.platforms.platform import Platform, open_platform
from syncd.platforms.readers.hepsiburada_packages import packages
from syncd.problem import Position
from syncd.resources import MAPPINGS

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 9, 5, 9, 0, 0, tzinfo=UTC)
MERCHANT = "0a0a0a0a-0000-4000-8000-00000000a001"
A, B, C, X = (f"20000000-0000-4000-8000-00000000000{letter}" for letter in "abcd")


def sample(name: str) -> Any:
    """A constructed answer in the documented shape."""
    return json.loads((DATA / name).read_text("utf-8"), parse_float=Decimal)


def settings(**options: Any) -> PlatformSettings:
    """The entry of a store in the configuration."""
    keys = {"merchant_id": MERCHANT, "service_key": Secret("invented-key"), "integrator": "ornek_dev"}
    file = MAPPINGS / "platforms" / "hepsiburada.yaml"
    return PlatformSettings("hb", "hepsiburada", "Hepsiburada", keys | options, Position("syncd.yaml", 12, 5), {}, file)


def platform(
    handler: Callable[[httpx.Request], httpx.Response] | None = None,
    *,
    waits: list[float] | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
    **options: Any,
) -> Platform:
    """The platform with a transport of ours, a clock that stands still and a sleep that only notes."""
    transport = httpx.MockTransport(handler or (lambda request: httpx.Response(500)))
    noted = waits if waits is not None else []
    return open_platform(settings(**options), transport=transport, clock=clock, sleep=noted.append)


def line(line_id: str, status: str = "Open", package: str = "", total: str = "120", **changes: Any) -> dict[str, Any]:
    """A line of an order detail: one piece at 20 %."""
    item: dict[str, Any] = deepcopy(sample("hepsiburada_packaged.json")["items"][0])
    money = {"currency": "TRY", "amount": Decimal(total)}
    item |= {"id": line_id, "status": status, "packageNumber": package, "quantity": 1, "vatRate": 20}
    return item | {"unitPrice": money, "totalPrice": money, "merchantSKU": f"SKU-{line_id[-1:]}"} | changes


def detail(number: str, *items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An order detail with these lines."""
    order: dict[str, Any] = deepcopy(sample("hepsiburada_packaged.json"))
    own = [item | {"orderNumber": number} for item in items]
    return order | {"orderNumber": number, "orderDate": f"2026-09-0{number[-1]}T10:00:00", "items": own} | changes


def records(*details: dict[str, Any], entries: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """The raw records that the details of a group of orders become."""
    found = {one["orderNumber"]: one for one in details}
    return packages(found, [{"list": "packages", "record": entry} for entry in entries or []])


def orders(*details: dict[str, Any], **options: Any) -> dict[str, Order]:
    """The same as orders, by their id's last letter."""
    reader = platform(**options)
    return {record["id"][-1]: reader.read(record) for record in records(*details)}


def case(number: int) -> dict[str, Any]:
    """The package of a constructed case, counted from 1."""
    package: dict[str, Any] = sample("hepsiburada_cases.json")[number - 1]["package"]
    return package


def as_details(package: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A package of the list as the details of its orders would tell it, in the detail's own names."""
    address = {
        "address": package["billingAddress"], "name": package["companyName"], "email": package["email"],
        "phoneNumber": package["phoneNumber"], "district": package["billingDistrict"], "town": package["billingTown"],
        "city": package["billingCity"], "postalCode": package["billingPostalCode"], "countryCode": "TR",
    }  # fmt: skip
    invoice = {
        "turkishIdentityNumber": package["identityNo"], "taxNumber": package["taxNumber"],
        "taxOffice": package["taxOffice"], "address": address,
    }  # fmt: skip
    found: dict[str, dict[str, Any]] = {}
    for item in package["items"]:
        order = found.setdefault(
            item["orderNumber"],
            {
                "orderNumber": item["orderNumber"], "orderDate": item["orderDate"], "invoice": invoice,
                "customer": {"customerId": package["customerId"], "name": package["customerName"]},
                "deliveryAddress": address, "orderNote": None, "items": [],
            },
        )  # fmt: skip
        order["items"].append(
            {
                "id": item["lineItemId"], "orderNumber": item["orderNumber"], "status": "Packaged",
                "packageNumber": package["packageNumber"], "merchantSKU": item["merchantSku"],
                "name": item["productName"], "productBarcode": item["productBarcode"], "quantity": item["quantity"],
                "unitPrice": item["price"], "totalPrice": item["totalPrice"], "vatRate": item["vatRate"],
                "hbDiscount": {"totalPrice": item["totalHBDiscount"], "unitPrice": item["unitHBDiscount"]},
                "merchantDiscount": {
                    "totalPrice": item["totalMerchantDiscount"], "unitPrice": item["unitMerchantDiscount"],
                },
                "isMicroExport": item["isMicroExport"], "creationReason": item["creationReason"], "invoice": invoice,
                "cargoCompany": package["cargoCompany"], "lastStatusUpdateDate": "2026-09-04T12:00:00",
            }
        )  # fmt: skip
    return list(found.values())
