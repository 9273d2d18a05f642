"""Text that a platform has cut in the middle of a character."""

from __future__ import annotations

from syncd.platforms.answer import parse_body


def test_half_an_emoji_becomes_a_character_that_can_be_stored() -> None:
    parsed = parse_body(b'[{"note": "te\\u015fekk\\u00fcrler \\ud83d", "whole": "\\ud83d\\ude00"}]')
    assert parsed == [{"note": "teşekkürler \ufffd", "whole": "😀"}]
    assert str(parsed).encode()
