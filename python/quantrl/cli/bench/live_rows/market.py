"""The market of these rows: one seeded event file of simulated order flow, and books on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from quantrl.data.events import Opening, Zi, merge, simulate
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon

START_NS = 1_700_000_000_000_000_000
SYMBOLS = ("AA", "BB", "CC")
_SPEED = 13.9
"""At which the law below makes 2,000 events a second for three names."""
_AGENTS = [
    {"id": "rules/momentum", "params": {"lookback": 4, "skip": 0, "k": 1, "every": 1}},
    {"id": "rules/mean_reversion", "params": {"lookback": 3, "k": 1, "every": 1}},
    {"id": "rules/random_weights", "params": {"every": 1}},
]


def write_flow(path: Path, seconds: float) -> Path:
    """About 2,000 events a second of three names together, as ``.qev``."""
    law = Zi(limit=0.3 * _SPEED, market=1.0 * _SPEED, cancel=0.05 * _SPEED, size=5, window=40)
    messages, parts = int(2_000 * seconds / len(SYMBOLS)), []
    for stream, symbol in enumerate(SYMBOLS):
        part = path.with_name(f"{symbol}.qev")
        opening = Opening(bid=10_000 + 1_000 * stream, levels=40, orders=4, lots=5)
        simulate(
            part,
            law,
            messages=messages,
            seed=11,
            stream=stream,
            start_ns=START_NS,
            symbol=symbol,
            opening=opening,
        )
        parts.append(part)
    merge(parts, path)
    return path


def settings(
    path: Path, *, decide_every: str, batch_ms: int = 1_000, agents: list[dict[str, Any]] | None = None
) -> PaperConfig:
    """A book on the file whose limits let it trade all the time."""
    easy = {"half_life": 5.0, "psr_enter": 0.0, "psr_stay": 0.0, "cusum_cut": 1e9, "target_vol": 5.0}
    easy |= {"top_k": 3, "copy_correlation": 1.0, "hysteresis": 0.0}
    wide = {"position_bp": 10_000, "order_bp": 10_000, "drawdown_reduce_bp": 9_000, "drawdown_halt_bp": 9_500}
    more = {"daily_loss_bp": 9_000, "turnover_bp": 10_000_000, "cancel_ppm": 1_000_000}
    rates = {"orders_per_s": 10_000, "burst": 10_000, "orders_per_window": 1_000_000}
    return PaperConfig.of(
        {
            "name": "bench",
            "seed": 3,
            "initial_cash": 500_000.0,
            "data": {"path": str(path), "periods_per_year": 31_536_000.0},
            "feed": {"kind": "events", "decide_every": decide_every, "batch_ms": batch_ms},
            "backtest": {"fill": "next_close", "costs": {"bps": 0.0}},
            "selection": easy,
            "risk": {**wide, **more, **rates},
            "rounds": {"quiet_rounds": 0, "vesting_pct": 100, "dead_band_pct": 0},
            "venue": {
                "execution": "market",
                "latency": {"entry": "1ms", "response": "1ms"},
                "feed_latency": "1ms",
                "fees": {"maker": "-0.5bp", "taker": "7bp"},
            },
            "agents": _AGENTS if agents is None else agents,
        }
    )


@contextmanager
def new_book(config: PaperConfig) -> Iterator[Daemon]:
    """A new book in a folder of its own, gone afterwards."""
    with TemporaryDirectory() as folder, Daemon.create(Path(folder) / "book", config) as daemon:
        yield daemon
