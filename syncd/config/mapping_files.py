"""Mappings: read, extended, overridden, compiled and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from syncd.config.document import Document, Steps, load_document
from syncd.config.lookup import find_by_name, mapping_folders, names_in
from syncd.config.schema_problems import Reading, schema_problems
from syncd.config.schemas import schema, validator
from syncd.errors import ConfigurationError
from syncd.mapping.document import FIELDS, DocumentMapping, scope
from syncd.mapping.syntax import nearest
from syncd.mapping.template import Template, check_paths, compile_constant, compile_expression, compile_template
from syncd.orders.order import LineKind
from syncd.problem import Position, Problem, Source

Field = tuple[str, ...]
"""`("contact", "name")` or `("kinds", "shipping", "name")`."""


@dataclass(slots=True)
class Templates:
    """Compiles and checks templates; what several rules share is done, and complained about, once."""

    problems: list[Problem]
    _seen: dict[tuple[str, str, str, Source], Template | None] = field(default_factory=dict)

    def compiled(self, text: str, source: Source, section: str, *, expression: bool = False) -> Template | None:
        """The template, or None after its problems were noted. `section` says which variables it may read."""
        key = (text, section, str(expression), source)
        if key not in self._seen:
            self._seen[key] = self._compile(compile_expression if expression else compile_template, *key[:2], source)
        return self._seen[key]

    def _compile(self, compile: Callable[..., Template], text: str, section: str, source: Source) -> Template | None:
        try:
            template = compile(text, source)
        except ConfigurationError as error:
            self.problems += error.problems
            return None
        self.problems += check_paths(template, scope(section, schema("order")))
        return template


@dataclass(frozen=True, slots=True)
class MappingFile:
    """What a mapping says after its `extends`, by field, and the files it came from."""

    name: str
    fields: Mapping[Field, Template | None]
    files: tuple[Path, ...]


@dataclass(slots=True)
class MappingFiles:
    """The mappings beside a configuration and the shipped ones; each is read once."""

    folder: Path
    templates: Templates
    problems: list[Problem]
    _read: dict[Path, tuple[Document | None, bool]] = field(default_factory=dict)
    _whole: dict[Path, MappingFile | None] = field(default_factory=dict)

    def named(self, name: str, asked_at: Position) -> MappingFile | None:
        """The mapping of that name; None after its problems were noted."""
        path = find_by_name(name, mapping_folders(self.folder))
        if path is None:
            self._not_found(name, asked_at)
            return None
        if path not in self._whole:
            self._whole[path] = self._chain(name, path)
        return self._whole[path]

    def _not_found(self, name: str, asked_at: Position) -> None:
        known = list(names_in(mapping_folders(self.folder)))
        folder = self.folder / "mappings" / "parasut"
        message = f"there is no mapping '{name}': neither {folder / name}.yaml nor one that ships with syncd"
        self.problems.append(Problem(asked_at, message, nearest(name, [other for other in known if other != name])))

    def _chain(self, name: str, path: Path) -> MappingFile | None:
        files: list[Path] = []
        layers: list[Mapping[Field, Template | None]] = []
        good = True
        current: Path | None = path
        while current is not None:
            files.append(current)
            document, right = self._document(current)
            good = good and right
            if document is None:
                return None
            layers.append(self._fields(document))
            current, found = self._extended(document, files)
            good = good and found
        merged: dict[Field, Template | None] = {}
        for layer in reversed(layers):
            merged.update(layer)
        return MappingFile(name, merged, tuple(files)) if good else None

    def _document(self, path: Path) -> tuple[Document | None, bool]:
        if path not in self._read:
            document, problems = load_document(path)
            if document is not None:
                problems = [*problems, *schema_problems(validator("mapping"), document.data, Reading(document))]
            self.problems += problems
            usable = document if document is not None and isinstance(document.data, dict) else None
            self._read[path] = (usable, not problems)
        return self._read[path]

    def _extended(self, document: Document, files: list[Path]) -> tuple[Path | None, bool]:
        name = document.data.get("extends")
        if not isinstance(name, str):
            return None, True
        place = document.value_at(("extends",))
        used = {file.resolve() for file in files}
        path = find_by_name(name, mapping_folders(self.folder), used)
        if path is not None:
            return path, True
        if find_by_name(name, mapping_folders(self.folder)) is None:
            self._not_found(name, place)
        else:
            chain = " → ".join([*(file.stem for file in files), name])
            self.problems.append(Problem(place, f"mappings extend each other in a circle: {chain}"))
        return None, False

    def _fields(self, document: Document) -> dict[Field, Template | None]:
        fields: dict[Field, Template | None] = {}
        for section, content in document.data.items():
            if section in FIELDS and isinstance(content, dict):
                for name, value in content.items():
                    fields[section, name] = template_of(self.templates, document, (section, name), value, section)
            elif section == "kinds" and isinstance(content, dict):
                for kind, inner in content.items():
                    for name, value in inner.items() if isinstance(inner, dict) else ():
                        steps = (section, kind, name)
                        fields[steps] = template_of(self.templates, document, steps, value, section)
        return fields


def template_of(
    templates: Templates, document: Document, steps: Steps, value: Any, section: str, *, expression: bool = False
) -> Template | None:
    """What a field holds: a template for text, a constant for true, false and numbers, None for an emptied field."""
    source = document.source_at(steps)
    if isinstance(value, str):
        return templates.compiled(value, source, section, expression=expression)
    if isinstance(value, (bool, int, Decimal)):
        return compile_constant(value, source)
    return None


def override_field(key: str) -> Field | None:
    """`invoice.invoice_note` as a field of a mapping; None when there is no such field."""
    steps = tuple(key.split("."))
    return steps if key in override_keys() else None


def override_keys() -> list[str]:
    """Every key that a rule's `override` may have: `invoice.invoice_note`, `kinds.shipping.name` …"""
    plain = [f"{section}.{name}" for section, fields in FIELDS.items() for name in fields]
    of_a_line = dict.fromkeys((*FIELDS["line"], *FIELDS["product"]))
    return plain + [f"kinds.{kind}.{name}" for kind in _KINDS for name in of_a_line]


_KINDS = tuple(kind.value for kind in LineKind if kind is not LineKind.PRODUCT)


def document_mapping(file: MappingFile, overrides: Mapping[Field, Template | None]) -> DocumentMapping:
    """The mapping of one rule. Fields that were emptied (`phone:` without a value) are left out."""
    fields = {**file.fields, **overrides}

    def section(*above: str) -> dict[str, Template]:
        return {
            steps[-1]: template for steps, template in fields.items() if steps[:-1] == above and template is not None
        }

    return DocumentMapping(
        name=file.name,
        contact=section("contact"),
        invoice=section("invoice"),
        line=section("line"),
        product=section("product"),
        kinds={LineKind(kind): section("kinds", kind) for kind in _KINDS if section("kinds", kind)},
    )
