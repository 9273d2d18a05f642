"""Rules that were stopped, platforms that can't be read, and Paraşüt, kept in the ledger for every process to tell of.

They are rows among the notices, of a kind of their own that nobody is told of: they stand whether or not the
configuration has a `notify`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from syncd.errors import ParasutError
from syncd.ledger.ledger import Ledger
from syncd.ledger.notices import Notice
from syncd.masking import mask
from syncd.sync.report import Report

_KIND: Final = "failing"
_CODE = re.compile(r"in a row \(([a-z]+(?:-[a-z]+)*)\)")  # what a run says of equal holds; one that broke off has none

What = Literal["rule", "platform", "parasut"]

PARASUT: Final[tuple[What, str]] = ("parasut", "")
"""What and name of Paraşüt: there is only one."""


@dataclass(frozen=True, slots=True)
class Failing:
    """A rule or a platform by its name in the configuration, or Paraşüt, that has not worked since a moment."""

    what: What
    name: str
    since: datetime
    why: str

    @property
    def remedy(self) -> str:
        """What a person can do now."""
        if self.what == "platform":
            return "It is read again at every turn of its rules; `syncd check --connect` tries it now."
        if self.what == "parasut":
            return (
                "Nothing is lost: the orders wait, and it is tried again by itself, at least every 15 minutes; "
                "`syncd check --connect` tries it now."
            )
        code = _CODE.search(self.why)
        if code is None:
            return "Look into the log of that time; the rule is tried again at its next turn."
        return (
            f"`syncd orders list --hold {code[1]}` shows them; remove what they have in common, then "
            f"`syncd orders retry --hold {code[1]}`."
        )


def all_failing(ledger: Ledger) -> list[Failing]:
    """What does not work now, as far as anybody has tried; longest first."""
    found = [
        Failing(
            one.document["what"],
            one.document["name"],
            datetime.fromisoformat(one.document["since"]),
            one.document["why"],
        )
        for one in ledger.notices.of_kinds([_KIND])
    ]
    return sorted(found, key=lambda one: one.since)


def note_failing(ledger: Ledger, what: What, failing: Mapping[str, str], works: Collection[str], at: datetime) -> None:
    """Remember what fails, by name and why, from `at` on unless it has failed before; forget what `works` again.

    What is named in neither stays as it was: nobody has tried.
    """
    known = {one.name: one for one in all_failing(ledger) if one.what == what}
    saved = []
    for name, why in failing.items():
        words = mask(" ".join(why.split()))
        if name not in known or known[name].why != words:
            since = known[name].since if name in known else at
            document = {"what": what, "name": name, "since": since.isoformat(), "why": words}
            saved.append(Notice(_key(what, name), _KIND, document, at, told_at=at))
    dropped = [_key(what, name) for name in known if name in works and name not in failing]
    if saved or dropped:
        ledger.notices.change(saved, dropped)


def note_report(ledger: Ledger, report: Report, ran: Collection[str], at: datetime) -> None:
    """What a run over the rules `ran` has shown of them, of the platforms that it read, and of Paraşüt."""
    note_failing(ledger, "rule", report.stopped_rules, () if report.stopped is not None else ran, at)
    read = {collected.platform: collected.error for collected in report.collected if not collected.pending}
    errors = {name: str(error) for name, error in read.items() if error is not None}
    note_failing(ledger, "platform", errors, read, at)
    note_parasut(
        ledger, str(report.stopped) if isinstance(report.stopped, ParasutError) else "", report.answers > 0, at
    )


def note_parasut(ledger: Ledger, why: str, answers: bool, at: datetime) -> None:
    """Remember why Paraşüt can't be worked with, or, with `why` "", forget it when it `answers` again."""
    what, name = PARASUT
    note_failing(ledger, what, {name: why} if why else {}, [name] if answers else (), at)


def _key(what: What, name: str) -> str:
    return f"{_KIND}/{what}/{name}"
