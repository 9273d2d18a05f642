"""YAML in, plain data out, with the place of every key, value and character.

YAML 1.2 habits: only `true` and `false` are booleans, numbers are what looks like a plain decimal number (`007`, `1e5`,
`0x1F`, `+90…` and `12:30` stay text), dates stay text, a key may stand only once. Numbers with a point are `Decimal`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from syncd.config.scalar_source import scalar_source
from syncd.config.yaml_words import place_of, syntax_problem
from syncd.errors import ConfigurationError
from syncd.problem import Position, Problem, Source

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Steps = tuple[str | int, ...]

MAX_BYTES = 2_000_000
MAX_DEPTH = 40
MAX_NODES = 200_000

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,39})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,39})\.[0-9]{1,40}")
_CONSTANTS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file as plain data. `keys` and `values` tell where they stand, `sources` holds every text's characters.

    All three are keyed by the steps that lead there: `("rules", 0, "name")`; the root is `()`.
    """

    file: str
    data: Any
    keys: Mapping[Steps, Position]
    values: Mapping[Steps, Position]
    sources: Mapping[Steps, Source]

    def value_at(self, steps: Steps) -> Position:
        """Where the value at `steps` begins; where its nearest parent does, when there is none."""
        while steps not in self.values:
            steps = steps[:-1]
        return self.values[steps]

    def key_at(self, steps: Steps) -> Position:
        """Where the key at `steps` begins; for an entry of a list, where the entry begins."""
        return self.keys.get(steps) or self.value_at(steps)

    def source_at(self, steps: Steps) -> Source:
        """The characters of the text at `steps`."""
        return self.sources.get(steps) or Source.at(self.value_at(steps))


def read_document(path: Path) -> Document:
    """The YAML file at `path`. Raises `ConfigurationError` with every problem of its syntax."""
    document, problems = load_document(path)
    if document is None or problems:
        raise ConfigurationError(problems)
    return document


def load_document(path: Path) -> tuple[Document | None, list[Problem]]:
    """The YAML file at `path`, as far as it can be read, and every problem of reading and syntax."""
    start = Position(str(path), 1, 1)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return None, [Problem(start, f"the file can't be read: {error.strerror or error}")]
    except ValueError as error:
        return None, [Problem(start, f"the file can't be read: {error}")]
    if len(content) > MAX_BYTES:
        return None, [Problem(start, f"the file is larger than {MAX_BYTES // 1_000_000} MB: is it the right one?")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        line, column = place_of(before, len(before))
        return None, [Problem(Position(str(path), line, column), "the file is not UTF-8: save it with that encoding")]
    return parse_document(text, str(path))


def parse_document(text: str, file: str) -> tuple[Document | None, list[Problem]]:
    """YAML text as a document, and every problem of its syntax. `file` is the name that positions carry.

    There is no document when the text isn't YAML. With problems and a document, the data is what could be understood.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        return None, [Problem(Position(file, 1, 1), "the file is empty")]
    builder = _Builder(file, text)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
            if builder.stopped:
                break
    except (yaml.YAMLError, UnicodeError) as error:
        return None, [*builder.problems, syntax_problem(error, text, file)]
    if builder.root is None:
        return None, builder.problems or [Problem(Position(file, 1, 1), "the file is empty")]
    return builder.document(), builder.problems


@dataclass(slots=True)
class _Node:
    """A value before it is plain data. `content` is a scalar, the entries of a list, or pairs of key and value."""

    kind: str
    position: Position
    content: Any
    source: Source | None = None


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read."""

    node: _Node
    key: _Node | None = None
    seen: dict[str, Position] = field(default_factory=dict)


class _Builder:
    """Takes the parser's events one by one, without recursion, so that no file can exhaust the stack."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.text = text
        self.problems: list[Problem] = []
        self.root: _Node | None = None
        self.stopped = False
        self._open: list[_Open] = []
        self._anchors: dict[str, _Node] = {}
        self._documents = 0

    def take(self, event: Any) -> None:
        """One event of PyYAML's parser."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._problem(self._position(event), "a second document begins here: one file holds one document")
                self.stopped = True
        elif isinstance(event, yaml.ScalarEvent):
            self._put(self._scalar(event), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._begin(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._open.pop()

    def document(self) -> Document:
        """What was read, expanded."""
        assert self.root is not None
        expansion = _Expansion(self.file)
        data = expansion.expand(self.root, ())
        self.problems += expansion.problems
        return Document(self.file, data, expansion.keys, expansion.values, expansion.sources)

    def _position(self, event: Any) -> Position:
        return Position(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _problem(self, position: Position, message: str, suggestion: str | None = None) -> None:
        self.problems.append(Problem(position, message, suggestion))

    def _scalar(self, event: Any) -> _Node:
        position = self._position(event)
        text: str = event.value
        plain = event.style is None or event.style == ""
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            self._problem(position, f"the tag {event.tag} is not understood: write the value without it")
        if plain and event.tag is None:
            value = _plain(text)
            if not isinstance(value, str):
                return _Node("scalar", position, value, Source.at(position) if text else None)
        return _Node("scalar", position, text, scalar_source(event, self.lines, self.file))

    def _begin(self, event: Any) -> None:
        mapping = isinstance(event, yaml.MappingStartEvent)
        node = _Node("mapping" if mapping else "sequence", self._position(event), [])
        if event.tag is not None and event.tag != "!":
            self._problem(node.position, f"the tag {event.tag} is not understood: write the value without it")
        self._put(node, event.anchor)
        self._open.append(_Open(node))
        if len(self._open) > MAX_DEPTH:
            self._problem(node.position, f"nested deeper than {MAX_DEPTH} levels")
            self.stopped = True

    def _alias(self, event: Any) -> None:
        node = self._anchors.get(event.anchor)
        if node is None:
            self._problem(self._position(event), f"nothing is named &{event.anchor} above")
            node = _Node("scalar", self._position(event), None)
        elif any(node is opened.node for opened in self._open):
            self._problem(self._position(event), f"*{event.anchor} contains itself")
            node = _Node("scalar", self._position(event), None)
        self._put(node, None)

    def _put(self, node: _Node, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            if self.root is None:
                self.root = node
            return
        parent = self._open[-1]
        if parent.node.kind == "sequence":
            parent.node.content.append(node)
        elif parent.key is None:
            parent.key = node
        else:
            key, parent.key = parent.key, None
            if self._good_key(parent, key):
                parent.node.content.append((key, node))

    def _good_key(self, parent: _Open, key: _Node) -> bool:
        if key.kind != "scalar":
            place, before = key.position, self.lines[key.position.line - 1][: key.position.column - 1]
            if key.kind == "mapping" and before.endswith("{"):
                place = Position(self.file, place.line, place.column - 1)
                self._problem(place, "a value that begins with {{ must be in quotes")
            else:
                self._problem(place, "a key must be text")
            return False
        if not isinstance(key.content, str):
            written = self._written(key.position)
            self._problem(
                key.position,
                f'the key {written} must be text: write "{written}"' if written else "a key is missing before the :",
            )
            return False
        if key.content == "<<":
            self._problem(key.position, "merging with << is not understood: write the keys out")
            return False
        first = parent.seen.get(key.content)
        if first is not None:
            self._problem(key.position, f"the key '{key.content}' already stands in line {first.line}")
            return False
        parent.seen[key.content] = key.position
        return True

    def _written(self, position: Position) -> str:
        line = self.lines[position.line - 1] if position.line <= len(self.lines) else ""
        found = re.match(r"[^\s:,}\]]+", line[position.column - 1 :])
        return found.group() if found else ""


@dataclass(slots=True)
class _Expansion:
    """Turns nodes into plain data; an alias is written out at each place, within a bound."""

    file: str
    keys: dict[Steps, Position] = field(default_factory=dict)
    values: dict[Steps, Position] = field(default_factory=dict)
    sources: dict[Steps, Source] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def expand(self, node: _Node, steps: Steps) -> Any:
        if len(self.values) > MAX_NODES or len(steps) > 2 * MAX_DEPTH:
            if not self.problems:
                self.problems.append(Problem(node.position, "aliases (*name) blow this file up: write it plainly"))
            return None
        self.values[steps] = node.position
        if node.kind == "mapping":
            data = {}
            for key, value in node.content:
                below = (*steps, key.content)
                self.keys[below] = key.position
                data[key.content] = self.expand(value, below)
            return data
        if node.kind == "sequence":
            return [self.expand(value, (*steps, number)) for number, value in enumerate(node.content)]
        if node.source is not None:
            self.sources[steps] = node.source
        return node.content


def _plain(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text


def texts(document: Document) -> Iterator[tuple[Steps, str]]:
    """Every text value of the document with the steps that lead to it, in the file's order."""
    waiting: list[tuple[Steps, Any]] = [((), document.data)]
    while waiting:
        steps, value = waiting.pop()
        if isinstance(value, str):
            yield steps, value
        elif isinstance(value, dict):
            waiting += [((*steps, key), below) for key, below in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [((*steps, number), value[number]) for number in reversed(range(len(value)))]
