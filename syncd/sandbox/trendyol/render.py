"""A package in Trendyol's words of 2026: amounts of one piece, milliseconds, and all its habits.

What is typed inconsistently on the real service differs here from package to package, always in the same way for the
same package: `vatRate` with and without decimals, telephones as number, text or nothing, `originPackageIds` as list,
nothing or "", the e-invoice flag under either name, blanks at the ends of texts, histories in no order.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from syncd.sandbox.figures import half_up
from syncd.sandbox.market.market import Market
from syncd.sandbox.market.package import Address, MarketBuyer, MarketLine, Package, Stage

TURKEY_MS = 3 * 3600 * 1000
_WORDS = {
    Stage.UNPAID: "Awaiting",
    Stage.CREATED: "Created",
    Stage.PREPARING: "Picking",
    Stage.SHIPPED: "Shipped",
    Stage.DELIVERED: "Delivered",
    Stage.CANCELLED: "Cancelled",
    Stage.UNSUPPLIED: "UnSupplied",
    Stage.UNDELIVERED: "UnDelivered",
    Stage.RETURNED: "Returned",
    Stage.UNPACKED: "UnPacked",
}
STATUSES = frozenset({*_WORDS.values(), "Invoiced", "AtCollectionPoint"})
_CREATED_BY = {"order": "order-creation", "repack": "split"}
_NO_NUMBER = "11111111111"
_HIDDEN = "***"


def status_of(package: Package) -> str:
    """The package's status: what waits at a pick-up point has a word of its own, and every third seller's too."""
    if package.stage is Stage.SHIPPED and package.ship_to is not None:
        return "AtCollectionPoint"
    if package.stage is Stage.PREPARING and package.package_id % 3 == 0:
        return "Invoiced"
    return _WORDS[package.stage]


def shown_package(package: Package, market: Market, seller_id: int) -> dict[str, Any]:
    """The package as a member of `content`."""
    return _masked(package, market) if package.masked else _whole(package, market, seller_id)


def _whole(package: Package, market: Market, seller_id: int) -> dict[str, Any]:
    buyer, status, odd = package.buyer, status_of(package), package.package_id % 2 == 1
    tracking = 7_280_000_000_000_000 + package.tracking if package.tracking else 0
    shown = {
        "shipmentAddress": _address(buyer, package.ship_to or buyer.address, package.package_id),
        "invoiceAddress": _address(buyer, buyer.address, package.package_id) | _company(buyer, odd),
        "orderNumber": package.order_number,
        "paymentMethod": package.payment_method,
        "orderCountryCode": "TR",
        **_amounts(package, market),
        "discountDisplays": [],
        "taxNumber": None,
        "customerFirstName": buyer.first_name,
        "customerLastName": buyer.last_name,
        "customerEmail": f"pf+{buyer.alias}n{package.order_number}@trendyolmail.com" if buyer.alias else "",
        "customerId": buyer.customer_id,
        "supplierId": seller_id,
        "channelId": 1,
        "shipmentPackageId": 0 if package.id_hidden else package.package_id,
        "shipmentNumber": package.shipment_number,
        "cargoTrackingNumber": tracking,
        "cargoTrackingLink": "",
        "cargoSenderNumber": "",
        "cargoProviderName": "Trendyol Express Marketplace",
        "lines": [_line(line, package, status, seller_id) for line in package.lines],
        "orderDate": package.ordered_at * 1000 + TURKEY_MS,
        "lastModifiedDate": package.modified * 1000,
        "originShipmentDate": package.ordered_at * 1000,
        "agreedDeliveryDate": (package.ordered_at + 2 * 86400) * 1000,
        "estimatedDeliveryStartDate": (package.ordered_at + 2 * 86400) * 1000 + TURKEY_MS,
        "estimatedDeliveryEndDate": (package.ordered_at + 4 * 86400) * 1000 + TURKEY_MS,
        "identityNumber": _NO_NUMBER if buyer.corporate else buyer.identity_number or _NO_NUMBER,
        "currencyCode": "TRY",
        "packageHistories": _histories(package, odd),
        "shipmentPackageStatus": "ReturnAccepted" if package.claimed else status,
        "status": status,
        "deliveryType": "normal",
        "deliveryAddressType": "Shipment" if package.ship_to is None else "CollectionPoint",
        "timeSlotId": 0,
        "commercial": buyer.corporate,
        "fastDelivery": False,
        "fastDeliveryType": "",
        "deliveredByService": False,
        "warehouseId": 1,
        "invoiceLink": "",
        "invoiceNumber": "",
        "invoiceStatus": "NotInvoiced",
        "micro": package.micro_export,
        "3pByTrendyol": package.intermediated and odd,
        "is4P": package.intermediated and not odd,
        "hsCode": "",
        "containsDangerousProduct": False,
        "cargoDeci": 1,
        "isCod": False,
        "giftBoxRequested": False,
        "createdBy": _CREATED_BY.get(package.created_by, package.created_by),
        "originPackageIds": _origins(package),
    }
    if package.micro_export:
        shown |= {"etgbNo": f"26341453EX{package.package_id % 1_000_000:06d}", "hsCode": "711111000000"}
    return shown


def _amounts(package: Package, market: Market) -> dict[str, Decimal]:
    """The package's sums. A consumer's know nothing of what Trendyol gives."""
    gross = sum((line.gross for line in package.lines), Decimal("0.00"))
    seller = sum((line.seller_discount for line in package.lines), Decimal("0.00"))
    given = sum((line.platform_discount for line in package.lines), Decimal("0.00"))
    platform = given if package.corporate else Decimal("0.00")
    total = market.truth(package.package_id).total
    return {
        "packageGrossAmount": half_up(gross),
        "packageSellerDiscount": seller,
        "packageTyDiscount": platform,
        "packageTotalDiscount": seller + platform,
        "packageTotalPrice": total + 5 if package.contradictory else total,
    }


def _line(line: MarketLine, package: Package, status: str, seller_id: int) -> dict[str, Any]:
    seller, platform = (
        half_up(sum(given, Decimal(0)) / line.quantity) for given in (line.seller_discounts, line.platform_discounts)
    )
    rate = Decimal(line.vat_rate)
    return {
        "lineId": line.line_id,
        "quantity": line.quantity,
        "stockCode": line.article.code,
        "barcode": line.article.barcode,
        "productName": line.article.name,
        "productSize": f" {line.article.size}" if line.article.size else "",
        "productColor": line.article.colour,
        "contentId": line.article.article_id,
        "productCategoryId": 1000,
        "productOrigin": "TR",
        "businessUnit": "Home",
        "salesCampaignId": 11,
        "sellerId": seller_id,
        "lineGrossAmount": line.unit_price,
        "lineSellerDiscount": seller,
        "lineTyDiscount": platform,
        "lineTotalDiscount": seller + platform,
        "lineUnitPrice": half_up(line.unit_price - seller - platform),
        "discountDetails": [
            {
                "lineItemId": str(unit.unit_id),
                "lineItemPrice": line.unit_price - unit.seller_discount - unit.platform_discount,
                "lineItemSellerDiscount": unit.seller_discount,
                "lineItemTyDiscount": unit.platform_discount,
            }
            for unit in line.units
        ],
        "currencyCode": "TRY",
        "vatRate": line.vat_rate if package.package_id % 3 == 0 else half_up(rate),
        "commission": 13,
        "orderLineItemStatusName": "ReturnAccepted" if package.claimed else status,
        "fastDeliveryOptions": [],
        "cancelledBy": package.cancelled_by,
        "cancelReason": "",
        "cancelReasonCode": 0,
    }


def _address(buyer: MarketBuyer, address: Address, number: int) -> dict[str, Any]:
    phone: int | str | None = buyer.phone or None
    if buyer.phone and number % 3 == 1:
        phone = int(buyer.phone)
    return {
        "id": number,
        "firstName": buyer.first_name,
        "lastName": buyer.last_name,
        "fullName": buyer.full_name,
        "company": "",
        "address1": f"{address.neighbourhood} {address.street} ",
        "address2": "",
        "addressLines": {"addressLine1": "", "addressLine2": ""},
        "fullAddress": address.full,
        "city": f" {address.city} " if number % 2 else address.city,
        "cityCode": address.plate,
        "district": address.district,
        "districtId": 1,
        "neighborhood": address.neighbourhood,
        "neighborhoodId": 1,
        "postalCode": address.postal_code,
        "countryCode": "TR",
        "countyId": 0,
        "countyName": "",
        "shortAddress": "",
        "stateName": "",
        "phone": phone,
    }


def _company(buyer: MarketBuyer, odd: bool) -> dict[str, Any]:
    """What the invoice address of a company has besides; these keys are not there for a consumer."""
    if not buyer.corporate:
        return {}
    return {
        "company": buyer.company,
        "taxNumber": buyer.tax_number,
        "taxOffice": buyer.tax_office,
        "isEInvoiceAvailable" if odd else "eInvoiceAvailable": buyer.e_invoice,
    }


def _histories(package: Package, backwards: bool) -> list[dict[str, Any]]:
    entries = [{"createdDate": at * 1000, "status": _WORDS[stage]} for stage, at in package.history]
    return entries[1:] + entries[:1] if backwards else entries


def _origins(package: Package) -> list[int] | str | None:
    if package.origin_ids:
        return list(package.origin_ids)
    return "" if package.package_id % 2 else None


def _masked(package: Package, market: Market) -> dict[str, Any]:
    """A package whose payment is being checked: for the stock only, with nobody's name and no number of its own."""
    address = {
        **dict.fromkeys(("firstName", "lastName", "address1", "address2", "city", "district", "phone"), _HIDDEN),
        "id": 0,
        "company": "",
        "fullName": "*** ***",
        "countryCode": _HIDDEN,
    }
    shown = {
        "shipmentAddress": address,
        "invoiceAddress": address,
        "orderNumber": package.order_number,
        **_amounts(package, market),
        "taxNumber": _HIDDEN,
        "customerFirstName": _HIDDEN,
        "customerLastName": _HIDDEN,
        "customerEmail": _HIDDEN,
        "customerId": 0,
        "shipmentPackageId": 0,
        "cargoTrackingNumber": 0,
        "cargoProviderName": _HIDDEN,
        "lines": [_line(line, package, "Approved", 0) for line in package.lines],
        "orderDate": package.ordered_at * 1000 + TURKEY_MS,
        "lastModifiedDate": package.modified * 1000,
        "identityNumber": "0000000000000",
        "currencyCode": "TRY",
        "packageHistories": [{"createdDate": 0, "status": "Awaiting"}],
        "shipmentPackageStatus": "Approved",
        "createdBy": "",
        "originPackageIds": None,
        "whoPays": None,
        "hsCode": "",
    }
    return shown if package.package_id % 2 else shown | {"status": "Awaiting"}
