"""Settings that are numbers: one, or one for each instrument."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import FloatArray


def number(name: str, value: Any, below: float) -> float:
    """`value` as a float in [0, below).

    Raises
    ------
    ConfigError
        It is none; the message names the field.
    """
    found = math.nan
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        found = float(value)
    if not 0.0 <= found < below:
        bound = f" and below {below:g}" if math.isfinite(below) else ""
        raise ConfigError(f"{name}: expected a finite number of at least 0{bound}, got {value!r}")
    return found


def one_or_each(name: str, value: Any, below: float) -> float | tuple[float, ...]:
    """One number in [0, below), or a sequence of them."""
    if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str):
        return tuple(number(f"{name}[{i}]", v, below) for i, v in enumerate(value))
    return number(name, value, below)


def spread(name: str, value: float | tuple[float, ...], n: int) -> FloatArray:
    """`value` for each of n instruments, (n,).

    Raises
    ------
    ConfigError
        It was given per instrument, for another number of them.
    """
    values = np.asarray(value, dtype=np.float64)
    if values.ndim and values.shape != (n,):
        raise ConfigError(f"{name}: expected one value or {n}, got {values.size}")
    return np.array(np.broadcast_to(values, (n,)))
