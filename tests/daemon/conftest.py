"""Households for the tests of the daemon's parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from household import Household, household


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Household]]:
    """Makes households: `daemon(CONFIG, orders=3)`; options are those of the sandbox."""
    with ExitStack() as stack:

        def make(*config: str, **options: Any) -> Household:
            return stack.enter_context(household(tmp_path, monkeypatch, *config, **options))

        yield make
