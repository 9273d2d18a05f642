"""Everything a run works with, opened once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncd.config.settings import PlatformSettings, Rule, Secret, Settings
from syncd.ledger.ledger import Ledger
from syncd.parasut.client import ParasutClient
from syncd.platforms.platform import Platform
from syncd.sync.collect import Clock
from syncd.sync.executor import asked_to_stop
from syncd.sync.judge import Judgement
from syncd.sync.plan import PlanContext
from syncd.sync.readings import Readings


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything a run works with. `client` is None when nothing may be asked of Paraşüt.

    `stopping` is asked before every write and between pages and orders. `between` is called between pages and orders,
    and may raise Stopped. `gives_way` is asked between orders: a run over rules makes room for what a person waits for.
    `in_hand` are the orders, by their number in the ledger, that are being worked on: nobody may decide about them.
    """

    settings: Settings
    ledger: Ledger
    platforms: Mapping[str, Platform]
    client: ParasutClient | None
    clock: Clock
    stopping: Callable[[], bool] = lambda: False
    between: Callable[[], None] = lambda: None
    gives_way: Callable[[], bool] = lambda: False
    readings: Readings | None = None
    platform_read: Callable[[str], None] = lambda _: None

    in_hand: set[int] = field(default_factory=set)

    def breathe(self) -> None:
        """Between two pages or orders: let others have their turn. Raises Stopped when the run is to end."""
        self.between()
        if self.stopping():
            raise asked_to_stop()

    @property
    def judgement(self) -> Judgement:
        """Today's rules."""
        return Judgement(self.settings.rules, self.settings.timezone, platform_variables(self.settings.platforms))

    def reader(self, platform: str) -> str:
        """A digest of everything a platform's records are read with, its secrets left out."""
        settings = self.settings.platforms[platform]
        options = {name: value for name, value in settings.options.items() if not isinstance(value, Secret)}
        words = {word: str(status) for word, status in settings.statuses.items()}
        text = json.dumps([options, words], sort_keys=True, default=str)
        return hashlib.sha256(text.encode() + settings.connector_file.read_bytes()).hexdigest()[:32]

    def context(self, rule: Rule, platform: str) -> PlanContext:
        """What the planner needs for an order of `rule` at `platform`, today."""
        return PlanContext(
            rule=rule,
            platform=platform_variables(self.settings.platforms)[platform],
            today=self.clock().astimezone(self.settings.timezone).date(),
            zone=self.settings.timezone,
        )


def platform_variables(platforms: Mapping[str, PlatformSettings]) -> dict[str, dict[str, Any]]:
    """What templates see as `platform`, by the platform's name."""
    return {
        name: {"name": name, "title": platform.title, "connector": platform.connector}
        for name, platform in platforms.items()
    }
