"""Running cases: what came of each, and which rules none of them exercises."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import httpx

from syncd.cases.case import Case
from syncd.cases.case_file import read_cases
from syncd.cases.compare import Difference, differences
from syncd.cases.outcome import Outcome, outcome_of
from syncd.cases.recording import Change, NotRecorded, Wanted, recorded
from syncd.config.settings import PlatformSettings, Settings
from syncd.errors import ConfigurationError
from syncd.platforms.platform import Platform, open_platform
from syncd.problem import Problem

Ending = Literal["passed", "failed", "empty", "wrong"]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case ended: passed, failed, empty (it expects nothing yet), or wrong (it can't be run: `problems`)."""

    case: Case
    ending: Ending
    seconds: float
    outcome: Outcome | None = None
    differences: tuple[Difference, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass
class CaseRun:
    """All results, in the order of the files; `problems` are those of files that can't be read."""

    files: list[Path] = field(default_factory=list)
    results: list[CaseResult] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    untested: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there was something to run, and all of it passed."""
        return bool(self.results) and not self.problems and all(one.ending == "passed" for one in self.results)

    def count(self, ending: Ending) -> int:
        """How many cases ended so."""
        return sum(one.ending == ending for one in self.results)


def run_cases(files: Sequence[Path], settings: Settings) -> CaseRun:
    """Run every case of the files. Asks nobody and needs no secrets; the ledger is not opened."""
    run = CaseRun(list(files))
    with ExitStack() as stack:
        platforms: dict[str, Platform] = {}
        for file in files:
            cases, problems = read_cases(file, settings)
            run.problems += problems
            for case in cases:
                if case.platform not in platforms:
                    platforms[case.platform] = _offline(settings.platforms[case.platform])
                    stack.callback(platforms[case.platform].close)
                run.results.append(_result(case, settings, platforms[case.platform]))
    fired = {one.outcome.rule for one in run.results if one.outcome is not None and one.outcome.fired}
    run.untested = tuple(rule.name for rule in settings.rules if rule.name not in fired)
    return run


def record(run: CaseRun) -> Iterator[Change]:
    """Write into the files what came out of cases that failed or expect nothing yet; yields what was changed.

    A file whose text can't be changed safely is left as it is; that becomes a problem of the run.
    """
    for file in run.files:
        mine = [one for one in run.results if one.case.document.file == str(file)]
        wanted = [
            Wanted(one.case, one.outcome, one.differences)
            for one in mine
            if one.outcome is not None and one.ending in ("failed", "empty")
        ]
        if not wanted:
            continue
        content = file.read_bytes().decode("utf-8")
        mark, text = ("\ufeff", content[1:]) if content.startswith("\ufeff") else ("", content)
        try:
            changed, changes = recorded(text, str(file), wanted)
        except NotRecorded as error:
            run.problems.append(Problem(wanted[0].case.position, str(error)))
            continue
        file.write_bytes((mark + _with_breaks_of(text, changed)).encode("utf-8"))
        done = {one.case.name for one in wanted}
        run.results = [
            replace(one, ending="passed", differences=()) if one in mine and one.case.name in done else one
            for one in run.results
        ]
        yield from changes


def _with_breaks_of(text: str, changed: str) -> str:
    return changed.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else changed


def _result(case: Case, settings: Settings, platform: Platform) -> CaseResult:
    begin = time.perf_counter()
    try:
        outcome = outcome_of(case, settings, platform)
    except ConfigurationError as error:
        return CaseResult(case, "wrong", time.perf_counter() - begin, problems=tuple(error.problems))
    found: tuple[Difference, ...] = ()
    ending: Ending = "empty"
    if case.expect is not None:
        found = tuple(differences(case.expect, outcome.data))
        ending = "failed" if found else "passed"
    return CaseResult(case, ending, time.perf_counter() - begin, outcome, found)


def _offline(settings: PlatformSettings) -> Platform:
    """The platform as far as it reads records: nothing is sent, and what only a connection needs may be missing."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("a rule test asks nobody", request=request)

    options: dict[str, Any] = {name: value for name, value in settings.options.items() if name != "ca_file"}
    for name, value in options.items():
        if name.endswith("url") and isinstance(value, str) and "${" in value:  # not set here, as in CI
            options[name] = f"https://{settings.name}.invalid"
    return open_platform(replace(settings, options=options), transport=httpx.MockTransport(refuse))
