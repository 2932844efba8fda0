"""A policy led through rows it was not trained on: one episode from cash to the end of the segment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantrl.envs._batch import Batch, Segment
from quantrl.envs.market import Market
from quantrl.envs.portfolio import PortfolioConfig
from quantrl.errors import DataError
from quantrl.typing import FloatArray, IntArray

Act = Callable[[NDArray[np.float32]], NDArray[np.float32]]
EditObs = Callable[[int, NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Rollout:
    """What one environment did.

    Attributes
    ----------
    rows : (R,) int64
        Rows after whose close it decided.
    targets : (R, K) float64
        Target weights without cash; NaN where a blocked name was kept.
    obs : (R, D) float32
        What it was shown.
    actions : (R, K + 1) float32
        What it answered.
    bars : (B, 4) float64
        Row, wealth, simple net return and turnover of every bar.
    """

    rows: IntArray
    targets: FloatArray
    obs: NDArray[np.float32]
    actions: NDArray[np.float32]
    bars: FloatArray

    @property
    def returns(self) -> FloatArray:
        """(B,) simple net returns, each of the bar that ends on the row of the same place in `bars`."""
        return self.bars[:, 2]


def rollouts(
    market: Market,
    config: PortfolioConfig,
    act: Act,
    n: int,
    start: int,
    stop: int,
    edit_obs: EditObs | None = None,
) -> list[Rollout]:
    """Lead n environments in step from row `start` to the end of the segment [start, stop).

    Parameters
    ----------
    market : Market
        Windows may look back before `start`.
    config : PortfolioConfig
        Holdings start in cash; statistics restart every `episode_len` decisions, as training never went further.
    act : callable
        (n, D) float32 observations to (n, K + 1) float32 actions.
    n : int
        Environments; they differ only by what `act` and `edit_obs` do.
    start, stop : int
        Row of the first decision, and the row at which reading stops.
    edit_obs : callable, optional
        ``edit_obs(k, obs)`` replaces the observations before decision k.

    Returns
    -------
    list of Rollout
        n of them.

    Raises
    ------
    DataError
        Fewer than two rows, or no full window before the first.
    """
    if stop - start < 2:
        raise DataError(f"rollout: expected at least 2 rows, got {start}..{stop}")
    batch = Batch(
        market, config, n_envs=n, seed=0, segment=Segment(start, stop), mode="evaluate", record=True
    )
    obs = batch.reset()
    steps = -(-(stop - 1 - start) // config.decision_every)
    shown, answered, targets = [], [], []
    for k in range(steps):
        seen = obs if edit_obs is None else edit_obs(k, obs.copy())
        actions = np.asarray(act(seen), dtype=np.float32)
        shown.append(seen.copy())
        answered.append(actions.copy())
        obs = batch.step(actions).obs
        targets.append(batch.core.targets()[:, 1:])
    rows = start + config.decision_every * np.arange(steps, dtype=np.int64)
    shape = (np.stack(parts, axis=1) for parts in (targets, shown, answered))
    return [
        Rollout(rows, target, obs, actions, batch.core.recorded(env))
        for env, (target, obs, actions) in enumerate(zip(*shape, strict=True))
    ]
