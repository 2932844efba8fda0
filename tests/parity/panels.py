"""Random panels on which cash never binds, so that vectorbt's cash rule and ours mean the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantrl.backtest import Costs, Margin, Result, Terms, run_weights
from quantrl.typing import FloatArray

BARS, NAMES = 80, 7
CASH = 1e6


@dataclass(frozen=True)
class Case:
    """Prices, targets and what vectorbt is told of costs; `mine` is what we are told beside them."""

    close: FloatArray
    open: FloatArray
    weights: FloatArray
    costs: Costs
    fees: dict[str, float]
    fill: str = "close"
    mine: dict[str, Any] = field(default_factory=dict)

    def ours(self) -> Result:
        """The account here."""
        opens = {"open": self.open} if self.fill == "next_open" else {}
        return run_weights(
            self.close,
            self.weights,
            fill=self.fill,
            sizing="pre_cost",
            costs=self.costs,
            initial_cash=CASH,
            periods_per_year=252.0,
            **opens,
            **self.mine,
        )


def random_case(variant: str, seed: int) -> Case:
    """Case number `seed` of one of `VARIANTS`."""
    random = np.random.default_rng([seed, *variant.encode()])
    close = random.uniform(5.0, 500.0, NAMES) * np.exp(
        np.cumsum(random.normal(2e-4, 0.02, (BARS, NAMES)), axis=0)
    )
    open_ = close * np.exp(random.normal(0.0, 0.005, close.shape))
    weights = random.gamma(0.7, 1.0, close.shape) * (random.random(close.shape) > 0.2)
    weights *= random.uniform(0.3, 0.95, (BARS, 1)) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    bps = float(random.uniform(0.0, 50.0))
    costs, fees = Costs(bps=bps), {"fees": bps * 1e-4}
    made = {"close": close, "open": open_, "weights": weights, "costs": costs, "fees": fees}
    return VARIANTS[variant](made, random)


def _long(made: dict[str, Any], _: np.random.Generator) -> Case:
    return Case(**made)


def _long_short(made: dict[str, Any], random: np.random.Generator) -> Case:
    signs = random.choice([-1.0, 1.0], made["weights"].shape)
    gross = np.abs(made["weights"]).sum(axis=1, keepdims=True)
    made["weights"] = signs * made["weights"] * 0.9 / gross
    return Case(**made, mine={"terms": Terms(margin=Margin(max_gross=3.0, maintenance=0.0))})


def _slippage(made: dict[str, Any], random: np.random.Generator) -> Case:
    slippage = float(random.uniform(1.0, 40.0))
    made["costs"] = Costs(bps=made["fees"]["fees"] * 1e4, slippage_bps=slippage)
    made["fees"]["slippage"] = slippage * 1e-4
    return Case(**made)


def _fixed_fee(made: dict[str, Any], random: np.random.Generator) -> Case:
    # Every order is worth far more than its fee: vectorbt refuses a sale that brings in less.
    made["weights"][::2] = random.uniform(0.08, 0.13, made["weights"][::2].shape)
    made["weights"][1::2] = random.uniform(0.02, 0.05, made["weights"][1::2].shape)
    fixed = float(random.uniform(0.5, 20.0))
    made["costs"] = Costs(bps=made["fees"]["fees"] * 1e4, fixed=fixed)
    made["fees"]["fixed_fees"] = fixed
    return Case(**made)


def _holds(made: dict[str, Any], random: np.random.Generator) -> Case:
    weights = made["weights"]
    weights[:] = random.uniform(
        0.0, 0.9 / NAMES, weights.shape
    )  # what is held never leaves too little for the rest
    weights[random.random(weights.shape) < 0.5] = np.nan
    weights[random.random(BARS) < 0.3] = np.nan
    return Case(**made)


def _next_open(made: dict[str, Any], _: np.random.Generator) -> Case:
    return Case(**made, fill="next_open")


VARIANTS = {
    "long": _long,
    "long_short": _long_short,
    "slippage": _slippage,
    "fixed_fee": _fixed_fee,
    "holds": _holds,
    "next_open": _next_open,
}
