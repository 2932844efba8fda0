"""The same bits for any number of threads, in any process and any build; and no bar knows a later one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backtest import golden_runs
from backtest.markets import FILLS, case, columns, panel_of
from backtest.test_terms import market, signed, some_terms
from quantrl.backtest import Result, run_weights, sweep
from quantrl.data import Panel

CODE = "import json; from backtest.golden_runs import runs; print(json.dumps({k: r.digest() for k, r in runs().items()}))"


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_accounts_and_sweeps_do_not_depend_on_threads(threads: int) -> None:
    panel = golden_runs.market()
    many = [golden_runs.targets() * factor for factor in np.arange(1, 21) / 20]
    alone = [run_weights(panel, weights, costs=golden_runs.COSTS).digest() for weights in many]
    side_by_side = run_weights(panel, many, costs=golden_runs.COSTS, threads=threads)
    assert [result.digest() for result in side_by_side] == alone
    grid, close = {"fast": range(2, 20), "slow": range(3, 40)}, columns(1, 300, 1)["close"]
    options: dict[str, Any] = {"fill": "next_close", "periods_per_year": 252.0}
    one = sweep("sma_cross", grid, close, threads=1, **options)
    assert sweep("sma_cross", grid, close, threads=threads, **options).digest() == one.digest()


def test_another_process_makes_the_same() -> None:
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    made = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(made.stdout) == json.loads(golden_runs.FILE.read_text())


def until(result: Result, t: int) -> dict[str, Any]:
    """All an account is up to a bar."""
    return {name: column[: t + 1] for name, column in result.columns.items()} | {
        "units": result.units[: t + 1]
    }


def changed(panel: Panel, t: int, random: np.random.Generator) -> Panel:
    """The panel with every number after row t another one, still a bar of prices."""
    factor = random.uniform(0.2, 5.0, (panel.n_bars, 1))
    factor[: t + 1] = 1.0
    columns = {name: values * factor for name, values in panel.columns.items()}
    return Panel.from_arrays(
        columns,
        panel.time,
        panel.instruments,
        masks=dict(panel.masks),
        periods_per_year=252.0,
        adjust=panel.adjust,
    )


@pytest.mark.parametrize("seed", range(100))
def test_no_bar_of_an_account_depends_on_a_later_one(seed: int) -> None:
    random = np.random.default_rng([seed, 9])
    given = case(seed)
    t = int(random.integers(given.panel.n_bars))
    one = run_weights(given.panel, given.weights, keep="full", **given.options)
    other = random.permutation(given.weights)
    other[: t + 1] = given.weights[: t + 1]
    two = run_weights(changed(given.panel, t, random), other, keep="full", **given.options)
    for (name, before), after in zip(until(one, t).items(), until(two, t).values(), strict=True):
        np.testing.assert_array_equal(before, after, err_msg=name)


@pytest.mark.parametrize("seed", range(100))
def test_nor_of_one_on_margin(seed: int) -> None:
    random, panel, terms = np.random.default_rng([seed, 10]), market(seed), some_terms(seed)
    t, fill = int(random.integers(panel.n_bars)), FILLS[seed % 4]
    gross = 1.0 if terms.margin is None else 1.9
    weights = signed(seed, *panel.shape, gross)
    weights = np.abs(weights) if terms.margin is None else weights
    one = run_weights(panel, weights, fill=fill, terms=terms, keep="full")
    other = random.permutation(weights)
    other[: t + 1] = weights[: t + 1]
    two = run_weights(changed(panel, t, random), other, fill=fill, terms=terms, keep="full")
    for (name, before), after in zip(until(one, t).items(), until(two, t).values(), strict=True):
        np.testing.assert_array_equal(before, after, err_msg=name)


def test_the_change_is_one_that_shows() -> None:
    random, given = np.random.default_rng(0), case(3, fill="next_close")
    bars = {name: np.array(values) for name, values in given.panel.columns.items()}
    panel = panel_of({name: np.nan_to_num(values, nan=10.0) for name, values in bars.items()})
    weights = np.full(panel.shape, 0.5 / panel.n_instruments)
    one, two = (run_weights(p, weights, fill="next_close") for p in (panel, changed(panel, 0, random)))
    assert not np.array_equal(one.equity, two.equity)
