"""mappings/parasut/satis-faturasi.yaml, as a Turkish shop meets it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from factories import PLATFORM, TCKN, VKN, a_company_order, a_line, a_shipping_line, an_order
from jsonschema import Draft202012Validator

from syncd.config.document import Document, read_document
from syncd.mapping.document import FIELDS, DocumentMapping, RenderedDocument, render_document, scope
from syncd.mapping.template import Template, check_paths, compile_constant, compile_template
from syncd.orders.order import Address, Buyer, LineKind, Order, Payment
from syncd.resources import MAPPINGS, SCHEMAS

SECTIONS = ("contact", "invoice", "line", "product")


def _templates(document: Document, *steps: str) -> dict[str, Template]:
    section: Any = document.data
    for step in steps:
        section = section[step]
    return {
        name: compile_template(value, document.source_at((*steps, name)))
        if isinstance(value, str)
        else compile_constant(value, document.source_at((*steps, name)))
        for name, value in section.items()
    }


FILE = read_document(MAPPINGS / "parasut" / "satis-faturasi.yaml")
MAPPING = DocumentMapping(
    "satis-faturasi",
    **{section: _templates(FILE, section) for section in SECTIONS},
    kinds={LineKind(kind): _templates(FILE, "kinds", kind) for kind in FILE.data["kinds"]},
)


def render(order: Order) -> RenderedDocument:
    return render_document(MAPPING, order, PLATFORM, {"name": "site-hazirlanan"})


def test_it_fills_known_fields_and_reads_known_paths(order_schema: Mapping[str, Any]) -> None:
    assert set(FILE.data) == {*SECTIONS, "kinds"}
    for section in SECTIONS:
        assert set(FILE.data[section]) <= set(FIELDS[section])
        for template in getattr(MAPPING, section).values():
            assert check_paths(template, scope(section, order_schema)) == []
    for templates in MAPPING.kinds.values():
        assert set(templates) <= {*FIELDS["line"], *FIELDS["product"]}


def test_a_person_without_a_number() -> None:
    order = an_order(lines=(a_line(), a_shipping_line()), coupons=("hosgeldin10", "yaz"), note="Kapı şifresi 1234")
    document = render(order)
    assert document.contact == {
        "name": "Ayşe Yılmaz",
        "contact_type": "person",
        "tax_number": "11111111111",
        "email": "ayse@ornek.test",
        "phone": "+90 532 000 00 00",
        "address": "Moda Cad. 12/3",
        "district": "Kadıköy",
        "city": "İstanbul",
        "is_abroad": False,
    }
    assert document.invoice == {
        "description": "Web Sitesi 1042",
        "order_no": "1042",
        "order_date": "2026-11-23",
        "invoice_note": "Sipariş no: 1042\nÖdeme: Kredi kartı\nKupon: hosgeldin10, yaz",
        "billing_address": "Moda Cad. 12/3",
        "billing_phone": "+90 532 000 00 00",
        "tax_number": "11111111111",
        "city": "İstanbul",
        "district": "Kadıköy",
        "is_abroad": False,
        "shipment_included": False,
    }
    assert document.lines[0].product == {
        "name": "Çelik Termos",
        "code": "TRM-500",
        "unit": "Adet",
        "vat_rate": Decimal(20),
        "inventory_tracking": False,
    }
    assert document.lines[1].fields == {"code": "KARGO", "name": "Kargo bedeli"}
    assert document.lines[1].product == {
        "name": "Kargo bedeli",
        "code": "KARGO",
        "unit": "Adet",
        "vat_rate": Decimal(20),
        "inventory_tracking": False,
    }


def test_a_firm_with_a_vkn() -> None:
    document = render(a_company_order())
    assert document.contact["name"] == "Demir Gıda Ltd. Şti."
    assert document.contact["contact_type"] == "company"
    assert document.contact["tax_number"] == document.invoice["tax_number"] == VKN
    assert document.contact["tax_office"] == document.invoice["tax_office"] == "Çankaya"


@pytest.mark.parametrize(
    ("buyer", "kind", "number"),
    [
        (Buyer("Ali Can", "", TCKN), "person", TCKN),
        (Buyer("Ali Can", "Can Ticaret", TCKN), "person", TCKN),
        (Buyer("Ali Can", "Can Ltd.", "1234567899"), "person", "11111111111"),
        (Buyer("Ali Can", "", VKN), "person", VKN),
        (Buyer("Ali Can", "Can Ltd.", "100 000 00 18"), "company", VKN),
    ],
)
def test_only_valid_numbers_are_passed_on(buyer: Buyer, kind: str, number: str) -> None:
    contact = render(an_order(buyer=buyer)).contact
    assert (contact["contact_type"], contact["tax_number"]) == (kind, number)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("AYŞE YILMAZ-ÖZ", "Ayşe Yılmaz-Öz"),
        ("ışıl inci", "Işıl İnci"),
        ("Ali de Silva", "Ali de Silva"),
        ("", "Ev Sahibi"),
    ],
)
def test_names_in_capitals_are_written_as_names(typed: str, name: str) -> None:
    billing = Address(name="Ev Sahibi")
    assert render(an_order(buyer=Buyer(typed), billing=billing)).contact["name"] == name


def test_a_plate_code_becomes_a_province_and_a_buyer_abroad_has_a_country() -> None:
    home = render(an_order(billing=Address(city="TR06", country="TR")))
    assert home.contact["city"] == home.invoice["city"] == "Ankara"
    abroad = render(an_order(billing=Address(city="Berlin", country="DE")))
    assert (abroad.contact["country"], abroad.invoice["is_abroad"]) == ("DE", True)


def test_the_note_tells_payment_and_discount_only_when_there_are_any() -> None:
    plain = replace(an_order(payment=Payment()))
    assert render(plain).invoice["invoice_note"] == "Sipariş no: 1042"
    reduced = an_order(payment=Payment("cod"), lines=(a_line(discount=Decimal("22.5")), a_line(id="2")))
    assert render(reduced).invoice["invoice_note"] == "Sipariş no: 1042\nÖdeme: cod\nİndirim: 22,50 TL"


def test_a_line_without_sku_goes_by_its_barcode() -> None:
    line = render(an_order(lines=(a_line(code="", barcode="8690000000012"),))).lines[0]
    assert line.fields["code"] == line.product["code"] == line.product["barcode"] == "8690000000012"


def test_a_document_of_three_lines_is_rendered_within_one_and_a_half_milliseconds() -> None:
    order = an_order(lines=(a_line(), a_line(id="2"), a_shipping_line()))
    render(order)

    def one_hundred() -> float:
        began = time.process_time()
        for _ in range(100):
            render(order)
        return time.process_time() - began

    assert min(one_hundred() for _ in range(5)) < 0.15


def test_the_schema_of_mappings_knows_exactly_the_fields_and_accepts_the_shipped_one() -> None:
    schema = json.loads((SCHEMAS / "mapping.schema.json").read_text(encoding="utf-8"))
    for section in SECTIONS:
        assert set(schema["properties"][section]["properties"]) == set(FIELDS[section])
    assert set(schema["$defs"]["kind"]["properties"]) == {*FIELDS["line"], *FIELDS["product"]}
    assert list(Draft202012Validator(schema).iter_errors(FILE.data)) == []
