from __future__ import annotations

import numpy as np
import pytest

from quantrl import metrics
from quantrl.errors import DataError
from quantrl.units import ns_from_iso


def test_total_growth_and_volatility() -> None:
    assert metrics.total_return([0.1, -0.5]).value == pytest.approx(-0.45)
    assert metrics.cagr([0.1, 0.1], periods_per_year=1).value == pytest.approx(0.1)
    assert metrics.volatility([0.1, -0.1], periods_per_year=4).value == pytest.approx(0.02**0.5 * 2)
    assert metrics.cagr([-1.0], periods_per_year=1) == metrics.Measure(-1.0, "ruined")
    assert not metrics.total_return([]).defined


def test_months_belong_to_the_end_of_the_period() -> None:
    time = np.array([ns_from_iso(day, end_of_day=True) for day in ("2019-12-31", "2020-01-02", "2020-01-31")])
    frame = metrics.monthly_returns(np.append(time, ns_from_iso("2020-03-01")), [0.01, 0.1, 0.1, -0.2])
    assert frame.select("year", "month").rows() == [(2019, 12), (2020, 1), (2020, 3)]
    np.testing.assert_allclose(frame["return"], [0.01, 0.21, -0.2], rtol=1e-12)


def test_months_compound_to_the_total(rng: np.random.Generator) -> None:
    time = ns_from_iso("1968-11-05") + np.arange(900) * 86_400_000_000_000
    returns = rng.normal(0, 0.01, 900)
    months = metrics.monthly_returns(time, returns)["return"].to_numpy()
    assert np.prod(1 + months) - 1 == pytest.approx(metrics.total_return(returns).value, rel=1e-12)
    assert metrics.monthly_returns(time[:0], []).is_empty()


def test_months_refuse_bad_input() -> None:
    with pytest.raises(DataError, match="row 1 does not increase"):
        metrics.monthly_returns(np.array([5, 5]), [0.1, 0.1])
    with pytest.raises(DataError, match="expected 2 int64"):
        metrics.monthly_returns(np.array([5]), [0.1, 0.1])
    with pytest.raises(DataError, match="row 0 is nan"):
        metrics.monthly_returns(np.array([5]), [np.nan])
