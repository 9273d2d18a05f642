"""The section `notify`: what is wrong with it beyond its schema, and the settings it makes."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from syncd.config.document import Steps
from syncd.config.interpolation import Interpolated, Outside
from syncd.config.settings import (
    Apprise,
    Channel,
    Command,
    Email,
    Event,
    Notify,
    QuietHours,
    Secret,
    Webhook,
)
from syncd.mapping.syntax import nearest
from syncd.problem import Problem

INSTALL_APPRISE = f"{Path(sys.prefix) / 'bin' / 'pip'} install apprise"
"""The command that puts Apprise beside this very syncd."""

_WAYS = ("email", "webhook", "command", "apprise")
_HERE = ("localhost", "127.0.0.1", "::1")
_CARRIES_A_SECRET = re.compile(r"auth|token|key|secret|password", re.IGNORECASE)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def notify_problems(main: Interpolated, outside: Outside) -> list[Problem]:
    """What is wrong with `notify` of a configuration that its schema can't say."""
    section = main.document.data.get("notify")
    if not isinstance(section, dict):
        return []
    return [*_Check(main, outside).channels(section), *_time_problems(section, main)]


def notify_settings(section: Mapping[str, Any], folder: Path) -> Notify:
    """The settings in a `notify` without errors; a value that is not known yet gets a stand-in."""
    quiet = section.get("quiet_hours")
    return Notify(
        channels=tuple(
            Channel(name, _way(entry, folder), _events(entry["events"]) if "events" in entry else frozenset(Event))
            for name, entry in zip(_names(section["channels"]), section["channels"], strict=True)
        ),
        quiet_hours=quiet
        and QuietHours(_time(quiet["from"]) or time(), _time(quiet["to"]) or time(), _events(quiet.get("except", ()))),
        daily_summary=_time(section.get("daily_summary", "off")),
        language=section.get("language", "tr"),
    )


def secrets_of(notify: Notify) -> Iterator[Secret]:
    """Everything in it that must never be printed."""
    for channel in notify.channels:
        match channel.way:
            case Email(password=password):
                yield from [password] if password is not None else []
            case Webhook(url=url, headers=headers):
                yield from (url, *headers.values())
            case Apprise(urls=urls):
                yield from urls
            case Command():
                pass


def _way(entry: Mapping[str, Any], folder: Path) -> Email | Webhook | Command | Apprise:
    if "email" in entry:
        mail = entry["email"]
        return Email(
            host=mail["host"],
            sender=mail["from"],
            recipients=tuple(mail["to"]),
            port=mail["port"] if isinstance(mail.get("port"), int) else 587,
            security=mail.get("security", "starttls"),
            username=mail.get("username"),
            password=Secret(mail["password"]) if "password" in mail else None,
            ca_file=folder / mail["ca_file"] if "ca_file" in mail else None,
        )
    if "webhook" in entry:
        headers = entry["webhook"].get("headers", {})
        return Webhook(Secret(entry["webhook"]["url"]), {name: Secret(value) for name, value in headers.items()})
    if "command" in entry:
        program, *rest = entry["command"]
        return Command((str((folder / program).absolute()) if "/" in program else program, *rest))
    return Apprise(tuple(Secret(url) for url in entry["apprise"]))


def _names(channels: list[Any]) -> list[str]:
    """The names of the channels: their own, or their way, numbered from the second on."""
    names: list[str] = []
    for entry in channels:
        way = next((way for way in _WAYS if way in entry), "channel")
        made = (way if number == 1 else f"{way}-{number}" for number in range(1, len(channels) + 1))
        taken = {*names, *(other.get("name") for other in channels)}
        names.append(str(entry.get("name") or next((name for name in made if name not in taken), way)))
    return names


def _events(words: Any) -> frozenset[Event]:
    known = {str(event) for event in Event}
    return frozenset(Event(word) for word in words if word in known)


def _time(text: Any) -> time | None:
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    return time(int(found[1]), int(found[2])) if found else None


def _time_problems(section: Mapping[str, Any], main: Interpolated) -> Iterator[Problem]:
    quiet = section.get("quiet_hours")
    if not isinstance(quiet, dict):
        return
    begin, end, summary = _time(quiet.get("from")), _time(quiet.get("to")), _time(section.get("daily_summary"))
    if begin is None or end is None:
        return
    if begin == end:
        place = main.document.value_at(("notify", "quiet_hours", "to"))
        yield Problem(place, "'from' and 'to' are the same: leave 'quiet_hours' out to have none")
    exceptions = quiet.get("except", ())
    told_all_the_same = isinstance(exceptions, list) and str(Event.SUMMARY) in exceptions
    if summary is not None and QuietHours(begin, end).hold(summary) and not told_all_the_same:
        place = main.document.value_at(("notify", "daily_summary"))
        yield Problem(place, f"the summary falls into the quiet hours: it is told at {end:%H:%M}", severity="warning")


@dataclass(frozen=True, slots=True)
class _Check:
    main: Interpolated
    outside: Outside

    def channels(self, section: Mapping[str, Any]) -> Iterator[Problem]:
        entries = section.get("channels")
        names: list[str] = []
        for number, entry in enumerate(entries) if isinstance(entries, list) else ():
            steps: Steps = ("notify", "channels", number)
            if not isinstance(entry, dict):
                continue
            yield from self._one_way(entry, steps)
            name = entry.get("name")
            if isinstance(name, str) and name in names:
                place = self.main.document.value_at((*steps, "name"))
                yield Problem(place, f"the channel name '{name}' is taken already")
            names += [name] if isinstance(name, str) else []
            if isinstance(entry.get("email"), dict):
                yield from self._email(entry["email"], (*steps, "email"))
            if isinstance(entry.get("webhook"), dict):
                yield from self._webhook(entry["webhook"], (*steps, "webhook"))
            if isinstance(entry.get("command"), list):
                yield from self._command(entry["command"], (*steps, "command"))
            if isinstance(entry.get("apprise"), list):
                yield from self._apprise(entry["apprise"], (*steps, "apprise"))

    def _one_way(self, entry: Mapping[str, Any], steps: Steps) -> Iterator[Problem]:
        ways = [key for key in entry if key in _WAYS]
        if not ways and not any(nearest(key, _WAYS) for key in entry):
            place = self.main.document.value_at(steps)
            yield Problem(place, "a channel needs one of the keys 'email', 'webhook', 'command', 'apprise'")
        for other in ways[1:]:
            place = self.main.document.key_at((*steps, other))
            yield Problem(place, f"'{ways[0]}' and '{other}' exclude each other: make two channels")

    def _email(self, entry: Mapping[str, Any], steps: Steps) -> Iterator[Problem]:
        yield from self._plain("password", entry.get("password"), (*steps, "password"))
        if entry.get("security") == "none" and "password" in entry and entry.get("host") not in _HERE:
            message = "the password is sent without encryption: use starttls or tls"
            yield Problem(self.main.document.value_at((*steps, "security")), message, severity="warning")
        name = entry.get("ca_file")
        if isinstance(name, str) and self._known((*steps, "ca_file")) and not self._is_file(name):
            path = self.outside.folder / name
            yield Problem(self.main.document.value_at((*steps, "ca_file")), f"there is no file {path}")

    def _webhook(self, entry: Mapping[str, Any], steps: Steps) -> Iterator[Problem]:
        url, headers = entry.get("url"), entry.get("headers")
        if isinstance(url, str) and not re.match(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:|/|$)", url):
            yield from self._plain("url", url, (*steps, "url"))
        for name, value in headers.items() if isinstance(headers, dict) else ():
            if _CARRIES_A_SECRET.search(name):
                yield from self._plain(name, value, (*steps, "headers", name))

    def _command(self, words: list[Any], steps: Steps) -> Iterator[Problem]:
        program = words[0] if words else None
        if not isinstance(program, str) or not self._known((*steps, 0)) or not program or "\0" in program:
            return
        place = self.main.document.value_at((*steps, 0))
        if "/" not in program:
            if shutil.which(program, path=self.outside.environ.get("PATH", os.defpath)) is None:
                yield Problem(place, f"there is no program '{program}' on the PATH: write where it is, like /usr/…")
        elif not self._is_file(program):
            yield Problem(place, f"there is no program {self.outside.folder / program}")
        elif not os.access(self.outside.folder / program, os.X_OK):
            yield Problem(place, f"{self.outside.folder / program} may not be executed: chmod +x")

    def _apprise(self, urls: list[Any], steps: Steps) -> Iterator[Problem]:
        if not self.outside.demanded:
            return
        if find_spec("apprise") is None:
            message = f"Apprise is not installed: {INSTALL_APPRISE}"
            yield Problem(self.main.document.key_at(steps), message)
            return
        for number, url in enumerate(urls):
            yield from self._plain("apprise", url, (*steps, number))
            if isinstance(url, str) and url and self._known((*steps, number)) and not _apprise_knows(url):
                message = f"entry {number + 1} of 'apprise' is no address that Apprise understands"
                yield Problem(self.main.document.value_at((*steps, number)), message)

    def _plain(self, name: str, value: Any, steps: Steps) -> Iterator[Problem]:
        if isinstance(value, str) and value and steps not in self.main.resolved | self.main.unknown:
            message = (
                f"the secret '{name}' stands in the file: keep it in the environment (${{NAME}}) or in a file "
                f"(${{credential:name}})"
            )
            yield Problem(self.main.document.value_at(steps), message, severity="warning")

    def _known(self, steps: Steps) -> bool:
        return self.outside.demanded and steps not in self.main.unknown

    def _is_file(self, name: str) -> bool:
        try:
            return (self.outside.folder / name).is_file()
        except (OSError, ValueError):
            return False


def _apprise_knows(url: str) -> bool:
    from apprise import Apprise as Library  # takes a while; only who has such a channel waits for it

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it would print the address
    return Library.instantiate(url, suppress_exceptions=True) is not None
