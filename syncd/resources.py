"""Where the shipped mappings and schemas lie: inside the wheel, or at the top of a source checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_WHEEL_DATA = _PACKAGE / "_data"
_ROOT = _WHEEL_DATA if _WHEEL_DATA.is_dir() else _PACKAGE.parent

MAPPINGS = _ROOT / "mappings"
SCHEMAS = _ROOT / "schemas"
