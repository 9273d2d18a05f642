"""`${NAME}`, `${credential:name}` and `${file:/path}` in the values of the configuration; `$${` is a literal `${`."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from syncd.config.document import Document, Steps
from syncd.mapping.syntax import nearest
from syncd.problem import Position, Problem

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIAL = re.compile(r"[A-Za-z0-9_@.-]+")
_MAX_BYTES = 64_000
# `LoadCredential=syncd:/etc/syncd/credentials` hands over every file of the folder, each under this and its own name.
_FOLDER_PREFIX = "syncd_"


@dataclass(slots=True)
class Interpolated:
    """A document with its references resolved. `resolved` came from outside, `unknown` could not be resolved.

    `outside` holds every value that was read, for the masking of logs.
    """

    document: Document
    problems: list[Problem] = field(default_factory=list)
    resolved: set[Steps] = field(default_factory=set)
    unknown: set[Steps] = field(default_factory=set)
    outside: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outside:
    """Where values come from. With `demanded` False, one that isn't there is no problem. `folder` holds the file."""

    environ: Mapping[str, str]
    folder: Path
    demanded: bool = True


def interpolate(document: Document, outside: Outside, leave: Callable[[Steps], bool]) -> Interpolated:
    """Resolve the references in every text of `document`, apart from the values at steps that `leave` names."""
    result = Interpolated(document)

    def walk(value: Any, steps: Steps) -> Any:
        if isinstance(value, dict):
            return {key: walk(below, (*steps, key)) for key, below in value.items()}
        if isinstance(value, list):
            return [walk(below, (*steps, number)) for number, below in enumerate(value)]
        if isinstance(value, str) and "${" in value and not leave(steps):
            return _resolved(value, steps, result, outside)
        return value

    result.document = replace(document, data=walk(document.data, ()))
    return result


def _resolved(text: str, steps: Steps, result: Interpolated, outside: Outside) -> str:
    source = result.document.source_at(steps)

    def one(match: re.Match[str]) -> str:
        if match.group() == "$${":
            return "${"
        position = source.position_at(match.start())
        if match[1] is None:
            result.problems.append(Problem(position, "this ${ is never closed: write ${NAME}, or $${ for a literal ${"))
            result.unknown.add(steps)
            return match.group()
        value = _look_up(match[1].strip(), position, result.problems, outside)
        if value is None:
            result.unknown.add(steps)
            return match.group()
        result.resolved.add(steps)
        result.outside.append(value)
        return value

    return _REFERENCE.sub(one, text)


def _look_up(reference: str, position: Position, problems: list[Problem], outside: Outside) -> str | None:
    kind, colon, name = reference.partition(":")
    if not colon and _NAME.fullmatch(reference):
        return _variable(reference, position, problems, outside)
    if kind == "credential" and _CREDENTIAL.fullmatch(name):
        return _credential(name, position, problems, outside)
    if kind == "file" and name.strip():
        return _file(outside.folder / name.strip(), position, problems, outside)
    meant = nearest(kind, ["credential", "file"]) if colon and kind not in ("credential", "file") else None
    suggestion = f"${{{meant}:{name}}}" if meant else None
    message = f"${{{reference}}} is not understood: write ${{NAME}}, ${{credential:name}} or ${{file:/path}}"
    problems.append(Problem(position, message, suggestion))
    return None


def _variable(name: str, position: Position, problems: list[Problem], outside: Outside) -> str | None:
    value = outside.environ.get(name)
    if value:
        return value
    if outside.demanded:
        state = "is not set" if value is None else "is empty"
        message = f"the environment variable {name} {state}: set it where syncd is started"
        problems.append(Problem(position, message, nearest(name, outside.environ) if value is None else None))
    return None


def _credential(name: str, position: Position, problems: list[Problem], outside: Outside) -> str | None:
    folder = outside.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        if outside.demanded:
            message = (
                f"the credential {name} can't be read: $CREDENTIALS_DIRECTORY is not set. systemd sets it with "
                f"LoadCredential={name}:/path; without systemd, set it to a folder with a file {name}"
            )
            problems.append(Problem(position, message))
        return None
    if name in (".", ".."):
        problems.append(Problem(position, f"{name} is no name of a credential"))
        return None
    there = _names_in(Path(folder))
    file = _FOLDER_PREFIX + name if name not in there and _FOLDER_PREFIX + name in there else name
    value = _content(Path(folder) / file, f"the credential {name}", position, problems, outside.demanded)
    if value is None and outside.demanded and problems:
        names = [one.removeprefix(_FOLDER_PREFIX) for one in there]
        problems[-1] = replace(problems[-1], suggestion=nearest(name, names))
    return value


def _file(path: Path, position: Position, problems: list[Problem], outside: Outside) -> str | None:
    value = _content(path, f"the file {path}", position, problems, outside.demanded)
    if value is not None and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        message = f"the file {path} can be read by every user of this machine: chmod o-rwx {path}"
        problems.append(Problem(position, message, severity="warning"))
    return value


def _content(path: Path, words: str, position: Position, problems: list[Problem], demanded: bool) -> str | None:
    """The text of a secret's file without the line break at its end; None, and a problem, when it can't be used."""
    complaint = ""
    try:
        with path.open("rb") as stream:
            text = stream.read(_MAX_BYTES + 1).decode()
        value = text.removesuffix("\n").removesuffix("\r")
        if value and len(text) <= _MAX_BYTES:
            return value
        complaint = "is too large for a secret" if value else "is empty"
    except FileNotFoundError:
        complaint = f"does not exist ({path})" if str(path) not in words else "does not exist"
    except UnicodeDecodeError:
        complaint = "is not UTF-8 text"
    except (OSError, ValueError) as error:
        complaint = f"can't be read: {getattr(error, 'strerror', None) or error}"
    if demanded:
        problems.append(Problem(position, f"{words} {complaint}"))
    return None


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []
