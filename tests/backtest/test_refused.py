# ruff: noqa: E501 (a table of cases)
"""What the bar engine is given and cannot use: each case by its error, with the argument, row, instrument or field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backtest.markets import columns, panel_of
from backtest.test_terms import market
from quantrl.backtest import (
    Bar,
    BarSession,
    Costs,
    Margin,
    Schedule,
    Settings,
    Terms,
    audit,
    run_signals,
    run_weights,
    sweep,
)
from quantrl.config import Config, parse_as
from quantrl.data import Panel
from quantrl.errors import AuditError, ConfigError, DataError, LookAheadError, OrderError, QuantrlError
from quantrl.metrics import sharpe, table
from quantrl.typing import FloatArray
from quantrl.units import NS_PER_DAY

NAN, INF = np.nan, np.inf
CLOSE = columns(3, 30, 4)["close"]
FIFTH = np.full(CLOSE.shape, 0.2)


def changed(array: FloatArray, row: int, column: int, value: float) -> FloatArray:
    copy = array.copy()
    copy[row, column] = value
    return copy


def run(close: Any = CLOSE, weights: Any = FIFTH, **options: Any) -> Any:
    return run_weights(close, weights, **{"fill": "close", "periods_per_year": 252.0, **options})


def on_margin(weights: FloatArray, **options: Any) -> Any:
    return run(weights=weights, terms=Terms(margin=Margin(**options)))


def ramp(n: int) -> FloatArray:
    return np.linspace(10.0, 20.0, n).reshape(-1, 1)


Case = tuple[Callable[[], Any], type[QuantrlError], str]

DATA: dict[str, Case] = {
    "price of 0": (lambda: run(changed(CLOSE, 7, 2, 0.0)), DataError, "close: row 7, instrument 2: expected a positive finite price, got 0"),
    "price below 0": (lambda: run(changed(CLOSE, 7, 2, -3.0)), DataError, "close: row 7, instrument 2: .* got -3"),
    "price inf": (lambda: run(changed(CLOSE, 29, 0, INF)), DataError, "close: row 29, instrument 0: .* got inf"),
    "open of 0": (lambda: run(fill="next_open", open=changed(CLOSE, 1, 3, 0.0)), DataError, "open: row 1, instrument 3"),
    "time back": (lambda: Panel.from_arrays({"close": CLOSE[:3]}, np.array([1, 3, 3]) * NS_PER_DAY, list("ABCD")), DataError, "time"),
    "NaN in a measure": (lambda: sharpe(np.array([0.1, NAN, 0.2]), periods_per_year=252.0), DataError, "row 1"),
    "NaN in a table": (lambda: table(np.array([[0.1, 0.2], [0.1, NAN]]), periods_per_year=252.0), DataError, "row 1, column 1"),
    "weights of another shape": (lambda: run(weights=FIFTH[1:]), DataError, r"weights: expected shape \(30, 4\), got \(29, 4\)"),
    "weights of another dtype": (lambda: run(weights=FIFTH.astype(str)), DataError, "weights: expected float64 numbers"),
    "complex weights": (lambda: run(weights=[FIFTH, FIFTH * 1j]), DataError, r"weights\[1\]: expected float64 numbers"),
    "open of another shape": (lambda: run(fill="next_open", open=CLOSE[:, 1:]), DataError, r"open: expected shape \(30, 4\)"),
    "signals of another dtype": (lambda: run_signals(CLOSE, FIFTH, FIFTH, fill="close", periods_per_year=252.0), DataError, "entries: expected bool"),
    "rows unsorted": (lambda: run(weights=Schedule(np.array([3, 2]), FIFTH[:2])), DataError, r"weights\.rows: expected increasing bar numbers, got 3 then 2 at position 1"),
    "rows past the end": (lambda: run(weights=[FIFTH, Schedule(np.array([3, 30]), FIFTH[:2])]), DataError, r"weights\[1\]\.rows: row 30 is past the last of 30 bars"),
    "rows below 0": (lambda: run(weights=Schedule(np.array([-1, 2]), FIFTH[:2])), DataError, r"weights\.rows: expected bar numbers from 0, got -1"),
    "no schedule": (lambda: run(weights=[]), DataError, "weights: expected at least one schedule"),
}  # fmt: skip

ORDERS: dict[str, Case] = {
    "inf": (lambda: run(weights=changed(FIFTH, 5, 1, INF)), OrderError, "weights: row 5, instrument 1: weight inf is infinite"),
    "inf on margin": (lambda: on_margin(changed(FIFTH, 5, 1, -INF)), OrderError, "weights: row 5, instrument 1: weight is infinite"),
    "a short in cash": (lambda: run(weights=[FIFTH, changed(FIFTH, 5, 1, -0.1)]), OrderError, r"weights\[1\]: row 5, instrument 1: weight -0.1 is negative in a cash account"),
    "more than 1": (lambda: run(weights=changed(FIFTH, 9, 0, 0.41)), OrderError, "weights: row 9 sums to 1.01, more than 1"),
    "more than 1 in a sparse row": (lambda: run(weights=Schedule(np.array([4, 9]), changed(FIFTH, 1, 0, 0.5)[:2])), OrderError, "weights: row 9 sums to 1.1"),
    "more than max_gross": (lambda: on_margin(changed(FIFTH, 9, 0, -1.5)), OrderError, "weights: row 9 is 2.1 in size, more than max_gross 2"),
    "stepped": (lambda: BarSession(2).step(Bar(np.ones(2), np.ones(2)), np.array([0.9, 0.9])), OrderError, "weights sum to 1.8, more than 1"),
}  # fmt: skip

SETTINGS: dict[str, Case] = {
    "next_open without open": (lambda: run(fill="next_open"), ConfigError, "fill: next_open needs the column 'open', which the data lacks; possible here: next_close, close"),
    "next_typical without high": (lambda: run(fill="next_typical"), ConfigError, "fill: next_typical needs the column 'high'"),
    "cap without volume": (lambda: run_weights(panel_of(columns(3, 30, 4)), FIFTH, terms=Terms(participation=0.1)), ConfigError, "participation: needs the column 'volume'"),
    "actions without columns": (lambda: run_weights(panel_of(columns(3, 30, 4)), FIFTH, terms=Terms(actions=True)), ConfigError, "actions: expected a column of split, dividend, delisted"),
    "no periods": (lambda: run(periods_per_year=None), ConfigError, "periods_per_year: is required"),
    "leverage that costs all": (lambda: run(costs=Costs(bps=5_000), terms=Terms(margin=Margin())), ConfigError, "max_gross: expected below 2 at these costs, got 2"),
    "negative cost": (lambda: Costs(bps=-1.0), ConfigError, r"costs\.bps: expected a finite number of at least 0"),
    "negative slippage": (lambda: Costs(slippage_bps=(1.0, -1.0)), ConfigError, r"costs\.slippage_bps\[1\]: expected"),
    "unknown key of a config": (lambda: parse_as({"name": "a", "data": {"sample": "us20"}, "backtest": {"fil": "close"}}, Config, source="a.toml"), ConfigError, r"a\.toml: .*backtest\.fil"),
    "unknown fill": (lambda: run(fill="vwap"), ConfigError, "fill: expected one of next_open, next_typical, next_close, close, got 'vwap'"),
    "unknown sizing": (lambda: run(sizing="net"), ConfigError, "sizing: expected one of post_cost, pre_cost, first_order"),
    "unknown size_at": (lambda: run(size_at="open"), ConfigError, "size_at: expected one of fill, decision"),
    "decision and post_cost": (lambda: run(size_at="decision", sizing="post_cost"), ConfigError, "sizing: expected pre_cost with size_at 'decision'"),
    "lots of another count": (lambda: run(lot=(1.0, 1.0)), ConfigError, "lot: expected one value or 4, got 2"),
    "lots and first_order": (lambda: run(lot=1.0, sizing="first_order"), ConfigError, "lot: expected 0 with sizing first_order"),
    "turnover and first_order": (lambda: run(sizing="first_order", terms=Terms(max_turnover=0.5)), ConfigError, "max_turnover: expected no limit with sizing first_order"),
    "unknown market": (lambda: Costs.preset("mars"), ConfigError, "market: expected one of us, cn_a, flat_10bp, got 'mars'"),
    "unknown call": (lambda: Margin(on_call="panic"), ConfigError, r"margin\.on_call: expected one of liquidate, halt"),
    "no threads": (lambda: run(threads=0), ConfigError, "threads: expected a number of at least 1, got 0"),
}  # fmt: skip

SWEEPS: dict[str, Case] = {
    "fast not below slow in a list": (lambda: swept([{"fast": 3, "slow": 9}, {"fast": 9, "slow": 9}]), ConfigError, "params: row 1: fast: expected below slow, got 9 and 9"),
    "a window longer than the data": (lambda: swept({"fast": [3], "slow": [41]}), ConfigError, "window: expected a whole number from 1 to 40 bars, got 41"),
    "an empty grid": (lambda: swept({"fast": [9], "slow": [3, 5, 9]}), ConfigError, "no combination is left of the grid; 3 make no sense"),
    "nothing to try": (lambda: swept({"fast": [], "slow": [3]}), ConfigError, "fast: expected at least one value to try"),
    "too many": (lambda: swept({"fast": range(1, 4_000), "slow": range(1, 4_000)}), ConfigError, "a grid of 15,992,001 combinations is more than 10,000,000"),
    "an unknown family": (lambda: sweep("rsi", {"n": [3]}, ramp(40), fill="close", periods_per_year=252.0), ConfigError, "family: expected a function or one of sma_cross, ema_cross, donchian, zscore, momentum_topk, got 'rsi'"),
    "more to keep than the limit": (lambda: run(keep="full", memory_limit=1_000), ConfigError, "memory_limit: 1 schedules of 30 bars x 4 instruments"),
}  # fmt: skip


def swept(params: Any) -> Any:
    return sweep("sma_cross", params, ramp(40), fill="close", periods_per_year=252.0)


CASES = {**DATA, **ORDERS, **SETTINGS, **SWEEPS}


@pytest.mark.parametrize(("attempt", "error", "message"), CASES.values(), ids=CASES)
def test_each_is_refused_by_name(attempt: Callable[[], Any], error: type[QuantrlError], message: str) -> None:
    with pytest.raises(error, match=message):
        attempt()


def test_a_grid_says_how_many_combinations_it_left_out() -> None:
    assert swept({"fast": range(2, 6), "slow": range(2, 6)}).left_out == 10


def test_the_future_foreign_bytes_and_wrong_books() -> None:
    panel = market(1)
    view = panel.as_of(int(panel.time[9]))
    with pytest.raises(LookAheadError, match="bar 10 is not known yet: 10 bars have ended"):
        view.row("close", 10)
    with pytest.raises(DataError, match="snapshot: expected it to start with b'QBS1'"):
        BarSession.restore(b"PAR1" * 40)
    wrong = run(keep="full")
    columns_ = {**wrong.columns, "cash": wrong.cash + 1.0}
    faulty = type(wrong)(columns_, wrong.pending, wrong.bars, wrong.schedule, wrong.settings, wrong.kept)
    with pytest.raises(AuditError, match="bar 0: cash_roll"):
        faulty.audit()
    assert isinstance(AuditError("x"), ArithmeticError)
    assert audit(wrong).breaches == 0


def test_nothing_has_changed_after_a_refusal() -> None:
    session = BarSession(2, fill="next_close", lot=1.0, terms=Terms(margin=Margin()))
    bar = Bar(np.array([10.0, 20.0]), np.array([10.0, 20.0]))
    session.step(bar, np.array([1.0, -0.5]))
    before = session.snapshot()
    for close, weights in (
        (bar.close * 0.0, None),
        (bar.close, np.array([3.0, 0.0])),
        (bar.close, np.array([INF, 0.0])),
    ):
        with pytest.raises(QuantrlError):
            session.step(Bar(close, close), weights)
        assert session.snapshot() == before
    settings = Settings()
    with pytest.raises(AttributeError):
        settings.fill = "close"  # type: ignore[misc]
