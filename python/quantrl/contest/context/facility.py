"""Utility and coverage: a factor that repeats another adds little."""

from __future__ import annotations

import heapq
import re
import zlib
from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.contest.context import Offers
from quantrl.errors import DataError
from quantrl.typing import FloatArray, JsonObject

BUCKETS = 4_096
_WORD = re.compile(r"\w+")


@final
@dataclass(frozen=True)
class Facility:
    """Facility location: f(S) = sum_j p_j max_{i in S} cos_ij + sum_{i in S} p_i, with p = max(u, 0) / sum max(u, 0).

    Greedy by gain per token, or the best single factor where that is better: at least 1/2 (1 - 1/e) = .316 of the
    optimum, f being monotone and submodular. Ties go to the lower id.

    Parameters
    ----------
    lazy : bool
        Recompute a gain only when it comes to the top; the answer is the same (Minoux 1978).

    Notes
    -----
    Our objective, in the spirit of the paper's fourth version. cos is of hashed TF-IDF vectors of the offers' texts.
    """

    lazy: bool = True

    def choose(self, offers: Offers) -> tuple[int, ...]:
        """Chosen ids, ascending.

        Raises
        ------
        DataError
            Offers without texts.
        """
        ids = offers.useful
        if not len(ids):
            return ()
        if not offers.texts:
            raise DataError("offers: facility compares texts, got none")
        alike = cosines([offers.texts[i] for i in ids])
        p = offers.u[ids] / offers.u[ids].max()
        chosen = cover(p / p.sum(), alike, offers.tokens[ids].tolist(), offers.capacity, lazy=self.lazy)
        return tuple(ids[chosen].tolist())

    def settings(self) -> JsonObject:
        """Parameters; `lazy` changes no answer and is left out."""
        return {}


def value(p: FloatArray, alike: FloatArray, chosen: list[int]) -> float:
    """f of a set; 0 of the empty one."""
    if not chosen:
        return 0.0
    return float(p @ alike[chosen].max(axis=0) + p[chosen].sum())


def cover(
    p: FloatArray, alike: FloatArray, tokens: list[int], capacity: int, *, lazy: bool = True
) -> list[int]:
    """Greedy by gain per token plus the best single one, ascending.

    Parameters
    ----------
    p : (A,) float64
        Weights, not negative.
    alike : (A, A) float64
        Similarities in [0, 1].
    tokens : list of int
    capacity : int
    lazy : bool
        Whether gains are recomputed only when needed.
    """
    fits = [i for i in range(len(p)) if tokens[i] <= capacity]
    greedy = _greedy(p, alike, tokens, capacity, fits, lazy)
    single = max(fits, key=lambda i: value(p, alike, [i]), default=None)
    if single is not None and value(p, alike, [single]) > value(p, alike, greedy):
        return [single]
    return greedy


def _greedy(
    p: FloatArray, alike: FloatArray, tokens: list[int], capacity: int, fits: list[int], lazy: bool
) -> list[int]:
    covered, left, chosen = np.zeros(len(p)), capacity, []

    def rate(i: int) -> float:
        gain = float(p @ np.maximum(alike[i] - covered, 0.0)) + float(p[i])
        return gain / max(tokens[i], 1)

    heap = [(-rate(i), i) for i in fits]
    heapq.heapify(heap)
    while heap:
        if not lazy:
            heap = [(-rate(i), i) for _, i in heap]
            heapq.heapify(heap)
        _, i = heapq.heappop(heap)
        if tokens[i] > left:
            continue
        now = -rate(i)
        # Gains only fall: what is still first after a fresh look is first of all.
        if heap and (now, i) > heap[0]:
            heapq.heappush(heap, (now, i))
            continue
        chosen.append(i)
        left -= tokens[i]
        covered = np.maximum(covered, alike[i])
    return sorted(chosen)


def cosines(texts: list[str]) -> FloatArray:
    """(A, A) cosines of TF-IDF vectors of words hashed into 4,096 buckets; a text without words is like none."""
    counts = np.zeros((len(texts), BUCKETS))
    for row, text in zip(counts, texts, strict=True):
        for word in _WORD.findall(text.lower()):
            row[zlib.crc32(word.encode()) % BUCKETS] += 1.0
    inverse = np.log((1.0 + len(texts)) / (1.0 + (counts > 0).sum(axis=0))) + 1.0
    vectors = counts * inverse
    length = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    vectors = vectors / np.where(length > 0, length, 1.0)
    # One sum of products at a time: a matrix product may add in another order on another machine.
    alike = np.array([[float((a * b).sum()) for b in vectors] for a in vectors]).reshape(len(texts), -1)
    clipped: FloatArray = np.clip(alike, 0.0, 1.0)
    return clipped


BUILD = Facility
