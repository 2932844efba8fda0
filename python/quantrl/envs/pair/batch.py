"""From settings to the engine's batch, and the arrays it writes into."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantrl import _core
from quantrl.envs._steps import Arrays, Step, TwoSets
from quantrl.envs.pair.config import PairConfig
from quantrl.envs.pair.layout import PairLayout
from quantrl.envs.pair.recorded import tape_of
from quantrl.errors import OrderError
from quantrl.runs import canonical_json

TOTALS = ("reward", "length", "pnl", "cost", "turnover", "legged", "legged_ns", "illegal")
"""Numbers of a finished episode; P&L and cost in U."""
MODES = ("train", "evaluate")
LEG_MS = 500.0
"""Time the legs of worked orders may differ where none is given."""


@dataclass(frozen=True)
class PairStep(Step):
    """What one step gave; `totals` are `TOTALS`.

    Attributes
    ----------
    all_rewards, all_own : (N, A) and (N, A, O) float32, or None
        What each action would have earned and left, of a counterfactual environment.
    """

    all_rewards: NDArray[np.float32] | None = None
    all_own: NDArray[np.float32] | None = None


class _PairArrays(Arrays):
    def __init__(self, n: int, layout: PairLayout, counterfactual: bool) -> None:
        super().__init__(n, layout.size, len(TOTALS))
        every, own = (n, layout.n_actions), layout.own.stop - layout.own.start
        self.all_rewards = np.zeros(every, dtype=np.float32) if counterfactual else None
        self.all_own = np.zeros((*every, own), dtype=np.float32) if counterfactual else None

    def step(self, done: int) -> PairStep:
        ended = (self.indices[:done], self.last_obs[:done], self.totals[:done])
        shown = (self.obs, self.rewards, self.terminated, self.truncated)
        return PairStep(*shown, *ended, self.all_rewards, self.all_own)


class PairBatch(TwoSets[_PairArrays]):
    """N environments of one configuration.

    Parameters
    ----------
    config : PairConfig
    n_envs, seed, env_id0, threads : int
        As in `make_vec_env`.
    mode : {"train", "evaluate"}
        ``train`` starts from any position; ``evaluate`` flat and with full lengths.
    """

    totals = TOTALS

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
            tape=tape_of(config) if config.has_tape else None,
            segment=config.shares,
        )
        super().__init__(*(_PairArrays(n_envs, self.layout, config.counterfactual) for _ in range(2)))

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
        bounded = given.astype(np.int32)
        wrong = bounded != given
        if wrong.any() and (active is None or (wrong & (active != 0)).any()):
            env = int((wrong if active is None else wrong & (active != 0)).argmax())
            expected = f"expected 0 to {self.config.n_actions - 1}"
            raise OrderError(f"environment {env}: action: {expected}, got {given[env]}")
        arrays = self._next()
        done = self.core.step_into(bounded, *arrays.all(), active, arrays.all_rewards, arrays.all_own)
        return arrays.step(done)


def fingerprint(config: PairConfig, mode: str) -> bytes:
    """32 bytes that name the settings in a saved state."""
    return hashlib.sha256(canonical_json([mode, config.identity]).encode()).digest()


def core_settings(config: PairConfig, mode: str) -> _core.PairSettings:
    """The engine's own form of the settings."""
    same = (
        "alpha", "beta", "latency_sigma",
        "kappa_dt", "step_sd", "s", "notional", "slip_ticks", "n_actions", "features", "z", "hedge",
        "at_mid", "episode_len", "ruin", "reward", "risk_aversion", "theta_low", "theta_high", "theta_in_obs",
    )  # fmt: skip
    return _core.PairSettings(
        **{name: getattr(config, name) for name in same},
        # The engine knows one kind of tape.
        venue="replay" if config.has_tape else config.venue,
        mode=mode,
        window=config.decisions_back or 4,
        cost=config.cost * config.s,
        dt_ms=1e3 * config.dt,
        depth_units=config.depth,
        fees=tuple(1e-4 * bps for bps in config.fee_bps),
        stock=config.stocks,
        noise=config.variances,
        loss_limit=np.inf if config.loss_limit is None else config.loss_limit,
        styles=config.styles,
        rehedges=config.rehedge == "band",
        work=_work(config) if config.works else None,
    )


def _work(config: PairConfig) -> _core.PairWork:
    leg_ms = LEG_MS if config.leg_ms is None else config.leg_ms
    times = {"leg_ns": leg_ms, "requote_ns": config.requote_ms, "passive_ns": config.passive_ms}
    return _core.PairWork(
        **{name: round(1e6 * ms) for name, ms in times.items()},
        chase_max=config.chase_max,
        time_out=config.time_out,
        maker_fees=tuple(1e-4 * bps for bps in config.maker_fee_bps or config.fee_bps),
        queue=config.queue,
        always_events=config.path == "events",
    )
