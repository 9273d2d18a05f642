"""What goes into which field of Paraşüt's documents: the compiled form of `mappings/parasut/*.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.errors import TemplateFailure
from syncd.mapping.template import Template
from syncd.orders.order import LineKind, Order
from syncd.problem import Position


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
    """The fields of contact, invoice and lines for one order. Raises TemplateFailure naming the field."""
    variables = {"order": order, "platform": platform, "rule": rule}
    origins: dict[str, Position] = {}

    def section(prefix: str, templates: Mapping[str, Template], scope: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, template in templates.items():
            try:
                value = template.render(scope)
            except TemplateFailure as failure:
                raise TemplateFailure(failure.position, failure.message, f"{prefix}.{name}") from failure
            if value not in (None, ""):
                values[name] = value
                origins[f"{prefix}.{name}"] = template.source.position
        return values

    lines = []
    for line in order.lines:
        scope = {**variables, "line": line}
        kinds = mapping.kinds.get(line.kind, {})
        fields = section("line", mapping.line, scope) | section(f"kinds.{line.kind}", kinds, scope)
        product = section("product", mapping.product, scope)
        product.setdefault("name", fields.get("name", ""))
        lines.append(RenderedLine(line.id, fields, product))
    contact = section("contact", mapping.contact, variables)
    invoice = section("invoice", mapping.invoice, variables)
    return RenderedDocument(contact, invoice, tuple(lines), origins)
