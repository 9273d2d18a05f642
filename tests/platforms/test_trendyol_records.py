"""Packages become orders: every field, the old names, and the many ways to say nothing."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import simplejson
from trendyol_packages import NOW, SELLER, constructed, package, platform, read

from syncd.errors import Hold
from syncd.orders.order import Address, Buyer, Export, Line, Order, Payment, Shipment
from syncd.orders.status import Status

TCKN = "10000000146"
VKN = "1234567890"
ZERO_VKN = "0123456789"
CREATED = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)

# Today's name → the name before 2026.
OLD_PACKAGE_NAMES = {
    "shipmentPackageId": "id",
    "packageGrossAmount": "grossAmount",
    "packageSellerDiscount": "totalDiscount",
    "packageTyDiscount": "totalTyDiscount",
    "packageTotalPrice": "totalPrice",
}
OLD_LINE_NAMES = {
    "lineId": "id",
    "stockCode": "merchantSku",
    "lineGrossAmount": "amount",
    "lineSellerDiscount": "discount",
    "lineTyDiscount": "tyDiscount",
    "lineUnitPrice": "price",
    "vatRate": "vatBaseAmount",
}


def in_old_names(record: dict[str, Any]) -> dict[str, Any]:
    def renamed(part: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
        return {names.get(key, key): value for key, value in part.items()}

    old = renamed(deepcopy(record), OLD_PACKAGE_NAMES)
    old["lines"] = [renamed(line, OLD_LINE_NAMES) for line in old["lines"]]
    for line in old["lines"]:
        details = line["discountDetails"]
        line["discountDetails"] = [renamed(one, {"lineItemSellerDiscount": "lineItemDiscount"}) for one in details]
    return old


def masked(**changes: Any) -> dict[str, Any]:
    """A package before its payment was checked, as the list shows it."""
    hidden = {"id": 0, "firstName": "***", "lastName": "***", "address1": "***", "city": "***", "fullName": "*** ***"}
    return {
        "shipmentAddress": hidden,
        "invoiceAddress": hidden,
        "orderNumber": "99000000099",
        "packageGrossAmount": 55.95,
        "taxNumber": "***",
        "customerFirstName": "***",
        "customerEmail": "***",
        "customerId": 0,
        "customerLastName": "***",
        "shipmentPackageId": 0,
        "cargoTrackingNumber": 0,
        "cargoProviderName": "***",
        "lines": [],
        "packageHistories": [{"createdDate": 0, "status": "Awaiting"}],
        "shipmentPackageStatus": "Approved",
        **changes,
    }


def at(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def test_a_companys_package_is_read_completely() -> None:
    address = Address("Deneme Müşteri", "Örnek Mahallesi Deneme Sokak No:1 D:2", "Kadıköy", "İstanbul", "34000", "TR")
    assert read(constructed()[9000000002]) == Order(
        id="9000000002",
        number="99000000002",
        status=Status.PREPARING,
        status_text="Picking",
        ordered_at=datetime(2026, 9, 21, 11, 59, 56, tzinfo=UTC),
        updated_at=CREATED + timedelta(minutes=10),
        currency="TRY",
        total=Decimal(1050),
        customer_id="700000001",
        buyer=Buyer(
            name="Deneme Müşteri",
            company="Örnek Deneme Ticaret Ltd. Şti.",
            tax_number=VKN,
            tax_office="Deneme V.D.",
            email="pf+deneme1@trendyolmail.com",
            e_invoice=True,
        ),
        billing=address,
        shipping=address,
        lines=(
            Line(
                id="8000000002",
                name="Örnek Vazo",
                quantity=Decimal(1),
                total=Decimal(1050),
                vat_rate=Decimal(20),
                code="VZO-1",
                barcode="8690000000028",
                unit_price=Decimal(1200),
                discount=Decimal(100),
                platform_discount=Decimal(50),
                pieces=("80000000021",),
            ),
        ),
        payment=Payment("Kredi Kartı", "Kredi Kartı", CREATED),
        shipment=Shipment("Trendyol Express Marketplace", "", "7280000000000002"),
    )


def test_a_split_kills_the_parent_and_its_children_name_it() -> None:
    orders = {number: read(record) for number, record in constructed().items()}
    assert [(orders[n].status, orders[n].status_text, orders[n].origin_ids) for n in (9000000003, 9000000006)] == [
        (Status.CANCELLED, "UnPacked", ()),
        (Status.CANCELLED, "Cancelled", ()),
    ]
    children = {number: orders[number] for number in (9000000004, 9000000005, 9000000007)}
    assert {child.status for child in children.values()} == {Status.AWAITING_APPROVAL}
    assert {number: child.origin_ids for number, child in children.items()} == {
        9000000004: ("9000000003",),
        9000000005: ("9000000003",),
        9000000007: ("9000000006",),
    }
    assert children[9000000004].number == orders[9000000003].number
    parents_lines = {line.id for line in orders[9000000003].lines}
    assert {line.id for n in (9000000004, 9000000005) for line in orders[n].lines} == parents_lines


@pytest.mark.parametrize("number", [9000000001, 9000000002, 9000000005, 9000000007])
def test_the_old_names_are_read_where_the_new_ones_are_missing(number: int) -> None:
    record = constructed()[number]
    assert read(in_old_names(record)) == read(record)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, ()),
        ("", ()),
        ([], ()),
        ([0], ()),
        ([None], ()),
        ([11, 12], ("11", "12")),
        (["11", " 12 ", 11], ("11", "12")),
        (11, ("11",)),
        ("11", ("11",)),
        ("11,12", ("11", "12")),
        ("[11, 12]", ("11", "12")),
        ([9000000001], ()),
    ],
)
def test_origin_packages_come_in_many_shapes(told: Any, expected: tuple[str, ...]) -> None:
    assert read(package(originPackageIds=told)).origin_ids == expected


def test_without_a_list_of_origins_there_are_none() -> None:
    record = package()
    del record["originPackageIds"]
    assert read(record).origin_ids == ()


def test_a_transferred_package_is_read_like_any_other() -> None:
    order = read(package(createdBy="transfer", originPackageIds=[77]))
    assert (order.status, order.origin_ids, order.doubts) == (Status.AWAITING_APPROVAL, ("77",), ())


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Created", Status.AWAITING_APPROVAL),
        ("Picking", Status.PREPARING),
        ("Invoiced", Status.PREPARING),
        ("Shipped", Status.SHIPPED),
        ("AtCollectionPoint", Status.SHIPPED),
        ("AT_COLLECTION_POINT", Status.SHIPPED),
        ("UnDelivered", Status.SHIPPED),
        ("UNDELIVERED", Status.SHIPPED),
        ("Delivered", Status.DELIVERED),
        ("Returned", Status.RETURNED),
        ("Cancelled", Status.CANCELLED),
        ("UnSupplied", Status.CANCELLED),
        ("UN_PACKED", Status.CANCELLED),
        ("Verified", Status.UNPAID),
        ("Repack", Status.OTHER),
        ("SomethingNew", Status.OTHER),
    ],
)
def test_status_words_are_compared_without_capitals_and_underscores(word: str, status: Status) -> None:
    order = read(package(status=word))
    assert (order.status, order.status_text) == (status, word)


def test_the_second_status_field_counts_only_without_the_first() -> None:
    assert read(package(status="Shipped", shipmentPackageStatus="ReturnAccepted")).status is Status.SHIPPED
    assert read(package(status=None, shipmentPackageStatus="Picking")).status is Status.PREPARING


def shown(record: dict[str, Any]) -> list[str]:
    """The numbers of the orders that a list with this record shows."""
    text = simplejson.dumps({"content": [record], "size": 200, "hasMore": False}, use_decimal=True)
    reading = platform(lambda request: httpx.Response(200, text=text))
    return [one.number for page in reading.changes(NOW - timedelta(days=1)) for one in page.records]


@pytest.mark.parametrize(
    "record",
    [
        masked(),
        masked(status="Awaiting"),
        masked(status="Verified"),
        masked(id=0),
        package(status="Awaiting"),
        package(status="AWAITING"),
    ],
    ids=["without a status", "awaiting", "verified", "old id", "unmasked", "capitals"],
)
def test_packages_that_await_trendyols_check_are_no_orders_yet(record: dict[str, Any]) -> None:
    assert shown(record) == []


@pytest.mark.parametrize(
    "record",
    [package(), package(status="Verified"), package(customerFirstName="***"), package(shipmentPackageId=None)],
    ids=["created", "verified with a number", "a hidden name only", "no number"],
)
def test_no_other_package_is_skipped(record: dict[str, Any]) -> None:
    assert shown(record) == ["99000000001"]


def test_a_package_without_a_number_of_its_own_is_no_order_but_held() -> None:
    with pytest.raises(Hold, match="id is missing") as caught:
        read(package(shipmentPackageId=0))
    assert caught.value.code == "record-unreadable"


def test_the_order_date_is_three_hours_ahead_and_all_other_moments_are_not() -> None:
    histories = [
        {"createdDate": at(CREATED + timedelta(days=9)), "status": "Delivered"},
        {"createdDate": at(CREATED + timedelta(days=4)), "status": "SHIPPED"},
        {"createdDate": at(CREATED), "status": "Created"},
        {"createdDate": at(CREATED + timedelta(days=2)), "status": "Shipped"},
        {"createdDate": 0, "status": "Picking"},
        "no entry",
    ]
    order = read(package(packageHistories=histories, orderDate=at(CREATED + timedelta(hours=3)), status="Delivered"))
    assert order.ordered_at == order.payment.paid_at == CREATED
    assert order.shipped_at == order.shipment.shipped_at == CREATED + timedelta(days=2)
    assert order.delivered_at == CREATED + timedelta(days=9)


@pytest.mark.parametrize("nothing", [None, [], [{"createdDate": 0, "status": "Shipped"}]])
def test_without_a_history_nothing_is_known_about_shipping(nothing: Any) -> None:
    order = read(package(packageHistories=nothing, status="Shipped"))
    assert (order.status, order.shipped_at, order.delivered_at, order.payment.paid_at) == (
        Status.SHIPPED,
        None,
        None,
        None,
    )


def test_without_an_order_date_the_first_history_entry_tells_it() -> None:
    assert read(package(orderDate=0)).ordered_at == CREATED
    with pytest.raises(Hold) as caught:
        read(package(orderDate=None, packageHistories=None))
    assert caught.value.code == "record-unreadable"


@pytest.mark.parametrize(
    ("invoice", "expected"),
    [
        ({"eInvoiceAvailable": False}, False),
        ({"eInvoiceAvailable": None, "isEInvoiceAvailable": True}, True),
        ({"eInvoiceAvailable": None, "isEInvoiceAvailable": "false"}, False),
        ({"eInvoiceAvailable": "", "isEInvoiceAvailable": None}, None),
    ],
)
def test_the_e_invoice_flag_has_two_names(invoice: dict[str, Any], expected: bool | None) -> None:
    assert read(package(9000000002, invoice=invoice)).buyer.e_invoice is expected


def test_a_consumers_package_says_nothing_about_e_invoices() -> None:
    assert read(package()).buyer == Buyer(name="Deneme Müşteri", email="pf+deneme1@trendyolmail.com")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (VKN, VKN),
        (int(VKN), VKN),
        (f" {VKN} ", VKN),
        ("0123456780", ""),
        (TCKN, TCKN),
        ("1111111111", ""),
        ("Company of OMS's Tax Number", ""),
        (None, ""),
        ("***", ""),
    ],
)
def test_a_companys_tax_number_counts_when_its_check_digits_are_right(told: Any, expected: str) -> None:
    buyer = read(package(9000000002, identityNumber=TCKN, invoice={"taxNumber": told})).buyer
    assert buyer.tax_number == expected
    assert buyer.tax_office == ("Deneme V.D." if expected else "")


@pytest.mark.parametrize("told", ["", None, "1234567891", "1111111111", "***", "yok"])
@pytest.mark.parametrize("kind", [{"commercial": True}, {"commercial": False}, {"commercial": None}])
def test_a_companys_invoice_without_a_right_tax_number_waits_for_a_person(told: Any, kind: dict[str, Any]) -> None:
    order = read(package(9000000002, identityNumber=TCKN, invoice={"taxNumber": told}, packageTyDiscount=0, **kind))
    assert "tax-number-unclear" in [doubt.hold_code for doubt in order.doubts]


def test_a_commercial_package_is_a_companys_also_without_its_name() -> None:
    order = read(package(9000000002, invoice={"taxNumber": "", "company": ""}))
    assert [doubt.hold_code for doubt in order.doubts] == ["tax-number-unclear"]
    assert read(package(9000000002)).doubts == ()
    assert read(package(9000000002, invoice={"taxNumber": TCKN})).doubts == ()


def test_a_consumer_needs_no_tax_number() -> None:
    assert read(package(identityNumber="11111111111", invoice={"taxNumber": "", "company": "-"})).doubts == ()


@pytest.mark.parametrize("status", ["Cancelled", "UnSupplied", "UN_PACKED"])
def test_a_dead_packages_missing_tax_number_is_nobodys_concern(status: str) -> None:
    assert read(package(9000000002, status=status, invoice={"taxNumber": ""})).doubts == ()


def test_a_tax_number_that_was_sent_as_a_number_gets_its_leading_zero_back() -> None:
    assert read(package(9000000002, invoice={"taxNumber": int(ZERO_VKN)})).buyer.tax_number == ZERO_VKN


@pytest.mark.parametrize(
    ("told", "expected"),
    [(TCKN, TCKN), (int(TCKN), TCKN), ("11111111111", ""), ("0000000000000", ""), ("***", ""), (None, ""), (VKN, "")],
)
def test_a_consumers_identity_number_counts_unless_it_is_a_filler(told: Any, expected: str) -> None:
    assert read(package(identityNumber=told)).buyer.tax_number == expected


def test_an_alias_is_passed_on_as_it_is() -> None:
    assert read(package()).buyer.email == "pf+deneme1@trendyolmail.com"


@pytest.mark.parametrize(("phone", "expected"), [(None, ""), (905000000000, "905000000000"), (" 0500 ", "0500")])
def test_a_phone_is_a_number_or_text_or_nothing(phone: Any, expected: str) -> None:
    assert read(package(invoice={"phone": phone})).buyer.phone == expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, Export()),
        ({"micro": True, "etgbNo": "26341453EX000001"}, Export(micro=True, etgb="26341453EX000001")),
        ({"micro": "true"}, Export(micro=True)),
        ({"3pByTrendyol": True}, Export(intermediated=True)),
        ({"is4P": True}, Export(intermediated=True)),
        ({"is4P": None, "micro": None, "3pByTrendyol": None}, Export()),
    ],
)
def test_sales_abroad_are_marked(flags: dict[str, Any], expected: Export) -> None:
    assert read(package(**flags)).export == expected


def test_of_a_sale_abroad_through_trendyol_its_company_is_the_buyer() -> None:
    company = {"company": "Örnek Aracılık A.Ş.", "taxNumber": VKN, "taxOffice": "Sarıyer", "isEInvoiceAvailable": True}
    buyer = read(package(is4P=True, invoice=company)).buyer
    assert (buyer.company, buyer.tax_number, buyer.e_invoice) == ("Örnek Aracılık A.Ş.", VKN, True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Payment("Kredi Kartı", "Kredi Kartı", CREATED)),
        ({"paymentMethod": "-"}, Payment(paid_at=CREATED)),
        ({"paymentMethod": None}, Payment(paid_at=CREATED)),
        ({"paymentMethod": "-", "isCod": True}, Payment("cod")),
        ({"paymentMethod": "Cüzdan - Trendpay"}, Payment("Cüzdan - Trendpay", "Cüzdan - Trendpay", CREATED)),
    ],
)
def test_the_payment_method_is_trendyols_word(changes: dict[str, Any], expected: Payment) -> None:
    assert read(package(**changes)).payment == expected


def test_a_line_without_a_stock_code_is_known_by_its_barcode() -> None:
    order = read(package(line={"stockCode": ""}))
    assert (order.lines[0].code, order.lines[0].barcode) == ("8690000000011", "8690000000011")
    assert read(package(line={"stockCode": None, "barcode": None})).lines[0].code == ""


def test_blanks_at_the_ends_are_cut_and_empty_addresses_stay_empty() -> None:
    invoice = {"city": " İstanbul ", "address1": "Örnek Sok. 1 ", "address2": " D:2", "district": None, "fullName": ""}
    order = read(package(invoice=invoice, shipmentAddress=None))
    assert order.billing == Address("Deneme Müşteri", "Örnek Sok. 1 D:2", "", "İstanbul", "34000", "TR")
    assert order.shipping == Address()
    assert order.buyer.name == "Deneme Müşteri"


def test_an_address_without_lines_is_taken_from_its_other_fields() -> None:
    lines = {"address1": "", "addressLines": {"addressLine1": "Birinci", "addressLine2": "***"}}
    assert read(package(invoice=lines)).billing.address == "Birinci"
    whole = {"address1": "", "addressLines": None, "fullAddress": "Hepsi Bir Arada "}
    assert read(package(invoice=whole)).billing.address == "Hepsi Bir Arada"


def test_a_tracking_number_of_zero_is_none_and_a_long_one_keeps_all_digits() -> None:
    assert read(package(cargoTrackingNumber=0)).shipment.tracking_number == ""
    assert read(package(cargoTrackingNumber=72800275041111119999)).shipment.tracking_number == "72800275041111119999"


def test_the_seller_is_the_account() -> None:
    assert platform().account == platform(seller_id=str(SELLER)).account == str(SELLER)
