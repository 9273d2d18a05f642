"""The units: what they promise, and what systemd's own tools say of them where they are installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from factories import ROOT

UNITS = [ROOT / "systemd" / "syncd.service", ROOT / "systemd" / "syncd@.service"]
ANALYZE = shutil.which("systemd-analyze")
# Newer than the systemd that some machines have; it passes over what it doesn't know, and says so.
SINCE_253 = ("notify-reload",)
SINCE_254 = ("RestartSteps", "RestartMaxDelaySec")

HARDENING = {
    "AmbientCapabilities": "",
    "CapabilityBoundingSet": "",
    "DevicePolicy": "closed",
    "DynamicUser": "yes",
    "KeyringMode": "private",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "NoNewPrivileges": "yes",
    "PrivateDevices": "yes",
    "PrivateIPC": "yes",
    "PrivateMounts": "yes",
    "PrivateTmp": "yes",
    "PrivateUsers": "yes",
    "ProcSubset": "pid",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "RemoveIPC": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
    "UMask": "0077",
}


def directives(unit: Path) -> dict[str, list[str]]:
    """Every `Name=value` of a unit, by name."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^([A-Za-z]+)=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_the_daemon_and_lets_systemd_watch_reload_and_stop_it(unit: Path) -> None:
    said = directives(unit)
    company = "/%i" if "@" in unit.name else ""
    expected = {
        "Type": "notify-reload",
        "ExecStart": f"/usr/local/bin/syncd run --config /etc/syncd{company}/syncd.yaml",
        "ConfigurationDirectory": f"syncd{company}",
        "StateDirectory": f"syncd{company}",
        "StateDirectoryMode": "0700",
        "LoadCredential": f"syncd:/etc/syncd{company}/credentials",
        "Restart": "on-failure",
        "StartLimitIntervalSec": "0",
        "TimeoutStopSec": "15s",
        "WatchdogSec": "2min",
        "WantedBy": "multi-user.target",
    }
    assert {name: said[name] for name in expected} == {name: [value] for name, value in expected.items()}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_hardened(unit: Path) -> None:
    said = directives(unit)
    assert {name: said.get(name) for name in HARDENING} == {name: [value] for name, value in HARDENING.items()}
    assert said["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]
    assert not {"User", "ReadWritePaths", "BindPaths", "ExecReload", "Environment", "EnvironmentFile"} & set(said)


def test_both_units_are_alike_apart_from_the_company() -> None:
    one, several = (directives(unit) for unit in UNITS)
    assert one == {name: [value.replace(" for %i", "").replace("/%i", "") for value in values]
                   for name, values in several.items()}  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: Path, tmp_path: Path) -> None:
    """Where systemd is installed it checks the file; the program it names is one that is there."""
    text = unit.read_text(encoding="utf-8")
    copy = tmp_path / unit.name
    copy.write_text(text.replace("/usr/local/bin/syncd", sys.executable), encoding="utf-8")
    complaints = _verify(copy)
    version = _version()
    known_to_be_new = (*(SINCE_253 if version < 253 else ()), *(SINCE_254 if version < 254 else ()))
    of_the_unit = [line for line in complaints if unit.name in line or unit.name.replace("@", "@i") in line]
    assert [line for line in of_the_unit if not any(word in line for word in known_to_be_new)] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_calls_a_unit_well_protected(unit: Path) -> None:
    assert _exposure(unit) <= 1.5


def test_a_mistake_in_a_unit_would_be_noticed(tmp_path: Path) -> None:
    worse = tmp_path / "syncd.service"
    worse.write_text(re.sub(r"(?m)^(Protect|Private|Capab).*\n", "", UNITS[0].read_text(encoding="utf-8")))
    assert directives(worse)["Type"] == ["notify-reload"]
    assert "ProtectSystem" not in directives(worse)
    assert ANALYZE is None or _exposure(worse) > 1.5


def _version() -> int:
    if ANALYZE is None:
        return 999
    told = subprocess.run([ANALYZE, "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"systemd (\d+)", told)[0])


def _verify(unit: Path) -> list[str]:
    """What `systemd-analyze verify` complains of; nothing where it is not installed: the tests above always look."""
    if ANALYZE is None:
        return []
    done = subprocess.run([ANALYZE, "verify", unit], capture_output=True, text=True, check=False, timeout=60)
    return done.stderr.splitlines()


def _exposure(unit: Path) -> float:
    """The figure of `systemd-analyze security`; 0 where it isn't installed."""
    if ANALYZE is None:
        return 0.0
    words = [ANALYZE, "security", "--offline=true", "--no-pager", unit]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    return float(re.findall(r"exposure level for .*?: ([\d.]+)", done.stdout)[0])
