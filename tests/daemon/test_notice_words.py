"""Messages are whole in both languages."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from factories import ISTANBUL, NOW

from syncd.config.settings import Event
from syncd.daemon.messages import Message, Writer
from syncd.daemon.remedies import CODES, remedy_of
from syncd.daemon.words import ENGLISH, TURKISH, Language
from syncd.ledger.notices import Notice

ROOT = Path(__file__).resolve().parent.parent.parent

SINCE, UNTIL = "2026-11-24T06:00:00+00:00", "2026-11-24T08:30:00+00:00"
ORDER = {"order": "site/1042", "total": "1559.30", "currency": "TRY"}
COMPANY = {"since": SINCE, "until": None, "detail": "402"}
PLATFORM = {"platform": "n11", "doubt": False, **COMPANY}
SUMMARY = {
    "day": "2026-11-23",
    "invoiced": [
        {
            "platform": "site",
            "currency": "TRY",
            "count": 3,
            "total": "4000",
            "differing": 1,
            "difference": "-0.01",
        }
    ],
    "now": {"held": 1, "due": 2, "waiting": 3},
    "holds": {"refused": 1},
    "past": 1,
    "near": 2,
}
DOCUMENTS: list[tuple[Event, dict[str, Any]]] = [
    (Event.HOLD, {**ORDER, "code": "refused", "episode": 1}),
    (Event.HOLD, {**ORDER, "code": "of-another-version", "episode": 1, "total": None}),
    (Event.RULE_STOPPED, {"rule": "site-hazirlanan", "code": "refused", "since": SINCE}),
    (Event.RULE_STOPPED, {"rule": "site-hazirlanan", "code": "", "since": SINCE}),
    (Event.DEADLINE, {**ORDER, "last_day": "2026-11-25", "stage": "near"}),
    (Event.DEADLINE, {**ORDER, "last_day": "2026-11-22", "stage": "past"}),
    (Event.PLATFORM, PLATFORM),
    (Event.PLATFORM, {**PLATFORM, "until": UNTIL}),
    (Event.PLATFORM, {**PLATFORM, "doubt": True}),
    (Event.PLATFORM, {**PLATFORM, "doubt": True, "until": UNTIL}),
    (Event.COMPANY, COMPANY),
    (Event.COMPANY, {**COMPANY, "until": UNTIL}),
    (Event.CONFIGURATION, {"problems": 3}),
    (Event.SUMMARY, SUMMARY),
    (Event.SUMMARY, {**SUMMARY, "invoiced": [], "holds": {}, "past": 0, "near": 0}),
]


def told(language: Language, *documents: tuple[Event, dict[str, Any]]) -> Message:
    notices = [Notice(str(number), kind, document, NOW) for number, (kind, document) in enumerate(documents)]
    return Writer(language, ISTANBUL, "115").message(notices, NOW)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    assert {key: places(text) for key, text in TURKISH.items()} == {key: places(text) for key, text in ENGLISH.items()}
    assert all(text.strip() for text in [*TURKISH.values(), *ENGLISH.values()])


def test_every_hold_has_a_remedy_in_both_languages() -> None:
    codes = set(re.findall(r"^## (.+)$", (ROOT / "docs" / "holds.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert codes - CODES == set(), "add them to syncd/daemon/remedies.py"
    for code in CODES:
        turkish, english = remedy_of(code, "site/1", "tr"), remedy_of(code, "site/1", "en")
        assert turkish
        assert english
        assert turkish != english


def test_a_code_without_a_remedy_gets_the_command_that_tells() -> None:
    assert "`syncd orders show site/1042`" in remedy_of("of-another-version", "site/1042", "tr")
    assert "`syncd orders show site/1042`" in remedy_of("of-another-version", "site/1042", "en")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_everything_can_be_told_in_either_language(language: Language) -> None:
    for document in DOCUMENTS:
        message = told(language, document)
        assert message.subject.startswith("syncd 115: ")
        assert "\n" not in message.subject
        assert len(message.text.splitlines()) >= 2
        assert message.text.startswith(message.subject.removeprefix("syncd 115: ") + "\n")
        assert [event["event"] for event in message.events] == [document[0]]
        assert not re.search(r"[{}]|None|Decimal", message.text.replace("{inexact: accept}", ""))


def test_every_word_is_used() -> None:
    many = [(Event.HOLD, {**ORDER, "code": f"code-{number // 12}", "episode": 1}) for number in range(150)]
    late = [(Event.DEADLINE, {**ORDER, "last_day": "2026-11-22", "stage": "past"}) for _ in range(12)]
    texts = [told("en", *group) for group in (*[[one] for one in DOCUMENTS], many, late, DOCUMENTS, DOCUMENTS[2:4])]
    whole = "\n".join(f"{message.subject}\n{message.text}" for message in texts)
    whole += Writer("en", ISTANBUL, "115").test(NOW).text
    unused = [key for key, text in ENGLISH.items() if not re.search(re.sub(r"\\{\w+\\}", ".+", re.escape(text)), whole)]
    assert unused == []


def test_amounts_and_days_are_written_as_the_language_has_them() -> None:
    deadline = DOCUMENTS[4]
    assert "site/1042: son gün 25.11.2026, 1.559,30 TRY" in told("tr", deadline).text
    assert "site/1042: last day 2026-11-25, 1,559.30 TRY" in told("en", deadline).text


def test_sums_keep_currencies_apart() -> None:
    euro = (Event.HOLD, {**ORDER, "currency": "EUR", "total": "10", "code": "refused", "episode": 1})
    assert "refused: 2 orders, 10.00 EUR + 1,559.30 TRY in sum" in told("en", DOCUMENTS[0], euro).text


def test_what_matters_most_gives_the_subject() -> None:
    message = told("en", *DOCUMENTS)
    assert message.subject == "syncd 115: Paraşüt does nothing for this company, and 11 more"
    assert message.at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
