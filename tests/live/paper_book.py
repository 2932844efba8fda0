"""A small paper book that runs in under a second: five instruments, five rules, rounds that fund some of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from quantrl.data import Panel
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon

NS_DAY = 86_400 * 10**9
SYMBOLS = ("AA", "BB", "CC", "DD", "EE")
RULES = (
    ("rules/momentum", {"lookback": 5, "skip": 0, "k": 2, "every": 3}),
    ("rules/equal_weight", {"every": 1}),
    ("rules/buy_and_hold", {}),
    ("rules/mean_reversion", {"lookback": 5, "every": 2}),
    ("rules/random_weights", {"every": 2}),
)


def panel(n_bars: int = 160, seed: int = 3) -> Panel:
    """Closes that drift and wander, in whole hundredths."""
    rng = np.random.default_rng(seed)
    steps = 0.0015 + 0.012 * rng.standard_normal((n_bars, len(SYMBOLS)))
    close = np.round(np.exp(np.cumsum(steps, axis=0)) * [20.0, 35.0, 50.0, 80.0, 120.0], 2)
    time = (np.arange(n_bars, dtype=np.int64) + 19_000) * NS_DAY
    return Panel({"close": close}, time, SYMBOLS, periods_per_year=252.0, name="small")


def config(**changes: Any) -> PaperConfig:
    """Of `panel`."""
    return PaperConfig.of(
        {
            "name": "small_book",
            "seed": 5,
            "initial_cash": 250_000.0,
            "data": {"path": "small.parquet", "periods_per_year": 252.0},
            "backtest": {"fill": "next_close", "costs": {"bps": 10.0, "slippage_bps": 3.0}},
            "selection": {"half_life": 20.0},
            "venue": {"tick": "0.01", "lot": "1"},
            "risk": {
                "position_bp": 4_500,
                "order_bp": 4_000,
                "drawdown_reduce_bp": 4_000,
                "drawdown_halt_bp": 5_000,
            }
            | {"daily_loss_bp": 1_500},
            "agents": [{"id": id, "params": params} for id, params in RULES],
            **changes,
        }
    )


def make(folder: Path, data: Panel, **changes: Any) -> list[int]:
    """Run the whole panel in two starts with a few commands between, and close; equity after each bar."""
    seen: list[int] = []

    def note(daemon: Daemon) -> None:
        seen.append(daemon.book.books.account_equity())

    with Daemon.create(folder, config(**changes), panel=data) as daemon:
        daemon.on_cycle = note
        daemon.run(until=int(data.time[109]))
        daemon.snapshot()
        daemon.command("lock", instrument="CC", side="buy", reason="looks odd")
        daemon.run(until=int(data.time[119]))
        daemon.command("no_entry", nonce="n1", reason="lunch")
    with Daemon.open(folder, panel=data) as daemon:
        daemon.on_cycle = note
        daemon.run(until=int(data.time[124]))
        daemon.command("active", nonce="n2")
        daemon.run()
    return seen
