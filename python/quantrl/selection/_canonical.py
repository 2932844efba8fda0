"""Canonical JSON of a line with many floats: the text of `quantrl.runs.canonical_json`, several times as fast."""

from __future__ import annotations

import json
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


def encode(line: JsonObject) -> str:
    """Sorted keys, no blanks, shortest floats; float64 arrays become lists, their NaN becomes null.

    Raises
    ------
    ValueError
        An infinite number, or NaN outside an array.
    """
    arrays: list[FloatArray] = []
    parts = _encode(_holed(line, arrays)).split(_HOLE_TEXT)
    if len(parts) != len(arrays) + 1:
        return _encode(plain(line))
    text = [parts[0]]
    for numbers, after in zip(_texts(arrays), parts[1:], strict=True):
        text += (numbers, after)
    return "".join(text)


def plain(value: Any) -> Any:
    """The same as lists and None."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return [None if number != number else number for number in value.tolist()]
    return list(value) if isinstance(value, tuple) else value


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
