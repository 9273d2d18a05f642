"""Templates: compiled once, checked against schemas, rendered with types kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncd.problem import Problem, Source


@dataclass(frozen=True)
class Template:
    """A compiled template that remembers where it was written."""

    text: str
    source: Source

    def render(self, variables: Mapping[str, Any]) -> Any:
        raise NotImplementedError


def compile_template(text: str, source: Source) -> Template:
    raise NotImplementedError


def compile_expression(text: str, source: Source) -> Template:
    raise NotImplementedError


def check_paths(template: Template, scope: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    raise NotImplementedError
