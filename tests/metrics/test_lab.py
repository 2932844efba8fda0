"""The scorer against pools of known skill: the compiled one decides as the NumPy one does."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl import _core
from reference.core_scorer import CoreScorer
from reference.lab import D, N, Pool, draw_pool, run_protocol

SEEDS = 6


class CompiledScorer:
    def __init__(self, seeds: int) -> None:
        self.pools = [_core.NormalScore(126.0, 0.10 / D) for _ in range(seeds)]
        self.ids = np.arange(N, dtype=np.uint32)

    def fold(self, net: np.ndarray, acted: np.ndarray) -> np.ndarray:
        rows = zip(self.pools, net, acted.astype(np.uint8), strict=True)
        return np.array([pool.fold(self.ids, np.ascontiguousarray(r), a) for pool, r, a in rows])

    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        scores = [pool.scores() for pool in self.pools]
        return np.array([s["mean"] for s in scores]), np.array([s["sd"] for s in scores])


def pool(name: str) -> Pool:
    return draw_pool(name, seeds=SEEDS, seed=11)


# Net Sharpe ratios of the NumPy path. Sparse agents exercise masks, crash sellers the tail guard.
@pytest.mark.parametrize(
    ("name", "stored"),
    [("P0", 0.2997834119), ("P1", 2.6229749814), ("P6", 2.0540869480), ("P8", 0.9789541531)],
)
def test_compiled_book_is_the_reference_book(name: str, stored: float) -> None:
    slow = run_protocol(pool(name), CoreScorer(SEEDS))
    fast = run_protocol(pool(name), CompiledScorer(SEEDS))
    assert slow.sharpe == pytest.approx(stored, abs=1e-9)
    np.testing.assert_allclose(fast.daily, slow.daily, atol=1e-12)
    assert fast.sharpe == pytest.approx(slow.sharpe, abs=1e-9)
    assert (fast.turnover, fast.precision) == (slow.turnover, slow.precision)


def test_the_guard_sees_what_ranks_hide() -> None:
    crash_sellers = pool("P8")
    blind = run_protocol(crash_sellers, CoreScorer(SEEDS, guard=False))
    assert run_protocol(crash_sellers, CoreScorer(SEEDS)).sharpe > blind.sharpe + 0.2
