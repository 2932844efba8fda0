"""What a run keeps, and that it says beforehand when that is too much."""

from __future__ import annotations

import signal

import numpy as np
import pytest

from backtest.markets import columns, decisions, panel_of
from quantrl.backtest import Schedule, Terms, run_signals, run_weights
from quantrl.errors import ConfigError
from quantrl.metrics import Measure, MeasureTable

SHAPE = (40, 5)


def plain(measures: dict[str, Measure]) -> dict[str, object]:
    """NaN equals itself in a string."""
    return {name: (repr(one.value), one.reason) for name, one in measures.items()}


def test_measures_of_many_schedules_are_those_of_each() -> None:
    panel, schedules = panel_of(columns(1)), [decisions(k, *SHAPE) for k in range(150)]
    many = run_weights(panel, schedules, keep="metrics")
    assert isinstance(many, MeasureTable)
    assert many.names == tuple(str(k) for k in range(150))
    assert many.values.shape == (len(many.measures), 150)
    for k in (0, 63, 64, 149):
        assert plain(many.of(str(k))) == plain(run_weights(panel, schedules[k]).measures)
    assert {"sharpe", "max_drawdown", "turnover", "cost_bps_year", "exposure"} <= set(many.measures)


def test_one_schedule_and_sparse_ones_are_measured_too() -> None:
    panel, weights = panel_of(columns(2)), decisions(2, *SHAPE)
    rows = np.arange(0, 40, 5)
    sparse = Schedule(rows, weights[rows])
    one = run_weights(panel, sparse, keep="metrics", terms=Terms(max_turnover=0.5))
    alone = run_weights(panel, sparse, terms=Terms(max_turnover=0.5))
    assert plain(one.of("0")) == plain(alone.measures)
    assert len(run_weights(panel, np.stack([weights, weights]), keep="metrics")) == 2


def test_measures_of_signals_are_named_by_instrument() -> None:
    panel = panel_of(columns(3))
    entries = np.random.default_rng(0).random(SHAPE) < 0.2
    made = run_signals(panel, entries, ~entries, keep="metrics")
    assert made.names == panel.instruments
    assert plain(made.of("N3")) == plain(run_signals(panel, entries, ~entries)[3].measures)


def test_too_much_is_refused_with_what_it_would_be() -> None:
    panel, schedules = panel_of(columns(4)), [decisions(k, *SHAPE) for k in range(3)]
    message = (
        r"memory_limit: 3 schedules of 40 bars x 5 instruments with keep 'full' need about \S+ GiB, more than"
    )
    with pytest.raises(ConfigError, match=message):
        run_weights(panel, schedules, keep="full", memory_limit=20_000)
    assert len(run_weights(panel, schedules, memory_limit=20_000)) == 3
    with pytest.raises(ConfigError, match="memory_limit: 3 schedules"):
        run_weights(panel, schedules, memory_limit=10_000)
    # Measures of any number fit where one part of them does.
    assert len(run_weights(panel, schedules * 100, keep="metrics", memory_limit=500_000)) == 300
    for bad in (0, -1.0, "2 GiB", True):
        with pytest.raises(ConfigError, match="memory_limit: expected a positive number of bytes"):
            run_weights(panel, schedules, memory_limit=bad)


def test_the_estimate_is_not_below_what_is_kept() -> None:
    panel, weights = panel_of(columns(5, 200, 20)), decisions(5, 200, 20, hold=0.0, silent=0.0)
    result = run_weights(panel, weights, keep="full")
    fills = sum(column.nbytes for column in vars(result.record.fills).values())
    kept = result.units.nbytes + fills + sum(column.nbytes for column in result.columns.values())
    with pytest.raises(ConfigError, match="memory_limit"):
        run_weights(panel, weights, keep="full", memory_limit=kept)


def test_ctrl_c_stops_a_long_run() -> None:
    panel, weights = panel_of(columns(6, 1_000, 200)), np.full((1_000, 200), 0.004)

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, pressed)
    try:
        # Seconds of work, and none of it is kept.
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            run_weights(panel, [weights] * 8_000, threads=1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
