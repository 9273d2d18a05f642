"""N11's packages as orders: the samples and what their documentation warns of."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal as D
from typing import Any

import pytest
from n11_store import billed, case, package, platform, read, sample

from syncd.errors import Hold
from syncd.orders.invoiceable import invoiceable
from syncd.orders.order import Address, Buyer, Export, Line, Order, Payment, Shipment
from syncd.orders.status import SIDE_EXITS, Status, has_reached
from syncd.platforms.platform import Platform
from syncd.platforms.readers.n11 import packages

VKN, TCKN = "1234567890", "10000000146"
COMPANY = "Örnek Tasarım Ltd. Şti."


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


def doubts(order: Order) -> list[str]:
    return [doubt.hold_code for doubt in order.doubts]


def with_line(**fields: Any) -> dict[str, Any]:
    return of_one_line(package()["lines"][0] | fields)


def of_one_line(line: dict[str, Any]) -> dict[str, Any]:
    return package(lines=[line], totalAmount=line["dueAmount"])


def test_a_companys_package_is_read_completely() -> None:
    assert read(package()) == Order(
        id="110000000000002",
        number="2040000000002",
        status=Status.PREPARING,
        status_text="Picking",
        ordered_at=moment(1788533100000),
        updated_at=moment(1788588600000),
        currency="TRY",
        total=D("691.25"),
        customer_id="4000002",
        buyer=Buyer("Ege Deneme", "Örnek Tasarım Ltd. Şti.", VKN, "Çankaya", "alici-000002@example.com", "5550000002"),
        billing=Address(
            "Örnek Tasarım Ltd. Şti.", "Kavaklıdere Lale Caddesi No:10", "Çankaya", "Ankara", "06420", "TR"
        ),
        shipping=Address("Ege Deneme", "Kavaklıdere Lale Caddesi No:10 Kat:3", "Çankaya", "Ankara", "06420", "TR"),
        lines=(
            Line(
                id="500000002",
                name="Çizgisiz Defter",
                quantity=D(1),
                total=D("391.25"),
                vat_rate=D(10),
                code="SKU-DEFTER-01",
                barcode="8690000000017",
                unit_price=D("469.5"),
                discount=D("78.25"),
                platform_discount=D("109.0"),
            ),
            Line(
                id="500000003",
                name="Seramik Kupa 300 ml",
                quantity=D(1),
                total=D("300.0"),
                vat_rate=D(20),
                code="SKU-KUPA-01",
                barcode="8690000000017",
                unit_price=D("300.0"),
            ),
        ),
        payment=Payment("n11", "n11", moment(1788533100000), "n11"),
        shipment=Shipment("Aras"),
    )


def test_every_package_of_the_sample_page_comes_to_what_the_seller_invoices() -> None:
    read_ones = [read(record) for record in sample("n11_page.json")["content"]]
    assert [(one.status, one.total, doubts(one)) for one in read_ones] == [
        (Status.AWAITING_APPROVAL, D("590.00"), []),
        (Status.PREPARING, D("691.25"), []),
        (Status.SHIPPED, D("300.00"), []),
    ]
    assert [invoiceable(one, "subtract").total for one in read_ones] == [one.total for one in read_ones]


def test_the_invoice_is_above_what_the_buyer_paid_where_n11_bears_a_discount() -> None:
    record = package()
    order = read(record)
    assert record["totalAmount"] == D("582.25")
    assert order.total - sum(line.platform_discount for line in order.lines) == D("582.25")


# The constructed cases


def test_a_person_without_an_identity_number_is_invoiced_all_the_same() -> None:
    (record,) = case("individual without TCKN")
    order = read(record)
    assert order.buyer == Buyer("Deniz Örnek", email="alici-000001@example.com", phone="5550000001")
    assert (order.total, doubts(order)) == (D("590.0"), [])
    for absent in ({"tcId": None}, {}):
        billing = {key: value for key, value in record["billingAddress"].items() if key != "tcId"} | absent
        without = {key: value for key, value in record.items() if key != "tcIdentityNumber"}
        assert read(without | {"billingAddress": billing}).buyer.tax_number == ""


def test_blanks_in_front_of_a_status_and_missing_dates_of_the_history_do_no_harm() -> None:
    (record,) = case("history status with leading space")
    order = read(record)
    assert order.status is Status.SHIPPED
    assert (order.ordered_at, order.shipped_at) == (moment(1788533100000), moment(1788621600000))
    assert order.shipment == Shipment("Aras", tracking_number="7000000000003", shipped_at=moment(1788621600000))
    assert (order.delivered_at, order.total) == (None, D("300.0"))


def test_a_split_packages_parent_is_dead_and_its_children_come_to_its_total() -> None:
    parent, *children = (read(record) for record in case("package split by quantity"))
    assert parent.status is Status.CANCELLED
    assert not has_reached(parent.status, Status.AWAITING_APPROVAL)
    assert [child.status for child in children] == [Status.PREPARING, Status.PREPARING]
    assert sum(child.total for child in children) == parent.total == D("590.0")
    assert {child.number for child in children} == {parent.number}


def test_an_order_to_a_pick_up_point_is_invoiced_to_the_buyer_and_shipped_to_the_point() -> None:
    (record,) = case("pick-up point order")
    order = read(record)
    assert order.buyer.name == order.billing.name == "Deniz Örnek"
    assert order.billing.address == "Caferağa Papatya Sokak No:1 D:2"
    assert order.shipping == Address(
        "", "Caferağa Örnek Teslim Noktası, Gül Sokak No:5", "Kadıköy", "İstanbul", "", "TR"
    )
    assert (order.total, doubts(order)) == (D("590.0"), [])


def test_a_micro_export_is_marked_as_one() -> None:
    (record,) = case("micro export order")
    order = read(record)
    assert order.export == Export(micro=True)
    assert order.billing.country == "AZ"
    assert read(package(micro=None, etgbNo="26341300EX000001")).export == Export(micro=True, etgb="26341300EX000001")
    assert read(package(micro=False)).export == Export()


@pytest.mark.parametrize("words", ["cancelled by the customer", "rejected by the seller"])
def test_what_was_cancelled_or_rejected_never_fires(words: str) -> None:
    (record,) = case(words)
    assert read(record).status in SIDE_EXITS


def test_a_package_without_id_is_known_by_its_order_and_its_smallest_line() -> None:
    (record,) = case("package id null")
    order = read(record)
    assert order.id == "2040000000020-500000004"
    assert (order.status, order.total, doubts(order)) == (Status.PREPARING, D("300.0"), [])
    first = record["lines"][0]
    several = [first, first | {"orderLineId": 99999999}, first | {"orderLineId": 500000003}]
    assert read(record | {"lines": several}).id == "2040000000020-99999999"
    assert read({key: value for key, value in record.items() if key != "id"}).id == order.id


def test_a_delivered_package_is_delivered_whatever_is_returned_says() -> None:
    (record,) = case("delivered, invoice link already present")
    order = read(record)
    assert (order.status, order.delivered_at) == (Status.DELIVERED, moment(1788775200000))
    assert (order.total, order.returns) == (D("300.0"), ())


# Words


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Created", Status.AWAITING_APPROVAL),
        (" Picking", Status.PREPARING),
        ("shipped", Status.SHIPPED),
        ("DELIVERED", Status.DELIVERED),
        ("Cancelled", Status.CANCELLED),
        ("Canceled", Status.CANCELLED),
        ("UnSupplied", Status.CANCELLED),
        ("unsupplied ", Status.CANCELLED),
        ("UnPacked", Status.CANCELLED),
        ("Unpacked", Status.CANCELLED),
        ("AtCollectionPoint", Status.OTHER),
    ],
)
def test_status_words_are_known_in_all_their_spellings(word: str, status: Status) -> None:
    assert read(package(shipmentPackageStatus=word)).status is status


def test_a_word_can_be_translated_differently_in_the_configuration() -> None:
    order = read(package(shipmentPackageStatus="AtCollectionPoint"), statuses={"atcollectionpoint": Status.SHIPPED})
    assert order.status is Status.SHIPPED


# Dates


def test_without_a_date_in_its_creation_an_order_is_dated_by_the_first_one_that_is_told() -> None:
    later = {"createdDate": 1788588600000, "status": "Picking"}
    assert read(package(packageHistories=[{"status": "Created"}, later])).ordered_at == moment(1788588600000)
    for nothing in ([{"status": "Created"}], [], None):
        undated = package(packageHistories=nothing, lastModifiedDate=1788600000000)
        assert read(undated).ordered_at == moment(1788600000000)


@pytest.mark.parametrize("created", [{}, {"createdDate": None}, {"createdDate": 0}, {"createdDate": "0"}])
def test_an_order_whose_day_n11_does_not_tell_waits_for_it_may_be_older_than_it_looks(created: dict[str, Any]) -> None:
    history = [{"status": "Created", **created}, {"createdDate": 1788588600000, "status": "Picking"}]
    order = read(package(packageHistories=history))
    (doubt,) = order.doubts
    assert (order.ordered_at, doubt.hold_code) == (moment(1788588600000), "order-date-unclear")
    assert "since" in doubt.remedy
    for nothing in ([], None):
        assert doubts(read(package(packageHistories=nothing))) == ["order-date-unclear"]


@pytest.mark.parametrize("nothing", [0, None, "", "0"])
def test_a_date_of_zero_is_none(nothing: Any) -> None:
    history = [
        {"createdDate": 1788533100000, "status": "Created"},
        {"createdDate": nothing, "status": "Shipped"},
        {"createdDate": nothing, "status": "Delivered"},
    ]
    order = read(package(packageHistories=history, lastModifiedDate=nothing))
    assert (order.ordered_at, order.payment.paid_at) == (moment(1788533100000), moment(1788533100000))
    assert (order.shipped_at, order.shipment.shipped_at, order.delivered_at) == (None, None, None)
    assert order.updated_at is None


def test_without_any_date_a_package_can_not_be_read() -> None:
    with pytest.raises(Hold) as caught:
        read(package(packageHistories=[{"createdDate": 0, "status": "Created"}], lastModifiedDate=0))
    assert caught.value.code == "record-unreadable"


def test_a_dead_packages_missing_day_is_nobodys_concern() -> None:
    assert doubts(read(package(packageHistories=[], shipmentPackageStatus="UnPacked"))) == []


def test_a_status_reached_twice_counts_from_the_first_time() -> None:
    history = [{"createdDate": 1788700000000, "status": "Shipped"}, {"createdDate": 1788621600000, "status": "shipped"}]
    assert read(package(packageHistories=history)).shipped_at == moment(1788621600000)


# The buyer


def test_a_sole_trader_has_an_identity_number_where_a_company_has_its_tax_number() -> None:
    order = read(package(billed(taxId=TCKN)))
    assert (order.buyer.tax_number, order.buyer.company, doubts(order)) == (TCKN, "Örnek Tasarım Ltd. Şti.", [])


def test_tax_data_comes_from_the_package_when_the_address_lacks_it() -> None:
    order = read(package(billed(taxId=None, taxHouse=None)))
    assert (order.buyer.tax_number, order.buyer.tax_office) == (VKN, "Çankaya")
    person = package(billed(invoiceType=1, taxId=None, tcId=""), taxId=None, tcIdentityNumber=TCKN)
    assert read(person).buyer.tax_number == TCKN


def test_a_person_gets_neither_company_nor_a_tax_number_left_over() -> None:
    order = read(package(billed(invoiceType=1, fullName="Ege Deneme", tcId="11111111111")))
    assert order.buyer == Buyer("Ege Deneme", email="alici-000002@example.com", phone="5550000002")


def test_without_an_invoice_type_a_valid_tax_number_makes_a_company() -> None:
    assert read(package(billed(invoiceType=None))).buyer.company == "Örnek Tasarım Ltd. Şti."
    unknown = package(billed(invoiceType=None, taxId=None), taxId=None)
    assert read(unknown).buyer.company == ""


def test_a_companys_invoice_without_a_valid_tax_number_waits_for_a_person() -> None:
    order = read(package(billed(taxId="1234567891"), taxId=None))
    assert (order.buyer.tax_number, doubts(order)) == ("", ["tax-number-unclear"])


def test_the_buyers_name_stands_at_the_package_when_the_address_lacks_it() -> None:
    order = read(package(billed(invoiceType=1, fullName=None)))
    assert order.buyer.name == "Ege Deneme"


# Doubts


def test_figures_that_contradict_each_other_make_the_order_wait() -> None:
    order = read(with_line(sellerInvoiceAmount=D("282.25")))
    (doubt,) = order.doubts
    assert doubt.hold_code == "amount-unclear"
    assert "500000002" in doubt.message
    assert "469,50 TL less the store's discount of 78,25 TL" in doubt.message
    assert "282,25 TL" in doubt.message
    assert doubt.remedy


def test_a_kurus_of_rounding_is_no_contradiction() -> None:
    assert doubts(read(with_line(sellerInvoiceAmount=D("391.26")))) == []
    assert doubts(read(with_line(sellerInvoiceAmount=D("391.27")))) == ["amount-unclear"]


def test_the_guard_counts_the_discount_of_the_whole_line_and_not_of_one_piece() -> None:
    line = {"quantity": 2, "price": D("292.8"), "sellerDiscount": D("2.9"), "totalSellerDiscountPrice": D("5.8")}
    order = read(with_line(**line, sellerInvoiceAmount=D("579.8")))
    assert (order.total, doubts(order)) == (D("579.8"), [])


def test_an_amount_that_n11_leaves_out_makes_the_order_wait() -> None:
    for absent in ({"sellerInvoiceAmount": None}, {}):
        line = {key: value for key, value in package()["lines"][0].items() if key != "sellerInvoiceAmount"}
        assert doubts(read(of_one_line(line | absent))) == ["amount-unclear"]


@pytest.mark.parametrize(
    "names",
    [
        ("price",),
        ("sellerInvoiceAmount",),
        ("price", "sellerInvoiceAmount"),
        ("price", "sellerInvoiceAmount", "totalSellerDiscountPrice"),
    ],
)
def test_a_line_without_its_price_or_amount_is_not_taken_for_a_present(names: tuple[str, ...]) -> None:
    first, second = package()["lines"]
    left_out = {key: value for key, value in second.items() if key not in names}
    for one in (left_out, left_out | dict.fromkeys(names), left_out | dict.fromkeys(names, "")):
        found = read(package(lines=[first, one])).doubts
        assert {doubt.hold_code for doubt in found} == {"amount-unclear"}
        assert "500000003" in found[0].message
        assert names[0] in found[0].message


def test_a_line_that_costs_nothing_is_a_present_when_n11_says_so() -> None:
    first, second = package()["lines"]
    free = second | {"price": 0, "sellerInvoiceAmount": 0, "totalSellerDiscountPrice": 0, "dueAmount": 0}
    assert doubts(read(package(lines=[first, free], totalAmount=first["dueAmount"]))) == []


@pytest.mark.parametrize("word", ["Cancelled", " canceled", "UnSupplied", "UN_SUPPLIED"])
def test_a_cancelled_line_in_a_living_package_makes_the_order_wait(word: str) -> None:
    first, second = package()["lines"]
    lines = [first, second | {"orderItemLineItemStatusName": word}]
    (doubt,) = read(package(lines=lines)).doubts
    assert (doubt.hold_code, "500000003" in doubt.message) == ("amount-unclear", True)
    assert doubts(read(package(lines=lines, shipmentPackageStatus="Cancelled"))) == []


def test_a_total_that_the_lines_do_not_make_makes_the_order_wait() -> None:
    assert doubts(read(package(totalAmount=D("582.27")))) == []
    (doubt,) = read(package(totalAmount=D("582.28"))).doubts
    assert doubt.hold_code == "amount-unclear"
    assert "582,25 TL" in doubt.message
    assert "582,28 TL" in doubt.message
    assert doubts(read(package(totalAmount=D("582.28"), shipmentPackageStatus="Canceled"))) == []


def test_a_total_may_hold_the_charge_for_instalments() -> None:
    assert doubts(read(package(totalAmount=D("600.25"), installmentChargeWithVATprice=D(18)))) == []


def test_a_total_is_compared_only_where_all_of_it_is_told() -> None:
    first, second = package()["lines"]
    for record in (package(totalAmount=None), package(lines=[first, second | {"dueAmount": None}])):
        assert doubts(read(record)) == []


def test_a_line_without_a_vat_rate_makes_the_order_wait_but_zero_percent_is_a_rate() -> None:
    assert doubts(read(with_line(vatRate=None))) == ["vat-rate-unclear"]
    assert doubts(read(with_line(vatRate=0))) == []


def test_an_order_of_another_store_waits() -> None:
    order = read(package(sellerId=2000009))
    (doubt,) = order.doubts
    assert doubt.hold_code == "wrong-account"
    assert "2000009" in doubt.message
    assert "2000001" in doubt.message
    assert doubts(read(package(sellerId=None))) == []


def test_a_package_with_nothing_to_know_it_by_waits() -> None:
    order = read(package(id=None, lines=[]))
    assert (order.id, doubts(order)) == ("2040000000002", ["identity-unclear"])


def test_the_store_is_the_account() -> None:
    assert platform().account == "2000001"


# What a package came from


def together(store: Platform, listed: list[dict[str, Any]], answer: list[dict[str, Any]] | None) -> dict[str, Order]:
    found = {"2040000000012": None if answer is None else {"content": answer}}
    return {order.id: order for order in map(store.read, packages(found, [{"record": one} for one in listed]))}


def test_the_children_of_a_split_package_name_it_wherever_it_was_met() -> None:
    parent, *children = case("package split by quantity")
    origin = parent["id"]
    for listed, answer in (
        ([parent, *children], None),
        (children, [parent, *children]),
        ([children[0]], [parent, *children]),
    ):
        orders = together(platform(), listed, answer)
        assert orders[origin].origin_ids == ()
        assert {child["id"]: orders[child["id"]].origin_ids for child in children} == dict.fromkeys(
            (child["id"] for child in children), (origin,)
        )


def test_a_package_of_other_goods_and_another_order_have_nothing_to_do_with_it() -> None:
    parent, child, _ = case("package split by quantity")
    other_goods = child | {"id": "77", "lines": [child["lines"][0] | {"productId": 100000009}]}
    other_order = child | {"id": "78", "orderNumber": "2040000000099"}
    orders = together(platform(), [parent, other_goods, other_order], None)
    assert (orders["77"].origin_ids, orders["78"].origin_ids) == ((), ())
    unasked = together(platform(), [parent], [other_order])
    assert list(unasked) == [parent["id"]]


def test_of_two_versions_of_a_package_the_newer_one_counts() -> None:
    _, child, _ = case("package split by quantity")
    newer = child | {"shipmentPackageStatus": "Shipped", "lastModifiedDate": child["lastModifiedDate"] + 1}
    assert together(platform(), [child], [newer])[child["id"]].status is Status.SHIPPED
    assert together(platform(), [newer], [child])[child["id"]].status is Status.SHIPPED
