"""What a policy is worth: its actions led through fresh paths, what they earned and what they may expect to earn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.envs.pair.batch import PairStep
from quantrl.typing import FloatArray, IntArray

Act = Callable[[NDArray[np.float32]], IntArray]
Observe = Callable[[NDArray[np.float32], IntArray], None]
BURN_REVERSIONS = 10.0


@dataclass(frozen=True)
class Worth:
    """Means a decision over all environments, after the start is forgotten; in U, positions in units.

    Attributes
    ----------
    earned : float
        Change of wealth.
    expected : float
        Conditional mean of the change of wealth before costs, given the spread, less the costs paid.
    cost, turnover : float
    traded : float
        Share of decisions that changed the position.
    per_env : (N,) float64
        `expected` of each environment: they are independent.
    """

    earned: float
    expected: float
    cost: float
    turnover: float
    traded: float
    per_env: FloatArray

    @property
    def se(self) -> float:
        """Standard error of `expected`."""
        return float(self.per_env.std(ddof=1) / np.sqrt(len(self.per_env)))


@dataclass(frozen=True)
class Control:
    """A rule whose long-run value is known, on the paths something else is judged on.

    Attributes
    ----------
    per_env : (N,) float64
        What it earned by conditional means, a decision, in U.
    exact : float
        Its long-run value a decision, in U.
    """

    per_env: FloatArray
    exact: float

    def corrected(self, found: Worth) -> tuple[float, float]:
        """Mean of `Worth.expected` with its standard error, less what the paths were kinder or harsher than they are.

        Notes
        -----
        Regression on a control variate: Glasserman (2004), Monte Carlo methods in financial engineering, section 4.1.1.
        """
        own = found.per_env
        covariance = np.cov(own, self.per_env, ddof=1)
        slope = covariance[0, 1] / covariance[1, 1] if covariance[1, 1] > 0 else 0.0
        left = own - slope * (self.per_env - self.exact)
        return float(left.mean()), float(left.std(ddof=2) / np.sqrt(len(left)))


def worth(
    act: Act,
    pair: PairConfig,
    *,
    n_envs: int = 256,
    decisions: int = 4096,
    seed: int = 0,
    observe: Observe | None = None,
) -> Worth:
    """Lead a policy through one endless episode an environment, from flat.

    Parameters
    ----------
    act : callable
        (N, D) float32 observations to (N,) actions.
    pair : PairConfig
    n_envs, decisions : int
        The first decisions, ten reversion times of them, are not counted, and come on top.
    seed : int
        Of the paths: equal seeds meet equal paths whatever the policy does.
    observe : callable, optional
        Told every counted observation and its actions.
    """
    burn = burn_in(pair)
    batch = PairBatch(endless(pair, burn + decisions), n_envs=n_envs, seed=seed, threads=1, mode="evaluate")
    obs = batch.reset()
    position = batch.layout.at("position")
    sums, gains = np.zeros((n_envs, 4)), Gains(batch)
    traded = 0.0
    for k in range(burn + decisions):
        actions = np.asarray(act(obs))
        before = obs[:, position].copy()
        if observe is not None and k >= burn:
            observe(obs, actions)
        step = batch.step(actions)
        gained = gains.of(step)
        if k < burn:
            obs = step.obs
            continue
        mean, cost, _ = batch.core.truth().T
        moved = np.abs(step.obs[:, position] - before)
        sums += np.stack([gained, mean - cost, cost, moved], axis=1)
        traded += float((moved > 0).mean())
        obs = step.obs
    each = sums / decisions
    earned, expected, paid, turnover = each.mean(axis=0).tolist()
    return Worth(earned, expected, paid, turnover, traded / decisions, each[:, 1])


class Gains:
    """Change of wealth from decision to decision, in U, whatever is learned from.

    Parameters
    ----------
    batch : PairBatch
        Just reset.
    """

    def __init__(self, batch: PairBatch) -> None:
        self._batch, self._pnl = batch, batch.totals.index("pnl")
        self._before = batch.core.totals()[:, self._pnl]

    def of(self, step: PairStep) -> FloatArray:
        """(N,) of the step that was just made."""
        now = self._batch.core.totals()[:, self._pnl]
        after = now.copy()
        after[step.indices] = step.totals[:, self._pnl]
        found: FloatArray = after - self._before
        self._before = now
        return found


def endless(pair: PairConfig, decisions: int) -> PairConfig:
    """The same market without ends: no episode, no ruin. What is learned from stays, as observations may show it."""
    return pair.replace(episode_len=decisions + 1, ruin=1e9, counterfactual=False)


def burn_in(pair: PairConfig) -> int:
    """Decisions after which the flat start is forgotten."""
    return int(np.ceil(BURN_REVERSIONS / pair.kappa_dt)) if pair.kappa_dt > 0 else 0
