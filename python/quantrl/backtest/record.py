"""Everything an account did, in arrays: units after each bar, every fill, every target that was dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantrl import _core
from quantrl.backtest.bars import Bars
from quantrl.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Fills:
    """Fills in the order they happened, one entry each.

    Parameters
    ----------
    bar, decided, instrument : (F,) int64
        Bar it happened on, bar after whose close it was decided, column of the panel.
    units, price : (F,) float64
        Signed units, and the reference price before slippage.
    fee, slippage : (F,) float64
        Currency, not negative; together the whole cost.
    """

    bar: IntArray
    decided: IntArray
    instrument: IntArray
    units: FloatArray
    price: FloatArray
    fee: FloatArray
    slippage: FloatArray

    def frame(self, bars: Bars) -> pl.DataFrame:
        """With times in nanoseconds and names instead of numbers."""
        return pl.DataFrame(
            {
                "time": bars.time[self.bar],
                "decided": bars.time[self.decided],
                "instrument": _names(bars, self.instrument),
                "units": self.units,
                "price": self.price,
                "fee": self.fee,
                "slippage": self.slippage,
            }
        )


@dataclass(frozen=True, eq=False)
class Drops:
    """Targets that were not filled, and why: ``reason`` indexes ``_core.drop_reasons()``."""

    bar: IntArray
    decided: IntArray
    instrument: IntArray
    reason: NDArray[np.uint8]

    def frame(self, bars: Bars) -> pl.DataFrame:
        """With times in nanoseconds and names instead of numbers."""
        reasons = _core.drop_reasons()
        return pl.DataFrame(
            {
                "time": bars.time[self.bar],
                "decided": bars.time[self.decided],
                "instrument": _names(bars, self.instrument),
                "reason": pl.Series([reasons[r] for r in self.reason], dtype=pl.String),
            }
        )


@dataclass(frozen=True, eq=False)
class Record:
    """The full history: units (T, N) after each bar, fills and drops."""

    units: FloatArray
    fills: Fills
    drops: Drops

    @staticmethod
    def from_engine(account: Mapping[str, NDArray[Any]]) -> Record:
        """From the columns the engine gives with ``full=True``."""
        fills = Fills(**{name: account[f"fill_{name}"] for name in Fills.__dataclass_fields__})
        drops = Drops(**{name: account[f"drop_{name}"] for name in Drops.__dataclass_fields__})
        return Record(account["units"], fills, drops)


def _names(bars: Bars, columns: IntArray) -> pl.Series:
    return pl.Series([bars.instruments[i] for i in columns], dtype=pl.String)
