"""Margin, interest, actions and limits against the slow account of ``tests/reference/brokerage.py``."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from counts import full_or
from quantrl import _core
from reference.brokerage import Broker

FILLS = ["next_open", "next_typical", "next_close", "close"]
COLUMNS = ["equity", "cash", "cost", "traded", "fill_equity", "dividends", "interest", "short_fees", "units"]


@st.composite
def cases(draw: st.DrawFn) -> dict:
    """A wild market with holes and actions, targets that are often too large, every term in turn."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bars, n = draw(st.integers(1, 25)), draw(st.integers(1, 6))
    wild = draw(st.sampled_from([0.02, 0.05, 0.2]))
    close = 50 * np.exp(np.cumsum(rng.normal(0, wild, (bars, n)), axis=0))
    price = close * np.exp(rng.normal(0, wild / 3, (bars, n)))
    holes = draw(st.sampled_from([0.0, 0.0, 0.2]))
    close[rng.random((bars, n)) < holes] = np.nan
    price[rng.random((bars, n)) < holes] = np.nan
    on_margin = draw(st.sampled_from([True, True, False]))
    max_gross = draw(st.sampled_from([1.0, 2.0, 3.5]))
    maintenance = draw(st.sampled_from([0.0, 0.25, 0.28]))
    margin = (max_gross, maintenance, draw(st.booleans())) if on_margin else None
    weights = rng.dirichlet(np.full(n, 0.5), bars)
    if on_margin:
        weights *= rng.choice([-1.0, 1.0], (bars, n)) * max_gross * rng.choice([1.0, 0.9, 0.4], (bars, 1))
    weights[rng.random((bars, n)) < draw(st.sampled_from([0.0, 0.3]))] = np.nan
    weights[rng.random((bars, n)) < 0.1] = 0.0
    weights[rng.random(bars) < 0.2] = np.nan
    acts = draw(st.booleans())

    def rarely(values: np.ndarray, share: float) -> np.ndarray:
        return np.where((rng.random((bars, n)) < share) & acts, values, np.nan)

    flat, limited = draw(st.booleans()), draw(st.booleans())
    fill = draw(st.sampled_from(FILLS))
    return {
        "close": close,
        "price": price if fill in ("next_open", "next_typical") else close,
        "weights": weights,
        "days": {
            "years": np.concatenate([[0.0], rng.choice([1, 3, 30], bars - 1) / 365.0]),
            "split": rarely(rng.choice([0.5, 2.0, 3.0], (bars, n)), 0.1),
            "dividend": rarely(rng.uniform(0, 3, (bars, n)), 0.2),
            "delisted": rarely(rng.uniform(0, 60, (bars, n)), 0.02),
            "volume": np.where(rng.random((bars, n)) < 0.1, np.nan, rng.uniform(0, 400, (bars, n))),
            "can_buy": rng.random((bars, n)) > (0.2 if limited else 0.0),
            "can_sell": rng.random((bars, n)) > (0.2 if limited else 0.0),
        },
        "config": {
            "fill": fill,
            "sizing": draw(st.sampled_from(["post_cost", "pre_cost"])),
            "buy_bps": draw(st.sampled_from([0.0, 10.0, 100.0])),
            "sell_bps": draw(st.sampled_from([0.0, 10.0, 250.0])),
            "slippage_bps": rng.uniform(0, draw(st.sampled_from([0.0, 50.0])), n),
            "fixed": draw(st.sampled_from([0.0, 1.0, 20.0])) if flat else 0.0,
            "minimum": draw(st.sampled_from([0.0, 5.0, 40.0])) if flat else 0.0,
            "initial_cash": draw(st.sampled_from([1_000.0, 10_000.0])),
        },
        "margin": margin,
        "terms": {
            "lend": draw(st.sampled_from([0.0, 0.05])),
            "borrow": draw(st.sampled_from([0.0, 0.12])) if on_margin else 0.0,
            "short_fee": rng.uniform(0, 0.5, n) if on_margin else np.zeros(n),
            "band": rng.choice([0.0, 0.05], n) if limited else np.zeros(n),
            "min_order": draw(st.sampled_from([0.0, 50.0])) if limited else 0.0,
            "participation": draw(st.sampled_from([math.inf, 0.1])),
            "max_turnover": draw(st.sampled_from([math.inf, 0.5])),
        },
    }


def engine(case: dict, threads: int = 1) -> dict[str, np.ndarray]:
    config = _core.BarConfig(case["close"].shape[1], **case["config"])
    margin = case["margin"]
    terms = _core.BarTerms(
        config,
        max_gross=None if margin is None else margin[0],
        maintenance=0.0 if margin is None else margin[1],
        on_call="halt" if margin is not None and margin[2] else "liquidate",
        **case["terms"],
    )
    schedule = [(None, case["weights"])]
    columns = (case["close"], case["price"], schedule, config, terms)
    return _core.bar_brokerage(*columns, **case["days"], full=True, threads=threads)[0]


def oracle(case: dict) -> dict[str, np.ndarray]:
    config = case["config"]
    account = Broker(
        fill=config["fill"],
        sizing=config["sizing"],
        buy=config["buy_bps"] * 1e-4,
        sell=config["sell_bps"] * 1e-4,
        slippage=config["slippage_bps"] * 1e-4,
        fixed=config["fixed"],
        minimum=config["minimum"],
        cash=config["initial_cash"],
        margin=case["margin"],
        **case["terms"],
    )
    return account.run(case["close"], case["price"], case["weights"], case["days"])


@settings(max_examples=full_or(2_000, 300))
@given(cases())
def test_columns_equal_the_oracle(case: dict) -> None:
    got, expected = engine(case), oracle(case)
    # Leverage and actions magnify rounding: an error is measured in what is held.
    largest = max(np.abs(expected["units"] * 60).max(), np.abs(expected["cash"]).max())
    for name in COLUMNS:
        unit = largest / 10 if name == "units" else largest
        np.testing.assert_allclose(got[name], expected[name], rtol=0, atol=1e-11 * unit, err_msg=name)
    np.testing.assert_allclose(got["scale"], expected["scale"], rtol=0, atol=1e-9, err_msg="scale")
