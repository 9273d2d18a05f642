"""A Paraşüt that gives no answer is told at the first attempt, not only when all have failed."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from syncd.errors import NotExecuted
from syncd.parasut.stores import MemoryCallBudget
from syncd.parasut.transport import PacedTransport


def told(*answers: httpx.Response | Exception) -> tuple[httpx.Client, list[str]]:
    """A client whose requests get these answers, one after the other, and what it tells of trouble."""
    waiting: Iterator[httpx.Response | Exception] = iter(answers)
    words: list[str] = []

    def answer(_: httpx.Request) -> httpx.Response:
        following = next(waiting)
        if isinstance(following, Exception):
            raise following
        return following

    transport = PacedTransport(
        httpx.MockTransport(answer), MemoryCallBudget(1000, 1), sleep=lambda _: None, on_trouble=words.append
    )
    return httpx.Client(transport=transport), words


def test_the_first_attempt_without_an_answer_is_told_and_the_next_answer_ends_it() -> None:
    client, words = told(httpx.ReadTimeout("timed out"), httpx.Response(200, json={"data": []}))
    assert client.get("http://paraşüt.test/v4/1/contacts").status_code == 200
    assert words == ["no answer in time (timed out)", ""]


def test_it_is_told_once_while_it_lasts() -> None:
    client, words = told(*[httpx.ConnectError("refused")] * 4)
    with pytest.raises(NotExecuted):
        client.get("http://paraşüt.test/v4/1/contacts")
    assert words == ["the connection failed (refused)"]


def test_an_answer_that_is_an_error_is_an_answer() -> None:
    client, words = told(*[httpx.Response(503)] * 4)
    assert client.get("http://paraşüt.test/v4/1/contacts").status_code == 503
    assert words == []
