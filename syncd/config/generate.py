"""Writes `syncd.yaml.example` and `docs/configuration.md` from the schemas: `python -m syncd.config.generate`."""

from __future__ import annotations

from pathlib import Path

from syncd.config.example import example_text
from syncd.config.reference import reference_text
from syncd.resources import SCHEMAS

ROOT = SCHEMAS.parent


def pages() -> dict[Path, str]:
    """Every generated file below the top of a checkout, and what has to stand in it."""
    return {Path("syncd.yaml.example"): example_text(), Path("docs/configuration.md"): reference_text()}


def main() -> None:
    """Write the example and the reference pages to their places in the source tree."""
    for path, text in pages().items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
