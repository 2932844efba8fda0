"""Pools from addresses follow the law of the NumPy pools, and are the same on any thread."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection import lab
from reference.lab_pools import NAMES, draw_pool


@pytest.mark.parametrize("name", NAMES)
def test_the_law_is_that_of_the_reference(name: str) -> None:
    mine, theirs = lab.draw(name, seeds=6, seed=1), draw_pool(name, seeds=6, seed=1)
    assert mine.returns.shape == theirs.returns.shape
    for of in (_vol, _correlation, _tail, _skill):
        a, b = of(mine.returns, mine.acted, mine.truth), of(theirs.returns, theirs.acted, theirs.truth)
        error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        assert abs(a.mean() - b.mean()) <= 4.5 * error + 1e-12, of.__name__
    assert mine.born.sum() == theirs.born.sum()


def _vol(returns: np.ndarray, acted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.log(returns.std(axis=1)[:, :28]).mean(axis=1)


def _correlation(returns: np.ndarray, acted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.array([np.corrcoef(np.clip(r[:, :24], -0.05, 0.05).T).mean() for r in returns])


def _tail(returns: np.ndarray, acted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    scaled = np.abs(returns[:, :, :24]) / returns[:, :, :24].std(axis=1, keepdims=True)
    return (scaled > 3).mean(axis=(1, 2))


def _skill(returns: np.ndarray, acted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return truth.mean(axis=(1, 2))


def test_addresses() -> None:
    whole = lab.draw("P5", seeds=4, seed=3, days=100)
    parts = [lab.draw("P5", seeds=2, seed=3, days=100, first=first, threads=2) for first in (0, 2)]
    for name in ("returns", "acted", "truth", "born"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.tobytes() == getattr(whole, name).tobytes()
    assert lab.draw("P5", seeds=1, seed=4, days=100).returns[0, 0, 0] != whole.returns[0, 0, 0]


def test_what_is_refused() -> None:
    with pytest.raises(ConfigError, match="pool: expected one of P0"):
        lab.draw("P9")
    with pytest.raises(ConfigError, match="days: expected 64"):
        lab.draw("P0", days=63)
    with pytest.raises(ConfigError, match="seeds: expected 1"):
        lab.draw("P0", seeds=0)
