"""The policies of a run on the test part of recorded books, beside rules and luck on the same part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from quantrl.agents.dqn_statarb.baselines import DRAWS, Switching, chain
from quantrl.agents.dqn_statarb.policy import PairPolicy
from quantrl.agents.dqn_statarb.replay.controls import beside, controls
from quantrl.agents.dqn_statarb.replay.judge import Judge
from quantrl.agents.dqn_statarb.replay.rules import best_rules, fitted, recorded_rules, rule_choose
from quantrl.agents.dqn_statarb.replay.trace import Trace, by, trace
from quantrl.envs import PairConfig

Told = Callable[[str], None]


def judged(
    policies: Mapping[int, PairPolicy],
    deployed: PairPolicy | None,
    pair: PairConfig,
    *,
    n_envs: int,
    seed: int,
    told: Told,
) -> dict[str, Any]:
    """Rows of seeds, of all of them deciding together and of every baseline, and paired differences from each baseline.

    ``random_matched`` switches as often as the policy and sees nothing; its row is the mean of `DRAWS` draws, and
    ``beaten_by`` the share of them that earned at least what the policy did.
    """
    how: dict[str, Any] = {"segment": "test", "n_envs": n_envs, "seed": seed}
    seeds: dict[int, Trace] = {}
    for number, policy in policies.items():
        told(f"seed {number}")
        seeds[number] = trace(by(policy.act), pair, **how)
    told("baselines")
    fit = fitted(pair)
    rules = recorded_rules(fit)
    if pair.venue == "flow":
        rules = {**best_rules(pair, fit, **how), **rules}
    others = {name: trace(rule_choose(rule), pair, **how) for name, rule in rules.items()}
    own = None
    if deployed is not None:
        switching = Switching(pair.n_actions)
        own = trace(by(deployed.act), pair, **how, observe=switching)
        luck = {**how, "n_envs": DRAWS}
        others = {"random_matched": trace(by(chain(switching, seed)), pair, **luck), **others}
        others |= controls(deployed, switching, pair, **how)
    others |= beside(pair, **how)
    named = {**{f"seed {n}": found for n, found in seeds.items()}, **others}
    judge = Judge.of(named if own is None else {**named, "deployed": own}, pair.dt, seed=seed)
    return {
        "hours": judge.hours,
        "decisions": len(next(iter(named.values())).net),
        "block": judge.block,
        "fit": {"kappa_dt": fit.kappa_dt, "sd": fit.sd, "cost": fit.cost, "decisions": fit.decisions},
        "seeds": [{"seed": n, **judge.row(found)} for n, found in seeds.items()],
        "deployed": None if own is None else judge.row(own),
        "baselines": [
            {
                "name": name,
                **(
                    {"numbers": _shown(rules[name].numbers), "rule": rules[name].name}
                    if name in rules
                    else {}
                ),
                **judge.row(found),
                **({} if own is None else {"difference": judge.difference(own, found)}),
            }
            for name, found in others.items()
        ],
        "beaten_by": None
        if own is None
        else float(np.mean(others["random_matched"].finals >= own.finals.mean())),
    }


def _shown(numbers: tuple[float, ...]) -> list[float | None]:
    return [x if x < float("inf") else None for x in numbers]
