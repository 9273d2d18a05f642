"""The configuration as the daemon has read it: the settings, and what each of its files held."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from syncd.config.load import load_settings
from syncd.config.settings import Settings
from syncd.problem import Problem


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings and the digests of the files they were read from."""

    settings: Settings
    digests: Mapping[Path, str]

    def digest(self, file: Path) -> str:
        """What a file held, or "" when it was none of these."""
        return self.digests.get(file, "")


def read_configuration(file: Path, environ: Mapping[str, str]) -> tuple[Configuration | None, Sequence[Problem]]:
    """The configuration, or None with the problems that forbid it; warnings come along in both cases."""
    loaded = load_settings(file, environ)
    if loaded.settings is None:
        return None, loaded.problems
    return configuration_of(loaded.settings), loaded.problems


def configuration_of(settings: Settings) -> Configuration:
    """Settings with the digests of their files as they are now."""
    files = {*settings.files, *(platform.connector_file for platform in settings.platforms.values())}
    return Configuration(settings, {file: _digest(file) for file in files})


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:  # gone since it was read: the next reload tells
        return ""
