"""What a user installs: the wheel carries mappings and schemas, and works from an empty environment."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import ROOT
from places import CONFIG, Place


def test_the_wheel_works_from_an_environment_of_its_own(
    place: Callable[..., Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME"):  # either could lead back to the checkout
        monkeypatch.delenv(name, raising=False)
    built = tmp_path / "wheel"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", built, ROOT], check=True)
    wheel = next(built.glob("syncd-*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    for carried in (
        "syncd/_data/mappings/parasut/satis-faturasi.yaml",
        "syncd/_data/mappings/platforms/woocommerce.yaml",
        "syncd/_data/schemas/syncd.schema.json",
        "syncd/ledger/migrations/versions/0001_first.py",
        "syncd/sandbox/shop/shop.json",
    ):
        assert carried in names

    home = tmp_path / "empty"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True)
    # The wheel's requirements come from here; the checkout itself is reachable only by a .pth, which is not followed.
    site = next((home / "lib").glob("python*/site-packages"))
    (site / "requirements.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")

    here = place(config=CONFIG, orders=3)
    where = subprocess.run(
        [python, "-c", "import syncd; print(syncd.__file__)"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert Path(where.stdout.strip()).is_relative_to(home)
    checked = here.syncd("check", program=python)
    assert checked.code == 0, checked.out + checked.err
    assert here.syncd("plan", program=python).code == 0
