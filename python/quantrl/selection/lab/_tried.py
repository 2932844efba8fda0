"""Ideas to better the core of the default, walked through whole pools in NumPy.

Pools in which everybody is there and acts every day: arrays are (S pools, T days, N agents).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quantrl import _core
from quantrl.errors import DataError
from quantrl.selection.lab._pools import Pools
from quantrl.selection.lab.real.window import at_target
from quantrl.typing import BoolArray, FloatArray, IntArray

DAYS_PER_YEAR = 252.0
TARGET = 0.10 / DAYS_PER_YEAR**0.5
FIRST, SLOTS, COST = 63, 5, 5e-4
HALF_LIFE, HYSTERESIS = 126.0, 0.5
_GUARD, _WORST = -6.0, -50.0
_LEAST_STATE = 21.0
_HALVINGS = 24
State = Literal["market", "calm"]


@dataclass(frozen=True)
class Idea:
    """One change to the core.

    Attributes
    ----------
    name : str
    state : {"market", "calm"}, optional
        Keep evidence by what the market did before each day: whether the agents' mean return over `window` days was
        positive, or its root mean square below the average so far.
    window : int
    blend : float
        Weight of the evidence from days that began in today's state, from 0 to 1.
    top_p : float, optional
        Fund as few agents, at most ten, as hold that share of the chances to be among the five best.
    """

    name: str
    state: State | None = None
    window: int = 21
    blend: float = 0.0
    top_p: float | None = None


CORE = Idea("core")


@dataclass(frozen=True)
class Days:
    """Scaled returns and normal scores of every day."""

    x: FloatArray
    z: FloatArray

    @staticmethod
    def of(pools: Pools) -> Days:
        """From pools in which nobody arrives and everybody acts.

        Raises
        ------
        DataError
            Somebody arrives or abstains.
        """
        if pools.born.any() or not pools.acted.all():
            raise DataError(f"{pools.name}: expected pools in which nobody arrives and everybody acts")
        seeds, days, n = pools.returns.shape
        flat = pools.returns.transpose(1, 0, 2).reshape(days, seeds * n)
        scaled = at_target(flat, target_vol=0.10, periods_per_year=DAYS_PER_YEAR)
        x = np.ascontiguousarray(scaled.reshape(days, seeds, n).transpose(1, 0, 2))
        place = x.argsort(axis=2).argsort(axis=2)
        z = _core.normal_quantile((np.arange(n) + 0.5) / n)[place]
        return Days(x, np.where(x < _GUARD * TARGET, np.maximum(x / TARGET, _WORST), z))


def walk(days: Days, idea: Idea) -> FloatArray:
    """Weights (S, T, N): equal before day 63, then of the best keys, each day on the days before it."""
    seeds, length, n = days.x.shape
    weights = np.full((seeds, length, n), 1.0 / n)
    everything = _Evidence(seeds, n)
    by_state = [_Evidence(seeds, n) for _ in range(2)]
    states = None if idea.state is None else _states(days.x.mean(axis=2), idea)
    held: BoolArray = np.zeros((seeds, n), dtype=np.bool_)
    for t in range(length):
        if t >= FIRST:
            mean, sd = everything.posterior()
            if states is not None:
                mean, sd = _blended(mean, sd, by_state, states[:, t], idea.blend)
            held = _chosen(mean, sd, held, idea.top_p)
            weights[:, t] = held / np.maximum(held.sum(axis=1, keepdims=True), 1)
        everything.fold(days.z[:, t], np.ones((seeds, 1)))
        if states is not None:
            for state, evidence in enumerate(by_state):
                evidence.fold(days.z[:, t], (states[:, t] == state)[:, None].astype(np.float64))
    return weights


def sharpes(days: Days, weights: FloatArray) -> FloatArray:
    """(S,) annual Sharpe ratios from day 63 on, net of 5 bp of what changes hands."""
    moves = np.abs(np.diff(weights, axis=1, prepend=0.0)).sum(axis=2)
    net = ((weights * days.x).sum(axis=2) - COST * moves)[:, FIRST:]
    ratio: FloatArray = net.mean(axis=1) / net.std(axis=1) * DAYS_PER_YEAR**0.5
    return ratio


class _Evidence:
    """Decayed sums of z, z squared, weight and squared weight, and the posterior they give."""

    def __init__(self, seeds: int, n: int) -> None:
        self.total, self.square = np.zeros((2, seeds, n))
        self.w, self.w2 = np.zeros((2, seeds, 1))
        self._keep = 0.5 ** (1.0 / HALF_LIFE)

    def fold(self, z: FloatArray, counts: FloatArray) -> None:
        """A day; `counts` (S, 1) is 0 where it adds nothing and only makes older days older."""
        self.total = self._keep * self.total + counts * z
        self.square = self._keep * self.square + counts * z * z
        self.w = self._keep * self.w + counts
        self.w2 = self._keep**2 * self.w2 + counts

    def posterior(self) -> tuple[FloatArray, FloatArray]:
        """Mean and deviation (S, N), shrunken towards the mean of all by empirical Bayes."""
        w = np.maximum(self.w, 1e-12)
        mean = self.total / w
        score = mean / np.sqrt(np.maximum(self.square / w - mean**2, 1e-12))
        noise = self.w2 / w**2
        centre = score.mean(axis=1, keepdims=True)
        prior = np.maximum(1e-6, score.var(axis=1, ddof=1, keepdims=True) - noise)
        keep = prior / (prior + noise)
        return centre + keep * (score - centre), np.sqrt(keep * noise) * np.ones_like(score)


def _states(market: FloatArray, idea: Idea) -> IntArray:
    """(S, T) 0 or 1, each known before its day."""
    sums = np.concatenate(
        [np.zeros((len(market), 1)), np.cumsum(_SUMMED[idea.state or "market"](market), axis=1)], axis=1
    )
    day = np.arange(market.shape[1])
    recent = sums[:, day] - sums[:, np.maximum(day - idea.window, 0)]
    usual = sums[:, day] / np.maximum(day, 1)
    good = recent > 0 if idea.state == "market" else recent / np.clip(day, 1, idea.window) < usual
    states: IntArray = good.astype(np.int64)
    return states


_SUMMED: dict[str, Callable[[FloatArray], FloatArray]] = {"market": lambda m: m, "calm": lambda m: m * m}


def _blended(
    mean: FloatArray, sd: FloatArray, by_state: list[_Evidence], state: IntArray, blend: float
) -> tuple[FloatArray, FloatArray]:
    """Posterior of all days mixed with that of the days in the present state, where there are enough of them."""
    found = [evidence.posterior() for evidence in by_state]
    now = (state == 1)[:, None]
    own_mean, own_sd = (np.where(now, found[1][part], found[0][part]) for part in range(2))
    share = blend * (np.where(now, by_state[1].w, by_state[0].w) >= _LEAST_STATE)
    return (1 - share) * mean + share * own_mean, (1 - share) * sd + share * own_sd


def _chosen(mean: FloatArray, sd: FloatArray, held: BoolArray, top_p: float | None) -> BoolArray:
    """Who is funded (S, N): the five best keys, or as many of the best as `top_p` asks for."""
    order = np.argsort(-(mean + HYSTERESIS * sd * held), axis=1, kind="stable")
    count = np.full((len(mean), 1), SLOTS)
    if top_p is not None:
        chance = np.take_along_axis(_among_best(mean, sd), order, axis=1).cumsum(axis=1)
        count = np.clip((chance < top_p * SLOTS).sum(axis=1, keepdims=True) + 1, 1, 2 * SLOTS)
    chosen = np.zeros(mean.shape, dtype=np.bool_)
    np.put_along_axis(chosen, order, np.arange(mean.shape[1]) < count, axis=1)
    return chosen


def _among_best(mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Chance of each agent to lie above the bar that five are expected to pass, found by bisection."""
    low, high = (mean - 8 * sd).min(axis=1), (mean + 8 * sd).max(axis=1)
    for _ in range(_HALVINGS):
        bar = (low + high) / 2
        more = _above(mean, sd, bar).sum(axis=1) > SLOTS
        low, high = np.where(more, bar, low), np.where(more, high, bar)
    return _above(mean, sd, (low + high) / 2)


def _above(mean: FloatArray, sd: FloatArray, bar: FloatArray) -> FloatArray:
    z = (mean - bar[:, None]) / np.maximum(sd, 1e-12)
    return _core.normal_cdf(np.ascontiguousarray(z.ravel())).reshape(z.shape)
