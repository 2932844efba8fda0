"""Settings that are numbers: one, one for each instrument, or one for each bar."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, JsonObject


@dataclass(frozen=True)
class ByBar:
    """Numbers for every bar; equal to others with the same bytes. A config keeps their identity, not the numbers.

    Parameters
    ----------
    shape : (int, int)
        (T, N), or (T, 1) for the same on all instruments.
    sha256 : str
    values : float64 of this shape, optional
        None where it was read from a config: then only a session can use it, which is told bar by bar.
    """

    shape: tuple[int, int]
    sha256: str
    values: FloatArray | None = field(default=None, compare=False, repr=False)

    @staticmethod
    def of(name: str, values: FloatArray, below: float) -> ByBar:
        """From a (T, N) or (T, 1) array.

        Raises
        ------
        ConfigError
            A value that is not in [0, below), with its row and column.
        """
        array = np.array(values, dtype=np.float64)
        bad = np.argwhere(~((array >= 0.0) & (array < below)))
        if len(bad):
            row, column = (int(i) for i in bad[0])
            number(f"{name}[{row}, {column}]", float(array[row, column]), below)
        array.flags.writeable = False
        digest = hashlib.sha256(array.astype("<f8", copy=False).tobytes()).hexdigest()
        return ByBar((array.shape[0], array.shape[1]), digest, array)

    def spread(self, name: str, shape: tuple[int, int]) -> FloatArray:
        """(T, N) of these.

        Raises
        ------
        ConfigError
            They were made for other bars or instruments, or only their identity is known.
        """
        if self.values is None:
            raise ConfigError(
                f"{name}: was given by bar, and a config keeps no numbers by bar; give them again"
            )
        if self.shape[0] != shape[0] or self.shape[1] not in (1, shape[1]):
            raise ConfigError(f"{name}: expected shape {shape} or {(shape[0], 1)}, got {self.shape}")
        return np.ascontiguousarray(np.broadcast_to(self.values, shape))

    def only(self, i: int) -> ByBar:
        """Those of one instrument."""
        if self.values is None or self.shape[1] == 1:
            return self
        return ByBar.of("values", self.values[:, i : i + 1], math.inf)

    def to_config(self) -> JsonObject:
        """Shape and sha256."""
        return {"shape": list(self.shape), "sha256": self.sha256}


Numbers = float | tuple[float, ...] | ByBar
"""One number, one for each instrument, or one for each bar."""


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


def numbers(name: str, value: Any, below: float) -> Numbers:
    """`one_or_each`, or a (T, N) or (T, 1) array of numbers in [0, below)."""
    if isinstance(value, ByBar):
        return value
    if isinstance(value, Mapping):
        rows, columns = value["shape"]
        return ByBar((int(rows), int(columns)), str(value["sha256"]))
    if isinstance(value, np.ndarray) and value.ndim == 2:
        if value.dtype.kind not in "fiu":
            raise ConfigError(f"{name}: expected numbers, got dtype {value.dtype}")
        return ByBar.of(name, value, below)
    return one_or_each(name, value, below)


def plain(value: Numbers) -> Any:
    """As a manifest or a snapshot keeps it; `numbers` takes it back."""
    if isinstance(value, ByBar):
        return value.to_config()
    return list(value) if isinstance(value, tuple) else value


def any_of(value: Numbers) -> bool:
    """Whether any of them is not zero."""
    if isinstance(value, ByBar):
        # Where only their identity is known they may be anything.
        return value.values is None or bool(value.values.any())
    return bool(np.any(value))


def of_one(value: Numbers, i: int) -> Numbers:
    """Those of one instrument."""
    if isinstance(value, ByBar):
        return value.only(i)
    return value[i] if isinstance(value, tuple) else value


def spread(name: str, value: Numbers, n: int) -> FloatArray:
    """`value` for each of n instruments, (n,).

    Raises
    ------
    ConfigError
        It was given per instrument for another number of them, or by bar.
    """
    if isinstance(value, ByBar):
        raise ConfigError(f"{name}: expected one value or {n}, got values by bar, which this cannot use")
    values = np.asarray(value, dtype=np.float64)
    if values.ndim and values.shape != (n,):
        raise ConfigError(f"{name}: expected one value or {n}, got {values.size}")
    return np.array(np.broadcast_to(values, (n,)))
