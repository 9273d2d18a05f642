"""Can the daemon do its work: is the configuration in force, the ledger writable, the login at Paraşüt fresh?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from syncd.daemon.vitals import Vitals
from syncd.errors import SyncdError
from syncd.ledger.ledger import Ledger
from syncd.masking import mask

PROBE_SETTING: Final = "written_at"

# How long an ended access token is nothing to worry about: the next request renews it, and in quiet hours there is
# none. A day later somebody should look.
_QUIET: Final = timedelta(hours=24)
_PROBED_FOR: Final = timedelta(seconds=10)  # whoever asks more often doesn't make the disk work more


@dataclass(frozen=True, slots=True)
class Part:
    """One condition: whether it is met, why not, and figures to go with it."""

    name: str
    ok: bool
    why: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The part as plain JSON values."""
        facts = {name: _plain(value) for name, value in self.facts.items()}
        return {"ok": self.ok, **({"why": mask(self.why)} if self.why else {}), **facts}


class Readiness:
    """The conditions. `ledger` gives the open ledger; called from the threads of the endpoints."""

    def __init__(self, vitals: Vitals, ledger: Callable[[], Ledger]) -> None:
        self._vitals = vitals
        self._ledger = ledger
        self._probing = threading.Lock()
        self._probed: tuple[datetime, Part] | None = None

    def __call__(self) -> list[Part]:
        return [self._configuration(), self._written(), self._login()]

    def _configuration(self) -> Part:
        vitals = self._vitals
        facts = {"in_force_since": vitals.configured_at, "problems": vitals.configuration_problems}
        if vitals.configured_at is None:
            return Part("configuration", False, "no configuration is loaded yet", facts)
        if vitals.configuration_problems:
            words = "the newest files have problems; the last good configuration stays in force. See `syncd check`"
            return Part("configuration", False, words, facts)
        return Part("configuration", True, "", facts)

    def _written(self) -> Part:
        """A real write of one small row, always the same one: full disks and read-only ones show in nothing less."""
        with self._probing:
            now = self._vitals.clock()
            if self._probed is not None and timedelta() <= now - self._probed[0] < _PROBED_FOR:
                return self._probed[1]
            try:
                self._ledger().set_setting(PROBE_SETTING, now.isoformat(timespec="seconds"))
            except SyncdError as error:
                part = Part("ledger", False, str(error))
            else:
                part = Part("ledger", True, "", {"written_at": now})
            self._probed = (now, part)
            return part

    def _login(self) -> Part:
        vitals = self._vitals
        try:
            tokens = self._ledger().company.tokens()
        except SyncdError as error:
            return Part("parasut", False, str(error))
        ends_at = None if tokens is None else tokens[2]
        facts = {"login_ends_at": ends_at, "answered_at": vitals.parasut_answered_at}
        if vitals.parasut_error:
            return Part("parasut", False, vitals.parasut_error, facts)
        if ends_at is None:
            return Part("parasut", False, "there is no login yet", facts)
        if vitals.clock() - ends_at > _QUIET:
            return Part("parasut", False, "the login has ended more than a day ago and nothing has renewed it", facts)
        return Part("parasut", True, "", facts)


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
