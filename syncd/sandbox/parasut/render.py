"""Records as JSON:API: strings for figures, and `{"meta": {}}` for every relation that was not asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from syncd.sandbox.figures import decimal_text
from syncd.sandbox.parasut.refusal import bad_request
from syncd.sandbox.parasut.shapes import RELATIONS, TARGETS, TO_MANY
from syncd.sandbox.parasut.state import ParasutState, Record

Tree = dict[str, Any]
"""What is to be included, by relation: {"details": {"product": {}}}."""


def include_tree(text: str, allowed: tuple[str, ...]) -> Tree:
    """Read an `include` parameter. Raises Refusal (400) for a relation that can't be included here."""
    tree: Tree = {}
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name not in allowed:
            raise bad_request(f"{name} is not a valid relation. Acceptable: {', '.join(allowed)}")
        branch = tree
        for step in name.split("."):
            branch = branch.setdefault(step, {})
    return tree


def document(state: ParasutState, found: Record | list[Record], tree: Tree) -> dict[str, Any]:
    """The body for one record or for a list; `included` is there only when something was asked for.

    A nested relation (`details.product`) is shown as an id on the included record, but its body is left out: the
    description names no such type among what answers include.
    """
    records = found if isinstance(found, list) else [found]
    data = [resource(state, record, tree) for record in records]
    body: dict[str, Any] = {"data": data if isinstance(found, list) else data[0]}
    if tree:
        included: dict[tuple[str, str], dict[str, Any]] = {}
        for record in records:
            for name, branch in tree.items():
                for other in related(state, record, name):
                    included.setdefault((other.kind, other.id), resource(state, other, branch))
        body["included"] = list(included.values())
    return body


def resource(state: ParasutState, record: Record, tree: Tree) -> dict[str, Any]:
    """One record with its attributes, and with the relations in `tree` filled."""
    attributes = {**record.attributes, **({} if state.was_deleted(record) else state.derived(record))}
    if record.kind == "contacts":
        preview = f"/{state.options.company_id}/portal/preview/{record.id}"
        attributes["sharing_preview_url"] = "https://uygulama.parasut.com" + preview
        attributes["sharing_preview_path"] = preview
    if record.kind == "sales_invoices" and state.options.order_no == "hidden":
        attributes["order_no"] = None
    if record.kind == "sales_invoices":
        company = state.options.company_id
        attributes["print_url"] = f"https://uygulama.parasut.com/{company}/sales_invoices/{record.id}/print"
    relationships: dict[str, Any] = {name: {"meta": {}} for name in RELATIONS[record.kind]}
    for name in tree:
        if name not in relationships:
            continue
        references = [{"id": other.id, "type": other.kind} for other in related(state, record, name)]
        if name in TO_MANY:
            relationships[name] = {"data": references}
        else:
            relationships[name] = {"data": references[0] if references else None}
    return {
        "id": record.id,
        "type": record.kind,
        "attributes": {name: _shown(value) for name, value in attributes.items()},
        "relationships": relationships,
        "meta": {"created_at": record["created_at"], "updated_at": record["updated_at"]},
    }


def related(state: ParasutState, record: Record, name: str) -> list[Record]:
    """The records a relation leads to; none for relations that the stand-in doesn't keep."""
    if name == "subcategories":
        return [other for other in state.item_categories.values() if other.links.get("parent_category") == record.id]
    target = record.links.get(name)
    if not target or name not in TARGETS:
        return []
    table = state.table(TARGETS[name])
    if state.was_deleted(record):
        table = {**state.deleted[TARGETS[name]], **table}
    return [table[identity] for identity in (target if isinstance(target, list) else [target]) if identity in table]


def _shown(value: Any) -> Any:
    return decimal_text(value) if isinstance(value, Decimal) else value
