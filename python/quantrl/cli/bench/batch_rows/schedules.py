"""P3: K schedules of weights in one call, beside a call each."""

from __future__ import annotations

import numpy as np

from quantrl.backtest import Costs, run_weights
from quantrl.cli.bench import rebalance
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.typing import FloatArray

COUNT = 32
P1_MS = 5.0
TWO, ONE, EACH = "one call, two threads", "one call, one thread", "a call each"


def case(size: str) -> RateCase:
    """Accounts a second; 1.7 times a call each on two effective cores, and 32 times P1 on one thread, are the goals."""
    data = rebalance.inputs(size)
    schedules = [np.roll(data.weights, k, axis=1) for k in range(COUNT)]
    bars, names = data.close.shape
    full_bars, full_names = rebalance.SIZES["full"]
    costs = Costs(bps=rebalance.BPS)

    def run(weights: list[FloatArray], threads: int) -> FloatArray:
        results = run_weights(
            data.close,
            weights,
            fill="close",
            sizing="pre_cost",
            costs=costs,
            initial_cash=rebalance.INITIAL_CASH,
            threads=threads,
            periods_per_year=252.0,
        )
        return np.stack([result.equity for result in results])

    def each() -> FloatArray:
        return np.concatenate([run([weights], 1) for weights in schedules])

    size_of_full = full_bars * full_names / (bars * names)
    return RateCase(
        "P3b",
        f"{COUNT} schedules of weights, each {names} x {bars:,}, gross {rebalance.GROSS}, pre_cost",
        "accounts",
        (
            Contender(TWO, lambda: run(schedules, 2), COUNT),
            Contender(ONE, lambda: run(schedules, 1), COUNT),
            Contender(EACH, each, COUNT),
        ),
        (Goal(TWO, 1.7, EACH), Goal(ONE, 1e3 / P1_MS * size_of_full)),
        (
            Check("rows, two threads", lambda: run(schedules, 2), each, 0.0),
            Check("rows, one thread", lambda: run(schedules, 1), each, 0.0),
        ),
        sha256=data.sha256,
        notes=(f"the second goal is {COUNT} times {P1_MS:g} ms for {full_names} x {full_bars:,}",),
    )
