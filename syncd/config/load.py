"""The configuration: read, checked as a whole, and made into settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from syncd.config.connectors import Connectors, option_problems, options_of, secret_keys
from syncd.config.document import Document, Steps, load_document
from syncd.config.interpolation import Interpolated, Outside, interpolate
from syncd.config.lookup import find_config
from syncd.config.mapping_files import MappingFiles, Templates
from syncd.config.notify import notify_problems, notify_settings, secrets_of
from syncd.config.ownership import ownership_problems
from syncd.config.readable import ledger_url, readable_settings, zone
from syncd.config.rules import PlatformWords, RuleText, check_rule, claim_of, files_of, finished, is_template
from syncd.config.schedule import seconds
from syncd.config.schema_problems import Reading, schema_problems
from syncd.config.schemas import schema, validator
from syncd.config.settings import DaemonSettings, ParasutSettings, PlatformSettings, Secret, Settings
from syncd.orders.status import Status
from syncd.problem import Position, Problem

__all__ = ["Loaded", "find_config", "load_settings"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a configuration says. There are no settings when any of the problems is an error.

    `readable` is then what can be read all the same, good for looking into the ledger and for stopping (see
    readable.py); None when that can't be read either.
    """

    settings: Settings | None
    problems: tuple[Problem, ...]
    readable: Settings | None = None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that forbid to run."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def load_settings(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    secrets: Literal["required", "optional"] = "required",
    today: date | None = None,
) -> Loaded:
    """Everything in the configuration at `path` (None: looked for, see find_config), and all its problems at once.

    Problems are in the order of file, line and column. With `secrets="optional"`, values that come from outside may be
    missing: then the settings hold their references, good for checks and not for a run. `today` is the day that `since`
    is compared with; default: the clock's.
    """
    file = path if path is not None else find_config(None, environ, Path.cwd())
    load = _Load(file, Outside(environ, file.parent, secrets == "required"), today or datetime.now(UTC).date())
    settings = load.run()
    problems = tuple(sorted(dict.fromkeys(load.problems), key=lambda problem: problem.position))
    failed = any(problem.severity == "error" for problem in problems)
    return Loaded(None if failed else settings, problems, load.readable)


@dataclass(slots=True)
class _Load:
    """One reading of the configuration, step by step."""

    file: Path
    outside: Outside
    today: date
    problems: list[Problem] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    readable: Settings | None = None

    def run(self) -> Settings | None:
        main = self._document(self.file, "syncd", ("rules",))
        if main is None or not isinstance(main.document.data, dict):
            return None
        data: dict[str, Any] = main.document.data
        self._plain_secrets(main, ("parasut",), secret_keys(schema("syncd")["properties"]["parasut"]))
        self._wrong_addresses(main, ("parasut",))
        words, platforms = self._platforms(main)
        rules = [*self._included(main), *self._rules(main, data.get("rules"), ("rules",))]
        if isinstance(data.get("rules", []), list) and not rules:
            self._warn(main.document.key_at(("rules",)), "there is no rule: nothing will be invoiced")
        self._check_rules(rules, words)
        self.problems += notify_problems(main, self.outside)
        if any(problem.severity == "error" for problem in self.problems):
            self.readable = readable_settings(self.file, main, platforms, rules, self.secrets, self.problems)
            return None
        notify = notify_settings(data["notify"], self.file.parent) if "notify" in data else None
        self.secrets += secrets_of(notify) if notify is not None else ()
        return Settings(
            file=self.file,
            parasut=_parasut(data["parasut"], self.secrets),
            ledger_url=ledger_url(data["ledger"], self.file.parent),
            timezone=zone(data.get("timezone", "Europe/Istanbul"), main.unknown),
            platforms=platforms,
            rules=tuple(finished(rule) for rule in rules),
            notify=notify,
            files=tuple(dict.fromkeys([*self.files, *files_of(rules)])),
            secrets=tuple(dict.fromkeys(self.secrets)),
            daemon=_daemon(data.get("daemon", {}), main.unknown),
            retention=_retention(data.get("retention"), main.unknown),
        )

    def _warn(self, position: Position, message: str) -> None:
        self.problems.append(Problem(position, message, severity="warning"))

    def _document(self, path: Path, name: str, above_rules: Steps) -> Interpolated | None:
        """The YAML file at `path` with its references resolved, checked against the schema `name`."""
        self.files.append(path)
        document, problems = load_document(path)
        self.problems += problems
        if document is None:
            return None

        def leave(steps: Steps) -> bool:
            depth = len(above_rules)
            return steps[:depth] == above_rules and is_template(steps[depth + 1 :])

        result = interpolate(document, self.outside, leave)
        self.problems += result.problems
        self.secrets += [Secret(value) for value in result.outside]
        if name == "syncd":
            _as_numbers(result, ("parasut",), schema("syncd")["properties"]["parasut"])
        self.problems += schema_problems(validator(name), result.document.data, _reading(result))
        return result

    def _platforms(self, main: Interpolated) -> tuple[dict[str, PlatformWords], dict[str, PlatformSettings]]:
        """What rules need to know of each platform, and the settings of those without problems."""
        words: dict[str, PlatformWords] = {}
        settings: dict[str, PlatformSettings] = {}
        entries = main.document.data.get("platforms")
        connectors = Connectors(self.file.parent, self.problems)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            steps: Steps = ("platforms", name)
            connector_name = entry.get("connector") if isinstance(entry, dict) else None
            if not isinstance(connector_name, str) or (*steps, "connector") in main.unknown:
                words[name] = PlatformWords(None, {})
                continue
            connector = connectors.named(connector_name, main.document.value_at((*steps, "connector")))
            statuses = _statuses(entry.get("statuses"))
            words[name] = PlatformWords(connector, statuses)
            if connector is None:
                continue
            self.files.append(connector.path)
            _as_numbers(main, steps, connector.settings)
            self.problems += option_problems(connector, entry, _reading(main, steps))
            self._plain_secrets(main, steps, connector.secrets)
            unknown = {str(at[2]) for at in main.unknown if at[:2] == steps and len(at) > 2}
            options = options_of(connector, entry, self.file.parent, unknown)
            self._missing_files(main.document, steps, options)
            self._wrong_addresses(main, steps)
            self.secrets += [option for option in options.values() if isinstance(option, Secret)]
            settings[name] = PlatformSettings(
                name=name,
                connector=connector_name,
                title=str(entry.get("title", name)),
                options=options,
                position=main.document.key_at(steps),
                statuses=statuses,
                connector_file=connector.path,
                account=entry.get("account"),
            )
        return words, settings

    def _missing_files(self, document: Document, steps: Steps, options: Mapping[str, Any]) -> None:
        for key, value in options.items():
            absent = key.endswith("_file") and isinstance(value, str) and not Path(value).is_file()
            if absent and self.outside.demanded:
                self.problems.append(Problem(document.value_at((*steps, key)), f"there is no file {value}"))

    def _wrong_addresses(self, main: Interpolated, steps: Steps) -> None:
        """Addresses that look like one and are none: `http://[::1`, a port that is no number."""
        entry = _value_at(main.document.data, steps)
        for key in ("url", "base_url") if isinstance(entry, dict) else ():
            value, below = entry.get(key), (*steps, key)
            if not isinstance(value, str) or below in main.unknown:
                continue
            try:
                _ = urlsplit(value).port
            except ValueError as error:
                self.problems.append(Problem(main.document.value_at(below), f"'{key}' is no address: {error}"))

    def _plain_secrets(self, main: Interpolated, steps: Steps, keys: Collection[str]) -> None:
        entry = _value_at(main.document.data, steps)
        for key in sorted(keys) if isinstance(entry, dict) else ():
            below = (*steps, key)
            if isinstance(entry.get(key), str) and below not in main.resolved | main.unknown:
                message = (
                    f"the secret '{key}' stands in the file: keep it in the environment (${{NAME}}) or in a file "
                    f"(${{credential:{key}}})"
                )
                self._warn(main.document.value_at(below), message)

    def _included(self, main: Interpolated) -> list[RuleText]:
        rules: list[RuleText] = []
        entries = main.document.data.get("include")
        seen: set[Path] = {self.file.resolve()}
        for number, entry in enumerate(entries) if isinstance(entries, list) else ():
            steps: Steps = ("include", number)
            if not isinstance(entry, str) or not entry or "\0" in entry or steps in main.unknown:
                continue
            path = self.file.parent / entry
            place = main.document.value_at(steps)
            if path.resolve() in seen:
                self.problems.append(Problem(place, f"{entry} is read already"))
            elif not path.is_file():
                self.problems.append(Problem(place, f"there is no file {path}"))
            else:
                included = self._document(path, "rules", ())
                if included is not None:
                    rules += self._rules(included, included.document.data, ())
            seen.add(path.resolve())
        return rules

    def _rules(self, file: Interpolated, entries: Any, above: Steps) -> list[RuleText]:
        unknown = {steps[: len(above) + 1] for steps in file.unknown}
        return [
            RuleText(file.document, (*above, number), entry, whole=(*above, number) not in unknown)
            for number, entry in enumerate(entries if isinstance(entries, list) else ())
            if isinstance(entry, dict)
        ]

    def _check_rules(self, rules: Sequence[RuleText], platforms: Mapping[str, PlatformWords]) -> None:
        templates = Templates(self.problems)
        mappings = MappingFiles(self.file.parent, templates, self.problems)
        names: dict[str, Position] = {}
        for rule in rules:
            before = len(self.problems)
            self.problems += list(check_rule(rule, platforms, mappings, templates, self.today))
            faulty = any(problem.severity == "error" for problem in self.problems[before:])
            rule.whole = rule.whole and rule.mapping is not None and not faulty
            name = rule.data.get("name")
            if isinstance(name, str):
                place = rule.document.value_at(rule.at("name"))
                if name in names:
                    message = f"the rule name '{name}' is taken already at {names[name]}"
                    self.problems.append(Problem(place, message))
                names.setdefault(name, place)
        self.problems += ownership_problems([claim for claim in map(claim_of, rules) if claim is not None])


def _reading(result: Interpolated, base: Steps = ()) -> Reading:
    return Reading(result.document, base, result.unknown, result.resolved)


def _as_numbers(result: Interpolated, steps: Steps, content: Mapping[str, Any]) -> None:
    """Texts from outside that stand where the schema wants a whole number become one."""
    entry = _value_at(result.document.data, steps)
    properties = content.get("properties")
    for name, key in properties.items() if isinstance(properties, dict) and isinstance(entry, dict) else ():
        value = entry.get(name)
        wanted = isinstance(key, dict) and key.get("type") == "integer"
        if wanted and (*steps, name) in result.resolved and isinstance(value, str) and value.isascii():
            entry[name] = int(value) if value.isdigit() and len(value) < 19 else value


def _value_at(data: Any, steps: Steps) -> Any:
    for step in steps:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _statuses(entries: Any) -> dict[str, Status]:
    known = {str(status) for status in Status}
    items = entries.items() if isinstance(entries, dict) else ()
    return {word: Status(ours) for word, ours in items if isinstance(ours, str) and ours in known}


def _parasut(data: Mapping[str, Any], secrets: list[Secret]) -> ParasutSettings:
    company_id, rate = data["company_id"], data.get("rate", {})
    settings = ParasutSettings(
        company_id=company_id if isinstance(company_id, int) else 0,
        client_id=Secret(data["client_id"]),
        client_secret=Secret(data["client_secret"]),
        username=Secret(data["username"]),
        password=Secret(data["password"]),
    )
    secrets += [settings.client_id, settings.client_secret, settings.username, settings.password]
    return replace(
        settings,
        base_url=data.get("base_url", settings.base_url).rstrip("/"),
        rate_requests=rate.get("requests", settings.rate_requests),
        rate_seconds=rate.get("seconds", settings.rate_seconds),
        timeout_seconds=seconds(data["timeout"]) if "timeout" in data else settings.timeout_seconds,
        recovery=replace(settings.recovery, **{name: seconds(text) for name, text in data.get("recovery", {}).items()}),
    )


def _daemon(data: Mapping[str, Any], unknown: Collection[Steps]) -> DaemonSettings:
    usual = DaemonSettings()
    data = {name: value for name, value in data.items() if ("daemon", name) not in unknown}
    listen = data.get("listen", usual.listen)
    return DaemonSettings(
        listen=None if listen == "off" else listen,
        log=data.get("log", usual.log),
        jitter_seconds=seconds(data["jitter"]) if "jitter" in data else usual.jitter_seconds,
    )


def _retention(text: str | None, unknown: Collection[Steps]) -> timedelta | None:
    return None if text is None or ("retention",) in unknown else timedelta(seconds=seconds(text))
