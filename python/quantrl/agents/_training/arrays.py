"""Named arrays of a checkpoint."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from quantrl.errors import DataError

Arrays: TypeAlias = dict[str, np.ndarray[Any, Any]]


def parts(arrays: Arrays, prefix: str) -> Arrays:
    """Arrays below a prefix, without it."""
    cut = prefix + "/"
    return {name.removeprefix(cut): value for name, value in arrays.items() if name.startswith(cut)}


def below(prefix: str, arrays: Arrays) -> Arrays:
    """The arrays with a prefix."""
    return {f"{prefix}/{name}": value for name, value in arrays.items()}


def expect_same(expected: Arrays, got: Arrays, what: str) -> None:
    """Raise where names, shapes or types differ.

    Raises
    ------
    DataError
        Names the first array that is missing, unknown or of another kind.
    """
    for name in sorted(expected.keys() | got.keys()):
        if name not in got or name not in expected:
            state = "missing" if name not in got else "unknown"
            raise DataError(f"{what}/{name}: {state}")
        expect_kind(expected[name], got[name], f"{what}/{name}")


def expect_kind(expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any], what: str) -> None:
    """Raise where shape or type differ."""
    if (expected.shape, expected.dtype) != (got.shape, got.dtype):
        raise DataError(
            f"{what}: expected {expected.dtype} of shape {expected.shape}, got {got.dtype} of shape {got.shape}"
        )
