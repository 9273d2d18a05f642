"""JSON:API documents read into resources, with relations resolved from what was included.

Paraşüt shows a relation that was not asked for as `{"meta": {}}`, without id and link: then nothing is known about it,
which is not the same as there being none (`{"data": null}`, `{"data": []}`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.errors import ParasutError

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Resource:
    """One record. `relations` holds only the known ones, as keys `(type, id)`; `included` is shared by its document."""

    id: str
    type: str
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    relations: Mapping[str, tuple[Key, ...]] = field(default_factory=dict, repr=False)
    included: Mapping[Key, Resource] = field(default_factory=dict, repr=False, compare=False)

    def related_id(self, name: str) -> str | None:
        """Return the id of a single related record; None when there is none or nothing is known."""
        keys = self.relations.get(name, ())
        return keys[0][1] if keys else None

    def related(self, name: str) -> tuple[Resource, ...] | None:
        """Return the related records in the answer's order; None when they, or some of them, were not included."""
        keys = self.relations.get(name)
        if keys is None or any(key not in self.included for key in keys):
            return None
        return tuple(self.included[key] for key in keys)


class Page(list[Resource]):
    """One page of a list; `total_count` is the size of the whole list when the answer tells it."""

    def __init__(self, resources: list[Resource], total_count: int | None = None) -> None:
        super().__init__(resources)
        self.total_count = total_count


def read_one(body: Mapping[str, Any]) -> Resource:
    """Given the document of one record, return it. Raises `ParasutError` when there is none in it."""
    return _resource(body.get("data"), included_resources(body))


def read_many(body: Mapping[str, Any]) -> list[Resource]:
    """Given the document of a list, return its records. Raises `ParasutError` when it is no list."""
    data = body.get("data")
    if not isinstance(data, list):
        raise ParasutError("Paraşüt's answer holds no list of records.")
    included = included_resources(body)
    return [_resource(item, included) for item in data]


def included_resources(body: Mapping[str, Any]) -> Mapping[Key, Resource]:
    """Return what a document included, by type and id; the included can refer to each other."""
    included: dict[Key, Resource] = {}
    for item in body.get("included") or ():
        resource = _resource(item, included)
        included[resource.type, resource.id] = resource
    return included


def _resource(item: Any, included: Mapping[Key, Resource]) -> Resource:
    if not isinstance(item, Mapping) or not item.get("id") or not isinstance(item.get("type"), str):
        raise ParasutError("Paraşüt's answer holds no record with an id.")
    relations = {
        name: keys
        for name, relation in _mapping(item.get("relationships")).items()
        if (keys := _keys(relation)) is not None
    }
    return Resource(str(item["id"]), item["type"], _mapping(item.get("attributes")), relations, included)


def _keys(relation: Any) -> tuple[Key, ...] | None:
    if not isinstance(relation, Mapping) or "data" not in relation:
        return None
    data = relation["data"]
    items = data if isinstance(data, list) else [data] if data is not None else []
    return tuple((str(item["type"]), str(item["id"])) for item in items if isinstance(item, Mapping) and item.get("id"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
