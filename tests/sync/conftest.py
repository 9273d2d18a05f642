"""Worlds for the tests of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from factories import a_rule
from worlds import World

from syncd.config.settings import Rule
from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds: `world(orders=8, rules=(…,), cash_sale="ignored")`; options are those of the sandbox."""
    with ExitStack() as stack:

        def make(rules: tuple[Rule, ...] | None = None, **options: Any) -> World:
            sandbox = stack.enter_context(Sandbox(SandboxOptions(**{"rate_requests": 0, **options})))
            return World(sandbox, tmp_path, rules or (a_rule(),))

        yield make
