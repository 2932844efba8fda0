"""Fitted Q iteration on linear values: what a Q-network is to beat without being one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantrl.agents.dqn_statarb.config import LEAST_GAMMA, MOST_GAMMA
from quantrl.agents.dqn_statarb.explore import any_legal, best
from quantrl.envs import PairConfig, PairLayout
from quantrl.envs.pair import PairBatch
from quantrl.errors import DataError
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray

ENVS, DECISIONS = 64, 1024
RIDGE = 1.0
MOST_PASSES = 5_000
SETTLED = 1e-3
MOST_WEIGHT = 1e9


@dataclass(frozen=True)
class LinearQ:
    """Q(s, a) = w_a phi(s), phi as of `features`.

    Attributes
    ----------
    weights : (F, A) float64
    position : int
        Of the position in an observation.
    """

    weights: FloatArray
    position: int

    def act(self, obs: NDArray[np.float32]) -> IntArray:
        """(B,) the first of the best legal actions."""
        n_actions = self.weights.shape[1]
        return best(features(obs, n_actions, self.position) @ self.weights, obs[:, -n_actions:] > 0.5)


def features(obs: NDArray[np.float32], n_actions: int, position: int) -> FloatArray:
    """(B, D - A + 3): a constant, everything but the legality bits, z^2 and z times the position.

    Without the last two no future gain could be seen: what a position is worth later is their product.
    """
    shown = obs[:, : obs.shape[1] - n_actions].astype(np.float64)
    z = shown[:, 0]
    return np.column_stack([np.ones(len(shown)), shown, z * z, z * shown[:, position]])


def linear_q(pair: PairConfig, *, seed: int = 0) -> LinearQ:
    """Values fitted to transitions of random actions on paths of their own, or on the training part of a tape.

    Each pass regresses r + gamma max_a Q(s', a) on phi(s) by ridge, until the differences between actions move by less
    than `SETTLED` of the largest. Every row serves every action: what it would have earned and where it would have led is
    known, since no action moves the market, so that luck of the paths does not tell actions apart. The discount is the
    default of the networks.

    Parameters
    ----------
    pair : PairConfig
    seed : int
        Of the paths and the actions.

    Raises
    ------
    DataError
        Values that run away, as fitted Q iteration with linear values may.

    References
    ----------
    Ernst, Geurts and Wehenkel (2005), Tree-based batch mode reinforcement learning, JMLR 6.
    """
    known = _transitions(pair, seed)
    n_actions, position = pair.n_actions, PairLayout.of(pair).at("position")
    seen = features(known.before, n_actions, position)
    following = [features(after, n_actions, position) for after in known.after]
    legal = known.after[0][:, -n_actions:] > 0.5
    gamma = min(max(1.0 - pair.kappa_dt / 4.0, LEAST_GAMMA), MOST_GAMMA)
    solve = np.linalg.solve(seen.T @ seen + RIDGE * np.eye(seen.shape[1]), seen.T)
    weights = np.zeros((seen.shape[1], n_actions))
    for _ in range(MOST_PASSES):
        values = [np.where(legal, rows @ weights, -np.inf).max(axis=1) for rows in following]
        goals = known.rewards + gamma * known.goes_on[:, None] * np.stack(values, axis=1)
        found = solve @ goals
        moved, weights = _between(found - weights), found
        if not np.isfinite(weights).all() or np.abs(weights).max() > MOST_WEIGHT:
            raise DataError("linear_q: values run away")
        if moved <= SETTLED * _between(weights):
            break
    return LinearQ(weights, position)


def _between(weights: FloatArray) -> float:
    """Largest difference of an action's weight from the mean of all actions."""
    return float(np.abs(weights - weights.mean(axis=1, keepdims=True)).max())


@dataclass(frozen=True)
class _Transitions:
    """Rows, what each action would have earned (n, A), where it would have led, A of (n, D), and whether that goes on."""

    before: NDArray[np.float32]
    rewards: FloatArray
    after: list[NDArray[np.float32]]
    goes_on: NDArray[np.bool_]


def _transitions(pair: PairConfig, seed: int) -> _Transitions:
    own = int(generator(seed, 7, "check").integers(2**62))
    config = pair.replace(segment="train", counterfactual=True)
    batch = PairBatch(config, n_envs=ENVS, seed=own, threads=1)
    obs, held = batch.reset().copy(), batch.layout.own
    before, rewards, goes_on = [], [], []
    after: list[list[NDArray[np.float32]]] = [[] for _ in range(pair.n_actions)]
    for k in range(DECISIONS):
        legal = obs[:, batch.layout.legal] > 0.5
        step = batch.step(any_legal(legal, generator(own, 8, "control", draw=k)))
        assert step.all_rewards is not None
        assert step.all_own is not None
        before.append(obs)
        rewards.append(step.all_rewards.astype(np.float64))
        goes_on.append(step.terminated == 0)
        shown = step.obs.copy()
        shown[step.indices] = step.last_obs
        for action, rows in enumerate(after):
            led = shown.copy()
            led[:, held] = step.all_own[:, action]
            rows.append(led)
        obs = step.obs.copy()
    return _Transitions(
        np.concatenate(before),
        np.concatenate(rewards),
        [np.concatenate(rows) for rows in after],
        np.concatenate(goes_on),
    )
