"""All measures of many series at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from quantrl import _core
from quantrl.errors import ConfigError, DataError
from quantrl.metrics._arrays import as_table
from quantrl.metrics._measure import MEASURES, REASONS, Measure
from quantrl.typing import FloatArray


@dataclass(frozen=True)
class MeasureTable:
    """Measures of named series.

    Attributes
    ----------
    names : tuple of str
        The K series.
    measures : tuple of str
        The M measures.
    values : (M, K) float64
        NaN where undefined.
    codes : (M, K) uint8
        Index into `REASONS` of each value.
    """

    names: tuple[str, ...]
    measures: tuple[str, ...]
    values: FloatArray
    codes: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __getitem__(self, measure: str) -> FloatArray:
        """(K,) values of one measure."""
        row: FloatArray = self.values[self._row(measure)]
        return row

    def of(self, name: str) -> dict[str, Measure]:
        """Every measure of one series."""
        if name not in self.names:
            raise DataError(f"name: expected one of {', '.join(self.names)}, got {name!r}")
        column = self.names.index(name)
        return {m: self._cell(row, column) for row, m in enumerate(self.measures)}

    def reasons(self, measure: str) -> tuple[str, ...]:
        """Reason of each series for one measure."""
        return tuple(REASONS[code] for code in self.codes[self._row(measure)])

    def frame(self) -> pl.DataFrame:
        """A row per series: ``name``, then a column per measure, null where undefined."""
        columns = {m: pl.Series(self.values[row]).fill_nan(None) for row, m in enumerate(self.measures)}
        return pl.DataFrame({"name": list(self.names), **columns})

    def _row(self, measure: str) -> int:
        if measure not in self.measures:
            raise ConfigError(f"measure: expected one of {', '.join(self.measures)}, got {measure!r}")
        return self.measures.index(measure)

    def _cell(self, row: int, column: int) -> Measure:
        return Measure(float(self.values[row, column]), REASONS[self.codes[row, column]])


def table(
    returns: ArrayLike,
    *,
    periods_per_year: float,
    measures: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    risk_free: float = 0.0,
) -> MeasureTable:
    """Measures of every column.

    Parameters
    ----------
    returns : (T, K) or (T,) float64
        Simple net returns per period, the first from the starting cash. NaN is refused.
    periods_per_year : float
        What annualises; never guessed.
    measures : sequence of str, optional
        Some of `MEASURES`, in the order wanted; all of them by default.
    names : sequence of str, optional
        K distinct names; ``"0"``, ``"1"``, ... by default.
    risk_free : float
        Annual rate, spread geometrically over the periods; also the threshold of Sortino and omega.

    Returns
    -------
    MeasureTable

    Raises
    ------
    DataError
        A NaN or infinity, with its row and column; a wrong shape; names that do not fit.
    ConfigError
        An unknown measure, or `periods_per_year` not positive.

    Notes
    -----
    O(T K), columns in parallel without the GIL; equal bits for any number of threads.
    """
    array = as_table(returns)
    chosen = tuple(MEASURES if measures is None else measures)
    for measure in chosen:
        if measure not in MEASURES:
            raise ConfigError(f"measures: expected some of {', '.join(MEASURES)}, got {measure!r}")
    labels = tuple(str(k) for k in range(array.shape[1])) if names is None else tuple(names)
    if len(labels) != array.shape[1] or len(set(labels)) != len(labels):
        raise DataError(f"names: expected {array.shape[1]} distinct names, got {list(labels)}")
    rows = [MEASURES.index(measure) for measure in chosen]
    values, codes = _core.measure_table(array, float(periods_per_year), float(risk_free), rows)
    return MeasureTable(labels, chosen, values, codes)
