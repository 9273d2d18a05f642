"""Places for the tests of commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from places import CONFIG, Place

from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Makes places: `place(orders=3)`; options are those of the sandbox."""
    with ExitStack() as stack:

        def make(config: str = CONFIG, **options: object) -> Place:
            sandbox = stack.enter_context(Sandbox(SandboxOptions(**{"rate_requests": 0, **options})))  # type: ignore[arg-type]
            (tmp_path / "syncd.yaml").write_text(config, encoding="utf-8")
            return Place(tmp_path, sandbox)

        yield make
