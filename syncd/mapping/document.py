"""What goes into which field of Paraşüt's documents: the compiled form of `mappings/parasut/*.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.errors import Hold, TemplateFailure
from syncd.mapping.failure import FilterError
from syncd.mapping.fields import FIELDS, field_value
from syncd.mapping.filters import date_of
from syncd.mapping.template import Template
from syncd.orders.order import Line, LineKind, Order
from syncd.problem import Position

__all__ = ["FIELDS", "DocumentMapping", "RenderedDocument", "RenderedLine", "render_document", "scope"]


@dataclass(frozen=True, slots=True)
class DocumentMapping:
    """Templates by field, after `extends` and `override` were applied."""

    name: str
    contact: Mapping[str, Template]
    invoice: Mapping[str, Template]
    line: Mapping[str, Template]
    product: Mapping[str, Template]
    kinds: Mapping[LineKind, Mapping[str, Template]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RenderedLine:
    """The fields of one invoice line, and of the product to be made when its code is unknown."""

    line_id: str
    fields: Mapping[str, Any]
    product: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """Every field of contact and invoice as Paraşüt's attribute names, empty ones left out.

    `origins` tells for `contact.name`, `invoice.description`, `line.code`, `kinds.shipping.code` … who made it.
    """

    contact: Mapping[str, Any]
    invoice: Mapping[str, Any]
    lines: tuple[RenderedLine, ...]
    origins: Mapping[str, Position]


def render_document(
    mapping: DocumentMapping, order: Order, platform: Mapping[str, Any], rule: Mapping[str, Any]
) -> RenderedDocument:
    """Fill the fields for one order: text cut to what Paraşüt holds, dates as `YYYY-MM-DD`, numbers as Decimal.

    Raises TemplateFailure with the field's name and place, and Hold `contact-name-missing` when it comes out empty.
    A line's code may be missing: what then is the rule's affair.
    """
    variables = {"order": order, "platform": platform, "rule": rule}
    contact = _section("contact", "contact", mapping.contact, variables)
    if "name" not in contact:
        raise Hold(
            "contact-name-missing",
            "The order names no buyer: contact.name comes out empty.",
            "Enter the buyer's name at the platform, or give contact.name another source "
            f"({_place(mapping.contact, 'name')}); then retry the order.",
        )
    return RenderedDocument(
        contact=contact,
        invoice=_with_both_order_fields(_section("invoice", "invoice", mapping.invoice, variables), order),
        lines=tuple(_line(mapping, line, {**variables, "line": line}) for line in order.lines),
        origins=_origins(mapping),
    )


def scope(section: str, order_schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The variables that templates of a section may read, with their schemas, for check_paths.

    `section` is contact, invoice, line, product, kinds, or anything else of a rule (condition, category …), which sees
    what contact sees. `order_schema` is the content of `schemas/order.schema.json`.
    """
    variables: dict[str, Mapping[str, Any]] = {"order": order_schema, "platform": _PLATFORM, "rule": _RULE}
    if section in {"line", "product", "kinds"}:
        variables["line"] = {"$ref": "#/$defs/line", "$defs": order_schema.get("$defs", {})}
    return variables


_PLATFORM: Mapping[str, Any] = {
    "type": "object",
    "description": "The entry under `platforms:` that the order came from.",
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "description": "Its name in the configuration.", "examples": ["site"]},
        "title": {"type": "string", "description": "Its title for people.", "examples": ["Web Sitesi"]},
        "connector": {"type": "string", "description": "How it is talked to.", "examples": ["woocommerce"]},
    },
}

_RULE: Mapping[str, Any] = {
    "type": "object",
    "description": "The rule that owns the order.",
    "additionalProperties": False,
    "properties": {"name": {"type": "string", "description": "Its name.", "examples": ["site-hazirlanan"]}},
}


def _section(
    section: str, label: str, templates: Mapping[str, Template], variables: Mapping[str, Any]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, known in FIELDS[section].items():
        template = templates.get(name)
        if template is None:
            continue
        try:
            value = field_value(known, template.render(variables))
        except TemplateFailure as failure:
            raise TemplateFailure(failure.position, failure.message, f"{label}.{name}") from failure
        except FilterError as error:
            raise TemplateFailure(template.source.position, str(error), f"{label}.{name}") from error
        if value is not None:
            values[name] = value
    return values


def _with_both_order_fields(invoice: dict[str, Any], order: Order) -> dict[str, Any]:
    """Paraşüt makes an invoice official only with both of order_no and order_date, or with neither."""
    if "order_no" in invoice:
        invoice.setdefault("order_date", date_of(order.ordered_at))
    else:
        invoice.pop("order_date", None)
    return invoice


def _line(mapping: DocumentMapping, line: Line, variables: Mapping[str, Any]) -> RenderedLine:
    special = mapping.kinds.get(line.kind, {})
    label = f"kinds.{line.kind}"
    fields = _overridden("line", mapping.line, special, label, variables)
    fields.setdefault("name", fields.get("code") or line.name)
    product = _overridden("product", mapping.product, special, label, variables)
    product = {"code": fields.get("code", ""), "name": fields["name"], **product}
    return RenderedLine(line.id, fields, product)


def _overridden(
    section: str,
    templates: Mapping[str, Template],
    special: Mapping[str, Template],
    label: str,
    variables: Mapping[str, Any],
) -> dict[str, Any]:
    if not special:
        return _section(section, section, templates, variables)
    general = {name: template for name, template in templates.items() if name not in special}
    return {**_section(section, section, general, variables), **_section(section, label, special, variables)}


def _origins(mapping: DocumentMapping) -> dict[str, Position]:
    sections = {
        "contact": mapping.contact,
        "invoice": mapping.invoice,
        "line": mapping.line,
        "product": mapping.product,
    }
    sections |= {f"kinds.{kind}": templates for kind, templates in mapping.kinds.items()}
    return {
        f"{section}.{name}": template.source.position
        for section, templates in sections.items()
        for name, template in templates.items()
    }


def _place(templates: Mapping[str, Template], name: str) -> str:
    return str(templates[name].source.position) if name in templates else "the mapping has none"
