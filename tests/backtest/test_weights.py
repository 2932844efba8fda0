from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backtest.markets import case, columns, decisions, panel_of
from quantrl.backtest import Costs, Result, Schedule, run_weights
from quantrl.errors import ConfigError, DataError, OrderError
from quantrl.typing import FloatArray


@pytest.fixture
def close() -> FloatArray:
    return columns(3, 30, 4)["close"]


def test_one_schedule_gives_one_result_and_a_list_a_list(close: FloatArray) -> None:
    half = np.full(close.shape, 0.25)
    options = {"fill": "next_close", "periods_per_year": 252.0}
    assert isinstance(run_weights(close, half, **options), Result)
    assert isinstance(run_weights(close, Schedule(np.array([0]), half[:1]), **options), Result)
    assert [type(r) for r in run_weights(close, [half], **options)] == [Result]
    assert len(run_weights(close, np.stack([half, half * 0.5]), **options)) == 2


def test_a_sparse_schedule_equals_its_dense_form(close: FloatArray) -> None:
    weights = decisions(3, *close.shape)
    rows = np.flatnonzero(~np.isnan(weights).all(axis=1))
    dense, sparse = run_weights(
        close, [weights, Schedule(rows, weights[rows])], fill="next_close", periods_per_year=252
    )
    assert dense.digest() == sparse.digest()


def test_an_array_stands_for_a_panel() -> None:
    bars = columns(5)
    panel, weights = panel_of(bars), decisions(5, 40, 5)
    for fill in ("next_open", "next_close", "close"):
        open_ = bars["open"] if fill == "next_open" else None
        plain = run_weights(bars["close"], weights, fill=fill, open=open_, periods_per_year=252)
        assert plain.digest() == run_weights(panel, weights, fill=fill).digest()


def test_what_an_array_cannot_say_must_be_said(close: FloatArray) -> None:
    weights = np.full(close.shape, 0.25)
    with pytest.raises(ConfigError, match="periods_per_year: is required"):
        run_weights(close, weights, fill="next_close")
    with pytest.raises(ConfigError, match="next_open needs the column 'open'"):
        run_weights(close, weights, periods_per_year=252)
    with pytest.raises(ConfigError, match="next_typical needs the column 'high'"):
        run_weights(close, weights, fill="next_typical", periods_per_year=252)
    with pytest.raises(ConfigError, match="periods_per_year: is required"):
        run_weights(panel_of(columns(3, 30, 4), periods_per_year=None), weights)
    with pytest.raises(DataError, match=r"open: expected shape \(30, 4\)"):
        run_weights(close, weights, open=close[1:], periods_per_year=252)
    with pytest.raises(ConfigError, match="open: only with an array"):
        run_weights(panel_of(columns(3, 30, 4)), weights, open=close)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf, -np.inf])
@pytest.mark.parametrize("argument", ["close", "open"])
def test_a_price_that_is_none_names_its_place(close: FloatArray, bad: float, argument: str) -> None:
    prices = {"close": close.copy(), "open": close.copy()}
    prices[argument][7, 2] = bad
    with pytest.raises(DataError, match=f"{argument}: row 7, instrument 2: expected a positive finite price"):
        run_weights(prices["close"], np.full(close.shape, 0.25), open=prices["open"], periods_per_year=252)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fill": "next"}, "fill: expected one of"),
        ({"sizing": "net"}, "sizing: expected one of"),
        ({"keep": "all"}, "keep: expected one of metrics, equity, full"),
        ({"threads": 0}, "threads: expected a number of at least 1"),
        ({"initial_cash": -1}, "initial_cash: expected a positive number"),
        ({"periods_per_year": 0}, "periods_per_year: expected a positive number"),
        ({"periods_per_year": float("inf")}, "periods_per_year: expected a positive number"),
        ({"costs": 0.001}, "costs: expected Costs"),
    ],
)
def test_settings_out_of_range_name_the_field(
    close: FloatArray, options: dict[str, object], message: str
) -> None:
    given = {"fill": "next_close", "periods_per_year": 252, **options}
    with pytest.raises(ConfigError, match=message):
        run_weights(close, np.full(close.shape, 0.25), **given)


def test_data_of_another_kind_is_refused(close: FloatArray) -> None:
    with pytest.raises(DataError, match="panel: expected a Panel or"):
        run_weights(close.tolist(), close, periods_per_year=252)
    with pytest.raises(DataError, match="close: expected 2 dimensions"):
        run_weights(close[0], close, fill="close", periods_per_year=252)
    with pytest.raises(DataError, match="close: expected at least one bar"):
        run_weights(close[:0], close[:0], fill="close", periods_per_year=252)
    bad = np.full(close.shape, 0.2)
    bad[3, 0] = 0.9
    with pytest.raises(OrderError, match=r"weights\[1\]: row 3"):
        run_weights(close, [bad * 0.5, bad], fill="close", periods_per_year=252)


def test_the_last_decision_is_pending_and_never_filled(close: FloatArray) -> None:
    weights = np.full(close.shape, np.nan)
    weights[-1] = 0.25
    for fill in ("next_close", "close"):
        result = run_weights(close, weights, fill=fill, periods_per_year=252)
        filled = fill == "close"
        assert (result.traded[-1] > 0) == filled
        assert result.pending.tolist() == ([] if filled else [0.25] * 4)
        assert np.isnan(result.scale[-1]) != filled


def test_threads_do_not_change_a_bit() -> None:
    panel = panel_of(columns(9, 200, 7, missing=0.05))
    schedules = [decisions(k, 200, 7) for k in range(20)]
    options = {"costs": Costs(bps=7, slippage_bps=3, minimum=2.0), "fill": "next_open"}
    digests = [[r.digest() for r in run_weights(panel, schedules, threads=k, **options)] for k in (1, 2, 8)]
    assert digests[0] == digests[1] == digests[2]
    assert len(set(digests[0])) == 20


_CHILD = """
import json, sys
sys.path.insert(0, sys.argv[1])
from backtest.markets import case
from quantrl.backtest import run_weights
cases = [case(seed) for seed in range(12)]
print(json.dumps([run_weights(c.panel, c.weights, **c.options).digest() for c in cases]))
"""


def test_another_process_gives_the_same_digests(project_root: Path) -> None:
    command = [sys.executable, "-c", _CHILD, str(project_root / "tests")]
    outputs = [
        subprocess.run(
            command, check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    here = [run_weights(c.panel, c.weights, **c.options).digest() for c in map(case, range(12))]
    assert json.loads(outputs[0]) == here
    assert len(set(here)) == 12
