"""From settings to the engine's batch, and the arrays it writes into."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantrl import _core
from quantrl.envs.pair.config import PairConfig
from quantrl.envs.pair.layout import PairLayout
from quantrl.errors import OrderError
from quantrl.runs import canonical_json
from quantrl.typing import FloatArray

TOTALS = ("reward", "length", "pnl", "cost", "turnover", "legged", "legged_ns", "illegal")
"""Numbers of a finished episode; P&L and cost in U."""
MODES = ("train", "evaluate")
_WIDEST = 2**31 - 1


@dataclass(frozen=True)
class PairStep:
    """What one step gave: views of arrays that are written again two steps later.

    Attributes
    ----------
    obs : (N, D) float32
        Of finished environments, the first one of their next episode.
    rewards : (N,) float32
    terminated, truncated : (N,) uint8
    indices : (m,) int32
        Environments that finished.
    last_obs : (m, D) float32
    totals : (m, 8) float64
        `TOTALS` of the finished episodes.
    all_rewards, all_own : (N, A) and (N, A, O) float32, or None
        What each action would have earned and left, of a counterfactual environment.
    """

    obs: NDArray[np.float32]
    rewards: NDArray[np.float32]
    terminated: NDArray[np.uint8]
    truncated: NDArray[np.uint8]
    indices: NDArray[np.int32]
    last_obs: NDArray[np.float32]
    totals: FloatArray
    all_rewards: NDArray[np.float32] | None = None
    all_own: NDArray[np.float32] | None = None


class PairBatch:
    """N environments of one configuration, with two sets of output arrays used in turn.

    A caller may keep what a step returned until the step after the next.

    Parameters
    ----------
    config : PairConfig
    n_envs, seed, env_id0, threads : int
        As in `make_vec_env`.
    mode : {"train", "evaluate"}
        ``train`` starts from any position; ``evaluate`` flat and with full lengths.
    """

    def __init__(
        self,
        config: PairConfig,
        *,
        n_envs: int = 1,
        seed: int = 0,
        env_id0: int = 0,
        threads: int = 2,
        mode: str = "train",
    ) -> None:
        self.config, self.n, self.mode = config, n_envs, mode
        self.layout = PairLayout.of(config)
        self.core = _core.PairBatch(
            core_settings(config, mode),
            n_envs=n_envs,
            seed=seed,
            env_id0=env_id0,
            threads=threads,
            fingerprint=fingerprint(config, mode),
        )
        self._sets = [_Arrays(n_envs, self.layout, config.counterfactual) for _ in range(2)]
        self._turn = 0

    def reset(self, seed: int | None = None, mask: NDArray[np.uint8] | None = None) -> NDArray[np.float32]:
        """Begin new episodes; the observations (N, D)."""
        arrays = self._next()
        self.core.reset_into(arrays.obs, seed, mask)
        return arrays.obs

    def step(self, actions: ArrayLike, active: NDArray[np.uint8] | None = None) -> PairStep:
        """One decision of every environment.

        Raises
        ------
        OrderError
            No whole numbers, a wrong shape, or an action outside 0..A-1: names the environment. Nothing has changed.
        """
        given = np.asarray(actions)
        if given.dtype.kind not in "iu" or given.shape != (self.n,):
            raise OrderError(
                f"actions: expected {self.n} whole numbers, got {given.dtype} of shape {given.shape}"
            )
        bounded = np.clip(given.astype(np.int64), -_WIDEST, _WIDEST).astype(np.int32)
        a = self._next()
        done = self.core.step_into(
            bounded,
            a.obs,
            a.rewards,
            a.terminated,
            a.truncated,
            a.indices,
            a.last_obs,
            a.totals,
            active,
            a.all_rewards,
            a.all_own,
        )
        return PairStep(
            a.obs,
            a.rewards,
            a.terminated,
            a.truncated,
            a.indices[:done],
            a.last_obs[:done],
            a.totals[:done],
            a.all_rewards,
            a.all_own,
        )

    def _next(self) -> _Arrays:
        self._turn ^= 1
        return self._sets[self._turn]


class _Arrays:
    def __init__(self, n: int, layout: PairLayout, counterfactual: bool) -> None:
        own = layout.own.stop - layout.own.start
        self.obs = np.zeros((n, layout.size), dtype=np.float32)
        self.rewards = np.zeros(n, dtype=np.float32)
        self.terminated = np.zeros(n, dtype=np.uint8)
        self.truncated = np.zeros(n, dtype=np.uint8)
        self.indices = np.zeros(n, dtype=np.int32)
        self.last_obs = np.zeros((n, layout.size), dtype=np.float32)
        self.totals = np.zeros((n, len(TOTALS)), dtype=np.float64)
        every = (n, layout.n_actions)
        self.all_rewards = np.zeros(every, dtype=np.float32) if counterfactual else None
        self.all_own = np.zeros((*every, own), dtype=np.float32) if counterfactual else None


def fingerprint(config: PairConfig, mode: str) -> bytes:
    """32 bytes that name the settings in a saved state."""
    return hashlib.sha256(canonical_json([mode, config.model_dump(mode="json")]).encode()).digest()


def core_settings(config: PairConfig, mode: str) -> _core.PairSettings:
    """The engine's own form of the settings."""
    same = (
        "venue", "kappa_dt", "step_sd", "s", "notional", "slip_ticks", "n_actions", "features", "z", "hedge",
        "at_mid", "episode_len", "ruin", "reward", "risk_aversion", "theta_low", "theta_high", "theta_in_obs",
    )  # fmt: skip
    return _core.PairSettings(
        **{name: getattr(config, name) for name in same},
        mode=mode,
        window=config.decisions_back or 4,
        cost=config.cost * config.s,
        dt_ms=1e3 * config.dt,
        depth_units=config.depth,
        loss_limit=np.inf if config.loss_limit is None else config.loss_limit,
    )
