"""Rules without learning on the paths a policy is judged on: what there is to beat, and what luck alone would do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.agents.dqn_statarb.autoregression import unbiased
from quantrl.agents.dqn_statarb.truth import ou_rule
from quantrl.agents.dqn_statarb.value import Act, Control, Worth, burn_in, endless, worth
from quantrl.envs import PairConfig
from quantrl.envs.pair import PairBatch
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray

FIT_ENVS, FIT_DECISIONS = 16, 4096
DRAWS = 200


@dataclass(frozen=True)
class Rule:
    """A native rule: its name and numbers for ``PairBatch.run_rule``."""

    name: str
    numbers: tuple[float, ...]


BANDS = {
    "gatev": Rule("band", (2.0, 0.0, math.inf)),
    "z_rule": Rule("band", (1.8, 0.4, 900.0)),
    "hold_spread": Rule("constant", (1.0,)),
    "flat": Rule("constant", (0.0,)),
}
"""Rules that need no fit."""


def rules(pair: PairConfig, *, seed: int = 0) -> dict[str, Rule]:
    """Every rule by the name it is reported under.

    ``gatev`` opens at 2 sd and closes at 0 (Gatev, Goetzmann and Rouwenhorst 2006, Pairs trading, Review of Financial
    Studies 19(3)); ``z_rule`` opens at 1.8, closes at 0.4 or after 900 decisions; ``ou_optimal`` turns at the threshold
    of `ou_shifted` for a spread fitted on paths of another seed.
    """
    found = dict(BANDS)
    if pair.kappa_dt > 0:
        kappa_dt, scale = fitted(pair, seed=seed)
        threshold = scale * _core.ou_shifted(pair.cost / scale, kappa_dt)
        found = {"ou_optimal": Rule("threshold", (threshold,)), **found}
    return found


def rule_worth(
    rule: Rule, pair: PairConfig, *, n_envs: int = 256, decisions: int = 4096, seed: int = 0
) -> Worth:
    """As `worth`, of a native rule; equal seeds meet equal paths."""
    burn = burn_in(pair)
    batch = PairBatch(endless(pair, burn + decisions), n_envs=n_envs, seed=seed, threads=1, mode="evaluate")
    batch.reset()
    batch.core.run_rule(rule.name, list(rule.numbers), burn)
    each: FloatArray = batch.core.run_rule(rule.name, list(rule.numbers), decisions) / decisions
    earned, expected, cost, turnover = each.mean(axis=0).tolist()
    return Worth(earned, expected, cost, turnover, math.nan, each[:, 1])


def control(pair: PairConfig, **how: int) -> Control | None:
    """The optimal rule in the exact world, whose spreads are those of the books; None where nothing reverts."""
    if pair.kappa_dt == 0:
        return None
    threshold = _core.ou_shifted(pair.cost, pair.kappa_dt)
    exact = pair.replace(venue="ou", execution=None, features="core", z="known", hedge="fixed")
    found = rule_worth(Rule("threshold", (threshold,)), exact, **how)
    known = ou_rule(pair.kappa_dt, pair.cost, threshold)
    return Control(found.per_env, pair.kappa_dt * known.value)


def fitted(pair: PairConfig, *, seed: int = 0) -> tuple[float, float]:
    """kappa dt and standard deviation (in s) of the spread, from paths of their own.

    AR(1) by least squares about the mean, `unbiased`.
    """
    own = int(generator(seed, 2, "check").integers(2**62))
    config = endless(pair, FIT_DECISIONS)
    batch = PairBatch(config, n_envs=FIT_ENVS, seed=own, threads=1, mode="evaluate")
    batch.reset()
    flat = np.full(FIT_ENVS, config.flat)
    spreads = np.empty((FIT_DECISIONS, FIT_ENVS))
    for row in spreads:
        batch.step(flat)
        row[:] = batch.core.truth()[:, 2]
    before, after = spreads[:-1], spreads[1:]
    before, after = before - before.mean(), after - after.mean()
    raw = float((before * after).sum() / (before**2).sum())
    phi = float(unbiased(raw, before.size))
    noise = float((after - raw * before).std())
    return -math.log(phi), noise / math.sqrt(1.0 - phi**2)


class Switching:
    """Counts how often an agent goes from each action to each other one."""

    def __init__(self, n_actions: int) -> None:
        self.counts = np.zeros((n_actions, n_actions))
        self._last: IntArray | None = None

    def __call__(self, obs: NDArray[np.float32], actions: IntArray) -> None:
        """Take the actions of one decision."""
        if self._last is not None:
            np.add.at(self.counts, (self._last, actions), 1.0)
        self._last = actions.copy()

    @property
    def rates(self) -> FloatArray:
        """(A, A) probabilities of the next action; an action never left stays."""
        totals = self.counts.sum(axis=1, keepdims=True)
        return np.where(totals > 0, self.counts / np.maximum(totals, 1.0), np.eye(len(self.counts)))

    @property
    def shares(self) -> FloatArray:
        """(A,) how often each action was taken."""
        return np.asarray(self.counts.sum(axis=1) / max(self.counts.sum(), 1.0))


def random_matched(switching: Switching, pair: PairConfig, *, decisions: int, seed: int) -> Worth:
    """A Markov chain with an agent's switching rates and nothing it saw: `DRAWS` of them, an environment each."""
    return worth(chain(switching, seed), pair, n_envs=DRAWS, decisions=decisions, seed=seed)


def chain(switching: Switching, seed: int) -> Act:
    """Actions of a Markov chain, the first as often as the agent took it."""
    first, steps = np.cumsum(switching.shares), np.cumsum(switching.rates, axis=1)
    state: dict[str, Any] = {"draw": 0}

    def act(obs: NDArray[np.float32]) -> IntArray:
        random = generator(seed, 3, "control", draw=state["draw"]).random(len(obs))[:, None]
        limits = steps[state["last"]] if "last" in state else first
        state["draw"] += 1
        state["last"] = np.minimum((random >= limits).sum(axis=1), len(first) - 1)
        chosen: IntArray = state["last"]
        return chosen

    return act
