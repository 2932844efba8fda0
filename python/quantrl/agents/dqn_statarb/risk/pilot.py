"""A rule without learning that says what range of P&L a session may have, before anything is trained."""

from __future__ import annotations

import math

from quantrl.agents.dqn_statarb.baselines import BANDS, Rule, rules
from quantrl.agents.dqn_statarb.risk.sessions import by_rule, sessions
from quantrl.agents.dqn_statarb.risk.stock import first_stocks, stock_unit
from quantrl.envs import PairConfig
from quantrl.rng import generator

SESSIONS = 256
RECORDED_SESSIONS = 32


def with_first_stocks(pair: PairConfig, *, seed: int = 0) -> PairConfig:
    """The pair with the first stocks that its pilot's sessions span, and a unit in which they are shown.

    The pilot turns at the threshold of theory for a spread that was fitted on paths of their own, or on the training part
    of a tape; where nothing reverts, or where turning never pays, it trades bands.

    Parameters
    ----------
    pair : PairConfig
        Of objective ``cvar``.
    seed : int
        Of the paths.
    """
    recorded = pair.has_tape
    found = sessions(
        by_rule(_pilot(pair, seed)),
        pair,
        [0.0],
        n=RECORDED_SESSIONS if recorded else SESSIONS,
        seed=int(generator(seed, 6, "check").integers(2**62)),
        segment="train" if recorded else None,
    )
    first = first_stocks(found)
    return pair.replace(stock=(float(first[0]), float(first[-1])), stock_unit=stock_unit(first))


def _pilot(pair: PairConfig, seed: int) -> Rule:
    if pair.has_tape:
        from quantrl.agents.dqn_statarb.replay.rules import fitted

        threshold = fitted(pair).threshold
        return Rule("threshold", (threshold,)) if math.isfinite(threshold) else BANDS["gatev"]
    return rules(pair, seed=seed).get("ou_optimal", BANDS["gatev"])
