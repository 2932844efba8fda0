"""What whole sessions of policies and rules earn and lose, on the same paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from quantrl.agents.dqn_statarb.baselines import Rule, rules
from quantrl.agents.dqn_statarb.policy import PairPolicy
from quantrl.agents.dqn_statarb.risk.sessions import RECORDED_ENVS, Choose, by, by_rule, recorded, sessions
from quantrl.agents.dqn_statarb.risk.stock import TAIL, cvar
from quantrl.envs import PairConfig
from quantrl.typing import FloatArray

SESSIONS = 1024


def count(pair: PairConfig) -> tuple[int, int]:
    """Sessions that are judged, of a tape those its test part has, and draws of latencies for each."""
    return (recorded(pair, "test"), RECORDED_ENVS) if pair.has_tape else (SESSIONS, 1)


def judged(
    policies: Mapping[int, PairPolicy],
    whole: PairPolicy | None,
    pair: PairConfig,
    *,
    n: int,
    draws: int,
    seed: int,
    told: Callable[[str], None],
) -> dict[str, Any]:
    """Rows of every seed, of the mean of their values, and of every rule, each with its difference from that mean.

    Parameters
    ----------
    policies : mapping
        By training seed, each from its own first stock.
    whole : PairPolicy, optional
        The mean.
    pair : PairConfig
        Of objective ``cvar``; recorded sessions are those of the test part.
    n, draws, seed : int
        Sessions, how often each is met, and the seed of their paths.
    told : callable
        Called with a note before each.

    Returns
    -------
    dict
        ``seeds``, ``deployed`` and ``baselines``: mean, sd, tail (conditional value at risk), quantile, each in U a session,
        with standard errors over sessions, those of a tape once, whatever their latencies; ``against`` of a baseline:
        deployed less baseline, mean and tail.
    """

    segment = "test" if pair.has_tape else None

    def met(choose: Choose, first: float) -> FloatArray:
        found: FloatArray = sessions(choose, pair, [first], n=n * draws, seed=seed, segment=segment)[0]
        return found

    rows = []
    for number, policy in policies.items():
        told(f"seed {number}")
        rows.append({"seed": number, **_policy_row(policy, met, draws)})
    told("baselines")
    own = None if whole is None else met(by(whole.act), first_of(whole))
    others = []
    for name, rule in _rules(pair).items():
        pnl = met(by_rule(rule), 0.0)
        against = None if own is None else difference(own, pnl, draws)
        others.append({"name": name, **row(pnl, draws), "against": against})
    return {
        "seeds": rows,
        "deployed": None if own is None or whole is None else {"start": first_of(whole), **row(own, draws)},
        "baselines": others,
    }


def _rules(pair: PairConfig) -> dict[str, Rule]:
    if pair.has_tape:
        from quantrl.agents.dqn_statarb.replay.rules import fitted, recorded_rules

        return recorded_rules(fitted(pair))
    return rules(pair)


def first_of(policy: PairPolicy) -> float:
    """First stock a policy is deployed with, U; 0 of one that reads none."""
    return policy.first_stock or 0.0


def _policy_row(
    policy: PairPolicy, met: Callable[[Choose, float], FloatArray], draws: int
) -> dict[str, float | None]:
    first = first_of(policy)
    return {"start": first, **row(met(by(policy.act), first), draws)}


def row(pnl: FloatArray, draws: int = 1) -> dict[str, float | None]:
    """Mean, spread and tail of sessions, of which `draws` after each other are one session's."""
    return {
        "mean": float(pnl.mean()),
        "se": _error(pnl, draws),
        "sd": float(pnl.std(ddof=1)),
        "quantile": float(np.quantile(pnl, TAIL)),
        "tail": cvar(pnl),
        "tail_se": _error(_beyond(pnl), draws),
    }


def difference(own: FloatArray, other: FloatArray, draws: int = 1) -> dict[str, float | None]:
    """Own less other on the same paths, in mean and tail, with standard errors of the differences."""
    gap = own - other
    return {
        "mean": float(gap.mean()),
        "se": _error(gap, draws),
        "tail": cvar(own) - cvar(other),
        "tail_se": _error(_beyond(own) - _beyond(other), draws),
    }


def _error(values: FloatArray, draws: int) -> float | None:
    """Standard error of the mean over sessions; none of one alone."""
    each = values.reshape(-1, draws).mean(axis=1)
    return float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else None


def _beyond(pnl: FloatArray) -> FloatArray:
    """What each session adds to the tail: min(G - q, 0) / tau, the influence of a session on it but for a constant."""
    return np.minimum(pnl - np.quantile(pnl, TAIL), 0.0) / TAIL
