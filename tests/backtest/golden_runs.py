"""Six runs whose inputs are quotients of small integers, so that no machine rounds them differently: ``NAME: digest``."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable

import numpy as np

from quantrl.backtest import Costs, Margin, Terms, run_signals, run_weights, sweep
from quantrl.data import Panel
from quantrl.typing import FloatArray
from quantrl.units import NS_PER_DAY

BARS, NAMES = 96, 5


def market(*, holes: bool = False, acts: bool = False) -> Panel:
    t, n = np.meshgrid(np.arange(BARS), np.arange(NAMES), indexing="ij")
    close = 40.0 + (t * 5 + n * 17) % 29 / 4.0
    start = 40.0 + (t * 7 + n * 13) % 31 / 4.0
    columns = {
        "open": start,
        "high": np.maximum(start, close) + 0.5,
        "low": np.minimum(start, close) - 0.5,
        "close": close,
        "volume": 1000.0 + (t * 11 + n * 7) % 13,
    }
    if holes:
        gone = (t * 3 + n * 7) % 19 == 0
        columns = {name: np.where(gone, np.nan, values) for name, values in columns.items()}
    if acts:
        columns["split"] = np.where((t + 20 * n) % 64 == 40, 2.0, np.nan)
        columns["dividend"] = np.where((t + 9 * n) % 24 == 11, 0.375, np.nan)
    names = [f"N{i}" for i in range(NAMES)]
    time = (np.arange(BARS) + np.arange(BARS) // 5 * 2 + 18_000) * NS_PER_DAY
    return Panel.from_arrays(columns, time, names, periods_per_year=252.0, adjust="raw" if acts else "")


def targets(k: int) -> FloatArray:
    t, n = np.meshgrid(np.arange(BARS), np.arange(NAMES), indexing="ij")
    weights = (t * (k + 3) + n * 5) % 7 / 32.0
    weights[(t + n * k) % 11 == 0] = np.nan
    weights[np.arange(BARS) % 4 == k % 4] = np.nan
    weights[BARS // 2] = 0.2
    return weights


def cash(threads: int) -> str:
    costs = Costs(buy_bps=8.0, sell_bps=12.0, slippage_bps=5.0, fixed=0.5, minimum=2.0)
    many = [targets(k) for k in range(12)]
    return _joined(
        one.digest()
        for one in run_weights(
            market(holes=True), many, fill="next_close", costs=costs, initial_cash=1e5, threads=threads
        )
    )


def before_costs(threads: int) -> str:
    many = [targets(k) for k in range(12)]
    made = run_weights(market(), many, fill="next_open", sizing="pre_cost", initial_cash=1e5, threads=threads)
    return _joined(one.digest() for one in made)


def lots(threads: int) -> str:
    many = [targets(k) for k in range(12)]
    made = run_weights(market(), many, size_at="decision", lot=10.0, initial_cash=1e5, threads=threads)
    return _joined(one.digest() for one in made)


def margin(threads: int) -> str:
    terms = Terms(
        margin=Margin(2.0, 0.25), lend=0.02, borrow=0.06, short_fee=0.01, actions=True, participation=0.5
    )
    many = [targets(k) * np.where(np.arange(NAMES) % 2 == k % 2, 2.0, -2.0) for k in range(12)]
    made = run_weights(market(acts=True), many, initial_cash=1e5, terms=terms, threads=threads)
    return _joined(one.digest() for one in made)


def signals(threads: int) -> str:
    t, n = np.meshgrid(np.arange(BARS), np.arange(NAMES), indexing="ij")
    entries, exits = (t * 3 + n) % 8 == 0, (t + n * 5) % 9 == 0
    made = run_signals(market(), entries, exits, initial_cash=1e5, threads=threads)
    return _joined(one.digest() for one in made)


def swept(threads: int) -> str:
    grid = {"fast": range(2, 20), "slow": range(3, 40)}
    return sweep("sma_cross", grid, market().only("N0"), initial_cash=1e5, threads=threads).digest()


RUNS: dict[str, Callable[[int], str]] = {
    "cash": cash,
    "before_costs": before_costs,
    "lots": lots,
    "margin": margin,
    "signals": signals,
    "swept": swept,
}


def _joined(digests: Iterable[str]) -> str:
    return hashlib.sha256("".join(digests).encode()).hexdigest()


if __name__ == "__main__":
    print(json.dumps({name: make(int(sys.argv[1])) for name, make in RUNS.items()}, indent=1))
