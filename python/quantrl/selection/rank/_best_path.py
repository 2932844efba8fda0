"""Open paths through all items along which neighbours agree most."""

from __future__ import annotations

import numpy as np

from quantrl.selection.rank._subsets import ROUNDING, first_least, layers, without
from quantrl.typing import FloatArray, IntArray

_LONGEST = 3


def length(path: IntArray, gain: FloatArray) -> float:
    """Sum of the gains of neighbours."""
    return float(gain[path[:-1], path[1:]].sum())


def longest(gain: FloatArray) -> IntArray:
    """The path of largest gain, of several the one that comes first by index.

    Parameters
    ----------
    gain : (m, m) float64
        Of i just before j; the diagonal is not read.

    Notes
    -----
    Held and Karp (1962), A dynamic programming approach to sequencing problems, J. SIAM 10(1). O(2^m m^2).
    """
    m = len(gain)
    # ahead[S, i]: best path that starts at i and then visits S.
    ahead = np.zeros((1 << m, m))
    items = np.arange(m)
    for sets in layers(m)[1:m]:
        inside, rest = without(sets, m)
        after = np.where(inside, ahead[rest, items], -np.inf)
        ahead[sets] = (gain + after[:, None, :]).max(axis=2)
    path: list[int] = []
    left = np.array([(1 << m) - 1])
    for _ in range(m):
        inside, rest = without(left, m)
        value = ahead[rest[0], items] + (gain[path[-1]] if path else 0.0)
        path.append(first_least(np.where(inside[0], -value, np.inf)))
        left = rest[:, path[-1]]
    return np.array(path, dtype=np.int64)


def inserted(gain: FloatArray) -> IntArray:
    """A path built item by item, those that beat most first, each where it adds most. O(m^2)."""
    fenced = _fenced(gain)
    wins = np.round(gain.sum(axis=1) - gain.diagonal(), 12)
    path = np.zeros(0, dtype=np.int64)
    for item in np.argsort(-wins, kind="stable").tolist():
        added = _added(fenced, path, item, item)
        path = np.insert(path, first_least(-added), item)
    return path


def improved(path: IntArray, gain: FloatArray) -> IntArray:
    """The same path after the best move of one to three neighbours elsewhere, until none helps.

    Or (1976), Traveling salesman-type combinatorial problems and their relation to the logistics of regional blood
    banking, thesis, Northwestern University; nothing is turned round, as gains have a direction. O(m^2) a move.
    """
    m, fenced = len(path), _fenced(gain)
    while True:
        best = (ROUNDING * m, path)
        whole = np.concatenate([[m], path, [m]])
        for size in range(1, min(_LONGEST, m - 1) + 1):
            for start in range(m - size + 1):
                moved, rest = path[start : start + size], np.delete(path, slice(start, start + size))
                before, after = whole[start], whole[start + size + 1]
                lost = fenced[before, moved[0]] + fenced[moved[-1], after] - fenced[before, after]
                change = _added(fenced, rest, moved[0], moved[-1]) - lost
                place = int(np.argmax(change))
                if change[place] > best[0]:
                    best = (float(change[place]), np.insert(rest, place, moved))
        if best[1] is path:
            return path
        path = best[1]


def _fenced(gain: FloatArray) -> FloatArray:
    """The gains with one more item that stands before the first and after the last and adds nothing."""
    fenced = np.zeros((len(gain) + 1, len(gain) + 1))
    fenced[:-1, :-1] = gain
    return fenced


def _added(fenced: FloatArray, path: IntArray, first: int, last: int) -> FloatArray:
    """(len(path) + 1,) what a piece adds at each place of a path."""
    fence = len(fenced) - 1
    before, after = np.append(fence, path), np.append(path, fence)
    added: FloatArray = fenced[before, first] + fenced[last, after] - fenced[before, after]
    return added
