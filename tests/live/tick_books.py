"""Small books on simulated order flow: three names, a few minutes, decisions every few seconds."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from live.paper_books import EASY, WIDE, QuickDisk
from quantrl.data.events import Opening, Zi, merge, simulate
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon

START = 1_700_000_000 * 10**9
SYMBOLS = ("AA", "BB", "CC")
FLOW = Zi(limit=0.3, market=1.0, cancel=0.05, size=5, window=40)
TAKES = {"execution": "market"}
RESTS = {"execution": "touch", "timeout": "700ms"}
LATE = {"latency": {"entry": "40ms", "response": "30ms"}, "feed_latency": "20ms"}
FEES = {"maker": "-0.5bp", "taker": "7bp", "per_lot": "0.001"}


def flow(
    dst: Path,
    symbols: tuple[str, ...] = SYMBOLS,
    *,
    messages: int = 5_000,
    seed: int = 11,
    speed: float = 1.0,
) -> Path:
    """An event file of so many messages a name; `speed` is how much denser in time they are."""
    law = replace(FLOW, limit=FLOW.limit * speed, market=FLOW.market * speed, cancel=FLOW.cancel * speed)
    parts = []
    for stream, symbol in enumerate(symbols):
        part = dst.with_name(f"{dst.stem}_{symbol}.qev")
        opening = Opening(bid=10_000 + 1_000 * stream, levels=40, orders=4, lots=5)
        simulate(
            part,
            law,
            messages=messages,
            seed=seed,
            stream=stream,
            start_ns=START,
            symbol=symbol,
            opening=opening,
        )
        parts.append(part)
    merge(parts, dst)
    return dst


@cache
def shared() -> Path:
    """One file for all tests of a process; about two minutes of three names."""
    return flow(Path(mkdtemp(prefix="quantrl-ticks-")) / "flow.qev")


def config(path: Path, **changes: Any) -> PaperConfig:
    """Three agents that trade often, with wide limits."""
    venue = {**TAKES, **LATE, "fees": FEES, **changes.pop("venue", {})}
    raw: dict[str, Any] = {
        "name": "ticks",
        "seed": 3,
        "initial_cash": 500_000.0,
        "data": {"path": str(path), "periods_per_year": 31_536_000.0},
        "feed": {"kind": "events", "decide_every": "1s", **changes.pop("feed", {})},
        "backtest": {"fill": "next_close", "costs": {"bps": 0.0}},
        "selection": {**EASY, "half_life": 5.0},
        "risk": {**WIDE, "turnover_bp": 10_000_000, "cancel_ppm": 1_000_000},
        "rounds": {"quiet_rounds": 0, "vesting_pct": 100, "dead_band_pct": 0},
        "venue": venue,
        "agents": [
            {"id": "rules/mean_reversion", "params": {"lookback": 3, "k": 1, "every": 1}},
            {"id": "rules/momentum", "params": {"lookback": 4, "skip": 0, "k": 2, "every": 1}},
            {"id": "rules/random_weights", "params": {"every": 1}},
        ],
    }
    return PaperConfig.of({**raw, **changes})


def synthetic(**changes: Any) -> PaperConfig:
    """The same agents on a market that is made as time goes; `law` changes its settings."""
    law = {
        "symbols": list(SYMBOLS),
        "start": "2023-11-14T22:13:20Z",
        "horizon": "100s",
        "limit": FLOW.limit,
        "market": FLOW.market,
        "cancel": FLOW.cancel,
        "size": FLOW.size,
        "window": FLOW.window,
        "bid": 10_000,
        **changes.pop("law", {}),
    }
    feed = {"kind": "synthetic", "synthetic": law, **changes.pop("feed", {})}
    data = {"sample": "synthetic", "periods_per_year": 31_536_000.0, **changes.pop("data", {})}
    return config(Path("none"), data=data, feed=feed, **changes)


def make(folder: Path, settings: PaperConfig) -> Daemon:
    """A new book that waits for no disk."""
    return Daemon.create(folder, settings, disk=QuickDisk(), vfs="quick")


def reopen(folder: Path) -> Daemon:
    """An existing one."""
    return Daemon.open(folder, disk=QuickDisk(), vfs="quick")
