"""Where a value came from, so that a refusal can name file, row and column in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quantrl.errors import DataError
from quantrl.typing import IntArray

_SHOWN = 48


@dataclass(frozen=True)
class Origin:
    """A file, or a frame in memory, and the number each of its records bears there.

    Parameters
    ----------
    file : str
        Path or other name.
    word : str
        ``line`` for text files, whose header is line 1; ``row`` counted from 1 for the others.
    rows : (n_records,) int64
        Number of each record.
    """

    file: str
    word: str
    rows: IntArray

    def error(self, record: int, column: str, problem: str) -> DataError:
        """A one-line error about one cell."""
        return DataError(f"{self.file}: {self.word} {self.rows[record]}, column {shown(column)}: {problem}")


def shown(value: Any) -> str:
    """`repr` cut to a length that fits a line; never holds a line break."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def one_line(text: object) -> str:
    """Text from elsewhere, without line breaks, cut to 200 characters."""
    return " ".join(str(text).split())[:200]
