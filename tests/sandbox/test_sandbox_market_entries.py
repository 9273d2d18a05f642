"""What `syncd sandbox` prints for the marketplaces works as it stands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from syncd.cli.sandbox import sandbox
from syncd.config.load import load_settings
from syncd.errors import UsageError
from syncd.platforms.platform import open_platform
from syncd.sandbox.options import MARKETS

CONFIG = """\
version: 1
parasut: {company_id: 115, client_id: a, client_secret: "${P}", username: b, password: "${P}"}
ledger: sqlite:///ledger.db
platforms:
%s
rules:
  - name: pazaryeri
    platforms: [trendyol, hepsiburada, n11]
    trigger: {status: shipped, since: 2026-11-01}
    mapping: satis-faturasi
    payment: {"*": {account: Garanti TL}}
"""


@pytest.fixture
def printed() -> Iterator[str]:
    """What the command says until it is ready; it serves meanwhile."""
    ports = [word for name in ("parasut", "shop", *MARKETS) for word in (f"--{name}-port", "0")]
    running = subprocess.Popen(
        [sys.executable, "-m", "syncd", "sandbox", *ports, "--market-orders", "3"],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
    )
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    try:
        yield "".join(lines)
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=20)
        assert running.returncode == 0


def test_the_printed_entries_are_a_configuration_that_connects(printed: str, tmp_path: Path) -> None:
    entries = printed.split("syncd.yaml:\n")[1].split("Ctrl-C")[0]
    assert list(yaml.safe_load(entries)) == list(MARKETS)
    file = tmp_path / "syncd.yaml"
    file.write_text(CONFIG % entries, encoding="utf-8")
    loaded = load_settings(file, {"P": "x"})
    assert loaded.settings is not None, loaded.problems
    for name in MARKETS:
        platform = open_platform(loaded.settings.platforms[name], sleep=lambda _: None)
        try:
            assert [finding for finding in platform.check() if not finding.ok] == [], name
        finally:
            platform.close()


def test_a_stand_in_that_does_not_exist_is_a_wrong_use() -> None:
    with pytest.raises(UsageError, match="--stands can't be 'parasut,ebay'"):
        sandbox(stands="parasut,ebay")
