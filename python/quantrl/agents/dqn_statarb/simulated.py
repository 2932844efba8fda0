"""Policies in simulated worlds: conditional means beside the optimum, rules and luck, all on the same paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from quantrl import metrics
from quantrl.agents.dqn_statarb.baselines import (
    Rule,
    Switching,
    control,
    random_matched,
    rule_worth,
    rules,
)
from quantrl.agents.dqn_statarb.controls import buy_hold_worth, shuffled_worth, static_worth
from quantrl.agents.dqn_statarb.linear import linear_q
from quantrl.agents.dqn_statarb.policy import PairPolicy
from quantrl.agents.dqn_statarb.truth import ou_optimum
from quantrl.agents.dqn_statarb.value import Control, Worth, worth
from quantrl.envs import PairConfig
from quantrl.errors import DataError


def judged(
    policies: Mapping[int, PairPolicy],
    deployed: PairPolicy | None,
    pair: PairConfig,
    *,
    n_envs: int,
    decisions: int,
    seed: int,
    told: Callable[[str], None],
) -> dict[str, Any]:
    """``optimum seeds deployed baselines ratio`` of `EvalReport`.

    Parameters
    ----------
    policies : mapping of int to PairPolicy
        By seed.
    deployed : PairPolicy, optional
        The mean of all.
    pair : PairConfig
    n_envs, decisions, seed : int
        Paths, counted decisions on each, and where they come from.
    told : callable
        Called before each policy, and before the baselines.
    """
    how: dict[str, Any] = {"n_envs": n_envs, "decisions": decisions, "seed": seed}
    beside = control(pair, **how)
    seeds = []
    for number, policy in policies.items():
        told(f"seed {number}")
        seeds.append({"seed": number, **_row(worth(policy.act, pair, **how), pair, beside)})
    told("baselines")
    own, others = _beside(deployed, pair, beside, how)
    return {
        "optimum": _optimum(pair),
        "seeds": seeds,
        "deployed": own,
        "baselines": others,
        "ratio": _pooled([row["ratio"] for row in seeds if row["ratio"] is not None]),
    }


def _beside(
    deployed: PairPolicy | None, pair: PairConfig, beside: Control | None, how: dict[str, Any]
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The mean of all seeds, and every baseline on the same paths."""
    mine, found = None, dict[str, Worth]()
    if deployed is not None:
        switching = Switching(pair.n_actions)
        mine = worth(deployed.act, pair, **how, observe=switching)
        found["random_matched"] = random_matched(
            switching, pair, decisions=how["decisions"], seed=how["seed"]
        )
        found["static"] = static_worth(switching, pair, **how)
        found["shuffled"] = shuffled_worth(deployed.act, pair, **how)
    native = rules(pair)
    found |= {name: rule_worth(rule, pair, **how) for name, rule in native.items()}
    found["buy_hold"] = buy_hold_worth(pair, **how)
    with suppress(DataError):  # linear values may run away; then there is no such row
        found["linear_q"] = worth(linear_q(pair).act, pair, **how)
    others = [
        {
            "name": name,
            **(_numbers(native[name]) if name in native else {}),
            **_row(other, pair, None if name == "random_matched" else beside),
            **({} if mine is None else {"difference": _less(mine, other, pair)}),
        }
        for name, other in found.items()
    ]
    return None if mine is None else _row(mine, pair, beside), others


def _numbers(rule: Rule) -> dict[str, Any]:
    return {"rule": rule.name, "numbers": [x if x < float("inf") else None for x in rule.numbers]}


def _less(own: Worth, other: Worth, pair: PairConfig) -> dict[str, float]:
    """Own less other on the paths that both met, in the unit of a value, with its 95 % interval."""
    unit, n = pair.kappa_dt or 1.0, min(len(own.per_env), len(other.per_env))
    gap = (own.per_env[:n] - other.per_env[:n]) / unit
    value, half = float(gap.mean()), 1.96 * float(gap.std(ddof=1)) / n**0.5
    return {"value": value, "low": value - half, "high": value + half}


def _row(found: Worth, pair: PairConfig, beside: Control | None) -> dict[str, Any]:
    """Per kappa s, or per s where nothing reverts; corrected by what the optimal rule met on the same spreads."""
    unit = pair.kappa_dt or 1.0
    best = _optimum(pair)
    mean, se = (found.expected, found.se) if beside is None else beside.corrected(found)
    value = mean / unit
    return {
        "value": value,
        "se": se / unit,
        "raw": found.expected / unit,
        "earned": found.earned / unit,
        "cost": found.cost / unit,
        "ratio": value / best["value"] if best else None,
        "turnover": found.turnover,
        "traded": found.traded if found.traded == found.traded else None,
    }


def _optimum(pair: PairConfig) -> dict[str, float] | None:
    if pair.kappa_dt == 0:
        return None
    best = ou_optimum(pair.kappa_dt, pair.cost)
    return {"value": best.value, "threshold": best.threshold}


def _pooled(ratios: Sequence[float]) -> dict[str, Any] | None:
    if not ratios:
        return None
    found = metrics.iqm(ratios)
    return {"iqm": found.value, "low": found.low, "high": found.high, "worst": min(ratios), "n": len(ratios)}
