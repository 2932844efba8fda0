"""Aggregators and committees by trying everything."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations, permutations

import numpy as np


@cache
def orders(n: int) -> np.ndarray:
    """(n!, n) all orders, the first by index first."""
    return np.array(list(permutations(range(n))), dtype=np.int64).reshape(-1, n)


@cache
def _before(n: int) -> np.ndarray:
    """(n!, n n) whether i stands somewhere before j in each order."""
    place = np.argsort(orders(n), axis=1)
    return (place[:, :, None] < place[:, None, :]).reshape(len(place), -1).astype(float)


@cache
def _just_before(n: int) -> np.ndarray:
    """(n!, n n) whether j follows i at once in each order."""
    place = np.argsort(orders(n), axis=1)
    return (place[:, :, None] + 1 == place[:, None, :]).reshape(len(place), -1).astype(float)


def disagreements(prefer: np.ndarray) -> np.ndarray:
    """(n!,) weight of the voters each order contradicts."""
    return _before(len(prefer)) @ prefer.T.ravel()


def lengths(gain: np.ndarray) -> np.ndarray:
    """(n!,) gain of each path."""
    return _just_before(len(gain)) @ gain.ravel()


def first_best(n: int, values: np.ndarray) -> np.ndarray:
    """The first of the best orders of n, but for rounding."""
    return orders(n)[int(np.argmax(values >= values.max() - 1e-9))]


def value(rule: str, points: list[list[float]], weights: list[float], members: tuple[int, ...]) -> float:
    """What a committee is worth."""
    total = 0.0
    for voter, weight in zip(points, weights, strict=True):
        own = sorted((voter[c] for c in members), reverse=True)
        if rule == "k_borda":
            total += weight * sum(own)
        elif rule == "cc":
            total += weight * max(own, default=0.0)
        else:
            total += weight * sum(p / place for place, p in enumerate(own, 1))
    return total


def committees(m: int, k: int, group: list[int], limit: list[int]) -> Iterator[tuple[int, ...]]:
    """Every committee of at most k that keeps the limits."""
    for size in range(min(k, m) + 1):
        for members in combinations(range(m), size):
            held = [group[c] for c in members]
            if all(held.count(g) <= most for g, most in enumerate(limit)):
                yield members
