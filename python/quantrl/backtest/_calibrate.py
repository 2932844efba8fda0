"""Which queue model fills as the true queues of a file of orders do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from quantrl import _core
from quantrl._exact import nanoseconds
from quantrl.backtest._queue import Queue
from quantrl.data.events import EventFile
from quantrl.errors import ConfigError


@dataclass(frozen=True)
class QueueCalibration:
    """What a file of orders says of queue models.

    Attributes
    ----------
    fitted : Queue
        Measured on the first 70 % of the events.
    cancels : int
        Cancellations behind it: one counts for each virtual order whose price it was at, with lots ahead and behind.
    orders : tuple of int
        Virtual orders judged within 1, 10 and 60 s, all of the last 30 % of the events.
    filled : tuple of float
        Share of them that truly filled; NaN without any.
    scores : polars.DataFrame
        Best first: ``model brier_1s brier_10s brier_60s brier filled_1s filled_10s filled_60s median_error_s``. The Brier
        score is the mean squared difference of filled or not, model against truth; ``brier`` is the mean of the three.
        ``median_error_s`` is over orders that truly filled within 60 s, null without any.
    models : tuple of Queue
        In that order.
    """

    fitted: Queue
    cancels: int
    orders: tuple[int, int, int]
    filled: tuple[float, float, float]
    scores: pl.DataFrame
    models: tuple[Queue, ...]

    @property
    def best(self) -> Queue:
        """The model with the least mean Brier score."""
        return self.models[0]

    @property
    def is_judged(self) -> bool:
        """Whether there was any order to judge at all three horizons."""
        return min(self.orders) > 0


def calibrate_queue(
    file: EventFile,
    *,
    instr: int = 0,
    every: int | str = "1s",
    progress: Callable[[int], None] | None = None,
) -> QueueCalibration:
    """Let virtual orders of one lot join both touches, and compare the fills of every queue model with the true ones.

    The truth is `ghost`: where the order would stand in the queue of its price. The models see the level sums and trades
    that the same events make. Every order is judged as if it were the only one and stands for 60 s.

    Parameters
    ----------
    file : EventFile
        Of orders (level 3).
    instr : int
        Row of the instrument table.
    every : int or str
        Time between two orders of a side.
    progress : callable
        Called with the events passed, about every 65,536; what it raises ends the work.

    Raises
    ------
    ConfigError
        A file of level sums, an unknown instrument, `every` not above 0.
    DataError
        The file is damaged.

    Notes
    -----
    O(events x models x orders that stand at the price). The GIL is released; Ctrl-C ends it.
    """
    if isinstance(instr, bool) or not isinstance(instr, int) or not 0 <= instr < 2**16:
        raise ConfigError(f"instr: expected a row of the instrument table, got {instr!r}")
    found = _core.calibrate_queue(file._core, instr, nanoseconds("every", every), progress)
    fitted = Queue.fitted(found["table"])
    models = tuple(fitted if name == "fitted" else Queue(name, n) for (name, n), *_ in found["scores"])
    return QueueCalibration(
        fitted=fitted,
        cancels=found["cancels"],
        orders=tuple(found["orders"]),
        filled=tuple(found["filled"]),
        scores=_frame(models, found),
        models=models,
    )


def _frame(models: tuple[Queue, ...], found: dict[str, Any]) -> pl.DataFrame:
    seconds = [f"{ns // 1_000_000_000}s" for ns in found["horizons_ns"]]
    rows = []
    for model, (_, brier, filled, error) in zip(models, found["scores"], strict=True):
        row: dict[str, Any] = {"model": "fitted" if model.table else str(model)}
        row |= {f"brier_{name}": value for name, value in zip(seconds, brier, strict=True)}
        row["brier"] = sum(brier) / len(brier)
        row |= {f"filled_{name}": value for name, value in zip(seconds, filled, strict=True)}
        row["median_error_s"] = None if error is None else error / 1e9
        rows.append(row)
    return pl.DataFrame(rows, schema_overrides={"median_error_s": pl.Float64})
