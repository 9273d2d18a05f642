"""Where something stands in a file a person wrote, and what is wrong there."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Source:
    """The place of a piece of text inside a file, exact to the character.

    `starts` holds, for each run of the text that is contiguous in the file, `(offset in the text, line, column)`;
    the first offset is 0. A plain scalar has one run, a literal block one per line.
    """

    file: str
    starts: tuple[tuple[int, int, int], ...]

    @classmethod
    def at(cls, position: Position) -> Source:
        """A source of one run that begins at `position`."""
        return cls(position.file, ((0, position.line, position.column),))

    @property
    def position(self) -> Position:
        """Where the text begins."""
        return Position(self.file, self.starts[0][1], self.starts[0][2])

    def position_at(self, offset: int) -> Position:
        """The place in the file of the character at `offset` of the text."""
        run = bisect_right([start[0] for start in self.starts], max(offset, 0)) - 1
        start, line, column = self.starts[run]
        return Position(self.file, line, column + max(offset, 0) - start)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file, ready to be shown: `file:line:column: message (did you mean …?)`."""

    position: Position
    message: str
    suggestion: str | None = None
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        hint = f" (did you mean {self.suggestion}?)" if self.suggestion else ""
        word = "warning: " if self.severity == "warning" else ""
        return f"{self.position}: {word}{self.message}{hint}"
