"""Every rule of the lab on the rows a contest recorded: paper books, without netting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantrl import metrics
from quantrl.selection.lab._pools import Pools
from quantrl.selection.lab._protocol import Outcome, run
from quantrl.selection.lab._rules import EQUAL, HINDSIGHT, RULES
from quantrl.selection.lab.real.skill import number
from quantrl.selection.lab.real.window import WARM_UP
from quantrl.typing import FloatArray, JsonObject

if TYPE_CHECKING:
    from quantrl.selection._result import ContestResult

DELAY = 2
"""A row is filled a bar after its decision and known a bar later still."""
DRAWS, BLOCK = 2_000, 10.0


def on_paper(result: ContestResult) -> list[JsonObject]:
    """Net Sharpe ratio of each rule and its distance to equal weight, with a paired interval.

    An agent's rows carry its own costs; 5 bp more of every fraction of capital that moves between agents.
    """
    rules = [rule for name, rule in RULES.items() if name != HINDSIGHT]
    found = run(as_pools(result), rules, delay=DELAY, threads=result.threads)
    annual = result.accounts.periods_per_year
    equal = found[[rule.name for rule in rules].index(EQUAL)]
    return [_row(rule.name, one, equal, annual, result.seed) for rule, one in zip(rules, found, strict=True)]


def as_pools(result: ContestResult) -> Pools:
    """The ledger's rows as one pool of agents whose skill is not known."""
    rows = result.ledger.as_of(int(result.time[-1])).rows
    count = len(result.labels)
    net = (rows["gross"] - rows["cost"]).reshape(1, -1, count)
    acted = rows["acted"].reshape(1, -1, count)
    return Pools(
        result.panel.name, net, acted.astype(np.uint8), np.zeros(net.shape), np.zeros(net.shape, np.uint8)
    )


def _row(name: str, made: Outcome, equal: Outcome, annual: float, seed: int) -> JsonObject:
    own, other = (_counted(one) for one in (made, equal))
    gap = metrics.sharpe_difference(
        own, other, periods_per_year=annual, draws=DRAWS, block=BLOCK, seed=seed, alternative="two_sided"
    )
    return {
        "rule": name,
        "sharpe": number(metrics.sharpe(own, periods_per_year=annual).value),
        "turnover": float(made.turnover[0]),
        "gap": None if name == EQUAL else number(gap.value),
        "low": None if name == EQUAL else number(gap.low),
        "high": None if name == EQUAL else number(gap.high),
    }


def _counted(made: Outcome) -> FloatArray:
    return np.ascontiguousarray(made.daily[0, WARM_UP:])
