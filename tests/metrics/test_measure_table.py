from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from quantrl import metrics
from quantrl.errors import ConfigError, DataError

GOLDEN = [0.01, -0.02, 0.015, 0.0, -0.005, 0.03, -0.01, 0.002, 0.007, -0.012]
EXPECTED = {
    "total": (0.0161624171, 5e-11),
    "cagr": (0.4978586674, 5e-11),
    "vol": (0.2317472761, 5e-11),
    "sharpe": (1.8485654163, 5e-11),
    "sortino": (3.2994088341, 5e-11),
    "max_drawdown": (-0.02, 1e-15),
    "ulcer": (0.0094755008, 5e-11),
    "skew": (0.4156459649, 5e-11),
    "kurtosis": (2.5983937366, 5e-11),
    "var": (-0.0164, 1e-15),
    "cvar": (-0.02, 1e-15),
    "tail_ratio": (1.4176829268, 5e-11),
    "omega": (1.3617021277, 5e-11),
    "psr": (0.6394934, 5e-8),
    "min_track_record": (191.943629, 5e-7),
}
FLAT = [0.01] * 20


def reason(returns: list[float], measure: str) -> str:
    return metrics.table(np.array(returns), periods_per_year=252).reasons(measure)[0]


@pytest.mark.parametrize("measure", EXPECTED)
def test_golden_measures(measure: str) -> None:
    value, tolerance = EXPECTED[measure]
    assert abs(metrics.table(GOLDEN, periods_per_year=252)[measure][0] - value) <= tolerance


def test_calmar_is_growth_over_drawdown() -> None:
    table = metrics.table(GOLDEN, periods_per_year=252)
    assert table["calmar"][0] == pytest.approx(table["cagr"][0] / 0.02, rel=1e-12)


@pytest.mark.parametrize(
    ("returns", "measure", "expected"),
    [
        ([], "total", "too_short"),
        ([], "max_drawdown", "too_short"),
        ([0.1], "vol", "too_short"),
        ([0.1], "sharpe", "too_short"),
        ([0.1], "skew", "too_short"),
        ([0.1, 0.2], "psr", "too_short"),
        ([0.1, 0.2], "min_track_record", "too_short"),
        (FLAT, "sharpe", "zero_variance"),
        (FLAT, "skew", "zero_variance"),
        (FLAT, "kurtosis", "zero_variance"),
        (FLAT, "psr", "zero_variance"),
        (FLAT, "sortino", "no_downside"),
        (FLAT, "calmar", "no_drawdown"),
        (FLAT, "omega", "no_losses"),
        ([0.0] * 9, "tail_ratio", "no_downside"),
        ([-0.01, -0.02, -0.01], "min_track_record", "below_benchmark"),
        ([1e200, 1e200], "total", "overflow"),
    ],
)
def test_undefined_is_nan_with_its_reason(returns: list[float], measure: str, expected: str) -> None:
    table = metrics.table(np.array(returns, dtype=float), periods_per_year=252)
    assert table.reasons(measure) == (expected,)
    assert np.isnan(table[measure][0])


def test_a_ruined_account_is_frozen_and_says_so() -> None:
    table = metrics.table([0.5, -1.0, 9.0], periods_per_year=252)
    assert {m: table[m][0] for m in ("total", "cagr", "max_drawdown")} == {
        "total": -1.0,
        "cagr": -1.0,
        "max_drawdown": -1.0,
    }
    assert table.reasons("total") == table.reasons("cagr") == table.reasons("calmar") == ("ruined",)


def test_no_cell_is_infinite_and_every_nan_has_a_reason(rng: np.random.Generator) -> None:
    wild = rng.choice([0.0, 0.01, -0.01, -1.0, 1e300, -0.999999], size=(30, 200))
    table = metrics.table(wild, periods_per_year=252)
    assert not np.isinf(table.values).any()
    assert ((table.codes > 0) | np.isfinite(table.values)).all()


def test_against_numpy_and_scipy(rng: np.random.Generator) -> None:
    r = rng.standard_t(4, size=(600, 30)) * 0.01 + 0.0003
    table = metrics.table(r, periods_per_year=252, risk_free=0.02)
    rf = 1.02 ** (1 / 252) - 1
    equity = np.cumprod(np.vstack([np.ones(30), 1 + r]), axis=0)
    drawdown = (equity / np.maximum.accumulate(equity, axis=0) - 1)[1:]
    sd = r.std(axis=0, ddof=1)
    low, high = np.quantile(r, [0.05, 0.95], axis=0)
    expected = {
        "total": equity[-1] - 1,
        "cagr": equity[-1] ** (252 / 600) - 1,
        "vol": sd * np.sqrt(252),
        "sharpe": (r.mean(axis=0) - rf) / sd * np.sqrt(252),
        "sortino": (r - rf).mean(axis=0) / np.sqrt((np.minimum(r - rf, 0) ** 2).mean(axis=0)) * np.sqrt(252),
        "max_drawdown": drawdown.min(axis=0),
        "ulcer": np.sqrt((drawdown**2).mean(axis=0)),
        "var": low,
        "cvar": np.sort(r, axis=0)[: int(0.05 * 599) + 1].mean(axis=0),
        "tail_ratio": abs(high) / abs(low),
        "skew": stats.skew(r, axis=0),
        "kurtosis": stats.kurtosis(r, axis=0, fisher=False),
        "omega": np.maximum(r - rf, 0).sum(axis=0) / np.maximum(rf - r, 0).sum(axis=0),
    }
    for measure, values in expected.items():
        np.testing.assert_allclose(table[measure], values, rtol=1e-12, atol=1e-12, err_msg=measure)


def test_columns_do_not_depend_on_their_neighbours(rng: np.random.Generator) -> None:
    r = rng.normal(0, 0.01, size=(900, 203))
    whole = metrics.table(r, periods_per_year=252).values
    alone = np.column_stack([metrics.table(r[:, k], periods_per_year=252).values for k in (0, 7, 8, 202)])
    assert whole[:, [0, 7, 8, 202]].tobytes() == alone.tobytes()


def test_rows_columns_and_cells(rng: np.random.Generator) -> None:
    r = rng.normal(0, 0.01, size=(50, 2))
    table = metrics.table(r, periods_per_year=252, measures=["sharpe", "psr"], names=["a", "b"])
    assert list(table) == ["a", "b"]
    assert table.values.shape == (2, 2)
    assert table.of("b")["psr"] == metrics.Measure(table["psr"][1], "ok")
    assert float(table.of("a")["sharpe"]) == pytest.approx(
        float(metrics.sharpe(r[:, 0], periods_per_year=252))
    )
    frame = metrics.table(np.zeros((5, 1)), periods_per_year=252, measures=["vol", "sharpe"]).frame()
    assert frame.to_dicts() == [{"name": "0", "vol": 0.0, "sharpe": None}]


def test_bad_input_names_what_is_wrong(rng: np.random.Generator) -> None:
    r = rng.normal(size=(4, 3))
    r[2, 1] = np.nan
    with pytest.raises(DataError, match="returns: expected finite numbers, row 2, column 1 is NaN"):
        metrics.table(r, periods_per_year=252)
    with pytest.raises(DataError, match="shape"):
        metrics.table(np.zeros((2, 2, 2)), periods_per_year=252)
    with pytest.raises(DataError, match="at least 1"):
        metrics.table(np.zeros((2, 0)), periods_per_year=252)
    with pytest.raises(DataError, match="numbers"):
        metrics.table(["a"], periods_per_year=252)
    with pytest.raises(DataError, match="different lengths"):
        metrics.table([[0.1], [0.1, 0.2]], periods_per_year=252)
    with pytest.raises(DataError, match="2 distinct names"):
        metrics.table(np.zeros((2, 2)), periods_per_year=252, names=["a", "a"])
    with pytest.raises(ConfigError, match="sharp"):
        metrics.table(np.zeros(3), periods_per_year=252, measures=["sharp"])
    with pytest.raises(ConfigError, match="periods_per_year"):
        metrics.table(np.zeros(3), periods_per_year=0)
    with pytest.raises(DataError, match="name"):
        metrics.table(np.zeros(3), periods_per_year=1).of("x")


def test_any_memory_layout_is_taken(rng: np.random.Generator) -> None:
    r = rng.normal(0, 0.01, size=(40, 6))
    plain = metrics.table(r, periods_per_year=252).values
    for other in (np.asfortranarray(r), np.repeat(r, 2, axis=1)[:, ::2]):
        assert metrics.table(other, periods_per_year=252).values.tobytes() == plain.tobytes()
