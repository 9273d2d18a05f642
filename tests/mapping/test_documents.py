"""A document is rendered field by field: stable order, right types, nothing empty, lengths that Paraşüt holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from factories import HERE, PLATFORM, a_line, a_mapping, a_shipping_line, an_order

from syncd.errors import Hold, TemplateFailure
from syncd.mapping.document import FIELDS, DocumentMapping, RenderedDocument, RenderedLine, render_document
from syncd.mapping.fields import NOTE_BYTES, TEXT_BYTES, Field, FieldType, field_value
from syncd.mapping.template import check_paths, compile_constant, compile_template
from syncd.orders.order import Buyer, LineKind, Order
from syncd.problem import Position, Source

RULE = {"name": "site-hazirlanan"}


def render(mapping: DocumentMapping, order: Order | None = None) -> RenderedDocument:
    return render_document(mapping, order or an_order(), PLATFORM, RULE)


def test_a_whole_document() -> None:
    document = render(a_mapping(), an_order(lines=(a_line(), a_shipping_line())))
    assert document.contact == {"name": "Ayşe Yılmaz", "email": "ayse@ornek.test"}
    assert document.invoice == {"description": "Web Sitesi 1042", "order_no": "1042", "order_date": "2026-11-23"}
    assert document.lines == (
        RenderedLine(
            "1",
            {"code": "TRM-500", "name": "Çelik Termos"},
            {"code": "TRM-500", "name": "Çelik Termos", "unit": "Adet", "vat_rate": Decimal(20)},
        ),
        RenderedLine(
            "9",
            {"code": "KARGO", "name": "Kargo bedeli"},
            {"code": "KARGO", "name": "Kargo bedeli", "unit": "Adet", "vat_rate": Decimal(20)},
        ),
    )


def test_fields_come_in_the_order_of_the_forms_not_of_the_file() -> None:
    mapping = a_mapping(contact={"phone": "1", "tax_office": "Çankaya", "contact_type": "person"})
    assert list(render(mapping).contact) == ["name", "contact_type", "tax_office", "email", "phone"]


def test_every_section_knows_who_made_its_fields() -> None:
    origins = render(a_mapping()).origins
    assert origins["contact.name"] == HERE
    assert {"invoice.description", "line.code", "product.unit", "kinds.shipping.code", "kinds.gift_wrap.name"} <= set(
        origins
    )


def test_empty_values_are_left_out_but_false_and_zero_are_not() -> None:
    mapping = a_mapping(
        contact={"phone": "{{ none }}", "fax": "  ", "district": "{{ '' }}", "is_abroad": "{{ false }}"},
        product={"vat_rate": "{{ 0 }}", "list_price": "{{ none }}"},
    )
    document = render(mapping)
    assert document.contact == {"name": "Ayşe Yılmaz", "email": "ayse@ornek.test", "is_abroad": False}
    assert document.lines[0].product["vat_rate"] == 0
    assert "list_price" not in document.lines[0].product


def test_order_number_and_date_are_sent_together_or_not_at_all() -> None:
    assert render(a_mapping(invoice={"order_date": ""})).invoice["order_date"] == "2026-11-23"
    assert "order_date" not in render(a_mapping(invoice={"order_no": ""})).invoice


def test_a_kind_of_line_replaces_fields_of_line_and_product() -> None:
    base = a_mapping(product={"inventory_tracking": "{{ true }}", "name": "{{ line.name }}"})
    special = {
        "code": compile_template("K-{{ line.vat_rate }}", Source.at(HERE)),
        "description": compile_template("{{ order.shipment.carrier }}", Source.at(HERE)),
        "inventory_tracking": compile_constant(False, Source.at(HERE)),
    }
    mapping = DocumentMapping("m", base.contact, base.invoice, base.line, base.product, {LineKind.SHIPPING: special})
    product, shipping = render(mapping, an_order(lines=(a_line(), a_shipping_line()))).lines
    assert product.product["inventory_tracking"] is True
    assert shipping.fields == {"code": "K-20", "name": "Kargo"}
    assert shipping.product == {
        "code": "K-20", "name": "Kargo", "unit": "Adet", "vat_rate": Decimal(20), "inventory_tracking": False,
    }  # fmt: skip


def test_an_order_without_a_name_is_held() -> None:
    with pytest.raises(Hold, match=r"names no buyer.*test\.yaml:1:1") as caught:
        render(a_mapping(), an_order(buyer=Buyer()))
    assert caught.value.code == "contact-name-missing"


def test_a_line_without_a_code_is_left_to_the_rule() -> None:
    line = render(a_mapping(), an_order(lines=(a_line(id="3", code="", name="Kolye"),))).lines[0]
    assert line.fields == {"name": "Kolye"}
    assert (line.product["code"], line.product["name"]) == ("", "Kolye")


def test_a_line_without_a_name_takes_its_code() -> None:
    assert render(a_mapping(), an_order(lines=(a_line(name=" "),))).lines[0].product["name"] == "TRM-500"


@pytest.mark.parametrize(
    ("section", "field", "text", "failure"),
    [
        (
            "invoice",
            "description",
            "No {{ order.numbr }}",
            "1:13: invoice.description: order.numbr: there is no 'numbr'",
        ),
        (
            "contact",
            "is_abroad",
            "{{ order.billing.country }}",
            "1:1: contact.is_abroad: must be true or false, not text",
        ),
        ("contact", "contact_type", "firma", "1:1: contact.contact_type: must be person or company"),
        ("contact", "phone", "{{ true }}", "1:1: contact.phone: must be text, not true or false"),
        ("contact", "phone", "{{ order.lines }}", "1:1: contact.phone: a list can't be put into text"),
        ("invoice", "due_date", "31.12.2026", "1:1: invoice.due_date: must be a date"),
        ("product", "vat_rate", "{{ line.name }}", "1:1: product.vat_rate: the text is not a number"),
        (
            "line",
            "name",
            "{{ line.nme }}",
            "1:9: line.name: line.nme: there is no 'nme' in the line (did you mean name?)",
        ),
    ],
)
def test_a_failure_names_field_and_place(section: str, field: str, text: str, failure: str) -> None:
    with pytest.raises(TemplateFailure) as caught:
        render(a_mapping(**{section: {field: text}}))
    assert str(caught.value).startswith(f"test.yaml:{failure}")
    assert caught.value.field == f"{section}.{field}"


def test_a_failure_in_a_kind_names_the_kind() -> None:
    base = a_mapping()
    kinds = {LineKind.SHIPPING: {"code": compile_template("{{ line.cod }}", Source.at(Position("k.yaml", 4, 11)))}}
    mapping = DocumentMapping("m", base.contact, base.invoice, base.line, base.product, kinds)
    with pytest.raises(TemplateFailure, match=r"^k\.yaml:4:19: kinds\.shipping\.code: "):
        render(mapping, an_order(lines=(a_shipping_line(),)))


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [
        (Field("", ""), "  Moda \n Cad.\t 12 ", "Moda Cad. 12"),
        (Field("", "", lines=True), " Moda  Cad.\r\n\n 12 ", "Moda Cad.\n12"),
        (Field("", ""), "a\x00b\x07", "ab"),
        (Field("", ""), 5, "5"),
        (Field("", ""), Decimal("1E+2"), "100"),
        (Field("", ""), "ş" * 200, "ş" * (TEXT_BYTES // 2)),
        (Field("", "", bytes=NOTE_BYTES, lines=True), "n" * 3000, "n" * NOTE_BYTES),
        (Field("", "", bytes=None), "1" * 300, "1" * 300),
        (Field("", "", FieldType.DATE), datetime(2026, 11, 23, 22, 0, tzinfo=UTC), "2026-11-24"),
        (Field("", "", FieldType.DATE), "2026-11-23", "2026-11-23"),
        (Field("", "", FieldType.NUMBER), "42,1835", Decimal("42.1835")),
        (Field("", "", FieldType.NUMBER), 20, Decimal(20)),
        (Field("", "", FieldType.BOOLEAN), False, False),
        (Field("", "", FieldType.BOOLEAN), None, None),
        (Field("", "", FieldType.TEXT), "\x00", None),
    ],
)
def test_a_value_is_sent_in_the_form_of_its_field(field: Field, value: Any, sent: Any) -> None:
    found = field_value(field, value)
    assert found == sent
    assert type(found) is type(sent)


def test_every_field_is_described_and_its_example_is_a_good_template(order_scope: Mapping[str, Any]) -> None:
    for section, fields in FIELDS.items():
        for name, field in fields.items():
            assert field.description.endswith("."), (section, name)
            template = compile_template(field.example, Source.at(HERE))
            assert check_paths(template, order_scope) == [], (section, name)
            variables = {"order": an_order(), "platform": PLATFORM, "rule": RULE, "line": a_line()}
            value = template.render(variables)
            if field.type is FieldType.BOOLEAN and isinstance(value, str):
                value = json.loads(value)
            field_value(field, value)
