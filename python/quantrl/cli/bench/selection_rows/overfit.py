"""S4: probability of backtest overfitting over every half of 16 blocks."""

from __future__ import annotations

import hashlib
from itertools import combinations

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.metrics import pbo
from quantrl.selection import lab
from quantrl.typing import FloatArray

OURS = "pbo"
DAYS, BLOCKS = 504, {"full": 16, "small": 8}
SECONDS = 0.045


def case(size: str) -> RateCase:
    """40 agents of a pool without skill; there is no time without agreement with gathering every half of 8 blocks."""
    returns = np.ascontiguousarray(lab.draw("P0", seeds=1, days=DAYS).returns[0])
    blocks = BLOCKS[size]
    title = f"PBO, {blocks} blocks, {DAYS} days x {returns.shape[1]} agents, one thread"

    def ours() -> FloatArray:
        return np.array([pbo(returns, blocks=blocks).probability])

    checks = (
        Check(
            "probability",
            lambda: np.array([pbo(returns, blocks=8).probability]),
            lambda: _plain(returns),
            1e-12,
        ),
    )
    digest = hashlib.sha256(returns.tobytes()).hexdigest()
    contenders = (Contender(OURS, ours, 1),)
    return RateCase("S4", title, "matrices", contenders, (Goal(OURS, 1 / SECONDS),), checks, sha256=digest)


def _plain(returns: FloatArray, blocks: int = 8) -> FloatArray:
    parts = np.split(returns, blocks)
    low = []
    for half in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[i] for i in half])
        outside = np.concatenate([parts[i] for i in range(blocks) if i not in half])
        best = np.argmax(inside.mean(axis=0) / inside.std(axis=0))
        ratio = outside.mean(axis=0) / outside.std(axis=0)
        rank = (ratio < ratio[best]).sum() + 1
        low.append(2 * rank <= returns.shape[1] + 1)
    return np.array([np.mean(low)])
