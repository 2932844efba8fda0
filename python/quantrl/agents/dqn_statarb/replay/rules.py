"""Rules without learning on recorded books; what they need to know is fitted on the training part."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.agents.dqn_statarb.autoregression import unbiased
from quantrl.agents.dqn_statarb.baselines import BANDS, Rule
from quantrl.agents.dqn_statarb.replay.trace import WHOLE, Choose
from quantrl.agents.dqn_statarb.value import endless
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.envs.pair.recorded import tape_of
from quantrl.errors import DataError
from quantrl.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Fit:
    """z of the training part as an AR(1), and what a turn costs there.

    Attributes
    ----------
    kappa_dt, sd : float
        Reversion a decision and stationary deviation of z.
    cost : float
        k in units of z: half-spreads and fees of both legs, h1 + beta h2 + f1 + beta f2, at their median.
    decisions : int
    """

    kappa_dt: float
    sd: float
    cost: float
    decisions: int

    @property
    def threshold(self) -> float:
        """z at which the optimal rule of such a spread turns; infinite where it never pays."""
        if self.kappa_dt <= 0:
            return math.inf
        return self.sd * _core.ou_shifted(self.cost / self.sd, self.kappa_dt)


def fitted(pair: PairConfig) -> Fit:
    """The fit of the training part.

    AR(1) by least squares, `unbiased`.

    Raises
    ------
    DataError
        A spread that stands still there.
    """
    tape, train = tape_of(pair), pair.replace(segment="train")
    rows, runs = tape.rows(), tape.runs(train.shares)
    before, after, moves = _steps(rows["z"], runs)
    centre, n = before.mean(), before.size
    if not before.std() > 0:
        raise DataError("events: the spread of the training part stands still")
    raw = float(((before - centre) * (after - centre)).sum() / ((before - centre) ** 2).sum())
    phi = float(unbiased(raw, n))
    noise = float(((after - centre) - raw * (before - centre)).std())
    _, _, log_moves = _steps(rows["x"], runs)
    unit = float(log_moves.std() / moves.std())
    at = np.concatenate([np.arange(start, stop) for start, stop in runs])
    bid, ask = rows["quotes"][at].astype(np.float64).transpose(2, 1, 0)
    legs = (ask - bid) / (ask + bid) + 1e-4 * np.array(pair.fee_bps)[:, None]
    k = float(np.median(legs[0] + rows["beta"][at] * legs[1]))
    kappa_dt = -math.log(phi) if phi > 0 else math.inf
    return Fit(kappa_dt, noise / math.sqrt(1.0 - phi**2), k / unit, n)


def _steps(values: FloatArray, runs: list[tuple[int, int]]) -> tuple[FloatArray, FloatArray, FloatArray]:
    before = np.concatenate([values[start : stop - 1] for start, stop in runs])
    after = np.concatenate([values[start + 1 : stop] for start, stop in runs])
    return before, after, after - before


def recorded_rules(fit: Fit) -> dict[str, Rule]:
    """Every rule by the name it is reported under; see `quantrl.agents.dqn_statarb.baselines.rules`."""
    never = Rule("constant", (0.0,))
    turns = Rule("threshold", (fit.threshold,)) if math.isfinite(fit.threshold) else never
    return {"ou_optimal": turns, **BANDS}


def best_rules(pair: PairConfig, fit: Fit, *, segment: str, n_envs: int, seed: int) -> dict[str, Rule]:
    """The best turn and the best band of a grid on a part itself, all on the same latencies: chosen in hindsight.

    ``best_turn`` turns at a; ``best_band`` opens at a and closes at b < a. Thresholds are multiples of a quarter of the
    training part's deviation of z, up to three deviations.
    """
    grid = [0.25 * i * fit.sd for i in range(1, 13)]
    turns = [Rule("threshold", (a,)) for a in grid]
    bands = [Rule("band", (a, b, math.inf)) for a in grid for b in (0.0, *grid) if b < a]
    config = endless(pair, WHOLE).replace(segment=segment)
    steps = sum(stop - start - 1 for start, stop in tape_of(config).runs(config.shares))

    def earned(rule: Rule) -> float:
        batch = PairBatch(config, n_envs=n_envs, seed=seed, threads=1, mode="evaluate")
        batch.reset()
        return float(batch.core.run_rule(rule.name, list(rule.numbers), steps)[:, 0].mean())

    return {"best_turn": max(turns, key=earned), "best_band": max(bands, key=earned)}


def rule_choose(rule: Rule) -> Choose:
    """What a native rule does."""

    def choose(batch: PairBatch, obs: NDArray[np.float32]) -> IntArray:
        actions: IntArray = batch.core.rule_actions(rule.name, list(rule.numbers))
        return actions

    return choose
