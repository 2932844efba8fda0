"""Controls and further rules on recorded books, as traces."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from quantrl.agents.dqn_statarb.baselines import Switching
from quantrl.agents.dqn_statarb.controls import elsewhere, market_columns, static
from quantrl.agents.dqn_statarb.linear import linear_q
from quantrl.agents.dqn_statarb.policy import PairPolicy
from quantrl.agents.dqn_statarb.replay.rules import rule_choose
from quantrl.agents.dqn_statarb.replay.trace import WHOLE, Trace, by, trace
from quantrl.agents.dqn_statarb.value import endless
from quantrl.envs import PairConfig
from quantrl.envs.pair.recorded import tape_of
from quantrl.errors import DataError


def controls(
    deployed: PairPolicy, switching: Switching, pair: PairConfig, *, segment: str, n_envs: int, seed: int
) -> dict[str, Trace]:
    """``static``, the policy's commonest action, and ``shuffled``, the policy shown other blocks of the market."""
    part = endless(pair, WHOLE).replace(segment=segment)
    rows = sum(stop - start - 1 for start, stop in tape_of(part).runs(part.shares))
    columns = market_columns(part, rows, n_envs=n_envs, seed=seed)
    how: dict[str, Any] = {"segment": segment, "n_envs": n_envs, "seed": seed}
    return {
        "static": trace(rule_choose(static(switching, pair)), pair, **how),
        "shuffled": trace(by(elsewhere(deployed.act, columns, seed)), pair, **how),
    }


def beside(pair: PairConfig, *, segment: str, n_envs: int, seed: int) -> dict[str, Trace]:
    """``buy_hold``, the first leg alone, and ``linear_q``, fitted on the training part; without it where its values run
    away or orders rest, whose outcomes are known of the chosen action alone."""
    found = {"buy_hold": buy_hold(pair, segment=segment, n_envs=n_envs)}
    if pair.styles == 1:
        with suppress(DataError):
            found["linear_q"] = trace(by(linear_q(pair).act), pair, segment=segment, n_envs=n_envs, seed=seed)
    return found


def buy_hold(pair: PairConfig, *, segment: str, n_envs: int) -> Trace:
    """The notional of the first leg, bought at the ask of each session's first decision, fee included, and marked at mid."""
    config = endless(pair, WHOLE).replace(segment=segment)
    tape = tape_of(config)
    quotes = tape.rows()["quotes"].astype(np.float64)
    gains, costs, turnover = [], [], 0.0
    for start, stop in tape.runs(config.shares):
        bid, ask = quotes[start:stop, 0].T
        mid = 0.5 * (bid + ask)
        net = np.diff(mid) / mid[0] / pair.s
        paid = np.zeros_like(net)
        paid[0] = ((ask[0] - mid[0]) + 1e-4 * pair.fee_bps[0] * ask[0]) / mid[0] / pair.s
        gains.append(net - paid)
        costs.append(paid)
        turnover += 0.5
    net, cost = np.concatenate(gains), np.concatenate(costs)
    return Trace(net, cost, np.full(n_envs, net.sum()), turnover, 0.0, 0.0, 0.0, len(gains) / len(net))
