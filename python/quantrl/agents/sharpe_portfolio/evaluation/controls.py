"""Rivals that share the agent's dates, costs and weights but not its reading of the market."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from quantrl.envs import Market, ObsLayout, PortfolioConfig
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray

BLOCK = 21
"""Bars that stay together when the market is shuffled."""

MOST_CORNERS = 12
"""Names up to which every corner of the action box is tried."""

DIRICHLET = 2048
_NOISE, _DIRICHLET = 2**32, 2**33
_RANGE = {"tilt": (-1.0, 1.0), "softmax01": (0.0, 1.0)}

Floats = NDArray[np.float32]


def mean_weights(targets: FloatArray) -> FloatArray:
    """Mean (N,) of targets (..., N) over all but the last axis; NaN (a blocked name) is left out."""
    flat = targets.reshape(-1, targets.shape[-1])
    known = ~np.isnan(flat)
    mean: FloatArray = np.where(known, flat, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return mean


def block_permutation(start: int, stop: int, *, seed: int, fold: int, draw: int) -> IntArray:
    """Rows start..stop-1 in an order that keeps blocks of `BLOCK` together: entry i is shown at row start + i."""
    rows = np.arange(start, stop)
    blocks = [rows[at : at + BLOCK] for at in range(0, len(rows), BLOCK)]
    order = generator(seed, 0, "control", draw=draw, episode=fold).permutation(len(blocks))
    return np.concatenate([blocks[i] for i in order])


class Shown:
    """What the environments of one evaluation see: the truth, the first observation for ever, then shuffles.

    Environment 0 is the agent, 1 is ``frozen``, and 2 + d sees the market rows of `shown[d]` beside its own true
    weights and statistics. Pass an instance as ``edit_obs`` of `quantrl.envs.rollouts`.

    Parameters
    ----------
    market : Market
    config : PortfolioConfig
    start : int
        First row of the segment.
    shown : (draws, rows) int64
        Rows to show in place of start, start + 1, ...
    """

    def __init__(self, market: Market, config: PortfolioConfig, start: int, shown: IntArray) -> None:
        self.market, self.config, self.start, self.shown = market, config, start, shown
        self.layout = ObsLayout.of(config, market.shape[2], market.shape[1])
        self._first: Floats | None = None

    @property
    def n(self) -> int:
        """Environments."""
        return 2 + len(self.shown)

    def __call__(self, k: int, obs: Floats) -> Floats:
        """Observations (n, D) before decision k, edited in place."""
        if self._first is None or k == 0:
            self._first = obs[1].copy()
        obs[1] = self._first
        rows = self.shown[:, k * self.config.decision_every]
        if self.layout.kind == "index":
            obs[2:, self.layout.t] = rows[:, None]
        else:
            for env, row in enumerate(rows.tolist(), 2):
                self._show(obs[env], row)
        return obs

    def _show(self, obs: Floats, row: int) -> None:
        """Write the window that ends at `row` into an image; a row of target weights on top of it stays."""
        window = self.config.window
        logs = self.market.features[row - window + 1 : row + 1].transpose(2, 0, 1)
        ratio = logs - self.market.features[row, :, 0]
        image = obs[self.layout.image].reshape(self.layout.image_shape)
        image[:, -window:] = 100.0 * ratio if self.config.norm == "log100" else np.exp(ratio)


def noise_actions(
    config: PortfolioConfig, actions: Floats, draws: int, *, seed: int, stream: int, fold: int
) -> Floats:
    """Actions (R, draws, K + 1) with the mean and spread over time of the policy's (R, K + 1), in no order."""
    random = generator(seed, stream, "control", draw=_NOISE, episode=fold)
    mean, spread = actions.mean(axis=0, dtype=np.float64), actions.std(axis=0, dtype=np.float64)
    shocks = random.standard_normal((len(actions), draws, actions.shape[1]))
    noisy = mean + spread * shocks
    if config.action_map == "identity":
        kept = np.maximum(noisy, 1e-9)
        noisy = kept / kept.sum(axis=2, keepdims=True)
    return np.asarray(noisy, dtype=np.float32)


def corner_actions(config: PortfolioConfig, n: int) -> Floats | None:
    """Every corner (2^(n + 1), n + 1) of the action box; None where there are too many, or no box."""
    if n > MOST_CORNERS or config.action_map not in _RANGE:
        return None
    return np.array(list(product(_RANGE[config.action_map], repeat=n + 1)), dtype=np.float32)


def dirichlet_weights(n: int, *, seed: int) -> FloatArray:
    """Static weights (2048, n) without their cash, uniform on the simplex of n names and cash."""
    random = generator(seed, 0, "control", draw=_DIRICHLET)
    return np.ascontiguousarray(random.dirichlet(np.ones(n + 1), size=DIRICHLET)[:, 1:])
