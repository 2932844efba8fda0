"""One step of a batch beside the oracles of its environments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from quantrl.envs.pair import PairBatch
from quantrl.typing import FloatArray, IntArray


def stepped_alike(batch: PairBatch, oracles: Sequence[Any], actions: IntArray) -> list[FloatArray]:
    """Step both; equal observations, rewards, ends and money. Totals of the episodes that ended."""
    step = batch.step(actions)
    ledger = batch.core.ledger()
    ends = dict(zip(step.indices.tolist(), range(len(oracles)), strict=False))
    totals = []
    for i, oracle in enumerate(oracles):
        shown, reward, terminated, truncated = oracle.step(int(actions[i]))
        assert (step.terminated[i], step.truncated[i]) == (terminated, truncated)
        assert step.rewards[i] == pytest.approx(reward, abs=2e-6)
        if i in ends:
            totals.append(step.totals[ends[i]].copy())
            np.testing.assert_allclose(step.last_obs[ends[i]], shown, atol=1e-5, rtol=0)
            np.testing.assert_allclose(totals[-1], oracle.totals(), rtol=1e-9, atol=1e-9)
            shown = oracle.reset()
        np.testing.assert_allclose(step.obs[i], shown, atol=1e-5, rtol=0)
        one, two = oracle.legs
        found = [one.cash, one.lots, two.cash, two.lots, oracle.cost, oracle.traded]
        assert ledger[i, [0, 1, 2, 3, 8, 9]].tolist() == found
    return totals
