"""The book over time, small enough for a page: depth on a grid of times and prices, and the touch."""

from __future__ import annotations

import numpy as np
import polars as pl

from quantrl.data.events import EventFile

TIMES, PRICES, LEVELS, TOUCHES = 400, 100, 60, 3_000


def touch_frame(file: EventFile, instr: int) -> pl.DataFrame:
    """``ts_ns bid_ticks ask_ticks`` at most at `TOUCHES` times: of each bin of time the last change."""
    touches = file.bbo(instr).select("ts_ns", "bid_ticks", "ask_ticks")
    if touches.height <= TOUCHES:
        return touches
    first, last = touches["ts_ns"][0], touches["ts_ns"][-1]
    bins = (pl.col("ts_ns") - first) // max((last - first) // TOUCHES, 1)
    return touches.group_by(bins.alias("bin"), maintain_order=True).last().drop("bin")


def depth_picture(file: EventFile, instr: int) -> pl.DataFrame:
    """Displayed lots on a grid, at `TIMES` times from the first event to the last.

    Returns
    -------
    polars.DataFrame
        ``ts_ns``, ``tick`` (lowest of the cell), ``lots`` of every cell that is not empty, ``width`` ticks a cell.
    """
    times, seen = [], []
    book = file.replay()
    for ts in np.linspace(file.info.first_ts_ns, file.info.last_ts_ns, TIMES + 1, dtype=np.int64)[
        1:
    ].tolist():
        book.seek_time(ts + 1)
        levels = book.depth(LEVELS, instrument=instr).reshape(-1, 2).copy()
        times.append(ts)
        seen.append(levels[levels[:, 1] > 0])
    mids = np.array([rows[:, 0].mean() for rows in seen if len(rows)])
    step = file.instruments[instr].step
    if not mids.size:
        return pl.DataFrame(schema={"ts_ns": pl.Int64, "tick": pl.Int64, "lots": pl.Int64, "width": pl.Int64})
    reach = [np.median(np.abs(rows[:, 0] - rows[:, 0].mean())) for rows in seen if len(rows)]
    margin = 2 * float(np.median(reach)) + step
    low, high = float(mids.min()) - margin, float(mids.max()) + margin
    width = max(1, round((high - low) / PRICES / step)) * step
    frames = []
    for ts, rows in zip(times, seen, strict=True):
        inside = rows[(rows[:, 0] >= low) & (rows[:, 0] <= high)]
        cells, places = np.unique(inside[:, 0] // width * width, return_inverse=True)
        lots = np.bincount(places, inside[:, 1], len(cells)).astype(np.int64)
        frames.append(pl.DataFrame({"ts_ns": np.full(len(cells), ts), "tick": cells, "lots": lots}))
    return pl.concat(frames).with_columns(width=pl.lit(width, pl.Int64))
