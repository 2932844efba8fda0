"""Measures of return series and how sure they are. Undefined is NaN with a reason, never infinity.

Names are imported when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.metrics._measure import MEASURES, REASONS, Measure
    from quantrl.metrics.drawdown import (
        Drawdown,
        drawdown_series,
        max_drawdown,
        max_duration,
        ulcer_index,
        worst_drawdowns,
    )
    from quantrl.metrics.effective import effective_number
    from quantrl.metrics.inference import (
        SharpeMoments,
        deflated_sharpe,
        expected_max_z,
        kendall_tau,
        min_backtest_length,
        min_track_record,
        probabilistic_sharpe,
        sharpe_standard_error,
    )
    from quantrl.metrics.measure_table import MeasureTable, table
    from quantrl.metrics.multiple import false_discovery, holm, null_probability, null_share
    from quantrl.metrics.overfitting import Overfitting, pbo, pbo_of_sums
    from quantrl.metrics.pooling import Pooled, iqm, probability_of_improvement
    from quantrl.metrics.ratios import calmar, omega, sharpe, sortino
    from quantrl.metrics.resampling import SharpeDifference, intervals, optimal_block, sharpe_difference
    from quantrl.metrics.returns import cagr, monthly_returns, total_return, volatility
    from quantrl.metrics.shrinkage import cusum, eb_shrink
    from quantrl.metrics.superior import Superiority, log_evidence, superiority
    from quantrl.metrics.tails import expected_shortfall, kurtosis, skewness, tail_ratio, value_at_risk

_HOME = {
    "_measure": ("MEASURES", "Measure", "REASONS"),
    "drawdown": (
        "Drawdown",
        "drawdown_series",
        "max_drawdown",
        "max_duration",
        "ulcer_index",
        "worst_drawdowns",
    ),
    "effective": ("effective_number",),
    "inference": (
        "SharpeMoments",
        "deflated_sharpe",
        "expected_max_z",
        "kendall_tau",
        "min_backtest_length",
        "min_track_record",
        "probabilistic_sharpe",
        "sharpe_standard_error",
    ),
    "measure_table": ("MeasureTable", "table"),
    "multiple": ("false_discovery", "holm", "null_probability", "null_share"),
    "overfitting": ("Overfitting", "pbo", "pbo_of_sums"),
    "pooling": ("Pooled", "iqm", "probability_of_improvement"),
    "ratios": ("calmar", "omega", "sharpe", "sortino"),
    "resampling": ("SharpeDifference", "intervals", "optimal_block", "sharpe_difference"),
    "returns": ("cagr", "monthly_returns", "total_return", "volatility"),
    "shrinkage": ("cusum", "eb_shrink"),
    "superior": ("Superiority", "log_evidence", "superiority"),
    "tails": ("expected_shortfall", "kurtosis", "skewness", "tail_ratio", "value_at_risk"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "MEASURES",
    "REASONS",
    "Drawdown",
    "Measure",
    "MeasureTable",
    "Overfitting",
    "Pooled",
    "SharpeDifference",
    "SharpeMoments",
    "Superiority",
    "cagr",
    "calmar",
    "cusum",
    "deflated_sharpe",
    "drawdown_series",
    "eb_shrink",
    "effective_number",
    "expected_max_z",
    "expected_shortfall",
    "false_discovery",
    "holm",
    "intervals",
    "iqm",
    "kendall_tau",
    "kurtosis",
    "log_evidence",
    "max_drawdown",
    "max_duration",
    "min_backtest_length",
    "min_track_record",
    "monthly_returns",
    "null_probability",
    "null_share",
    "omega",
    "optimal_block",
    "pbo",
    "pbo_of_sums",
    "probabilistic_sharpe",
    "probability_of_improvement",
    "sharpe",
    "sharpe_difference",
    "sharpe_standard_error",
    "skewness",
    "sortino",
    "superiority",
    "table",
    "tail_ratio",
    "total_return",
    "ulcer_index",
    "value_at_risk",
    "volatility",
    "worst_drawdowns",
]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(importlib.import_module(f"quantrl.metrics.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'quantrl.metrics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
