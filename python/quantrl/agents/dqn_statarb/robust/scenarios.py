"""What a policy is worth at every point of a box, all points side by side in one batch of environments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl import _core
from quantrl.agents.dqn_statarb.robust.box import at
from quantrl.agents.dqn_statarb.robust.known import known
from quantrl.agents.dqn_statarb.value import Act, Gains, burn_in, endless
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray


@dataclass(frozen=True)
class Scenarios:
    """Results at M points.

    Attributes
    ----------
    theta : (M, 5) float64
    value, se : (M,) float64
        Conditional mean of the gain less costs, a decision, in U, and its standard error over environments; corrected by
        what the optimal rule met on the same spreads of the exact world.
    best : (M,) float64
        The optimum without latency at the point's costs and volatility, in the same unit.
    raw : (M,) float64
        `value` before the correction.
    sharpe : (M,) float64
        Mean over standard deviation of a reversion time's gain, 1 / kappa long.
    """

    theta: FloatArray
    value: FloatArray
    se: FloatArray
    best: FloatArray
    raw: FloatArray
    sharpe: FloatArray

    @property
    def ratio(self) -> FloatArray:
        """(M,) share of the optimum."""
        return self.value / self.best

    @property
    def ratio_se(self) -> FloatArray:
        """(M,) its standard error."""
        return self.se / self.best

    def worst(self, n: int = 1) -> list[int]:
        """Places of the n lowest ratios, the lowest first; ties by place."""
        return [int(i) for i in np.argsort(self.ratio, kind="stable")[:n]]

    def __getitem__(self, rows: object) -> Scenarios:
        """The same of some points."""
        return Scenarios(
            *(getattr(self, name)[rows] for name in ("theta", "value", "se", "best", "raw", "sharpe"))
        )


def scenarios(
    act: Act,
    pair: PairConfig,
    theta: FloatArray,
    *,
    n_each: int = 8,
    decisions: int = 2048,
    seed: int = 0,
) -> Scenarios:
    """Lead one policy through endless paths at every point.

    Parameters
    ----------
    act : callable
        (N, D) float32 observations to (N,) actions.
    pair : PairConfig
        A simulated one that reverts; its own bounds of theta do not matter.
    theta : (M, 5) float64
    n_each : int
        Environments of a point, at least 2.
    decisions : int
        Counted in each, after ten reversion times that are not.
    seed : int
        Of the paths: every policy that is given equal points and seed meets equal paths.

    Raises
    ------
    ConfigError
        A pair that does not revert, or a point out of range: names the field.
    """
    if pair.kappa_dt == 0:
        raise ConfigError("pair.kappa_dt: expected a spread that reverts, got 0")
    if n_each < 2:
        raise ConfigError(f"n_each: expected at least 2, got {n_each}")
    burn, n = burn_in(pair), len(theta) * n_each
    batch = PairBatch(endless(pair, burn + decisions), n_envs=n, seed=seed, threads=1, mode="evaluate")
    batch.core.set_theta(np.ascontiguousarray(np.repeat(theta, n_each, axis=0), dtype=np.float64))
    obs = batch.reset()
    gains, expected, earned, squared = Gains(batch), np.zeros(n), np.zeros(n), np.zeros(n)
    for k in range(burn + decisions):
        step = batch.step(np.asarray(act(obs)))
        obs, gained = step.obs, gains.of(step)
        if k < burn:
            continue
        mean, cost, _ = batch.core.truth().T
        expected += mean - cost
        earned += gained
        squared += gained**2
    spread = squared / decisions - (earned / decisions) ** 2
    sd = np.sqrt(np.maximum(spread.reshape(-1, n_each).mean(axis=1), 0.0))
    luck = [
        _luck(pair, point, n_each=n_each, env_id0=i * n_each, decisions=decisions, seed=seed)
        for i, point in enumerate(theta)
    ]
    each = (expected / decisions).reshape(-1, n_each)
    value, se = _corrected(each, np.array(luck))
    return Scenarios(
        theta=np.array(theta, dtype=np.float64),
        value=value,
        se=se,
        best=np.array([best_value(pair, point) for point in theta]),
        raw=each.mean(axis=1),
        sharpe=np.divide(value, sd, out=np.zeros_like(value), where=sd > 0) / np.sqrt(pair.kappa_dt),
    )


def _luck(
    pair: PairConfig, point: FloatArray, *, n_each: int, env_id0: int, decisions: int, seed: int
) -> FloatArray:
    """(n_each,) what the optimal rule of the exact world earned on these spreads beyond its long-run value."""
    vol, cost = float(point[4]), cost_at(pair, point)
    threshold = _core.ou_shifted(cost, pair.kappa_dt)
    fee, spread, _, fill, _ = (float(x) for x in point)
    exact = pair.replace(venue="ou", execution=None, features="core", z="known", hedge="fixed")
    burn = burn_in(pair)
    batch = PairBatch(
        endless(at(exact, (fee, spread, 0.0, fill, vol)), burn + decisions),
        n_envs=n_each, seed=seed, env_id0=env_id0, threads=1, mode="evaluate",
    )  # fmt: skip
    batch.reset()
    batch.core.run_rule("threshold", [vol * threshold], burn)
    found: FloatArray = batch.core.run_rule("threshold", [vol * threshold], decisions)[:, 1] / decisions
    return found - vol * pair.kappa_dt * known(pair.kappa_dt, cost).rule


def _corrected(own: FloatArray, luck: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Means (M,) of (M, n) less the part that luck explains, one slope for all points, and their standard errors.

    References
    ----------
    Glasserman (2004), Monte Carlo methods in financial engineering, section 4.1.1.
    """
    centred = luck - luck.mean(axis=1, keepdims=True)
    power = (centred**2).sum()
    slope = (centred * own).sum() / power if power > 0 else 0.0
    left = own - slope * luck
    return left.mean(axis=1), left.std(axis=1, ddof=1) / np.sqrt(left.shape[1])


def cost_at(pair: PairConfig, point: FloatArray) -> float:
    """Cost of one unit of position change at a point, in standard deviations of its spread.

    Half of the cost is spread and half fees, and a spread `vol_mult` times as wide makes both that much smaller.
    """
    fee, spread, _, _, vol = (float(x) for x in point)
    return 0.5 * (fee + spread) * pair.cost / vol


def best_value(pair: PairConfig, point: FloatArray) -> float:
    """The optimum a decision in U at a point's costs and volatility, for orders that arrive at once.

    With latency nobody earns as much, so a share of it understates a policy there.
    """
    return float(point[4]) * pair.kappa_dt * known(pair.kappa_dt, cost_at(pair, point)).best
