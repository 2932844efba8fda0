"""Subsets of few items as bit masks, and walks over them that put items in order."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import BoolArray, FloatArray, IntArray

MOST = 14
"""Items up to which all subsets are walked: 2^14 of them."""
ROUNDING = 1e-12


@lru_cache(maxsize=MOST + 1)
def layers(n: int) -> tuple[IntArray, ...]:
    """Masks of the subsets of n items, by how many they hold."""
    masks = np.arange(1 << n)
    size = np.bitwise_count(masks)
    return tuple(np.flatnonzero(size == count) for count in range(n + 1))


def without(sets: IntArray, n: int) -> tuple[BoolArray, IntArray]:
    """(s, n) whether a set holds an item, and the set without it (0 where it does not hold it)."""
    bits = 1 << np.arange(n)
    inside = (sets[:, None] & bits) != 0
    return inside, np.where(inside, sets[:, None] ^ bits, 0)


def first_least(values: FloatArray) -> int:
    """Lowest index of the least value, but for rounding."""
    return int(np.argmax(values <= values.min() + ROUNDING * len(values)))


def is_exact(name: str, exact: bool | None, n: int) -> bool:
    """Whether all subsets of n items are to be walked.

    Raises
    ------
    ConfigError
        Asked for and too many.
    """
    if exact and n > MOST:
        raise ConfigError(f"{name}: exact: expected at most {MOST} ready agents, got {n}")
    return n <= MOST if exact is None else exact


def keys_of(order: IntArray) -> FloatArray:
    """(m,) the place of each item, negated."""
    keys = np.empty(len(order))
    keys[order] = -np.arange(1.0, len(order) + 1)
    return keys
