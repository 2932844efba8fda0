"""Canonical JSON of a line with many floats: the text of `quantrl.runs.canonical_json`, several times as fast."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantrl.typing import FloatArray, JsonObject

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode
_HOLE = "\x1f"
_HOLE_TEXT = _encode(_HOLE)
# Between these, Python and polars write the same shortest digits without an exponent.
_SMALL, _LARGE = 1e-4, 1e16


@dataclass(frozen=True)
class Prepared:
    """A line whose floats are text already; what is not known yet is filled in by `text`."""

    line: JsonObject
    holed: JsonObject
    numbers: list[str]

    def text(self, **late: str | None) -> str:
        """The line with these fields added: sorted keys, no blanks, shortest floats.

        Raises
        ------
        ValueError
            NaN or an infinite number outside an array.
        """
        parts = _encode({**self.holed, **late}).split(_HOLE_TEXT)
        if len(parts) != len(self.numbers) + 1:
            return _encode(plain({**self.line, **late}))
        text = [parts[0]]
        for numbers, after in zip(self.numbers, parts[1:], strict=True):
            text += (numbers, after)
        return "".join(text)


def prepare(lines: Sequence[JsonObject]) -> list[Prepared]:
    """Turn the arrays of many lines into text at once: float64 become lists, their NaN become null.

    Raises
    ------
    ValueError
        An infinite number.
    """
    arrays: list[FloatArray] = []
    ends, holed = [], []
    for line in lines:
        holed.append(_holed(line, arrays))
        ends.append(len(arrays))
    texts = _texts(arrays)
    starts = [0, *ends[:-1]]
    return [
        Prepared(*one)
        for one in zip(lines, holed, (texts[i:j] for i, j in zip(starts, ends, strict=True)), strict=True)
    ]


def encode(line: JsonObject) -> str:
    """One line as text."""
    return prepare([line])[0].text()


def plain(value: Any) -> Any:
    """The same as lists and None."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return [None if number != number else number for number in value.tolist()]
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def _holed(value: JsonObject, arrays: list[FloatArray]) -> JsonObject:
    """A copy with a mark in place of each array; the arrays in the order of their marks in the text."""
    found = dict(value)
    for key in sorted(value):
        one = value[key]
        if isinstance(one, np.ndarray):
            found[key] = _HOLE
            arrays.append(one)
        elif isinstance(one, dict):
            found[key] = _holed(one, arrays)
    return found


def _texts(arrays: list[FloatArray]) -> list[str]:
    joined = np.concatenate(arrays) if arrays else np.zeros(0)
    texts = _numbers(joined)
    found, start = [], 0
    for one in arrays:
        found.append("[" + ",".join(texts[start : start + len(one)]) + "]")
        start += len(one)
    return found


def _numbers(values: FloatArray) -> list[str]:
    if np.isinf(values).any():
        raise ValueError("an infinite number has no place in JSON")
    texts: list[str] = pl.Series(values).cast(pl.String).to_list()
    for place in _different(values).tolist():
        number = float(values[place])
        texts[place] = "null" if number != number else repr(number)
    return texts


def _different(values: FloatArray) -> NDArray[np.intp]:
    """Places of numbers polars would write in another way."""
    size = np.abs(values)
    places: NDArray[np.intp] = (~((size >= _SMALL) & (size < _LARGE)) & (size != 0)).nonzero()[0]
    return places
