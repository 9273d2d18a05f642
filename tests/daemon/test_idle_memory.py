"""How much memory the daemon holds when it has nothing to do."""

from __future__ import annotations

import resource
from pathlib import Path

from places import CONFIG, Place
from running import started

from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.server import Sandbox

OFTEN = "daemon: {listen: 127.0.0.1:0, jitter: 0s}\n" + CONFIG.replace("    mapping", "    every: 1s\n    mapping")
MOST_MIB = 100


def test_the_idle_daemon_stays_under_a_hundred_mebibytes(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(rate_requests=0, orders=2)) as sandbox:
        (tmp_path / "syncd.yaml").write_text(OFTEN, encoding="utf-8")
        with started(Place(tmp_path, sandbox), "run") as daemon:
            daemon.says("2 invoiced")
            pages = int(Path(f"/proc/{daemon.process.pid}/statm").read_text(encoding="ascii").split()[1])
            assert pages * resource.getpagesize() < MOST_MIB * 1024 * 1024
            assert daemon.stopped()[0] == 0
