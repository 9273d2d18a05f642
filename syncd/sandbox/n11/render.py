"""A package in N11's shape, with what is odd about it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from syncd.sandbox.figures import half_up
from syncd.sandbox.market.package import Address, MarketBuyer, MarketLine, Package, Stage

if TYPE_CHECKING:
    from syncd.sandbox.n11.state import N11State

WORDS = {
    Stage.CREATED: "Created",
    Stage.PREPARING: "Picking",
    Stage.SHIPPED: "Shipped",
    Stage.UNDELIVERED: "Shipped",
    Stage.RETURNED: "Shipped",
    Stage.DELIVERED: "Delivered",
    Stage.CANCELLED: "Cancelled",
    Stage.UNSUPPLIED: "UnSupplied",
    Stage.UNPACKED: "Unpacked",
}
"""The words that the list is asked for. A parcel that comes back has no word of its own; neither has a return."""

_OTHER_SPELLINGS = {"Cancelled": "Canceled", "Unpacked": "UnPacked", "Shipped": " Shipped"}
_ZERO = Decimal("0.00")


def shown_package(package: Package, state: N11State) -> dict[str, Any]:
    """The package as an element of `content`. Half of the packages are written in the other spellings."""
    odd = package.package_id % 2 == 1
    buyer, sent_to = package.buyer, package.ship_to or package.buyer.address
    lines = [_line(line, package, state, first=number == 0) for number, line in enumerate(package.lines)]
    tracking = str(package.tracking) if package.tracking else None
    return {
        "billingAddress": _billing(package),
        "shippingAddress": _address(sent_to, buyer, at_point=package.ship_to is not None) | {"tcId": None},
        "orderNumber": package.order_number,
        "id": None if package.id_hidden else str(package.package_id),
        "customerEmail": f"{buyer.alias}@n11.test" if buyer.alias else None,
        "customerfullName": buyer.full_name,
        "customerId": buyer.customer_id,
        "taxId": buyer.tax_number or None,
        "taxOffice": buyer.tax_office or None,
        "tcIdentityNumber": buyer.identity_number or None,
        "cargoSenderNumber": tracking,
        "cargoTrackingNumber": str(6_000_000_000_000 + package.shipment_number),
        "cargoTrackingLink": f"https://kargo.test/{tracking}" if tracking else None,
        "shipmentCompanyId": 345,
        "cargoProviderName": "Aras",
        "shipmentMethod": 1,
        "installmentChargeWithVATprice": _ZERO,
        "lines": lines,
        "lastModifiedDate": package.modified * 1000,
        "agreedDeliveryDate": (package.ordered_at + 3 * 86_400) * 1000,
        "totalAmount": sum((line["dueAmount"] for line in lines), _ZERO),
        "totalDiscountAmount": sum((line.seller_discount + line.platform_discount for line in package.lines), _ZERO),
        "packageHistories": _history(package),
        "shipmentPackageStatus": _spelt(package.stage, odd),
        "sellerId": state.seller_id,
        "micro": True if package.micro_export else None,
        "deliveryAddressType": "KTN" if package.id_hidden else "EASYPOINT" if package.ship_to else None,
        "isReturned": package.claimed,
        "invoiceLink": None,
        "invoiceDate": None,
        "etgbNo": None,
        "etgbDate": None,
    }


def _spelt(stage: Stage, odd: bool) -> str:
    word = WORDS[stage]
    return _OTHER_SPELLINGS.get(word, word) if odd else word


def _history(package: Package) -> list[dict[str, Any]]:
    """Every status with its moment; of some packages one lacks the date. What was before the payment is not shown."""
    history: list[dict[str, Any]] = []
    for stage, moment in package.history:
        if stage is Stage.UNPAID:
            continue
        entry: dict[str, Any] = {"createdDate": moment * 1000, "status": _spelt(stage, package.package_id % 2 == 1)}
        if stage is Stage.PREPARING and package.package_id % 4 == 0:
            del entry["createdDate"]
        history.append(entry)
    return history


def _address(address: Address, buyer: MarketBuyer, *, at_point: bool) -> dict[str, Any]:
    return {
        "address": address.street,
        "city": address.city,
        "district": address.district,
        "neighborhood": address.neighbourhood,
        "fullName": None if at_point else buyer.full_name,
        "gsm": None if at_point else buyer.phone or None,
        "postalCode": address.postal_code,
    }


def _billing(package: Package) -> dict[str, Any]:
    """The address of the invoice. A person without an identity number has "", null, or no such key at all."""
    buyer = package.buyer
    shown = _address(buyer.address, buyer, at_point=False) | {
        "fullName": buyer.title,
        "tcId": buyer.identity_number or None,
        "taxId": buyer.tax_number or None,
        "taxHouse": buyer.tax_office or None,
        "invoiceType": 2 if buyer.corporate else 1,
        "countryCode": "AZ" if package.micro_export else None,
    }
    if not buyer.corporate and not buyer.identity_number:
        match package.package_id % 3:
            case 0:
                shown["tcId"] = ""
            case 1:
                del shown["tcId"]
    return shown


def _line(line: MarketLine, package: Package, state: N11State, *, first: bool) -> dict[str, Any]:
    """A line: discounts per piece and for the whole line. A contradictory package invoices 5.00 more on its first."""
    invoiced = half_up(line.gross - line.seller_discount)
    variants = {"Renk": line.article.colour, "Beden": line.article.size}
    return {
        "quantity": line.quantity,
        "productId": line.article.article_id,
        "productName": line.article.name,
        "stockCode": line.article.code,
        "variantAttributes": [{"name": name, "value": value} for name, value in variants.items() if value],
        "customTextOptionValues": [],
        "price": line.unit_price,
        "dueAmount": half_up(line.gross - line.seller_discount - line.platform_discount),
        "installmentChargeWithVAT": _ZERO,
        "sellerCouponDiscount": _ZERO,
        "sellerDiscount": half_up(line.seller_discount / line.quantity),
        "mallDiscount": half_up(line.platform_discount / line.quantity),
        "sellerInvoiceAmount": invoiced + 5 if first and package.contradictory else invoiced,
        "totalMallDiscountPrice": line.platform_discount,
        "orderLineId": line.line_id,
        "orderItemLineItemStatusName": WORDS[package.stage],
        "totalSellerDiscountPrice": line.seller_discount,
        "vatRate": line.vat_rate,
        "commissionRate": Decimal("15.0"),
        "sellerCampaignCommissionRate": None,
        "taxDeductionRate": Decimal("1.0"),
        "totalLaborCostExcludingVAT": None,
        "netMarketingFeeRate": Decimal("1.0"),
        "netMarketplaceFeeRate": Decimal("0.56"),
        "barcode": line.article.barcode if line.article.article_id % 5 else None,
        "deliveryFeeType": 1,
        "sender": state.sender_of(package),
        "productOrigin": "TR",
        "hsCode": "691200000000" if package.micro_export else None,
    }
