from __future__ import annotations

import pytest

from syncd.words import counted, sentence


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (0, ("order",), "0 orders"),
        (1, ("order",), "1 order"),
        (2, ("order",), "2 orders"),
        (1, ("order is", "orders are"), "1 order is"),
        (12, ("order is", "orders are"), "12 orders are"),
    ],
)
def test_a_number_takes_its_noun_along(number: int, words: tuple[str, ...], text: str) -> None:
    assert counted(number, *words) == text


@pytest.mark.parametrize("said", ["it is held", "it is held.", "it is held. "])
def test_a_sentence_ends_with_one_full_stop(said: str) -> None:
    assert sentence(said) == "it is held."


@pytest.mark.parametrize("said", ["why?", "no!", "and so on…"])
def test_another_ending_stays(said: str) -> None:
    assert sentence(said) == said
