"""What docs/sandbox.md shows works as it stands, and names everything that there is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from sandbox_clients import Clock, Parasut, invoice, line

from syncd.cli.sandbox import sandbox
from syncd.errors import UsageError
from syncd.sandbox.faults import KINDS, USUAL_MIX, Fault, faults_of
from syncd.sandbox.options import SWITCHES, SandboxOptions, allowed_values
from syncd.sandbox.parasut.people import act
from syncd.sandbox.server import Sandbox

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
FAULTS, ACTS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_faults_of_the_page_can_be_put_in_force() -> None:
    assert [fault.kind for fault in faults_of(yaml.safe_load(FAULTS))] == [
        *("mixed", "slow", "jitter", "close_after", "429", "late", "hold_before"),
    ]


def test_the_acts_of_the_page_can_be_done() -> None:
    acts = [yaml.safe_load(row) for row in ACTS.splitlines()]
    with Sandbox(SandboxOptions(orders=0, rate_requests=0), Clock()) as running:
        client = Parasut(running)
        for given in acts:
            if not running.parasut.invoices:
                client("POST", "/sales_invoices", invoice(line(1, 100, 20)))
            if "invoice" in given:
                given = {**given, "invoice": max(running.parasut.invoices)}
            if given["act"] == "delete":
                given = {**given, "id": running.parasut.add_product("Matara").id}
            act(running.parasut, given)
    assert len(acts) == 17


def test_the_page_names_every_kind_key_and_switch() -> None:
    words = set(re.findall(r"`([a-z0-9_]+)`", PAGE))
    assert not set(KINDS) - words
    assert not set(Fault.__dataclass_fields__) - words
    assert not set(SWITCHES) - {"user_role"} - words
    (mix,) = re.findall(r"without it: `([a-z0-9_ ]+)`", PAGE)
    assert tuple(mix.split()) == USUAL_MIX


@pytest.mark.parametrize("name", [name for name in SWITCHES if len(allowed_values(name)) > 1 and name != "user_role"])
def test_the_page_tells_the_values_of_a_switch(name: str) -> None:
    (row,) = [row for row in PAGE.splitlines() if row.startswith("|") and f"`{name}`" in row]
    values = allowed_values(name)
    assert all(str(value) in row for value in values)
    assert getattr(SandboxOptions(), name) == values[0]


def test_the_command_takes_a_file_of_faults_and_serves_the_control_address(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(FAULTS, encoding="utf-8")
    words = [
        "--stands",
        "parasut",
        "--parasut-port",
        "0",
        "--control-port",
        "0",
        "--faults",
        str(file),
        "--ids",
        "gaps",
    ]
    running = subprocess.Popen(
        [sys.executable, "-m", "syncd", "sandbox", *words], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert running.stdout is not None
    try:
        printed = ""
        while "Ctrl-C" not in printed:
            printed += (row := running.stdout.readline())
            assert row, printed
        (control,) = re.findall(r"^Control +(http\S+)$", printed, re.MULTILINE)
        assert len(httpx.get(f"{control}/faults").json()["faults"]) == 7
        assert list(httpx.get(control).json()["stands"]) == ["parasut"]
    finally:
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0


def test_a_file_of_faults_that_cannot_be_read_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    for content in ("- {kind: explode}", "[", None):
        if content is None:
            file.unlink()
        else:
            file.write_text(content, encoding="utf-8")
        with pytest.raises(UsageError, match="--faults can't be read"):
            sandbox(faults=str(file))
