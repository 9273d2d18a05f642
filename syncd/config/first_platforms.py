"""The platforms that a first configuration can have, and what their connectors need to be told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from referencing.exceptions import Unresolvable

from syncd.config.connectors import Connectors, ConnectorWords
from syncd.config.document import parse_document, read_document
from syncd.config.lookup import connector_folders, names_in
from syncd.config.schema_problems import Reading, schema_problems
from syncd.config.schemas import compiled
from syncd.errors import ConfigurationError, UsageError
from syncd.mapping.syntax import nearest
from syncd.orders.status import MAIN_WAY, Status
from syncd.orders.turkish import ascii_fold
from syncd.problem import Position, Problem

SITE = "site"
_SITE_CONNECTOR = "woocommerce"
_SITE_TITLE = "Web Sitesi"
_MARKETPLACES = ("trendyol", "hepsiburada", "n11")
_FIRST_SENTENCE = re.compile(r"(.+?)\.(?=\s+\S|\s*$)", re.DOTALL)
_PLAIN_NAME = re.compile(r"[\w-][\w.-]*")
_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a platform's connector. `question` is the first sentence of its description."""

    platform: str
    name: str
    question: str
    required: bool
    secret: bool
    schema: Mapping[str, Any] = field(repr=False)

    def read(self, text: str) -> Any:
        """What a person wrote, as the value that stands in `syncd.yaml`: text unless the key takes something else.

        An address may leave out `https://`. Raises UsageError for what the key doesn't take; it never repeats a secret.
        """
        text = text.strip()
        if not text:
            raise UsageError(f"{self.name} of {self.platform} is empty.")
        wrong: list[Problem] = []
        for candidate in self._readings(text):
            problems = self._problems(candidate)
            if not problems:
                return candidate
            wrong = wrong or problems
        example = self.example if self.example not in wrong[0].message else ""
        raise UsageError(f"{self.platform}: {wrong[0].message}.", f"Write it like {example}." if example else "")

    @property
    def example(self) -> str:
        """A value in the right form; empty for secrets, whose examples tell where they are kept."""
        examples = self.schema.get("examples") or ()
        return "" if self.secret or not examples else str(examples[0])

    def _readings(self, text: str) -> Iterator[Any]:
        kinds = self.schema.get("type")
        kinds = (kinds,) if isinstance(kinds, str) else kinds or ()
        if "integer" in kinds and _WHOLE_NUMBER.fullmatch(text):
            yield int(text)
        if "string" in kinds or not kinds:
            yield text.rstrip("/") if "://" in text else text
            if "://" not in text and str(self.schema.get("pattern", "")).startswith("^https?://"):
                yield f"https://{text}".rstrip("/")
        if "string" not in kinds:
            document, problems = parse_document(f"{self.name}: {text}", "")
            yield document.data[self.name] if document is not None and not problems else text

    def _problems(self, value: Any) -> list[Problem]:
        document, _ = parse_document(f"{self.name}: ", "")
        assert document is not None
        place = (self.name,)
        try:
            return schema_problems(compiled(self.schema), value, Reading(document, place, hidden=[place] * self.secret))
        except (Unresolvable, re.error):  # a mistake in the connector, which `check` reports with its place
            return []


@dataclass(frozen=True, slots=True)
class OfferedPlatform:
    """A platform that can be chosen. `status` is the one whose orders its rule invoices."""

    name: str
    connector: str
    kind: str
    title: str
    status: Status
    settings: tuple[Setting, ...]

    def setting(self, name: str) -> Setting:
        """The key of that name; UsageError when the connector has none."""
        for setting in self.settings:
            if setting.name == name:
                return setting
        meant = nearest(name, [setting.name for setting in self.settings])
        hint = f"Did you mean {meant}?" if meant else ""
        raise UsageError(f"{self.name} has no key {name!r}.", hint)


def offered_names(folder: Path) -> tuple[str, ...]:
    """The names that can be chosen for a configuration in `folder`: the shipped platforms, then connectors there."""
    known = (SITE, *_MARKETPLACES)
    own = sorted(set(names_in(connector_folders(folder))) - {*known, _SITE_CONNECTOR})
    return (*known, *(name for name in own if _PLAIN_NAME.fullmatch(name)))


def chosen_names(words: Sequence[str], folder: Path) -> tuple[str, ...]:
    """Names or numbers (from 1) of `offered_names`, each once; several in one word with commas or blanks between.

    Capitals and Turkish letters don't matter. Raises UsageError for what isn't offered.
    """
    offered = offered_names(folder)
    known = {str(number): name for number, name in enumerate(offered, 1)}
    known |= {ascii_fold(name): name for name in (_SITE_CONNECTOR, *offered)}
    chosen: list[str] = []
    for word in re.split(r"[\s,]+", " ".join(words).strip(" ,")):
        name = known.get(ascii_fold(word)) if word else None
        if name is None:
            meant = nearest(word, offered)
            hint = f"Did you mean {meant}? " if meant else ""
            raise UsageError(f"There is no platform {word!r}.", f"{hint}There are: {', '.join(offered)}.")
        chosen.append(SITE if name == _SITE_CONNECTOR else name)
    return tuple(dict.fromkeys(chosen))


def offered_platform(name: str, folder: Path) -> OfferedPlatform:
    """What the connector of a chosen platform needs. Raises ConfigurationError when the connector can't be used."""
    connector = _SITE_CONNECTOR if name == SITE else name
    problems: list[Problem] = []
    words = Connectors(folder, problems).named(connector, Position(str(folder), 1, 1))
    if words is None:
        raise ConfigurationError(problems)
    kind = str(read_document(words.path).data.get("title") or name)
    return OfferedPlatform(
        name=name,
        connector=connector,
        kind=kind,
        title=_SITE_TITLE if name == SITE else kind,
        status=_status(words, Status.PREPARING if name == SITE else Status.SHIPPED),
        settings=tuple(_settings(name, words)),
    )


def _status(words: ConnectorWords, wanted: Status) -> Status:
    """The wanted status, or the latest before it that the connector's orders come to."""
    way = MAIN_WAY[: MAIN_WAY.index(wanted) + 1]
    reached = next((status for status in reversed(way) if words.reaches({}, status)), None)
    if reached is None:
        message = "no status word means awaiting_approval or later: no rule can fire"
        raise ConfigurationError([Problem(Position(str(words.path), 1, 1), message)])
    return reached


def _settings(platform: str, words: ConnectorWords) -> Iterator[Setting]:
    """The required keys as the connector orders them, then the others."""
    properties: Mapping[str, Any] = words.settings.get("properties", {})
    required = [name for name in words.settings.get("required", ()) if name in properties]
    for name in [*required, *(name for name in properties if name not in required)]:
        schema = properties[name] if isinstance(properties[name], Mapping) else {}
        schema = {"$defs": words.settings.get("$defs", {}), **schema}
        text = " ".join(str(schema.get("description") or name).split())
        sentence = _FIRST_SENTENCE.match(text)
        yield Setting(
            platform=platform,
            name=name,
            question=sentence[1] if sentence else text,
            required=name in required,
            secret=name in words.secrets,
            schema=schema,
        )
