"""Imports between the rooms of syncd point one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "syncd"

TIERS = {
    "orders": 0,
    "mapping": 1,
    "config": 2,
    "parasut": 3,
    "platforms": 3,
    "ledger": 3,
    "sync": 4,
    "cases": 5,
    "daemon": 5,
    "cli": 6,
}
FOR_ALL = {"problem", "errors", "logs", "masking", "outgoing", "resources", "words", "__init__"}
START = {"__main__"}
APART = "sandbox"


def imported(source: str, package: str = "syncd") -> Iterator[str]:
    """The part of syncd (`orders`, `errors` …, `__init__` for the package itself) that each import names.

    `package` is the dotted package of the module, from which relative imports start.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "syncd" else [module]
        else:
            continue
        for name in names:
            first, *rest = name.split(".")
            if first == "syncd":
                part = rest[0] if rest else "__init__"
                yield part if _exists(part) else "__init__"


def _exists(part: str) -> bool:
    return (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").is_file()


def may_import(room: str, other: str) -> bool:
    """Whether modules of `room` may import from `other`; both are rooms or modules at the root."""
    if room == other:
        return True
    if room == APART:
        return False
    if other in FOR_ALL:
        return True
    if other == APART:
        return room == "cli"  # `syncd sandbox` and `syncd demo` start it
    if room in START:
        return other == "cli"
    return room in TIERS and other in TIERS and TIERS[other] < TIERS[room]


def wrong_imports(file: Path) -> list[str]:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    package = ".".join(("syncd", *parts[:-1]))
    found = sorted(set(imported(file.read_text(encoding="utf-8"), package)))
    return [f"{file.relative_to(PACKAGE.parent)} imports {other}" for other in found if not may_import(parts[0], other)]


def test_every_import_points_to_a_lower_room() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert [line for file in files for line in wrong_imports(file)] == []


def test_every_room_has_its_place() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    modules = {path.stem for path in PACKAGE.glob("*.py")}
    assert rooms == {*TIERS, APART}
    assert modules == FOR_ALL | START


@pytest.mark.parametrize(
    ("room", "other"),
    [
        ("orders", "mapping"),
        ("mapping", "config"),
        ("config", "platforms"),
        ("parasut", "ledger"),
        ("ledger", "platforms"),
        ("platforms", "parasut"),
        ("ledger", "sync"),
        ("sync", "cli"),
        ("sync", "sandbox"),
        ("sandbox", "orders"),
        ("sandbox", "errors"),
        ("errors", "orders"),
    ],
)
def test_these_ways_are_closed(room: str, other: str) -> None:
    assert not may_import(room, other)


def test_imports_are_seen_in_every_form_and_place() -> None:
    source = (
        "import syncd.orders.order as o\nfrom syncd import ledger, __version__\nfrom syncd.sync import run\n"
        "from ..mapping import template\nfrom . import lookups\nimport httpx\n"
        "def f():\n    from syncd.cli.main import app\n"
    )
    seen = set(imported(source, "syncd.parasut"))
    assert seen == {"orders", "ledger", "__init__", "sync", "mapping", "parasut", "cli"}
