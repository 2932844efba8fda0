"""The engine against the slow account of ``tests/reference/bar_engine.py``, column by column, under every option."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from counts import full_or
from quantrl import _core
from reference.bar_engine import Account

FILLS = ["next_open", "next_typical", "next_close", "close"]
SIZINGS = ["post_cost", "pre_cost", "first_order"]
COLUMNS = ["equity", "cash", "cost", "traded", "fill_equity", "units"]
CARRY = ["dividends", "interest", "short_fees"]
FREE = {"band": 0.0, "min_order": 0.0, "participation": math.inf, "max_turnover": math.inf}
NO_RATES = {"lend": 0.0, "borrow": 0.0}


@st.composite
def cases(draw: st.DrawFn) -> dict:
    """A market with holes, a schedule of full rows, partial rows, exits and holds, costs and lots."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bars, n = draw(st.integers(1, 25)), draw(st.integers(1, 9))
    wild = draw(st.sampled_from([0.02, 0.03, 0.2]))
    close = 50 * np.exp(np.cumsum(rng.normal(0, wild, (bars, n)), axis=0))
    price = close * np.exp(rng.normal(0, wild / 3, (bars, n)))
    holes = draw(st.sampled_from([0.0, 0.0, 0.1, 0.4]))
    close[rng.random((bars, n)) < holes] = np.nan
    price[rng.random((bars, n)) < holes] = np.nan
    weights = rng.dirichlet(np.full(n, 0.5), bars) * rng.choice([1.0, 1.0, 0.98, 0.5], (bars, 1))
    weights[rng.random((bars, n)) < draw(st.sampled_from([0.0, 0.2, 0.5]))] = np.nan
    weights[rng.random((bars, n)) < 0.1] = 0.0
    weights[rng.random(bars) < draw(st.sampled_from([0.0, 0.3]))] = np.nan
    fill, size_at = draw(st.sampled_from(FILLS)), draw(st.sampled_from(["fill", "fill", "decision"]))
    sizing = "pre_cost" if size_at == "decision" else draw(st.sampled_from(SIZINGS))
    lots = draw(st.sampled_from([[0.0], [1.0], [0.25, 1.0, 100.0]])) if size_at == "decision" else [0.0]
    flat = draw(st.booleans())
    slippage = rng.uniform(0, draw(st.sampled_from([0.0, 50.0])), n)
    nothing = np.full((bars, n), np.nan)
    return {
        "close": close,
        "price": price if fill in ("next_open", "next_typical") else close,
        "weights": weights,
        "config": {
            "fill": fill,
            "sizing": sizing,
            "size_at": size_at,
            "buy_bps": draw(st.sampled_from([0.0, 10.0, 100.0])),
            "sell_bps": draw(st.sampled_from([0.0, 10.0, 250.0])),
            "slippage_bps": slippage,
            "fixed": draw(st.sampled_from([0.0, 1.0, 20.0])) if flat else 0.0,
            "minimum": draw(st.sampled_from([0.0, 5.0, 40.0])) if flat else 0.0,
            "initial_cash": draw(st.sampled_from([1_000.0, 10_000.0, 1e6])),
            "lot": rng.choice(lots, n),
        },
        "days": {
            "years": np.zeros(bars),
            **dict.fromkeys(("split", "dividend", "delisted", "volume"), nothing),
            **dict.fromkeys(("can_buy", "can_sell"), np.full((bars, n), True)),
            "slippage": np.tile(slippage * 1e-4, (bars, 1)),
            "short_fee": np.zeros((bars, n)),
        },
        "margin": None,
        "terms": {**FREE, **NO_RATES, "band": np.zeros(n), "short_fee": np.zeros(n)},
    }


@st.composite
def cases_under_terms(draw: st.DrawFn) -> dict:
    """The same with margin, targets that are often too large, actions, and every limit in turn."""
    case = draw(cases())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    config, weights, days, (bars, n) = case["config"], case["weights"], case["days"], case["close"].shape
    on_margin, limited, acts = (
        draw(st.sampled_from([True, True, False])),
        draw(st.booleans()),
        draw(st.booleans()),
    )
    if on_margin:
        max_gross, maintenance = (
            draw(st.sampled_from([1.0, 2.0, 3.5])),
            draw(st.sampled_from([0.0, 0.25, 0.28])),
        )
        weights *= rng.choice([-1.0, 1.0], (bars, n)) * max_gross
        case["margin"] = (max_gross, maintenance, draw(st.booleans()))
    first_order = config["sizing"] == "first_order"
    if not first_order:
        config["lot"] = rng.choice(draw(st.sampled_from([[0.0], [0.0, 1.0], [0.25, 1.0, 100.0]])), n)

    def rarely(values: np.ndarray, share: float) -> np.ndarray:
        return np.where((rng.random((bars, n)) < share) & acts, values, np.nan)

    days |= {
        "years": np.concatenate([[0.0], rng.choice([1, 3, 30], bars - 1) / 365.0]),
        "split": rarely(rng.choice([0.5, 2.0, 1.5], (bars, n)), 0.1),
        "dividend": rarely(rng.uniform(0, 3, (bars, n)), 0.2),
        "delisted": rarely(rng.uniform(0, 60, (bars, n)), 0.02),
        "volume": np.where(rng.random((bars, n)) < 0.1, np.nan, rng.uniform(0, 400, (bars, n))),
        "can_buy": rng.random((bars, n)) > (0.2 if limited else 0.0),
        "can_sell": rng.random((bars, n)) > (0.2 if limited else 0.0),
    }
    if draw(st.booleans()):
        days["slippage"] = rng.uniform(0, 50e-4, (bars, n))
    if on_margin:
        days["short_fee"] = rng.uniform(0, 0.5, (bars, n))
    case["terms"] |= {
        "lend": draw(st.sampled_from([0.0, 0.05])),
        "borrow": draw(st.sampled_from([0.0, 0.12])) if on_margin else 0.0,
        "band": rng.choice([0.0, 0.05], n) if limited else np.zeros(n),
        "min_order": draw(st.sampled_from([0.0, 50.0])) if limited else 0.0,
        "participation": draw(st.sampled_from([math.inf, 0.1])),
        "max_turnover": draw(st.sampled_from([math.inf, 0.5])) if not first_order else math.inf,
    }
    return case


def engine(case: dict, *, terms: bool) -> dict[str, np.ndarray]:
    config = _core.BarConfig(case["close"].shape[1], **case["config"])
    market = (case["close"], case["weights"], case["price"])
    if not terms:
        return _core.bar_weights(*market, config=config, full=True)
    margin, told = case["margin"], dict(case["days"])
    under = _core.BarTerms(
        config,
        max_gross=None if margin is None else margin[0],
        maintenance=0.0 if margin is None else margin[1],
        on_call="halt" if margin is not None and margin[2] else "liquidate",
        **case["terms"],
    )
    return _core.bar_weights(
        *market, config=config, terms=under, years=told.pop("years"), told=told, full=True
    )


def oracle(case: dict) -> dict[str, np.ndarray]:
    config = case["config"]
    options = {
        **config,
        **case["terms"],
        "buy": config["buy_bps"] * 1e-4,
        "sell": config["sell_bps"] * 1e-4,
        "margin": case["margin"],
    }
    account = Account(SimpleNamespace(**options), cash=config["initial_cash"])
    return account.run(case["close"], case["price"], case["weights"], case["days"])


def agree(got: dict[str, np.ndarray], expected: dict[str, np.ndarray], names: list[str], atol: float) -> None:
    # Leverage and actions magnify rounding: an error is measured in what is held; no price is below 10.
    largest = max(np.abs(expected["units"] * 60).max(), np.abs(expected["cash"]).max())
    for name in names:
        unit = largest / 10 if name == "units" else largest
        np.testing.assert_allclose(got[name], expected[name], rtol=0, atol=atol * unit, err_msg=name)


@settings(max_examples=full_or(2_000, 200))
@given(cases())
def test_a_cash_account_is_that_of_the_oracle(case: dict) -> None:
    got, expected = engine(case, terms=False), oracle(case)
    agree(got, expected, COLUMNS, 1e-12)
    np.testing.assert_allclose(got["scale"], expected["scale"], rtol=0, atol=1e-12, err_msg="scale")
    assert (got["cash"] >= 0).all()
    assert (got["scale"][~np.isnan(got["scale"])] <= 1).all()


@settings(max_examples=full_or(2_000, 300))
@given(cases_under_terms())
def test_an_account_under_terms_is_that_of_the_oracle(case: dict) -> None:
    got, expected = engine(case, terms=True), oracle(case)
    agree(got, expected, COLUMNS + CARRY, 1e-11)
    np.testing.assert_allclose(got["scale"], expected["scale"], rtol=0, atol=1e-9, err_msg="scale")


@settings(max_examples=full_or(500, 60))
@given(cases())
def test_terms_that_change_nothing_give_the_same_account(case: dict) -> None:
    agree(engine(case, terms=True), engine(case, terms=False), COLUMNS, 1e-12)
