"""Turkish letters: İ is the capital of i, and I that of ı, which Python's own case methods don't know."""

from __future__ import annotations

import re
import unicodedata

_TO_UPPER = str.maketrans({"i": "İ", "ı": "I"})
_TO_LOWER = str.maketrans({"İ": "i", "I": "ı"})
_SMALL_WORDS = frozenset({"ve", "ile", "veya", "ya", "da", "de"})
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ABBREVIATIONS = frozenset({"AŞ", "AVM", "OSB", "PTT", "TBMM", "KKTC", "TC", "USA", "UK"})
_ASCII = str.maketrans("çğıöşüâîûÇĞİÖŞÜÂÎÛ", "cgiosuaiuCGIOSUAIU")


def upper_tr(text: str) -> str:
    """Capitals: `istanbul` → `İSTANBUL`, `ığdır` → `IĞDIR`."""
    return unicodedata.normalize("NFC", text).translate(_TO_UPPER).upper()


def lower_tr(text: str) -> str:
    """Small letters: `İSTANBUL` → `istanbul`, `IĞDIR` → `ığdır`."""
    return unicodedata.normalize("NFC", text).translate(_TO_LOWER).lower()


def title_tr(text: str) -> str:
    """Names as they are written: every word with one capital, `ve` small inside, known abbreviations kept.

    `AYŞE YILMAZ-ÖZ` → `Ayşe Yılmaz-Öz`; `DEMİR GIDA SAN. VE TİC. LTD. ŞTİ.` → `Demir Gıda San. ve Tic. Ltd. Şti.`
    Dotted initials keep their capitals (`A.Ş.`), a suffix after an apostrophe its small letters (`İstanbul'un`).
    """
    text = unicodedata.normalize("NFC", text)

    def word(match: re.Match[str]) -> str:
        found = match.group()
        if found in _ABBREVIATIONS:
            return found
        small = lower_tr(found)
        if small in _SMALL_WORDS and match.start() > 0 and text[match.end() : match.end() + 1] != ".":
            return small
        return upper_tr(small[0]) + small[1:]

    return _WORD.sub(word, text)


def ascii_fold(text: str) -> str:
    """Small Latin letters without Turkish marks, for comparing what people typed: `Kadıköy` → `kadikoy`."""
    return lower_tr(text).translate(_ASCII)
