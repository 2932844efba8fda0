"""Round trips: what was earned from flat to flat in one instrument, after all costs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantrl.backtest._books import Books
from quantrl.metrics import Measure

if TYPE_CHECKING:
    from quantrl.backtest.result import Result

SCHEMA = {
    "instrument": pl.String,
    "side": pl.String,
    "entered": pl.Int64,
    "left": pl.Int64,
    "bars": pl.Int64,
    "invested": pl.Float64,
    "profit": pl.Float64,
    "return": pl.Float64,
    "open": pl.Boolean,
}


@dataclass
class _Trip:
    """A position from the bar it was opened on; `put_in` is what its opening orders were worth."""

    side: int
    entered: int
    put_in: float = 0.0
    profit: float = 0.0


def round_trips(result: Result) -> pl.DataFrame:
    """Every position from flat to flat.

    Returns
    -------
    polars.DataFrame
        In order of exit: ``instrument side entered left bars invested profit return open``. Times in ns; `bars` from the bar
        of the first fill to that of the last; `invested` the value of the orders that opened or added to it; `profit` net of
        fees and slippage, dividends included, of an open one at the last mark; `return` profit over invested. A position
        that is open at the end has ``open`` and no `left`. An order through zero closes one trip and opens another; its
        costs are shared by units.

    Notes
    -----
    Interest and fees of shorts belong to the account and are in no trip. O(T N) for the books, then O(fills).
    """
    books = Books.of(result)
    rows = [row for i in range(books.units.shape[1]) for row in _of_instrument(result, books, i)]
    return pl.DataFrame([row for _, row in sorted(rows, key=lambda one: one[0])], schema=SCHEMA, orient="row")


def trade_measures(trips: pl.DataFrame) -> dict[str, Measure]:
    """``trades hit profit_factor sqn holding`` of closed round trips.

    Hit is the share with a profit; the profit factor gains over losses; SQN the mean return over its standard deviation
    (n - 1), times the root of their number (Tharp); holding the mean of bars. Undefined: NaN with a reason.
    """
    closed = trips.filter(~pl.col("open"))
    n, profit = closed.height, closed["profit"].to_numpy()
    measures = {"trades": Measure(float(n))}
    if not n:
        empty = Measure(math.nan, "no_trades")
        return measures | dict.fromkeys(("hit", "profit_factor", "sqn", "holding"), empty)
    gains, losses = profit[profit > 0.0].sum(), -profit[profit < 0.0].sum()
    returns = closed["return"].to_numpy()
    sd = float(np.std(returns, ddof=1)) if n > 1 else math.nan
    reason = "too_short" if n < 2 else "zero_variance"
    return {
        **measures,
        "hit": Measure(float((profit > 0.0).mean())),
        "profit_factor": Measure(float(gains / losses)) if losses > 0.0 else Measure(math.nan, "no_losses"),
        "sqn": Measure(float(returns.mean()) / sd * math.sqrt(n)) if sd > 0.0 else Measure(math.nan, reason),
        "holding": Measure(float(closed["bars"].to_numpy().mean())),
    }


def _of_instrument(
    result: Result, books: Books, i: int
) -> Iterator[tuple[tuple[int, int], tuple[object, ...]]]:
    """Trips of one instrument with what they are sorted by: last bar, instrument."""
    fills, time, name = books.fills, result.bars.time, result.bars.instruments[i]
    mine = np.flatnonzero(fills.instrument == i)
    fill_on = dict(zip(fills.bar[mine].tolist(), mine.tolist(), strict=True))
    moved = sorted(
        fill_on.keys() | set(np.flatnonzero(books.payouts[:, i] + np.abs(books.ended[:, i])).tolist())
    )
    trip: _Trip | None = None

    def row(trip: _Trip, bar: int, *, is_open: bool = False) -> tuple[tuple[int, int], tuple[object, ...]]:
        side = "long" if trip.side > 0 else "short"
        gained = trip.profit / trip.put_in if trip.put_in > 0.0 else math.nan
        left = None if is_open else int(time[bar])
        told = (
            name,
            side,
            int(time[trip.entered]),
            left,
            bar - trip.entered,
            trip.put_in,
            trip.profit,
            gained,
            is_open,
        )
        return (bar, i), told

    for t in moved:
        before, ruined = float(books.before[t, i]), t == books.ruined_at
        if trip is not None:
            trip.profit += books.payouts[t, i]
            if before == 0.0:  # delisted
                trip.profit += books.ended[t, i]
                yield row(trip, t)
                trip = None
        if t in fill_on:
            fill = fill_on[t]
            units, price = float(fills.units[fill]), float(fills.price[fill])
            cost = float(fills.fee[fill] + fills.slippage[fill])
            after = before + units if ruined else float(books.units[t, i])
            closing = min(1.0, abs(before / units)) if before * units < 0.0 else 0.0
            if trip is not None and closing:
                trip.profit += -(units * price + cost) * closing
                if after == 0.0 or before * after < 0.0:
                    yield row(trip, t)
                    trip = None
            if after != 0.0 and closing < 1.0:
                trip = trip or _Trip(1 if after > 0.0 else -1, t)
                trip.put_in += abs(units) * price * (1.0 - closing)
                trip.profit += -(units * price + cost) * (1.0 - closing)
        if ruined and trip is not None:
            trip.profit += books.ended[t, i]
            yield row(trip, t)
            trip = None
    if trip is not None:
        end = books.n_bars - 1
        trip.profit += float(books.units[end, i] * books.mark[end, i])
        yield row(trip, end, is_open=True)
