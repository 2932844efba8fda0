"""Committees that please many voters, each in its own sense."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from quantrl.typing import FloatArray, IntArray

_ROUNDING = 1e-12


def k_borda(points: FloatArray, weights: FloatArray, chosen: list[int]) -> FloatArray:
    """(m,) what each candidate adds: the sum over voters of its points."""
    gain: FloatArray = np.einsum("v,vc->c", weights, points)
    return gain


def cc(points: FloatArray, weights: FloatArray, chosen: list[int]) -> FloatArray:
    """(m,) what each candidate adds where a voter counts its best member only.

    Chamberlin and Courant (1983), Representative deliberations and representative decisions, Am. Pol. Sci. Rev. 77(3).
    """
    best = points[:, chosen].max(axis=1, initial=0.0)
    gain: FloatArray = np.einsum("v,vc->c", weights, np.maximum(points - best[:, None], 0.0))
    return gain


def pav(points: FloatArray, weights: FloatArray, chosen: list[int]) -> FloatArray:
    """(m,) what each candidate adds where a voter counts its members with 1, 1/2, 1/3 ..., its best first.

    Thiele (1895), in the form with ordered points: Skowron, Faliszewski and Lang (2016), Finding a collective set of items,
    Artif. Intell. 241.
    """
    voters, m = points.shape
    kept = np.broadcast_to(points[:, None, chosen], (voters, m, len(chosen)))
    joined = np.sort(np.concatenate([kept, points[:, :, None]], axis=2), axis=2)[:, :, ::-1]
    place = np.arange(1.0, len(chosen) + 2)
    before = np.einsum("vj,j->v", -np.sort(-points[:, chosen], axis=1), 1.0 / place[:-1])
    after = np.einsum("vcj,j->vc", joined, 1.0 / place)
    gain: FloatArray = np.einsum("v,vc->c", weights, after - before[:, None])
    return gain


RULES: dict[str, Callable[[FloatArray, FloatArray, list[int]], FloatArray]] = {
    "k_borda": k_borda,
    "cc": cc,
    "pav": pav,
}
"""Gains of one more member given those chosen; monotone, and never larger when more are chosen."""


def elect(
    rule: str, points: FloatArray, weights: FloatArray, k: int, group: IntArray, limit: IntArray
) -> list[int]:
    """Up to k candidates, one after the other the one that adds most; ties go to the lower index.

    Parameters
    ----------
    rule : str
        A key of `RULES`.
    points : (V, m) float64
        None negative.
    weights : (V,) float64
        Of the voters.
    k : int
    group : (m,) int64
        Index into `limit` of each candidate.
    limit : (g,) int64
        Members a group may have: a partition matroid.

    Notes
    -----
    ``k_borda`` is exact, also under limits. The value of ``cc`` and ``pav`` is at least 1 - 1/e of the best committee's
    (Nemhauser, Wolsey and Fisher 1978, An analysis of approximations for maximizing submodular set functions, Math.
    Program. 14), and 1/2 under limits (part II, Math. Program. Study 8). O(k V m), times k log k for ``pav``.
    """
    chosen: list[int] = []
    left = limit.copy()
    free = np.ones(points.shape[1], dtype=np.bool_)
    while len(chosen) < k:
        open_ = free & (left[group] > 0)
        if not open_.any():
            break
        gain = np.where(open_, RULES[rule](points, weights, chosen), -1.0)
        best = int(np.argmax(gain >= gain.max() - _ROUNDING * points.shape[1]))
        chosen.append(best)
        free[best] = False
        left[group[best]] -= 1
    return chosen
