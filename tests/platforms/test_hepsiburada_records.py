from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hepsiburada_orders import A, B, as_details, case, detail, line, platform, records, sample

from syncd.errors import Hold
from syncd.orders.order import Address, Buyer, Export, Line, Order, Payment, Shipment
from syncd.orders.status import Status
from syncd.platforms.readers.hepsiburada_packages import packages

TWO_ORDERS, DECIMALS, SOLE_TRADER, NO_IDENTITY, EXPORT, REPLACEMENT, SELLER_DISCOUNT = range(1, 8)


def read(record: dict[str, Any], **options: Any) -> Order:
    return platform(**options).read(record)


def read_line(**changes: Any) -> Order:
    """The order of one packed line, changed."""
    (record,) = records(detail("4099000101", line(A, "Packaged", "P1", **changes)))
    return read(record)


def in_package(**changes: Any) -> dict[str, Any]:
    """The list's package with a discount of Hepsiburada's, its first line changed."""
    package: dict[str, Any] = deepcopy(sample("hepsiburada_packages.json")[1])
    package["items"][0] |= changes
    return package


def money(amount: str) -> dict[str, Any]:
    return {"currency": "TRY", "amount": Decimal(amount)}


def codes(order: Order) -> list[str]:
    return [doubt.hold_code for doubt in order.doubts]


@pytest.mark.parametrize(
    ("number", "total", "held"),
    [
        (TWO_ORDERS, "370.00", []),
        (DECIMALS, "173.99", []),
        (SOLE_TRADER, "120.00", []),
        (NO_IDENTITY, "120.00", []),
        (EXPORT, "100.00", []),
        (REPLACEMENT, "120.00", ["replacement-order"]),
        (SELLER_DISCOUNT, "110.00", []),
    ],
)
def test_each_constructed_package_gives_its_invoice_amount_or_doubt_from_either_shape(
    number: int, total: str, held: list[str]
) -> None:
    package = case(number)
    details = {one["orderNumber"]: one for one in as_details(package)}
    looked_up, *stubs = packages(details, [{"list": "packages", "record": package}])
    for order in (read(package), read(looked_up)):
        assert (order.status, order.total, codes(order)) == (Status.PREPARING, Decimal(total), held)
        assert sum(one.total for one in order.lines) == order.total
        assert order.export == Export(micro=number == EXPORT)
    assert [stub["status"] for stub in stubs] == (["MergedInto"] if number == TWO_ORDERS else [])


def test_an_order_detail_is_read_completely() -> None:
    (record,) = records(sample("hepsiburada_packaged.json"))
    moment = datetime(2026, 9, 4, 14, 45, tzinfo=UTC)
    assert read(record) == Order(
        id="20000000-0000-4000-8000-000000000002",
        number="4099000102",
        status=Status.PREPARING,
        status_text="Packaged",
        ordered_at=moment,
        updated_at=datetime(2026, 9, 5, 7, 0, tzinfo=UTC),
        currency="TRY",
        total=Decimal("355.00"),
        customer_id="c0000000-0000-4000-8000-000000000002",
        buyer=Buyer(
            "Ege Deneme",
            "Örnek Tasarım Ltd. Şti.",
            "1234567890",
            "Çankaya",
            "m-000002@example.com",
            "05550000002",
        ),
        billing=Address(
            "Örnek Tasarım Ltd. Şti.", "Lale Caddesi No:10 Kavaklıdere", "Çankaya", "Ankara", "06420", "TR"
        ),
        shipping=Address("Ege Deneme", "Lale Caddesi No:10 Kat:3 Kavaklıdere", "Çankaya", "Ankara", "06420", "TR"),
        lines=(
            Line(
                id="20000000-0000-4000-8000-000000000002",
                name="Çizgisiz Defter",
                quantity=Decimal(1),
                total=Decimal("235.00"),
                vat_rate=Decimal(10),
                code="SKU-DEFTER-01",
                barcode="8690000000017",
                unit_price=Decimal("235.00"),
                platform_discount=Decimal("15.00"),
            ),
            Line(
                id="20000000-0000-4000-8000-000000000003",
                name="Seramik Kupa 300 ml",
                quantity=Decimal(1),
                total=Decimal("120.00"),
                vat_rate=Decimal(20),
                code="SKU-KUPA-01",
                barcode="8690000000017",
                unit_price=Decimal("120.00"),
            ),
        ),
        payment=Payment("hepsiburada", "Hepsiburada", moment, "Hepsiburada"),
        shipment=Shipment("Örnek Kargo"),
    )


def test_a_sole_traders_identity_number_in_the_field_of_companies_is_taken_with_the_company_name() -> None:
    assert read(case(SOLE_TRADER)).buyer == Buyer(
        "Deniz Örnek",
        "Deniz Örnek - Örnek Atölye",
        "10000000146",
        "Kadıköy",
        "m-000001@example.com",
        "05550000001",
    )


def test_without_tax_number_e_mail_and_telephone_there_is_still_an_order() -> None:
    assert read(case(NO_IDENTITY)).buyer == Buyer("Deniz Örnek")


@pytest.mark.parametrize("filler", ["99999999999", "11111111111", "1111111111"])
def test_a_placeholder_is_no_tax_number(filler: str) -> None:
    package = case(DECIMALS) | {"taxNumber": filler, "identityNo": filler}
    assert (read(package).buyer.tax_number, read(package).buyer.company) == ("", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"taxNumber": "1000000011", "taxOffice": "Bornova"},
        {"taxNumber": "1000000011", "taxOffice": ""},
        {"taxNumber": "", "taxOffice": "Bornova", "identityNo": None},
        {"taxNumber": "11111111111", "taxOffice": "Bornova", "identityNo": ""},
    ],
)
def test_a_company_without_a_number_that_can_be_right_is_doubted(changes: dict[str, Any]) -> None:
    assert codes(read(case(DECIMALS) | changes)) == ["tax-number-unclear"]


def test_the_district_is_the_town_and_the_quarter_stays_in_the_street() -> None:
    (record,) = records(detail("4099000101", line(A, "Packaged", "P1")))
    invoice = record["items"][0]["invoice"]["address"]
    invoice |= {"address": "Papatya Sokak No:1", "district": "Caferağa", "town": "Kadıköy", "city": "İstanbul"}
    billing = read(record).billing
    assert (billing.address, billing.district, billing.city) == ("Papatya Sokak No:1 Caferağa", "Kadıköy", "İstanbul")


def test_the_invoice_data_of_a_line_go_before_those_of_the_order() -> None:
    (record,) = records(detail("4099000101", line(A, "Packaged", "P1")))
    record["items"][0]["invoice"] = {
        "taxNumber": "1000000018",
        "taxOffice": "Bornova",
        "address": {"name": "Örnek A.Ş."},
    }
    buyer = read(record).buyer
    assert (buyer.company, buyer.tax_number, buyer.tax_office) == ("Örnek A.Ş.", "1000000018", "Bornova")


def test_the_amount_with_the_discount_that_hepsiburada_pays_for_is_a_setting() -> None:
    package, details = in_package(), records(sample("hepsiburada_packaged.json"))
    for record in (package, *details):
        first = read(record).lines[0]
        assert (first.total, first.platform_discount, first.unit_price) == (Decimal(235), Decimal(15), Decimal(235))
        order = read(record, invoice_amount="merchant_total_price")
        first = order.lines[0]
        assert (first.total, first.platform_discount, first.unit_price) == (Decimal(250), Decimal(15), Decimal(250))
        assert (order.total, codes(order)) == (Decimal(370), [])


def test_the_sellers_discount_is_the_lines_discount_and_its_unit_price_the_one_before_it() -> None:
    line = read(case(SELLER_DISCOUNT)).lines[0]
    assert (line.unit_price, line.discount, line.total) == (Decimal(120), Decimal(10), Decimal(110))


@pytest.mark.parametrize(
    "changes",
    [
        {"price": money("236.00")},
        {"merchantTotalPrice": money("249.98")},
        {"totalHBDiscount": money("14.50")},
        {"totalPrice": money("235.02"), "price": money("235.02")},
    ],
)
def test_figures_of_a_line_that_contradict_each_other_are_doubted(changes: dict[str, Any]) -> None:
    assert set(codes(read(in_package(**changes)))) == {"amount-unclear"}


def test_a_difference_of_a_kurus_is_rounding() -> None:
    assert codes(read(in_package(price=money("235.01"), merchantTotalPrice=money("250.01")))) == []


def test_a_unit_price_that_is_not_the_total_is_doubted_in_an_order_detail_too() -> None:
    order = read_line(unitPrice=money("119.98"))
    assert codes(order) == ["amount-unclear"]
    assert "1 × 119.98" in order.doubts[0].message


def test_a_package_total_that_its_lines_do_not_come_to_is_doubted() -> None:
    assert codes(read(in_package() | {"totalPrice": money("380.00")})) == ["amount-unclear"]


def test_shipping_fees_and_customs_of_a_package_are_doubted() -> None:
    assert codes(read(in_package() | {"shippingTotalPrice": money("29.90")})) == ["amount-unclear"]
    assert codes(read(in_package() | {"customsTotalPrice": money("0.00")})) == []


@pytest.mark.parametrize("reason", ["ClaimChangeAccepted", "OrderLineResend", "orderlineresend"])
def test_a_replacement_is_doubted(reason: str) -> None:
    assert codes(read_line(creationReason=reason)) == ["replacement-order"]


def test_a_line_without_a_vat_rate_is_held() -> None:
    with pytest.raises(Hold) as caught:
        read_line(vatRate=None)
    assert caught.value.code == "vat-rate-unclear"


def test_a_line_without_a_total_can_not_be_read() -> None:
    with pytest.raises(Hold) as caught:
        read_line(totalPrice=None)
    assert caught.value.code == "record-unreadable"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Open", Status.AWAITING_APPROVAL),
        ("Unpacked", Status.AWAITING_APPROVAL),
        ("Packaged", Status.PREPARING),
        ("InTransit", Status.SHIPPED),
        ("IN_TRANSIT", Status.SHIPPED),
        ("Undelivered", Status.SHIPPED),
        ("Delivered", Status.DELIVERED),
        ("ClaimCreated", Status.RETURNED),
        ("CancelledByMerchant", Status.CANCELLED),
        ("CancelledByCustomer", Status.CANCELLED),
        ("CancelledBySap", Status.CANCELLED),
        ("OnTheMoon", Status.OTHER),
    ],
)
def test_a_word_of_hepsiburadas_is_a_status_of_ours(word: str, status: Status) -> None:
    (record,) = records(detail("4099000101", line(A, word)))
    order = read(record)
    assert (order.status, order.status_text) == (status, word)


def test_an_open_package_is_packed_and_an_open_line_is_not() -> None:
    assert read(in_package()).status is Status.PREPARING
    (record,) = records(detail("4099000101", line(A, "Open")))
    assert read(record).status is Status.AWAITING_APPROVAL


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["Packaged", "InTransit"], "Packaged"),
        (["Delivered", "InTransit"], "InTransit"),
        (["Delivered", "ClaimCreated"], "Delivered"),
        (["ClaimCreated", "ClaimCreated"], "ClaimCreated"),
        (["Delivered", "OnTheMoon"], "OnTheMoon"),
        (["InTransit", "CancelledByCustomer"], "InTransit"),
    ],
)
def test_a_package_stands_where_its_least_advanced_live_line_stands(words: list[str], word: str) -> None:
    first, *_ = records(detail("4099000101", line(A, words[0], "P1"), line(B, words[1], "P1")))
    assert read(first).status_text == word


def test_moments_are_istanbuls_with_any_number_of_digits() -> None:
    for written, micro in [
        ("2026-09-04T16:12:09", 0),
        ("2026-09-04T16:12:09.9", 900000),
        ("2026-09-04T16:12:09.935", 935000),
        ("2026-09-04T16:12:09.9351234", 935123),
    ]:
        (record,) = records(detail("4099000101", line(A, "Packaged", "P1"), orderDate=written))
        record["items"][0]["orderDate"] = written
        assert read(record).ordered_at == datetime(2026, 9, 4, 13, 12, 9, micro, tzinfo=UTC)


def test_the_lists_tell_when_a_package_was_shipped_and_delivered() -> None:
    found = detail("4099000104", line(A, "Delivered", "5099000004", lastStatusUpdateDate="2026-09-03T15:00:00"))
    shipped = {"OrderNumbers": ["4099000104"], "PackageNumber": "5099000004", "ShippedDate": "2026-09-02T18:20:00"}
    delivered = {"OrderNumber": "4099000104", "OrderNumbers": ["4099000104"], "PackageNumber": "5099000004"}
    delivered["DeliveredDate"] = "2026-09-03T14:05:31"
    (record,) = records(found, entries=[shipped, delivered])
    order = read(record)
    assert order.shipped_at == order.shipment.shipped_at == datetime(2026, 9, 2, 15, 20, tzinfo=UTC)
    assert order.delivered_at == datetime(2026, 9, 3, 11, 5, 31, tzinfo=UTC)


def test_without_the_lists_the_last_change_of_status_dates_the_shipment() -> None:
    changed = {"lastStatusUpdateDate": "2026-09-03T15:00:00"}
    (record,) = records(detail("4099000104", line(A, "InTransit", "P1", **changed)))
    assert read(record).shipped_at == datetime(2026, 9, 3, 12, 0, tzinfo=UTC)
    (record,) = records(detail("4099000104", line(A, "Delivered", "P1", **changed)))
    assert (read(record).shipped_at, read(record).delivered_at) == (None, datetime(2026, 9, 3, 12, 0, tzinfo=UTC))


def test_names_are_read_in_any_case() -> None:
    def capitals(value: Any) -> Any:
        if isinstance(value, dict):
            return {name[0].upper() + name[1:]: capitals(held) for name, held in value.items()}
        return [capitals(held) for held in value] if isinstance(value, list) else value

    lower = records(sample("hepsiburada_packaged.json"))
    upper = packages({"4099000102": capitals(sample("hepsiburada_packaged.json"))})
    assert [read(record) for record in upper] == [read(record) for record in lower]


def test_lines_in_several_currencies_can_not_be_read() -> None:
    package = in_package(totalPrice={"currency": "EUR", "amount": Decimal(235)})
    with pytest.raises(Hold, match="several currencies"):
        read(package)


def test_a_whole_order_detail_can_be_read_unless_it_is_several_packages() -> None:
    assert read(sample("hepsiburada_packaged.json")).total == Decimal("355.00")
    with pytest.raises(Hold) as caught:
        read(detail("4099000101", line(A, "Packaged", "P1"), line(B, "Packaged", "P2")))
    assert caught.value.code == "record-unreadable"


def test_a_parcel_that_the_carrier_reports_late_counts_from_the_day_that_the_list_goes_by() -> None:
    late = {**in_package(), "shippedDate": "2026-09-02T18:20:00"}
    assert read(late).updated_at == datetime(2026, 9, 2, 15, 20, tzinfo=UTC)
