"""Combinatorially symmetric cross-validation as the paper writes it: every half gathered, every ratio from rows."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np


def cscv(returns: np.ndarray, blocks: int) -> dict[str, np.ndarray]:
    """(logits, inside, outside) of all halves in lexicographic order."""
    n, k = returns.shape
    edges = [block * n // blocks for block in range(blocks + 1)]
    pieces = [returns[a:b] for a, b in pairwise(edges)]
    rows = []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = sharpe(np.concatenate([pieces[b] for b in chosen]))
        outside = sharpe(np.concatenate([pieces[b] for b in range(blocks) if b not in chosen]))
        best = int(np.argmax(inside))
        rank = 1 + int((outside < outside[best]).sum())
        w = rank / (k + 1)
        rows.append((np.log(w / (1 - w)), inside[best], outside[best]))
    return dict(zip(("logits", "inside", "outside"), np.array(rows).T, strict=True))


def sharpe(rows: np.ndarray) -> np.ndarray:
    return rows.mean(axis=0) / rows.std(axis=0, ddof=1)
