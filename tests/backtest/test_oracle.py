"""The engine against the slow oracle in ``tests/reference/bar_engine.py``, column by column."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from counts import full_or
from quantrl import _core
from reference.bar_engine import Account

FILLS = ["next_open", "next_typical", "next_close", "close"]
SIZINGS = ["post_cost", "pre_cost", "first_order"]
COLUMNS = ["equity", "cash", "cost", "traded", "fill_equity", "scale", "units"]


@st.composite
def cases(draw: st.DrawFn) -> dict:
    """A market with holes and a schedule of full rows, partial rows, exits and holds."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bars, n = draw(st.integers(1, 25)), draw(st.integers(1, 9))
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.03, (bars, n)), axis=0))
    price = close * np.exp(rng.normal(0, 0.01, (bars, n)))
    holes = draw(st.sampled_from([0.0, 0.0, 0.1, 0.4]))
    close[rng.random((bars, n)) < holes] = np.nan
    price[rng.random((bars, n)) < holes] = np.nan
    weights = rng.dirichlet(np.full(n, 0.5), bars) * rng.choice([1.0, 1.0, 0.98, 0.5], (bars, 1))
    weights[rng.random((bars, n)) < draw(st.sampled_from([0.0, 0.2, 0.5]))] = np.nan
    weights[rng.random((bars, n)) < 0.1] = 0.0
    weights[rng.random(bars) < draw(st.sampled_from([0.0, 0.3]))] = np.nan
    fill, size_at = draw(st.sampled_from(FILLS)), draw(st.sampled_from(["fill", "fill", "decision"]))
    lots = draw(st.sampled_from([[0.0], [1.0], [0.25, 1.0, 100.0]])) if size_at == "decision" else [0.0]
    flat_fees = draw(st.booleans())
    return {
        "close": close,
        "price": price if fill in ("next_open", "next_typical") else close,
        "weights": weights,
        "fill": fill,
        "sizing": "pre_cost" if size_at == "decision" else draw(st.sampled_from(SIZINGS)),
        "size_at": size_at,
        "lot": rng.choice(lots, n),
        "buy_bps": draw(st.sampled_from([0.0, 10.0, 100.0])),
        "sell_bps": draw(st.sampled_from([0.0, 10.0, 250.0])),
        "slippage_bps": rng.uniform(0, draw(st.sampled_from([0.0, 50.0])), n),
        "fixed": draw(st.sampled_from([0.0, 1.0, 20.0])) if flat_fees else 0.0,
        "minimum": draw(st.sampled_from([0.0, 5.0, 40.0])) if flat_fees else 0.0,
        "initial_cash": draw(st.sampled_from([100.0, 10_000.0, 1e6])),
    }


def engine(case: dict) -> dict[str, np.ndarray]:
    names = ["fill", "sizing", "buy_bps", "sell_bps", "slippage_bps", "fixed", "minimum", "initial_cash"]
    names += ["size_at", "lot"]
    config = _core.BarConfig(case["close"].shape[1], **{k: case[k] for k in names})
    schedule = [(None, case["weights"])]
    return _core.bar_weights(case["close"], case["price"], schedule, config, full=True, threads=1)[0]


def oracle(case: dict) -> dict[str, np.ndarray]:
    account = Account(
        fill=case["fill"],
        sizing=case["sizing"],
        buy=case["buy_bps"] * 1e-4,
        sell=case["sell_bps"] * 1e-4,
        slippage=case["slippage_bps"] * 1e-4,
        fixed=case["fixed"],
        minimum=case["minimum"],
        cash=case["initial_cash"],
        size_at=case["size_at"],
        lot=case["lot"],
    )
    return account.run(case["close"], case["price"], case["weights"])


@settings(max_examples=full_or(2_000, 300))
@given(cases())
def test_columns_equal_the_oracle(case: dict) -> None:
    got, expected = engine(case), oracle(case)
    largest = expected["equity"].max()
    for name in COLUMNS:
        unit = {"scale": 1.0, "units": largest / 10}.get(name, largest)  # no price is below 10
        np.testing.assert_allclose(got[name], expected[name], rtol=0, atol=1e-12 * unit, err_msg=name)
    assert (got["cash"] >= 0).all()
    assert (got["scale"][~np.isnan(got["scale"])] <= 1).all()
