"""Settings and actions that tests of pair environments share."""

from __future__ import annotations

import numpy as np

from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.rng import generator

BOOKS = PairConfig.books(episode_len=64)


def random_actions(shape: tuple[int, ...], n_actions: int = 3, seed: int = 5) -> np.ndarray:
    """Uniform whole numbers in 0..A-1."""
    return generator(seed, 2, "check").integers(0, n_actions, shape, dtype=np.int32)


def wealth(batch: PairBatch) -> np.ndarray:
    """(N,) half quanta from the ledger."""
    rows = batch.core.ledger()
    return (
        rows[:, 0]
        + rows[:, 2]
        + rows[:, 1] * (rows[:, 4] + rows[:, 5])
        + rows[:, 3] * (rows[:, 6] + rows[:, 7])
    )


def mids(batch: PairBatch) -> np.ndarray:
    """(N, 2) half ticks."""
    rows = batch.core.ledger()
    return np.stack([rows[:, 4] + rows[:, 5], rows[:, 6] + rows[:, 7]], axis=1)
