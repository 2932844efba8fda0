"""The market an account trades in: checked price arrays, from a Panel or from a bare array of closes."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.backtest.fills import column_prices, fill_prices
from quantrl.errors import ConfigError, DataError
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.data import Panel


@dataclass(frozen=True, eq=False)
class Bars:
    """Prices of T bars and N instruments with their labels.

    Parameters
    ----------
    close, price : (T, N) float64
        Closes, which mark the account, and fill prices. NaN: not known, not tradable.
    time : (T,) int64
        End of each bar in nanoseconds UTC; the bar number where the data came without times.
    instruments : tuple of str
    periods_per_year : float
    low, high : (T, N) float64, optional
        Range of each bar, for the audit.
    panel : Panel, optional
        Where they came from.
    flags : tuple of str
        What a reader should know about the data.
    """

    close: FloatArray
    price: FloatArray
    time: IntArray
    instruments: tuple[str, ...]
    periods_per_year: float
    low: FloatArray | None = None
    high: FloatArray | None = None
    panel: Panel | None = None
    flags: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Number of bars and of instruments."""
        return (self.close.shape[0], self.close.shape[1])

    def check_prices(self, fill: str) -> None:
        """Refuse prices that are not positive or infinite, naming argument, row and instrument."""
        check_prices("close", self.close, self.instruments)
        check_prices(fill.removeprefix("next_"), self.price, self.instruments)

    def only(self, i: int) -> Bars:
        """The bars of one instrument."""

        def one(column: FloatArray) -> FloatArray:
            return np.ascontiguousarray(column[:, i : i + 1])

        return replace(
            self,
            close=one(self.close),
            price=one(self.price),
            instruments=self.instruments[i : i + 1],
            low=None if self.low is None else one(self.low),
            high=None if self.high is None else one(self.high),
            panel=None if self.panel is None else self.panel.only(self.instruments[i]),
        )

    @cached_property
    def id(self) -> str:
        """sha256 of the panel, or of the arrays that stand for it."""
        if self.panel is not None:
            return self.panel.id
        digest = hashlib.sha256(f"arrays {self.shape}".encode())
        for prices in (self.close, self.price):
            digest.update(prices.astype("<f8", copy=False).tobytes())
        return digest.hexdigest()


def as_bars(
    data: Panel | FloatArray, *, fill: str, open: Any = None, periods_per_year: float | None = None
) -> Bars:
    """Check what is traded.

    Parameters
    ----------
    data : Panel or (T, N) float64
        An array holds closes; then `periods_per_year` is required, and `open` for ``next_open``.
    fill : str
        Names the fill prices.
    open : (T, N) float64, optional
        Only with an array.
    periods_per_year : float, optional
        Overrides that of the panel.

    Raises
    ------
    DataError
        Shapes that differ, or no prices at all.
    ConfigError
        The fill needs a column that is missing, or the periods per year are not known.
    """
    if isinstance(data, np.ndarray):
        bars = _from_arrays(data, open, fill, periods_per_year)
    elif hasattr(data, "columns") and hasattr(data, "tradable"):
        if open is not None:
            raise ConfigError("open: only with an array of closes; a panel has its own")
        bars = _from_panel(data, fill, periods_per_year)
    else:
        raise DataError(f"panel: expected a Panel or a (T, N) float64 array, got {type(data).__name__}")
    return bars


def check_prices(name: str, prices: FloatArray, instruments: tuple[str, ...]) -> None:
    """Refuse prices that are not positive or infinite; NaN is a price that is not known.

    Raises
    ------
    DataError
        Names the argument, the row and the instrument.
    """
    bad = np.argwhere((prices <= 0.0) | (prices == math.inf))
    if len(bad):
        row, column = (int(i) for i in bad[0])
        raise DataError(
            f"{name}: row {row}, instrument {instruments[column]}: "
            f"expected a positive finite price, got {prices[row, column]:g}"
        )


def float_array(name: str, values: Any, ndim: tuple[int, ...]) -> FloatArray:
    """A C-contiguous float64 array of one of the given dimensions.

    Raises
    ------
    DataError
        Not numbers, or another number of dimensions.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise DataError(f"{name}: expected float64 numbers, got dtype {array.dtype}")
    if array.ndim not in ndim:
        wanted = " or ".join(str(n) for n in ndim)
        raise DataError(f"{name}: expected {wanted} dimensions, got shape {array.shape}")
    return np.ascontiguousarray(array, dtype=np.float64)


def _from_panel(panel: Panel, fill: str, periods_per_year: float | None) -> Bars:
    if "close" not in panel:
        raise ConfigError(f"panel: expected a column 'close', got {', '.join(panel.columns)}")
    has_range = "low" in panel and "high" in panel
    return Bars(
        close=panel["close"],
        price=np.ascontiguousarray(fill_prices(panel, fill)),
        time=panel.time,
        instruments=panel.instruments,
        periods_per_year=_annual(periods_per_year, panel.periods_per_year),
        low=panel["low"] if has_range else None,
        high=panel["high"] if has_range else None,
        panel=panel,
        flags=panel.flags,
    )


def _from_arrays(close: Any, open: Any, fill: str, periods_per_year: float | None) -> Bars:
    columns = {"close": float_array("close", close, (2,))}
    shape = columns["close"].shape
    if 0 in shape:
        raise DataError(f"close: expected at least one bar and one instrument, got shape {shape}")
    if open is not None:
        columns["open"] = float_array("open", open, (2,))
        if columns["open"].shape != shape:
            raise DataError(f"open: expected shape {shape} as close has, got {columns['open'].shape}")
    return Bars(
        close=columns["close"],
        price=column_prices(columns, fill),
        time=np.arange(shape[0], dtype=np.int64),
        instruments=tuple(str(i) for i in range(shape[1])),
        periods_per_year=_annual(periods_per_year, None),
    )


def _annual(given: float | None, of_panel: float | None) -> float:
    value = of_panel if given is None else given
    if value is None:
        raise ConfigError("periods_per_year: is required here, for example 252; it is never guessed")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ConfigError(f"periods_per_year: expected a positive number, got {value!r}")
    return float(value)
