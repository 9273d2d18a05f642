from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from fake_shop import order_record, platform, sample

from syncd.errors import Hold
from syncd.orders.order import Address, Buyer, Line, LineKind, Order, Payment, Return, ReturnLine, Shipment
from syncd.orders.status import Status

VKN = "1234567890"
TCKN = "10000000146"


def read(record: dict[str, Any], **options: Any) -> Order:
    return platform(**options).read(record)


def with_meta(**meta: Any) -> dict[str, Any]:
    return order_record(meta_data=[{"id": 1, "key": key, "value": value} for key, value in meta.items()])


def tax_number(record: dict[str, Any], **options: Any) -> str:
    return read(record, **options).buyer.tax_number


def line(total: Any = "100.00", tax: Any = "20.00", taxes: Any = None, **more: Any) -> dict[str, Any]:
    item = {
        "id": 1, "name": "Kalem", "quantity": 1, "subtotal": total, "subtotal_tax": tax, "total": total,
        "total_tax": tax, "sku": "KLM", "taxes": [{"id": 1, "total": tax, "subtotal": tax}] if taxes is None else taxes,
    }  # fmt: skip
    return item | more


def with_lines(*items: dict[str, Any], percent: Any = 20, **changes: Any) -> dict[str, Any]:
    tax_line = {"rate_id": 1, "rate_code": "TR-KDV -1", "rate_percent": percent}
    return order_record(line_items=list(items), shipping_lines=[], fee_lines=[], tax_lines=[tax_line]) | changes


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_a_recorded_order_of_a_company_is_read_completely() -> None:
    record = sample("woocommerce_orders.json")[1]
    address = Address("Mehmet Demir", "Moda Cad. 12/3", "Çankaya", "Ankara", "06420", "TR")
    assert read(record) == Order(
        id="16",
        number="16",
        status=Status.PREPARING,
        status_text="processing",
        ordered_at=moment(2026, 11, 23, 17, 2, 9),
        updated_at=moment(2026, 11, 23, 17, 2, 9),
        currency="TRY",
        total=Decimal("226.47"),
        buyer=Buyer(
            "Mehmet Demir",
            "Demir Gıda San. ve Tic. Ltd. Şti.",
            VKN,
            "Çankaya",
            "muhasebe@demir.test",
            "+90 532 000 00 00",
        ),
        billing=address,
        shipping=address,
        lines=(
            Line(
                id="6",
                name='Defter A5 "Kareli" & Çizgisiz',
                quantity=Decimal(3),
                total=Decimal("202.47"),
                vat_rate=Decimal(10),
                code="DFT-A5",
                unit_price=Decimal("74.99"),
                discount=Decimal("22.50"),
            ),
            Line(
                id="7",
                name="Kapıda ödeme bedeli",
                quantity=Decimal(1),
                total=Decimal("24.00"),
                vat_rate=Decimal(20),
                unit_price=Decimal("24.00"),
                kind=LineKind.FEE,
            ),
        ),
        coupons=("hosgeldin10",),
        payment=Payment("cod", "Kapıda ödeme"),
    )


def test_a_recorded_order_of_a_person_has_barcode_payment_note_and_shipping() -> None:
    order = read(sample("woocommerce_orders.json")[0])
    assert order.buyer == Buyer("Ayşe Yılmaz", "", TCKN, "", "ayse@ornek.test", "+90 532 000 00 00")
    assert order.payment == Payment("bacs", "Havale/EFT", moment(2026, 11, 23, 17, 2, 9))
    assert [(one.kind, one.barcode, one.total, one.vat_rate) for one in order.lines] == [
        (LineKind.PRODUCT, "8690000000012", Decimal("1199.80"), Decimal(20)),
        (LineKind.PRODUCT, "", Decimal("299.50"), Decimal(1)),
        (LineKind.SHIPPING, "", Decimal("60.00"), Decimal(20)),
    ]
    assert (order.note, order.customer_id) == ("Kapıcıya bırakın", "")


def test_lines_of_all_recorded_orders_add_up_to_the_total_although_the_discount_fields_do_not() -> None:
    for record in sample("woocommerce_orders.json"):
        order = read(record)
        assert sum(one.total for one in order.lines) == order.total


def test_a_completed_order_is_shipped_and_its_refund_names_the_line() -> None:
    record = sample("woocommerce_orders.json")[2]
    record["_refund_details"] = sample("woocommerce_order_refunds.json")
    order = read(record)
    assert order.status is Status.SHIPPED
    assert order.shipped_at == moment(2026, 11, 23, 17, 2, 10)
    assert order.shipment == Shipment(shipped_at=order.shipped_at)
    assert order.payment.transaction == "IYZ-778812"
    assert order.returns == (
        Return(
            "18",
            Decimal("299.50"),
            "Eksik ürün",
            moment(2026, 11, 23, 17, 2, 10),
            (ReturnLine("12", Decimal(1), Decimal("299.50")),),
        ),
    )


def test_an_order_without_looked_up_refunds_still_tells_their_sums() -> None:
    order = read(sample("woocommerce_orders.json")[2])
    assert order.returns == (Return("18", Decimal("299.50"), "Eksik ürün"),)


def test_a_refund_of_an_amount_only_has_no_lines() -> None:
    refund = {"id": 9, "amount": "10.00", "reason": "", "date_created_gmt": "2026-11-23T18:00:00", "line_items": []}
    order = read(order_record(_refund_details=[refund]))
    assert order.returns == (Return("9", Decimal("10.00"), created_at=moment(2026, 11, 23, 18)),)


def test_refunds_of_shipping_fee_and_part_of_a_price_name_their_lines() -> None:
    def part(item: int, total: str, tax: str, **more: Any) -> dict[str, Any]:
        return {"total": total, "total_tax": tax, "meta_data": [{"key": "_refunded_item_id", "value": item}]} | more

    refund = {
        "id": 9, "amount": "28.80", "date_created_gmt": "2026-11-23T18:00:00",
        "line_items": [part(1, "-10.00", "-2.00", quantity=0)],
        "shipping_lines": [part(3, "-10.00", "-2.00")], "fee_lines": [part(4, "-4.00", "-0.80")],
    }  # fmt: skip
    (given_back,) = read(order_record(_refund_details=[refund])).returns
    assert given_back.lines == (
        ReturnLine("1", Decimal(0), Decimal("12.00")),
        ReturnLine("3", Decimal(0), Decimal("12.00")),
        ReturnLine("4", Decimal(0), Decimal("4.80")),
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", Status.UNPAID),
        ("on-hold", Status.AWAITING_APPROVAL),
        ("processing", Status.PREPARING),
        ("completed", Status.SHIPPED),
        ("cancelled", Status.CANCELLED),
        ("failed", Status.CANCELLED),
        ("refunded", Status.RETURNED),
        ("trash", Status.OTHER),
        ("checkout-draft", Status.OTHER),
        ("auto-draft", Status.OTHER),
        ("kargoda", Status.OTHER),
    ],
)
def test_statuses_are_translated_and_the_shops_word_is_kept(word: str, status: Status) -> None:
    order = read(order_record(status=word))
    assert (order.status, order.status_text) == (status, word)


def test_words_of_a_plugin_are_translated_by_the_settings() -> None:
    statuses = {"kargoda": Status.SHIPPED, "completed": Status.DELIVERED}
    assert read(order_record(status="kargoda"), statuses=statuses).status is Status.SHIPPED
    assert read(order_record(status="completed"), statuses=statuses).status is Status.DELIVERED


def test_the_number_people_read_may_differ_from_the_id() -> None:
    order = read(order_record(id=15, number="TR-2026-0815"))
    assert (order.id, order.number) == ("15", "TR-2026-0815")


def test_moments_come_from_the_utc_fields_and_not_from_the_shops_local_ones() -> None:
    order = read(order_record(date_created="2026-11-24T00:30:00", date_created_gmt="2026-11-23T21:30:00"))
    assert order.ordered_at == moment(2026, 11, 23, 21, 30)


def test_a_registered_customer_has_an_id_and_a_guest_has_none() -> None:
    assert read(order_record(customer_id=0)).customer_id == ""
    assert read(order_record(customer_id=42)).customer_id == "42"


def test_an_order_without_its_date_is_unreadable() -> None:
    with pytest.raises(Hold, match="ordered_at is missing") as caught:
        read(order_record(date_created_gmt=None))
    assert caught.value.code == "record-unreadable"


# Lines


def test_a_line_is_net_plus_tax_whatever_prices_include_tax_says() -> None:
    for included in (True, False):
        order = read(with_lines(line("100.00", "20.00"), prices_include_tax=included))
        assert (order.lines[0].total, order.lines[0].unit_price) == (Decimal("120.00"), Decimal("120.00"))


def test_numbers_nulls_and_empty_texts_are_taken_where_texts_are_usual() -> None:
    item = line(
        total=Decimal("100.5"),
        tax=Decimal("20.1"),
        quantity="2.5",
        subtotal="",
        subtotal_tax=None,
        sku=None,
        global_unique_id=None,
    )
    item["taxes"] = []
    order = read(with_lines(item, total=Decimal("120.6"), transaction_id=None, customer_note=None, fee_lines=[]))
    (one,) = order.lines
    assert (one.total, one.quantity, one.code, one.barcode, one.discount) == (
        Decimal("120.6"),
        Decimal("2.5"),
        "",
        "",
        0,
    )
    assert order.total == Decimal("120.6")


def test_a_deleted_product_keeps_its_name_and_has_no_code() -> None:
    (one,) = read(with_lines(line(sku=None, product_id=0, name="Eski ürün"))).lines
    assert (one.code, one.name) == ("", "Eski ürün")


def test_an_older_woocommerce_without_barcodes_is_read() -> None:
    record = order_record()
    for item in record["line_items"]:
        del item["global_unique_id"]
    assert read(record).lines[0].barcode == ""


def test_decimal_quantities_keep_their_exact_price() -> None:
    (one,) = read(with_lines(line("75.00", "15.00", quantity=Decimal("2.5")))).lines
    assert (one.quantity, one.unit_price, one.total) == (Decimal("2.5"), Decimal("36.00"), Decimal("90.00"))


@pytest.mark.parametrize("quantity", [0, "", None])
def test_a_line_without_a_quantity_is_one_piece(quantity: Any) -> None:
    (one,) = read(with_lines(line("100.00", "20.00", quantity=quantity))).lines
    assert (one.quantity, one.unit_price, one.total) == (Decimal(1), Decimal("120.00"), Decimal("120.00"))


def test_a_unit_price_without_an_end_is_told_to_a_millionth() -> None:
    (one,) = read(with_lines(line("100.00", "20.00", quantity=7))).lines
    assert one.unit_price == Decimal("17.142857")


def test_a_coupon_of_the_whole_price_leaves_rate_and_discount() -> None:
    item = line(
        "0.00", "0.00", subtotal="100.00", subtotal_tax="20.00", taxes=[{"id": 1, "total": "0.00", "subtotal": "20.00"}]
    )
    (one,) = read(with_lines(item)).lines
    assert (one.total, one.discount, one.vat_rate) == (Decimal(0), Decimal("120.00"), Decimal(20))


def test_a_line_that_a_plugin_made_dearer_has_no_negative_discount() -> None:
    (one,) = read(with_lines(line("110.00", "22.00", subtotal="100.00", subtotal_tax="20.00"))).lines
    assert (one.unit_price, one.discount, one.total) == (Decimal("132.00"), Decimal(0), Decimal("132.00"))


def test_a_negative_fee_stays_negative() -> None:
    record = with_lines(line(), fee_lines=[line("-10.00", "-2.00", id=9, name="Havale indirimi")])
    fee = read(record).lines[1]
    assert (fee.kind, fee.total, fee.vat_rate) == (LineKind.FEE, Decimal("-12.00"), Decimal(20))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Hediye Paketi", "gift_wrap"), ("HEDİYE PAKETLEME", "gift_wrap"), ("GIFT WRAP", "gift_wrap"), ("Hizmet", "fee")],
)
def test_a_fee_for_gift_wrap_is_told_by_its_name(name: str, kind: str) -> None:
    record = with_lines(line(), fee_lines=[line("10.00", "2.00", id=9, name=name)])
    assert read(record).lines[1].kind == kind


def test_the_names_of_gift_wraps_are_a_setting() -> None:
    record = with_lines(line(), fee_lines=[line("10.00", "2.00", id=9, name="Kurdele ve kutu")])
    assert read(record, gift_wrap_names=["KURDELE"]).lines[1].kind is LineKind.GIFT_WRAP


def test_free_shipping_is_a_line_of_nothing() -> None:
    order = read(sample("woocommerce_orders.json")[2])
    assert [(one.kind, one.total) for one in order.lines][-1] == (LineKind.SHIPPING, Decimal("0.00"))


def test_unusual_names_are_decoded_once() -> None:
    (one,) = read(with_lines(line(name="Kalem &amp; &quot;Silgi&quot; &#8211; %20"))).lines
    assert one.name == 'Kalem & "Silgi" – %20'


# VAT


def test_the_rate_is_found_by_rate_id_and_never_by_its_code() -> None:
    twenty, ten = line(), line("100.00", "10.00", id=2, taxes=[{"id": 2, "total": "10.00"}])
    tax_lines = [
        {"rate_id": 2, "rate_code": "TR-KDV -1", "rate_percent": 10},
        {"rate_id": 1, "rate_code": "TR-KDV -1", "rate_percent": 20},
    ]
    order = read(with_lines(twenty, ten, tax_lines=tax_lines))
    assert [one.vat_rate for one in order.lines] == [Decimal(20), Decimal(10)]


def test_rates_on_a_line_that_charge_nothing_do_not_count() -> None:
    taxes = [{"id": 3, "total": "", "subtotal": ""}, {"id": 1, "total": "20.00", "subtotal": "20.00"}]
    assert read(with_lines(line(taxes=taxes))).lines[0].vat_rate == Decimal(20)


@pytest.mark.parametrize(
    ("tax", "rate"), [("0.00", 0), ("1.00", 1), ("8.00", 8), ("10.00", 10), ("18.00", 18), ("20.00", 20)]
)
def test_without_percents_the_figures_tell_the_rate(tax: str, rate: int) -> None:
    assert read(with_lines(line("100.00", tax), percent=None)).lines[0].vat_rate == rate


def test_without_percents_a_small_amount_is_taken_for_one_of_todays_rates() -> None:
    assert read(with_lines(line("0.50", "0.10"), percent=None)).lines[0].vat_rate == 20


@pytest.mark.parametrize(
    ("item", "percent"),
    [
        (line("100.00", "15.00"), None),
        (line("0.03", "0.00", taxes=[{"id": 1, "total": "0.00"}]), None),
        (line("100.00", "10.00"), 20),
        (line(taxes=[{"id": 1, "total": "18.00"}, {"id": 2, "total": "2.00"}]), 20),
    ],
    ids=["no such rate", "fits several", "contradicts the figures", "two taxes"],
)
def test_an_unclear_rate_holds_the_order(item: dict[str, Any], percent: int | None) -> None:
    with pytest.raises(Hold, match="VAT rate of line 1") as caught:
        read(with_lines(item, percent=percent))
    assert caught.value.code == "vat-rate-unclear"
    assert caught.value.remedy


def test_a_line_without_tax_has_no_vat_unless_the_shop_says_it_is_inside() -> None:
    record = with_lines(line("120.00", "0.00", taxes=[]), tax_lines=[])
    assert read(record).lines[0].vat_rate == 0
    assert read(record, untaxed_vat_rate=20).lines[0].vat_rate == 20
    assert read(record, untaxed_vat_rate=20).lines[0].total == Decimal("120.00")


def test_a_percent_with_decimals_reads_as_a_whole_one() -> None:
    (one,) = read(with_lines(line(), percent="20.0000")).lines
    assert str(one.vat_rate) == "20"


# Buyer


@pytest.mark.parametrize(
    "key",
    [
        "_billing_tc", "_billing_vergi_no", "_billing_tc_kimlik_no", "_billing_TC_Kimlik_No", "_billing_Vergi_No",
        "_billing_tckn", "_billing_vkn", "_billing_tc_no", "_billing_tax_number", "_billing_tc_kimlik_no_vergi_no",
        "billing_tc_kimlik_no", "billing_vkn", "_billing_hez_tax_number", "_billing_hez_identity_number",
        "_wc_billing/magaza/tc-kimlik-no", "_wc_other/eklenti/vergi_no", "_BILLING_VERGİ_NO",
    ],
)  # fmt: skip
def test_a_number_is_found_under_the_keys_of_turkish_plugins(key: str) -> None:
    assert tax_number(with_meta(**{key: TCKN})) == TCKN


@pytest.mark.parametrize("key", ["_shipping_vkn", "_wc_shipping/magaza/vkn", "siparis_no", "_reduced_stock"])
def test_other_keys_are_left_alone(key: str) -> None:
    assert tax_number(with_meta(**{key: VKN})) == ""


def test_the_shops_own_keys_come_first_and_ignore_capitals() -> None:
    record = with_meta(_billing_vergi_no=VKN, _Ozel_Alan=TCKN)
    assert tax_number(record, tax_number_keys=["_ozel_alan"]) == TCKN


@pytest.mark.parametrize("value", ["123 456 78 90", "123.456.78.90", " 1234567890 ", "TR1234567890", 1234567890])
def test_spaces_and_dots_in_a_number_do_not_matter(value: Any) -> None:
    assert tax_number(with_meta(_billing_vkn=value)) == VKN


def test_a_number_that_lost_its_leading_zero_is_completed() -> None:
    assert tax_number(with_meta(_billing_vkn=123456789)) == "0123456789"
    assert tax_number(with_meta(_billing_vkn="123456789")) == ""


@pytest.mark.parametrize(
    "value",
    [
        "******",
        "1234567891",
        "10000000147",
        "11111111111",
        "2222222222",
        "",
        None,
        [],
        {"no": VKN},
        True,
        "Çankaya",
        "q8E1Zk0==",
    ],
)
def test_what_is_no_valid_number_is_dropped(value: Any) -> None:
    assert tax_number(with_meta(_billing_vkn=value)) == ""


def test_hezarfens_encrypted_number_is_passed_over_for_a_readable_one() -> None:
    record = with_meta(_billing_hez_TC_number="MTIzNDU2Nzg5MDEyMzQ1Ng==", billing_tc_kimlik_no=TCKN)
    assert tax_number(record) == TCKN


def test_a_company_prefers_its_vkn_and_a_person_the_tckn() -> None:
    record = with_meta(_billing_vkn=VKN, _billing_tckn=TCKN)
    assert tax_number(record) == TCKN
    record["billing"]["company"] = "Kaya Ltd. Şti."
    assert tax_number(record) == VKN


def test_a_sole_trader_with_a_tckn_as_tax_number_is_found() -> None:
    record = with_meta(
        _billing_hez_invoice_type="company", _billing_hez_tax_number=TCKN, _billing_hez_company="Kaya Ticaret"
    )
    assert (tax_number(record), read(record).buyer.company) == (TCKN, "Kaya Ticaret")


def test_hezarfens_person_invoice_ignores_left_over_company_fields() -> None:
    record = with_meta(
        _billing_hez_invoice_type="person", _billing_hez_tax_number=VKN, _billing_hez_tax_office="Kadıköy"
    )
    record["billing"]["company"] = "Kaya Ltd. Şti."
    assert read(record).buyer == Buyer("Ayşe Yılmaz", "", "", "", "ayse@ornek.test", "+90 532 000 00 00")


def test_the_tax_office_is_found_under_known_and_own_keys() -> None:
    assert read(with_meta(_billing_vergi_dairesi="Kadıköy")).buyer.tax_office == "Kadıköy"
    record = with_meta(_billing_vergi_dairesi="Kadıköy", vd="Beyoğlu")
    assert read(record, tax_office_keys=["VD"]).buyer.tax_office == "Beyoğlu"


# Addresses


def address(**billing: str) -> Address:
    record = order_record()
    record["billing"] |= billing
    return read(record).billing


def test_the_city_field_is_the_district_and_the_state_the_province() -> None:
    found = address(address_2="Kat 3", city="Çankaya", state="TR06")
    assert (found.address, found.district, found.city) == ("Moda Cad. 12/3 Kat 3", "Çankaya", "Ankara")


@pytest.mark.parametrize("city", ["istanbul", "İSTANBUL", "ISTANBUL", "Istanbul"])
def test_without_a_state_a_province_in_the_city_field_is_the_province(city: str) -> None:
    found = address(city=city, state="")
    assert (found.district, found.city) == ("", "İstanbul")


def test_without_a_state_any_other_city_stays_a_district() -> None:
    found = address(city="Kadıköy", state="")
    assert (found.district, found.city) == ("Kadıköy", "")


def test_abroad_the_city_field_is_the_city() -> None:
    found = address(city="Berlin", state="DE-BE", country="DE", postcode="10115")
    assert (found.district, found.city, found.country) == ("DE-BE", "Berlin", "DE")


def test_an_empty_shipping_address_is_the_billing_address_also_when_the_country_is_filled_in() -> None:
    record = order_record()
    record["shipping"] = dict.fromkeys(record["shipping"], "") | {"country": "TR", "phone": "+90 532 000 00 00"}
    assert read(record).shipping == read(record).billing
    assert read(order_record(shipping={})).shipping == read(record).billing


def test_a_shipping_address_of_its_own_is_kept() -> None:
    record = order_record()
    record["shipping"] |= {"first_name": "Can", "city": "Bornova", "state": "TR35"}
    assert (read(record).shipping.name, read(record).shipping.city) == ("Can Yılmaz", "İzmir")


def test_reading_changes_nothing_in_the_record_and_keeps_it_as_raw() -> None:
    record = order_record()
    before = deepcopy(record)
    assert read(record).raw == before == record
