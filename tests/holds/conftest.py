"""What the tests of remedies share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from held_cases import Held, play
from hold_desk import Remedy


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Held, Remedy], None]:
    """Plays a case through with one of its remedies."""
    return lambda case, remedy: play(case, remedy, tmp_path, monkeypatch)
