"""A generated market with the nuisances of real ones: price limits, halts, lots, names that come and go."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from quantrl.data.clock import CloseTime, read_times
from quantrl.data.instrument import Instrument
from quantrl.data.origin import Origin
from quantrl.data.panel import Panel
from quantrl.errors import ConfigError
from quantrl.rng import generator
from quantrl.typing import BoolArray, IntArray

SUMMARY = "generated from a seed: open, high, low, close, volume with limits, halts and lots"
TICKS_PER_UNIT, LOT, LIMIT = 100, 100.0, 0.10
CLOSE_TIME = "15:00 Asia/Shanghai"
_START = dt.date(2015, 1, 5)
_HALT_CHANCE, _LONGEST_HALT = 0.002, 12
_DRIFT, _MARKET_VOL, _OWN_VOL, _GAP_VOL, _REACH = 0.0003, 0.010, 0.015, 0.004, 0.012
_SHOCK_CHANCE, _SHOCK = 0.01, 6.0


class _Market:
    """Arrays under construction, all (T, N)."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.open, self.high, self.low, self.close, self.volume = (np.empty(shape) for _ in range(5))
        self.can_buy, self.can_sell = (np.ones(shape, dtype=np.bool_) for _ in range(2))


def synthetic(seed: int = 0, *, n_bars: int = 1260, n_instruments: int = 12, stream: int = 0) -> Panel:
    """A panel of daily bars from a seed.

    Parameters
    ----------
    seed, stream : int
        Key of the generator; the panel is a function of these and the sizes, and of nothing else.
    n_bars : int
        Weekdays from 2015-01-05 on, at least 2; there are no holidays.
    n_instruments : int
        At least 1. Of four names or more, the second is listed late and the last disappears.

    Returns
    -------
    Panel
        ``open high low close volume`` with masks ``tradable can_buy can_sell``. Prices move in steps of 0.01
        and at most 10 % from one close to the next; a name that closes at its limit cannot be bought (or
        sold) there. Halted bars are NaN. Orders come in lots of 100. One market factor plus own noise,
        without any pattern to find.

    Raises
    ------
    ConfigError
        Sizes out of range.
    """
    if not 2 <= n_bars <= 20_000 or not 1 <= n_instruments <= 5_000:
        raise ConfigError(
            f"expected 2 to 20,000 bars and 1 to 5,000 instruments, got {n_bars}, {n_instruments}"
        )
    shape = (n_bars, n_instruments)
    alive, listed, delisted = _lives(shape)
    trades = alive & ~_halts(seed, stream, shape)
    market = _prices(seed, stream, trades)
    columns = {
        name: np.where(trades, getattr(market, name), np.nan)
        for name in ("open", "high", "low", "close", "volume")
    }
    masks = {"tradable": trades, "can_buy": trades & market.can_buy, "can_sell": trades & market.can_sell}
    time = _weekdays(n_bars)
    table = [
        Instrument(f"S{i:02d}", "CNY", LOT, 1 / TICKS_PER_UNIT, int(time[listed[i]]), int(time[delisted[i]]))
        for i in range(n_instruments)
    ]
    return Panel(
        columns, time, table, periods_per_year=252, masks=masks, adjust="total", name="synthetic",
        source=f"synthetic(seed={seed}, n_bars={n_bars}, n_instruments={n_instruments}, stream={stream})",
        flags=("generated prices: nothing to learn from them",),
    )  # fmt: skip


def _prices(seed: int, stream: int, trades: BoolArray) -> _Market:
    """Only sums, products and roundings, so that the bits are the same on every machine; prices in ticks."""
    shape = trades.shape
    rng = generator(seed, stream, "synthetic", draw=0)
    own = rng.standard_normal(shape) * _OWN_VOL * np.where(rng.random(shape) < _SHOCK_CHANCE, _SHOCK, 1.0)
    move = _DRIFT + rng.standard_normal((shape[0], 1)) * _MARKET_VOL + own
    gap = rng.standard_normal(shape) * _GAP_VOL
    above, below = rng.random(shape) * _REACH, rng.random(shape) * _REACH
    before = np.floor(1_000 + 9_000 * rng.random(shape[1]))
    market = _Market(shape)
    market.volume[...] = rng.integers(50, 50_000, shape) * LOT
    for t in range(shape[0]):
        top, bottom = np.floor(before * (1 + LIMIT)), np.ceil(before * (1 - LIMIT))
        opened = np.clip(np.rint(before * (1 + gap[t])), bottom, top)
        closed = np.clip(np.rint(before * (1 + move[t])), bottom, top)
        high = np.minimum(np.ceil(np.maximum(opened, closed) * (1 + above[t])), top)
        low = np.maximum(np.floor(np.minimum(opened, closed) * (1 - below[t])), bottom)
        for column, ticks in (
            (market.open, opened),
            (market.high, high),
            (market.low, low),
            (market.close, closed),
        ):
            column[t] = ticks / TICKS_PER_UNIT
        market.can_buy[t], market.can_sell[t] = closed < top, closed > bottom
        before = np.where(trades[t], closed, before)
    return market


def _halts(seed: int, stream: int, shape: tuple[int, int]) -> BoolArray:
    rng = generator(seed, stream, "synthetic", draw=1)
    starts = rng.random(shape) < _HALT_CHANCE
    lengths = rng.integers(1, _LONGEST_HALT + 1, shape)
    halted = np.zeros(shape, dtype=np.bool_)
    for t, n in zip(*np.nonzero(starts), strict=True):
        halted[t : t + lengths[t, n], n] = True
    halted[0] = halted[-1] = False
    return halted


def _lives(shape: tuple[int, int]) -> tuple[BoolArray, IntArray, IntArray]:
    n_bars, n_names = shape
    listed, delisted = np.zeros(n_names, dtype=np.int64), np.full(n_names, n_bars - 1)
    if n_names >= 4:
        listed[1], delisted[-1] = n_bars // 5, n_bars - 1 - n_bars // 4
    bars = np.arange(n_bars)[:, None]
    return (bars >= listed) & (bars <= delisted), listed, delisted


def _weekdays(n: int) -> IntArray:
    days = pl.Series("date", np.busday_offset(np.datetime64(_START), np.arange(n))).cast(pl.Date)
    origin = Origin("synthetic", "row", np.arange(n))
    return read_times(days, origin, close_time=CloseTime.parse(CLOSE_TIME)).ns
