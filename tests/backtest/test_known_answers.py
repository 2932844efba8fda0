"""Figures of the literature and of other tools, to the digits they are known to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantrl import metrics
from quantrl.backtest import Costs, run_weights
from quantrl.data import load_sample, read
from quantrl.typing import FloatArray

FREE = Costs.zero()


def grown(close: FloatArray, weights: FloatArray, costs: Costs, sizing: str = "post_cost") -> float:
    result = run_weights(
        close, weights, fill="close", sizing=sizing, costs=costs, initial_cash=1.0, periods_per_year=252
    )
    assert result.audit().breaches == 0
    return float(result.equity[-1])


def once(shape: tuple[int, ...]) -> FloatArray:
    weights = np.full(shape, np.nan)
    weights[0] = 1.0 / shape[1]
    return weights


def always(shape: tuple[int, ...]) -> FloatArray:
    return np.full(shape, 1.0 / shape[1])


@pytest.fixture(scope="module")
def nyse(shared_data: Path) -> FloatArray:
    """Values of 36 stocks; the file starts after the first day, so its base of 1 is put before it."""
    values = pl.read_parquet(shared_data / "olps" / "nyse_o.parquet").to_numpy()
    return np.vstack([np.ones((1, values.shape[1])), values])


def test_nyse_without_costs(nyse: FloatArray) -> None:
    assert grown(nyse, once(nyse.shape), FREE) == pytest.approx(14.497308, abs=1e-6)
    assert grown(nyse, always(nyse.shape), FREE) == pytest.approx(27.075246, abs=1e-6)


def test_nyse_at_ten_basis_points(nyse: FloatArray) -> None:
    uniform = always(nyse.shape)
    assert grown(nyse, uniform, Costs(bps=10)) == pytest.approx(25.333192, abs=1e-6)
    assert grown(nyse, uniform, Costs(bps=10), "first_order") == pytest.approx(25.333105, abs=1e-6)


def test_us20() -> None:
    close = np.array(load_sample("us20")["close"])
    assert grown(close, once(close.shape), FREE) == pytest.approx(202.665881, abs=1e-6)
    assert grown(close, always(close.shape), FREE) == pytest.approx(248.424413, abs=1e-6)
    assert grown(close, always(close.shape), Costs(bps=10)) == pytest.approx(224.665593, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "vol", "drawdown", "worst", "best"),
    [
        ("sp500", 0.190982, -0.567754, -0.090350, 0.115800),
        ("nasdaq", 0.253081, -0.779324, -0.096685, 0.141732),
    ],
)
def test_indices_held_for_twenty_years(
    shared_data: Path, name: str, vol: float, drawdown: float, worst: float, best: float
) -> None:
    panel = read(shared_data / "factors" / f"{name}_daily.parquet", periods_per_year=252)
    weights = np.full(panel.shape, np.nan)
    weights[0] = 1.0
    result = run_weights(panel, weights, fill="close", costs=FREE)
    assert result.audit().breaches == 0
    measures = metrics.table(result.returns[1:], periods_per_year=252).of("0")  # the first bar only buys
    assert measures["vol"].value == pytest.approx(vol, abs=1e-6)
    assert result.measures["max_drawdown"].value == pytest.approx(drawdown, abs=1e-6)
    assert (result.returns.min(), result.returns.max()) == pytest.approx((worst, best), abs=1e-6)
