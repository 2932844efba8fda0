"""The fast text is the canonical text, whatever the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quantrl.runs import canonical_json
from quantrl.selection._canonical import encode, plain

EDGES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-4,
    9.999999999999999e-5,
    1e-5,
    1e15,
    1e16,
    9999999999999998.0,
    5e-324,
    1.7e308,
    0.1,
    1 / 3,
]


@given(arrays(np.float64, st.integers(0, 30), elements=st.floats(allow_infinity=False)))
def test_any_number(values: np.ndarray) -> None:
    line = {"b": values, "a": {"z": values[::-1], "y": [1, "text", None]}, "c": "\x1e"}
    assert encode(line) == canonical_json(plain(line))


@pytest.mark.parametrize("power", range(-320, 309, 4))
def test_every_magnitude(power: int) -> None:
    digits = np.random.default_rng(power + 400).random(50)
    values = np.concatenate([digits * float(f"1e{power}"), -digits * float(f"1e{power}"), EDGES])
    assert encode({"x": values}) == canonical_json({"x": values.tolist()})


def test_a_text_that_looks_like_the_mark() -> None:
    line = {"a": "\x1f", "b": np.array([0.5, np.nan]), "header": {"agents": ['"\x1f"', "\x1f"]}}
    assert encode(line) == canonical_json(plain(line))
    assert plain(line)["b"] == [0.5, None]


def test_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match="infinite"):
        encode({"a": np.array([np.inf])})
    with pytest.raises(ValueError, match="JSON"):
        encode({"a": float("nan")})
