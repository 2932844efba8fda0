"""Rules on given pools: what the published table does to pools it draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantrl import _core
from quantrl.errors import LookAheadError
from quantrl.selection.lab._pools import Pools
from quantrl.selection.lab._rules import LabRule
from quantrl.typing import FloatArray


@dataclass(frozen=True)
class Outcome:
    """One rule on S pools.

    Attributes
    ----------
    sharpe, precision, tau, turnover, drawdown : (S,) float64
        Annual Sharpe ratio of net returns from day 63 on; share of the held with skill and Kendall's tau-b of score
        and skill, each the mean over every 21st day, NaN where undefined; turnover a year without the first move;
        largest loss from a peak, a negative fraction.
    detection : (S, flipped) float64
        Days after the flip from which a flipped agent stays unheld; NaN if held at the end.
    daily : (S, days) float64
        Net returns.
    weights : (S, days, agents) float64 or None
        Where asked for.
    """

    sharpe: FloatArray
    precision: FloatArray
    tau: FloatArray
    turnover: FloatArray
    drawdown: FloatArray
    detection: FloatArray
    daily: FloatArray
    weights: FloatArray | None = None


def run(
    pools: Pools, rules: Sequence[LabRule], *, delay: int = 1, weights: bool = False, threads: int = 1
) -> list[Outcome]:
    """Walk every rule through every pool.

    Parameters
    ----------
    pools : Pools
    rules : sequence of LabRule
    delay : int
        Days until a row is known, at least 1.
    weights : bool
        Keep the weights.
    threads : int
        Results do not depend on it.

    Raises
    ------
    LookAheadError
        A delay below 1: the rule would know the row it is paid by.
    DataError
        A return that is not finite, or not 0 where an agent did not act.

    Notes
    -----
    1/N until day 63; then what the rule decides; 5 bp of what changes hands. Agents are scaled to 10 % a year by their
    last 63 rows. O(S rules days agents).
    """
    if delay < 1:
        raise LookAheadError(f"delay: expected at least 1, got {delay}: a row is known the day after it")
    return _run(pools, rules, delay=delay, weights=weights, threads=threads)


def _run(
    pools: Pools, rules: Sequence[LabRule], *, delay: int, weights: bool = False, threads: int = 1
) -> list[Outcome]:
    made = _core.lab_run(
        np.ascontiguousarray(pools.returns),
        np.ascontiguousarray(pools.acted),
        np.ascontiguousarray(pools.truth),
        np.ascontiguousarray(pools.born),
        [rule.core() for rule in rules],
        delay=delay,
        flip=pools.flip,
        weights=weights,
        threads=threads,
    )
    return [Outcome(**columns) for columns in made]
