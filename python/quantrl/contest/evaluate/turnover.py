"""How much a book means to trade: the change of its netted target weights from day to day."""

from __future__ import annotations

import numpy as np
import polars as pl

from quantrl.contest.evaluate.tables import Tables
from quantrl.typing import FloatArray


def target_weights(tables: Tables, engine: str) -> FloatArray:
    """(D, S) targets of a book, the sum of capital times weight over agents; days and symbols in ascending order."""
    rows = tables.capital.filter((pl.col("engine") == engine) & (pl.col("share") > 0))
    days = np.unique(tables.capital.filter(pl.col("engine") == engine)["day"].to_numpy())
    symbols = tables.weights["symbol"].unique().sort().to_list()
    joined = rows.join(tables.weights, on=["day", "agent"], how="inner").sort("day", "agent", "symbol")
    made = np.zeros((len(days), len(symbols)))
    place = {symbol: i for i, symbol in enumerate(symbols)}
    column = np.array([place[symbol] for symbol in joined["symbol"].to_list()], dtype=np.int64)
    scale = joined["scale"] if "scale" in joined.columns else 1.0
    targets = (joined["share"] * scale * joined["weight"]).to_numpy()
    np.add.at(made, (np.searchsorted(days, joined["day"].to_numpy()), column), targets)
    return made


def target_turnover(tables: Tables, engine: str) -> float:
    """Mean sum of absolute changes of target weights a day, times days a year; NaN with fewer than two days.

    The drift of weights between decisions is not in it, so the fills trade a little more or less.
    """
    if tables.weights.height == 0:
        return float("nan")
    weights = target_weights(tables, engine)
    if len(weights) < 2:
        return float("nan")
    return float(np.abs(np.diff(weights, axis=0)).sum(axis=1).mean()) * tables.summary.periods_per_year
