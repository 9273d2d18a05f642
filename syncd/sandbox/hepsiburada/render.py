"""Lines, packages and orders in Hepsiburada's shapes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from syncd.sandbox.figures import half_up
from syncd.sandbox.hepsiburada.state import HepsiburadaState, line_id
from syncd.sandbox.market.ids import guid
from syncd.sandbox.market.market import Market
from syncd.sandbox.market.package import Address, MarketBuyer, MarketLine, Package, Stage

ISTANBUL = ZoneInfo("Europe/Istanbul")
CARRIER = "Örnek Kargo"

_WORDS = {
    Stage.PREPARING: "Packaged",
    Stage.SHIPPED: "InTransit",
    Stage.UNDELIVERED: "Undelivered",
    Stage.RETURNED: "Undelivered",
    Stage.DELIVERED: "Delivered",
    Stage.UNSUPPLIED: "CancelledByMerchant",
}
_FRACTIONS = ("", ".0", ".000", ".0000000")
_CONTRADICTION = Decimal("5.00")


def local(moment: int, variant: int = 0) -> str:
    """A moment as Istanbul's wall clock, without a zone, with 0, 1, 3 or 7 digits behind the second."""
    clock = datetime.fromtimestamp(moment, UTC).astimezone(ISTANBUL)
    return clock.strftime("%Y-%m-%dT%H:%M:%S") + _FRACTIONS[variant % len(_FRACTIONS)]


def word_of(package: Package, state: HepsiburadaState) -> str:
    """The status of the package's lines."""
    if package.stage is Stage.CREATED:
        return "Packaged" if state.is_packed(package) else "Unpacked" if state.is_unpacked(package) else "Open"
    if package.stage is Stage.CANCELLED:
        return "CancelledByCustomer" if package.cancelled_by == "customer" else "CancelledByMerchant"
    if package.stage is Stage.DELIVERED and package.claimed:
        return "ClaimCreated"
    return _WORDS[package.stage]


def pascal(record: dict[str, Any]) -> dict[str, Any]:
    """The same with a capital at the beginning of every name, as some lists write it."""
    return {name[0].upper() + name[1:]: value for name, value in record.items()}


def order_line(line: MarketLine, package: Package, state: HepsiburadaState) -> dict[str, Any]:
    """A line as the list of open orders and the order detail have it."""
    total, price = _total(line), _price(line, package)
    cancelled = package.stage in (Stage.CANCELLED, Stage.UNSUPPLIED)
    packed = state.is_packed(package) or (cancelled and state.cancelled_lines_keep_package)
    variant = line.line_id
    return {
        "id": line_id(line),
        "orderId": guid("30000000", int(line.order_number)),
        "orderNumber": line.order_number,
        "orderDate": local(package.ordered_at, variant),
        "lastStatusUpdateDate": local(package.modified, variant + 1),
        "dueDate": local(package.ordered_at + 3 * 86400),
        "status": word_of(package, state),
        "sku": f"HBV{line.article.article_id:010d}",
        "merchantSKU": line.article.code,
        "name": line.article.name,
        "productBarcode": line.article.barcode,
        "quantity": line.quantity,
        "unitPrice": _money(price),
        "totalPrice": _money(total),
        "vat": _vat(total, line.vat_rate),
        "vatRate": line.vat_rate,
        "hbDiscount": _pair(line.platform_discount, line.quantity),
        "merchantDiscount": _pair(line.seller_discount, line.quantity),
        "discountInfo": [],
        "discountToBeBilledToHB": line.platform_discount,
        "deptorDifferenceAmount": line.seller_discount,
        "commission": _money(half_up(price / 10)),
        "commissionRate": Decimal("10.0"),
        "cargoCompany": CARRIER,
        "cargoCompanyModel": {"id": 89, "name": CARRIER, "shortName": "OK", "trackingUrl": "https://kargo.test/"},
        "deliveryType": "StandardDelivery",
        "packageNumber": str(package.package_id) if packed else "",
        "barcode": barcode(package) if packed else "",
        "customerId": guid("c0000000", package.buyer.customer_id),
        "customerName": package.buyer.full_name,
        "shippingAddress": _delivery(package),
        "invoice": _invoice(package.buyer),
        "merchantId": state.merchant_id,
        "isMicroExport": package.micro_export,
        "creationReason": _reason(package),
        "properties": [{"name": "renk", "displayName": "Renk", "value": line.article.colour}],
        "canCreatePackage": word_of(package, state) in ("Open", "Unpacked"),
        "pickUpTime": None,
        "parentItemIndex": None,
    }


def package_record(package: Package, state: HepsiburadaState) -> dict[str, Any]:
    """A package as the list of packages has it: other names than the order detail, amounts and addresses included."""
    buyer, delivery, billing = package.buyer, package.ship_to or package.buyer.address, package.buyer.address
    lines = [_package_line(line, package, state) for line in package.lines]
    return {
        "id": guid("50000000", package.package_id),
        "status": "Open",
        "customerId": guid("c0000000", buyer.customer_id),
        "customerName": buyer.full_name,
        "orderDate": local(package.ordered_at),
        "dueDate": local(package.ordered_at + 3 * 86400),
        "unpackedDate": None,
        "barcode": barcode(package),
        "packageNumber": str(package.package_id),
        "cargoCompany": CARRIER,
        "recipientName": buyer.full_name,
        "shippingAddressDetail": delivery.street,
        "shippingCountryCode": "TR",
        "shippingDistrict": delivery.neighbourhood,
        "shippingTown": delivery.district,
        "shippingCity": delivery.city,
        "email": _email(buyer),
        "phoneNumber": buyer.phone,
        "companyName": buyer.title,
        "billingAddress": f"{billing.street} {billing.neighbourhood} {billing.district} {billing.city}",
        "billingCity": billing.city,
        "billingTown": billing.district,
        "billingDistrict": billing.neighbourhood,
        "billingPostalCode": billing.postal_code,
        "billingCountryCode": "TR",
        "taxOffice": buyer.tax_office,
        "taxNumber": buyer.tax_number,
        "identityNo": None if buyer.corporate else buyer.identity_number,
        "shippingTotalPrice": None,
        "customsTotalPrice": None,
        "totalPrice": _money(sum((_total(line) for line in package.lines), Decimal("0.00"))),
        "items": lines,
    }


def order_detail(number: str, packages: Sequence[Package], state: HepsiburadaState) -> dict[str, Any]:
    """The detail of an order, with its lines of all these packages."""
    first = packages[0]
    return {
        "orderId": guid("30000000", int(number)),
        "orderNumber": number,
        "orderDate": local(first.ordered_at, int(number)),
        "createdDate": local(first.ordered_at, int(number) + 1),
        "paymentStatus": "Completed",
        "customer": {"customerId": guid("c0000000", first.buyer.customer_id), "name": first.buyer.full_name},
        "deliveryAddress": _delivery(first),
        "invoice": _invoice(first.buyer),
        "orderNote": None,
        "items": [order_line(line, package, state) for package in packages for line in package.lines_of(number)],
    }


def _package_line(line: MarketLine, package: Package, state: HepsiburadaState) -> dict[str, Any]:
    total, quantity = _total(line), line.quantity
    own = total + line.platform_discount
    return {
        "lineItemId": line_id(line),
        "listingId": guid("40000000", line.article.article_id),
        "merchantId": state.merchant_id,
        "hbSku": f"HBV{line.article.article_id:010d}",
        "merchantSku": line.article.code,
        "quantity": quantity,
        "price": _money(_price(line, package)),
        "vat": _vat(total, line.vat_rate),
        "totalPrice": _money(total),
        "unitHBDiscount": _money(half_up(line.platform_discount / quantity, 5)),
        "totalHBDiscount": _money(line.platform_discount),
        "unitMerchantDiscount": _money(half_up(line.seller_discount / quantity, 5)),
        "totalMerchantDiscount": _money(line.seller_discount),
        "merchantUnitPrice": _money(half_up(own / quantity, 5)),
        "merchantTotalPrice": _money(own),
        "productName": line.article.name,
        "productBarcode": line.article.barcode,
        "orderNumber": line.order_number,
        "orderDate": local(package.ordered_at, line.line_id),
        "gtip": "691200000000" if package.micro_export else None,
        "vatRate": line.vat_rate,
        "discountToBeBilledToHB": line.platform_discount,
        "creationReason": _reason(package),
        "isMicroExport": package.micro_export,
        "pickupTime": None,
    }


def since(package: Package, stage: Stage, market: Market) -> int:
    """When the package came into the stage for the last time; now, if it never did."""
    return next((moment for one, moment in reversed(package.history) if one is stage), market.now())


def _total(line: MarketLine) -> Decimal:
    return line.gross - line.seller_discount - line.platform_discount


def _price(line: MarketLine, package: Package) -> Decimal:
    """What a piece costs the buyer, to five decimals; of the contradictory kind, 5.00 more in all on the first line."""
    extra = _CONTRADICTION if package.contradictory and line == package.lines[0] else Decimal(0)
    return half_up((_total(line) + extra) / line.quantity, 5)


def _vat(total: Decimal, rate: int) -> Decimal:
    return half_up(total * rate / (100 + rate))


def _money(amount: Decimal) -> dict[str, Any]:
    return {"currency": "TRY", "amount": amount}


def _pair(total: Decimal, quantity: int) -> dict[str, Any]:
    return {"totalPrice": _money(total), "unitPrice": _money(half_up(total / quantity, 5))}


def _reason(package: Package) -> str:
    return "ClaimChangeAccepted" if package.replacement else "OrderCreated"


def barcode(package: Package) -> str:
    """What stands on the parcel."""
    return f"{package.package_id}7"


def _email(buyer: MarketBuyer) -> str:
    return f"{buyer.alias}@musteri.hepsiburada.test" if buyer.alias else ""


def _invoice(buyer: MarketBuyer) -> dict[str, Any]:
    return {
        "turkishIdentityNumber": None if buyer.corporate else buyer.identity_number,
        "taxNumber": buyer.tax_number,
        "taxOffice": buyer.tax_office,
        "address": _address(buyer.address, buyer, buyer.title),
    }


def _delivery(package: Package) -> dict[str, Any]:
    return _address(package.ship_to or package.buyer.address, package.buyer, package.buyer.full_name)


def _address(address: Address, buyer: MarketBuyer, name: str) -> dict[str, Any]:
    return {
        "addressId": guid("11111111", buyer.customer_id),
        "address": address.street,
        "name": name,
        "email": _email(buyer),
        "countryCode": "TR",
        "phoneNumber": buyer.phone,
        "alternatePhoneNumber": "",
        "district": address.neighbourhood,
        "town": address.district,
        "city": address.city,
        "postalCode": address.postal_code,
        "directions": None,
    }
