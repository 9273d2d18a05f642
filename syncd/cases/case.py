"""One case of a rule test: an order, what Paraşüt knows, and what should come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from syncd.config.document import Document, Steps
from syncd.problem import Position


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its file says it. `steps` lead to it in `document`; `expect` is None when nothing is expected yet.

    `order` is what stands under `order` or `raw` (`kind`): the name of a file, or the record itself.
    """

    document: Document
    steps: Steps
    name: str
    platform: str
    kind: str
    order: str | Mapping[str, Any]
    inside: str = ""
    change: Mapping[str, Any] = field(default_factory=dict)
    change_raw: Mapping[str, Any] = field(default_factory=dict)
    knows: Mapping[str, Any] = field(default_factory=dict)
    knows_steps: Steps = ()
    today: date | None = None
    expect: Mapping[str, Any] | None = None

    @property
    def position(self) -> Position:
        """Where the case begins."""
        return self.document.value_at(self.steps)

    def key_at(self, *below: str | int) -> Position:
        """Where a key of the case stands."""
        return self.document.key_at((*self.steps, *below))

    def value_at(self, *below: str | int) -> Position:
        """Where a value of the case stands."""
        return self.document.value_at((*self.steps, *below))
