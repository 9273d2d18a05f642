"""Whatever is done to a configuration: problems, never a traceback, and every problem stands inside its file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from configurations import ENVIRON, FULL, INCLUDED, TODAY, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.config.generate import ROOT
from syncd.config.load import load_settings

EXAMPLE = (ROOT / "syncd.yaml.example").read_text(encoding="utf-8")
PIECES = [
    *"\"'{}[]:,#&*!|>%@`-?~\t\n\0\x1b $\\", "\u2028", "{{", "}}", "{%", "${", "$${", "<<: ", "---\n", "...", "&a ",
    "*a", "!!x ",
    "null", "true", "off", "0", "-1", "1e999", "9" * 50, "[]", "{}", "[[]]", "{a: 1}", '""', "../", "ş", "😀",
]  # fmt: skip
TEXTS = {"example": EXAMPLE, "full": FULL}


def check(folder: Path, text: str) -> None:
    config = write(folder, "", rules__kapida=INCLUDED)
    config.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    loaded = load_settings(config, ENVIRON, today=TODAY)
    assert (loaded.settings is None) == bool(loaded.errors)
    rows = text.removeprefix("\ufeff").splitlines()
    for problem in loaded.problems:
        assert problem.message
        if problem.position.file == str(config):
            row, column = problem.position.line, problem.position.column
            assert 1 <= row <= len(rows) + 1
            assert 1 <= column <= (len(rows[row - 1]) if row <= len(rows) else 0) + 1, str(problem)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    text = TEXTS[draw(st.sampled_from(sorted(TEXTS)))]
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(text)))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)))
        match draw(st.sampled_from(["delete", "replace", "insert", "drop line", "swap lines", "cut"])):
            case "delete":
                text = text[:place] + text[place + draw(st.integers(1, 12)) :]
            case "replace":
                text = text[:place] + piece + text[place + len(piece) :]
            case "insert":
                text = text[:place] + piece + text[place:]
            case "drop line":
                begin = text.rfind("\n", 0, place) + 1
                text = text[:begin] + text[place:].partition("\n")[2]
            case "swap lines":
                rows = text.split("\n")
                one, other = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows) - 1))
                rows[one], rows[other] = rows[other], rows[one]
                text = "\n".join(rows)
            case "cut":
                text = text[:place]
    return text


@given(text=mutations())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_configuration_never_gives_a_traceback(text: str, tmp_path: Path) -> None:
    check(tmp_path, text)


@pytest.mark.parametrize("seed", range(4))
def test_swapped_values_never_give_a_traceback(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    rows = FULL.splitlines()
    places = [number for number, row in enumerate(rows) if ": " in row]
    values = [rows[number].partition(": ")[2] for number in places] + PIECES
    for _ in range(60):
        number = chance.choice(places)
        row = f"{rows[number].partition(': ')[0]}: {chance.choice(values)}"
        check(tmp_path, "\n".join([*rows[:number], row, *rows[number + 1 :]]))
