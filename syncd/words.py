"""Words that people read, put together rightly."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 order`, `2 orders`. `plural` is for nouns that don't only add an s."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def about(name: str, text: str) -> str:
    """A text with the name of what it is about in front, unless it begins with it."""
    return text if text.startswith(name) else f"{name}: {text}"


def sentence(text: str) -> str:
    """A text with one full stop at its end, for what another program said may bring its own."""
    bare = text.rstrip()
    return bare if bare.endswith((".", "!", "?", "…")) else f"{bare}."
