"""What a page says of the one account it is about: measures, trades, costs, orders, luck and who earned what."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl import metrics
from quantrl.backtest.attribution import attribution
from quantrl.errors import DataError
from quantrl.typing import JsonObject

if TYPE_CHECKING:
    from quantrl.backtest.result import Result
    from quantrl.metrics import Measure

ENOUGH_TRIALS = 10
"""Sharpe ratios from which the spread of trials is taken from them and not from luck alone."""


def particulars(name: str, result: Result, *, trials: int | None, sharpes: Sequence[float]) -> JsonObject:
    """As plain values, NaN where undefined.

    Parameters
    ----------
    name : str
        Of the account.
    result : Result
    trials : int, optional
        Configurations tried on these data.
    sharpes : sequence of float
        Their annualised Sharpe ratios, as far as known.
    """
    measures = result.measures
    own = attribution(result).sort("net", descending=True, maintain_order=True)
    return {
        "name": name,
        "measures": {key: _plain(measure) for key, measure in measures.items()},
        "trades": {key: _plain(measure) for key, measure in result.trade_measures.items()},
        "open_trades": int(result.trades["open"].sum()),
        "attribution": own.to_dicts(),
        "earned": float(result.equity[-1] - result.settings.initial_cash),
        "carry": float(result.interest.sum() - result.short_fees.sum()),
        **_costs(result),
        "orders": _orders(result),
        "luck": _luck(result, trials, sharpes),
    }


def _costs(result: Result) -> JsonObject:
    """The curve and what breaks even; nothing where trading is free."""
    if result.settings.costs.is_zero:
        return {"cost_curve": [], "breakeven": None}
    even = result.breakeven()
    return {
        "cost_curve": result.cost_curve().to_dicts(),
        "breakeven": {"multiplier": even.multiplier, "bps": even.bps, "reason": even.reason},
    }


def _orders(result: Result) -> JsonObject:
    decided = result.scale[np.isfinite(result.scale)]
    counts = result.drops["reason"].value_counts(sort=True).rows()
    return {
        "decisions": len(decided),
        "fills": result.fills.height,
        "scaled": int((decided < 1.0 - 1e-9).sum()),
        "lowest_scale": float(decided.min()) if decided.size else None,
        "pending": int((~np.isnan(result.pending)).sum()),
        "drops": [{"reason": reason, "count": count} for reason, count in counts],
    }


def _luck(result: Result, trials: int | None, sharpes: Sequence[float]) -> JsonObject:
    """PSR, MinTRL and DSR; `spread` says where the standard deviation of the trials is from."""
    returns, annual = result.returns, result.bars.periods_per_year
    known = [sharpe for sharpe in sharpes if not math.isnan(sharpe)]
    if len(known) >= ENOUGH_TRIALS:
        sd, spread = float(np.std(known, ddof=1) / np.sqrt(annual)), "trials"
    else:
        sd, spread = 1.0 / math.sqrt(max(len(returns) - 1, 1)), "luck"
    found: dict[str, Any] = {"trials": trials, "sd_trials": sd, "spread": spread, "known": len(known)}
    made: dict[str, Callable[[], Measure]] = {
        "psr": lambda: metrics.Measure(metrics.probabilistic_sharpe(returns)),
        "dsr": lambda: metrics.Measure(metrics.deflated_sharpe(returns, trials=trials or 1, sd_trials=sd)),
        "min_track_record": lambda: metrics.min_track_record(returns),
    }
    for key, make in made.items():
        try:
            found[key] = _plain(make())
        except DataError:
            found[key] = {"value": math.nan, "reason": result.measures["sharpe"].reason}
    return found


def _plain(measure: Measure) -> JsonObject:
    return {"value": measure.value, "reason": measure.reason}
