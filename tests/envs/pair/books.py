"""Event files of recorded pairs: one made up by a seed, and the reference sets where they are present."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantrl.data.events import FLAGS, KINDS, convert
from quantrl.rng import generator

START = 1_700_000_000 * 10**9
#: Facts of the made-up pair: made, not fitted.
FACTS = {"alpha": 0.2, "beta": 0.9, "kappa": 0.05, "s": 8e-4, "k": 3e-4}
LEVEL, TRADE, BBO = (KINDS.index(name) for name in ("LEVEL", "TRADE", "BBO"))
LAST, SELL, KNOWN = FLAGS["last"], FLAGS["sell"], FLAGS["side_known"]


def made_columns(seconds: int = 400, seed: int = 3) -> list[dict[str, np.ndarray]]:
    """Level-2 columns of two legs whose mids share a random walk and differ by a reverting spread; about 20 events a second.

    Whole ladders move with the mid; sizes, trades, receive times and one pair of events in the wrong order are random.
    """
    draws = generator(seed, 1, "synthetic")
    steps = seconds * 5
    common = np.cumsum(draws.normal(0, 1e-4, steps))
    x = np.zeros(steps)
    for k in range(1, steps):
        x[k] = 0.99 * x[k - 1] + 1e-4 * draws.normal()
    legs = []
    for leg, (price, sign) in enumerate(((200.0, 1), (250.0, -1))):
        mids = np.rint(price * np.exp(common + 0.5 * sign * x) * 100).astype(int)
        legs.append(_ladder(mids, generator(seed, 2 + leg, "synthetic")))
    return legs


def _ladder(mids: np.ndarray, draws: np.random.Generator) -> dict[str, np.ndarray]:
    rows: list[tuple[int, int, int, int, int, int]] = []
    standing: list[dict[int, int]] = [{}, {}]
    ts = START
    for mid in mids:
        ts += int(draws.integers(50_000_000, 350_000_000))
        seen = ts + int(draws.integers(1_000_000, 9_000_000))
        group: list[tuple[int, int, int, int]] = []
        half = 1 + int(draws.integers(0, 3))
        wanted = [
            {
                int(mid) - way * (half + i * int(draws.integers(1, 3))): int(draws.integers(1, 60))
                for i in range(7)
            }
            for way in (1, -1)
        ]
        for side in (0, 1):
            flags = KNOWN | (SELL if side else 0)
            group += [(LEVEL, flags, tick, 0) for tick in standing[side] if tick not in wanted[side]]
        for side in (0, 1):
            flags = KNOWN | (SELL if side else 0)
            group += [(LEVEL, flags, tick, lots) for tick, lots in wanted[side].items()]
        if draws.random() < 0.3:
            flags = KNOWN | (SELL if draws.random() < 0.5 else 0)
            group.append((TRADE, flags, int(mid), int(draws.integers(1, 30))))
        standing = wanted
        for i, (kind, flags, tick, lots) in enumerate(group):
            rows.append((ts, seen, kind, flags | (LAST if i == len(group) - 1 else 0), tick, lots))
    names = ("ts", "received", "kind", "flags", "tick", "qty")
    types = (np.int64, np.int64, np.uint8, np.uint8, np.int64, np.uint64)
    table = list(zip(*rows, strict=True))
    return {name: np.array(col, dtype=kind) for name, kind, col in zip(names, types, table, strict=True)}


def write(
    columns: dict[str, np.ndarray], path: Path, symbol: str, *, tick: str, lot: str, level: int = 2
) -> Path:
    """An event file of columns."""
    convert(columns, path, format="columns", tick_size=tick, lot_size=lot, symbol=symbol, level=level)
    return path


def made(folder: Path, **how: Any) -> tuple[Path, Path]:
    """Files of the made-up pair: lots of 1 and of 0.5, so that the legs' units of money differ."""
    one, two = made_columns(**how)
    return (
        write(one, folder / "one.qev", "ONE", tick="0.01", lot="1"),
        write(two, folder / "two.qev", "TWO", tick="0.01", lot="0.5"),
    )


def amzn_goog(shared: Path, folder: Path) -> tuple[Path, Path]:
    """LOBSTER level 5, one morning; no receive times."""
    names = ("LOBSTER_SampleFile_AMZN_2012-06-21_5.zip", "GOOG_2012-06-21_34200000_45000000_5.zip")
    return tuple(_converted(shared / "lobster" / name, folder, "lobster") for name in names)  # type: ignore[return-value]


def btc_eth(shared: Path, folder: Path, market: str) -> tuple[Path, Path]:
    """Binance; the converter corrects the recorder's clock."""
    form = {"spot": "binance-spot", "usdm": "binance-futures"}[market]
    sizes = {
        ("spot", "btc"): ("0.01", "0.00001"),
        ("spot", "eth"): ("0.01", "0.0001"),
        ("usdm", "btc"): ("0.1", "0.001"),
        ("usdm", "eth"): ("0.01", "0.001"),
    }
    return tuple(
        _converted(
            shared / "binance" / market / f"{coin}usdt_20240808.gz",
            folder,
            form,
            tick_size=sizes[market, coin][0],
            lot_size=sizes[market, coin][1],
        )
        for coin in ("btc", "eth")
    )  # type: ignore[return-value]


def aig_bac(shared: Path, folder: Path) -> tuple[Path, Path]:
    """Consolidated best quotes and trades of the regular hours; no receive times."""
    return tuple(_quotes(shared / "us_ticks" / f"{name}_20131007.parquet", folder) for name in ("aig", "bac"))  # type: ignore[return-value]


def _converted(source: Path, folder: Path, form: str, **sizes: str) -> Path:
    if not source.is_file():
        pytest.skip(f"the reference file {source.name} is absent")
    path = folder / f"{source.parent.name}-{source.name}.qev"
    convert(source, path, format=form, **sizes)
    return path


def _quotes(source: Path, folder: Path) -> Path:
    if not source.is_file():
        pytest.skip(f"the reference file {source.name} is absent")
    midnight = 1_381_118_400_000  # 2013-10-07 00:00 in New York, ms UTC
    ms = pl.col("ms").cast(pl.Int64)
    rows = pl.read_parquet(source).filter(ms.is_between(34_200_000, 57_599_999))
    quotes = rows.filter((pl.col("kind") == "Q") & (pl.col("bid_px") > 0) & (pl.col("ask_px") > 0))
    ts = (midnight + quotes["ms"].cast(pl.Int64).to_numpy()) * 1_000_000
    both = np.array([KNOWN, KNOWN | SELL | LAST], dtype=np.uint8)
    columns = {
        "ts": np.repeat(ts, 2),
        "kind": np.full(2 * len(ts), BBO, dtype=np.uint8),
        "flags": np.tile(both, len(ts)),
        "tick": np.stack([quotes["bid_px"], quotes["ask_px"]], axis=1).astype(np.int64).ravel(),
        "qty": np.stack([quotes["bid_sz"], quotes["ask_sz"]], axis=1).astype(np.uint64).ravel(),
    }
    return write(
        columns, folder / f"{source.stem}.qev", source.stem[:3].upper(), tick="0.0001", lot="1", level=1
    )
