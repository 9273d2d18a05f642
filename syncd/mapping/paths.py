"""The check of variable paths against JSON Schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncd.mapping.syntax import Mistake, Syntax


def check_syntax(syntax: Syntax, scope: Mapping[str, Mapping[str, Any]]) -> list[Mistake]:
    return []
