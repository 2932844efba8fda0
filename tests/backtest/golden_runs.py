"""Six accounts whose digests are kept in ``tests/golden/bar_runs.json``: every kind of account, sizing and limit.

Prices and weights are quotients of small whole numbers, so that no machine rounds them differently. From the folder tests,
``python -m backtest.golden_runs`` writes the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from quantrl.backtest import Costs, Margin, Result, Terms, run_signals, run_weights
from quantrl.data import Panel
from quantrl.typing import FloatArray
from quantrl.units import NS_PER_DAY

FILE = Path(__file__).parents[1] / "golden" / "bar_runs.json"
BARS, NAMES = 96, 7
COSTS = Costs(buy_bps=8.0, sell_bps=12.0, slippage_bps=5.0, fixed=0.5, minimum=1.0)
MARGIN = Margin(2.0, 0.25)


def market() -> Panel:
    """Opens, closes, volume, a split, dividends and a delisting, blocked sides, bars without a price."""
    t, n = np.meshgrid(np.arange(BARS), np.arange(NAMES), indexing="ij")
    columns: dict[str, FloatArray] = {
        "open": 50.0 + (t * 7 + n * 13) % 31 / 8.0,
        "close": 50.0 + (t * 5 + n * 17) % 29 / 8.0,
        "volume": 100.0 + (t * 11 + n * 3) % 37 * 16.0,
    }
    columns["open"][(t + 3 * n) % 23 == 0] = np.nan
    columns["split"] = np.where((t == 40) & (n == 2), 2.0, np.nan)
    columns["dividend"] = np.where((t % 24 == 12) & (n % 3 == 0), 0.5, np.nan)
    columns["delisted"] = np.where((t == 70) & (n == 5), 40.0, np.nan)
    masks = {"can_buy": (t + n) % 13 != 0, "can_sell": (t + 2 * n) % 17 != 0}
    days = np.cumsum(1 + 2 * (np.arange(BARS) % 5 == 0))
    names = [f"N{i}" for i in range(NAMES)]
    return Panel.from_arrays(
        columns, days * NS_PER_DAY, names, masks=masks, periods_per_year=252.0, adjust="raw"
    )


def targets(sign: int = 1) -> FloatArray:
    """Weights with holds, exits and rows without a decision; with sign -1 every third name is short."""
    t, n = np.meshgrid(np.arange(BARS), np.arange(NAMES), indexing="ij")
    weights = np.where((t + n) % 11 == 0, np.nan, (t * 3 + n * 5) % 7 / 32.0)
    weights[t % 16 == 15] = 0.125
    weights[t % 9 == 4] = np.nan
    return np.where(n % 3 == 1, sign * weights, weights)


def runs() -> dict[str, Result]:
    """By name."""
    panel, options = market(), {"costs": COSTS, "initial_cash": 100_000.0}
    t, n = np.meshgrid(np.arange(BARS), np.arange(NAMES), indexing="ij")
    spread: dict[str, Any] = {"lend": 0.02, "borrow": 0.06, "short_fee": 0.03 + (t + n) % 5 / 64.0}
    limits = Terms(
        band=0.01, min_order=1_500.0, participation=0.25, max_turnover=0.5, actions=True, price_limits=True
    )
    by_bar = Costs(bps=10.0, slippage_bps=(t * 3 + n) % 8 * 1.0)
    flags = (t * 5 + n * 3) % 11
    return {
        "cash, post_cost": run_weights(panel, targets(), **options),
        "cash, decision, lots": run_weights(panel, targets(), size_at="decision", lot=5.0, **options),
        "cash, limits, lots": run_weights(panel, targets(), terms=limits, lot=1.0, **options),
        "margin, pre_cost": run_weights(
            panel, 2.0 * targets(-1), sizing="pre_cost", terms=Terms(margin=MARGIN, actions=True, **spread), **options
        ),
        "margin, decision, by bar": run_weights(
            panel,
            2.0 * targets(-1),
            size_at="decision",
            fill="next_close",
            costs=by_bar,
            terms=Terms(margin=MARGIN, price_limits=True, **spread),
        ),
        "signals, first name": run_signals(panel, flags == 0, flags == 5, **options)[0],
    }  # fmt: skip


if __name__ == "__main__":
    digests = {name: result.digest() for name, result in runs().items()}
    FILE.write_text(json.dumps(digests, indent=1) + "\n")
