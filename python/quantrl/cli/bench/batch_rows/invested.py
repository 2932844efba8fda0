"""P3: rebalance every bar with no cash left over and weights of the equity after costs, which a root must be found for."""

from __future__ import annotations

from quantrl.backtest import Costs, run_weights
from quantrl.cli.bench import rebalance
from quantrl.cli.bench.batch_rows.oracle import curve
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.typing import FloatArray

LIMIT_MS = 8.0
OURS = "quantrl"


def case(size: str) -> RateCase:
    """Bars a second; 8 ms for the full size is the goal on one thread."""
    data = rebalance.inputs(size)
    weights = data.weights / data.weights.sum(axis=1, keepdims=True)
    bars, names = data.close.shape
    full_bars, full_names = rebalance.SIZES["full"]

    def ours() -> FloatArray:
        result = run_weights(
            data.close,
            weights,
            fill="close",
            sizing="post_cost",
            costs=Costs(bps=rebalance.BPS),
            initial_cash=rebalance.INITIAL_CASH,
            threads=1,
            periods_per_year=252.0,
        )
        equity: FloatArray = result.equity
        return equity

    def theirs() -> FloatArray:
        return curve(data.close, weights, rebalance.BPS * 1e-4, rebalance.INITIAL_CASH)

    return RateCase(
        "P3a",
        f"rebalance every bar, {names} x {bars:,}, gross 1, {rebalance.BPS:g} bp, post_cost, fill close, one thread",
        "bars",
        (Contender(OURS, ours, bars),),
        (Goal(OURS, full_bars * 1e3 / LIMIT_MS * full_names / names),),
        (Check("equity, beside plain NumPy", ours, theirs, 1e-12),),
        sha256=data.sha256,
        notes=(f"the goal is {LIMIT_MS:g} ms for {full_names} x {full_bars:,}",),
    )
