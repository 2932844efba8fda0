"""Target weights over time: what was decided after which close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.backtest.bars import float_array
from quantrl.errors import DataError, OrderError
from quantrl.typing import FloatArray, IntArray

_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Schedule:
    """Decisions of one account.

    Parameters
    ----------
    rows : (R,) int64 or None
        Bars after whose close something was decided, increasing; None for a decision row per bar.
    values : (R, N) float64
        Target weights as fractions of equity. NaN keeps the units, 0 closes, a row of NaN decides nothing.
    name : str
        What errors call it.

    Raises
    ------
    DataError
        Rows that are not increasing or not as many as rows of values.

    Notes
    -----
    The engine refuses weights that no cash account can hold; `check_weights` names the row and the value.
    """

    rows: IntArray | None
    values: FloatArray
    name: str = "weights"

    def __post_init__(self) -> None:
        values = float_array(f"{self.name}.values" if self.rows is not None else self.name, self.values, (2,))
        object.__setattr__(self, "values", values)
        if self.rows is not None:
            object.__setattr__(self, "rows", self._checked_rows())

    def dense(self, n_bars: int) -> FloatArray:
        """The decisions as (n_bars, N), NaN where nothing was decided."""
        if self.rows is None:
            return self.values
        weights = np.full((n_bars, self.values.shape[1]), np.nan)
        weights[self.rows] = self.values
        return weights

    def check_fits(self, n_bars: int, n_instruments: int) -> None:
        """Refuse a schedule made for another panel.

        Raises
        ------
        DataError
            Another shape, or a row past the last bar.
        """
        expected = (n_bars if self.rows is None else len(self.values), n_instruments)
        if self.values.shape != expected:
            raise DataError(f"{self.name}: expected shape {expected}, got {self.values.shape}")
        if self.rows is not None and self.rows.size and self.rows[-1] >= n_bars:
            raise DataError(f"{self.name}.rows: row {self.rows[-1]} is past the last of {n_bars} bars")

    def _checked_rows(self) -> IntArray:
        rows = np.asarray(self.rows)
        if rows.dtype.kind not in "iu" or rows.shape != (len(self.values),):
            raise DataError(
                f"{self.name}.rows: expected {len(self.values)} integers, one per row of values, "
                f"got {rows.dtype} of shape {rows.shape}"
            )
        rows = rows.astype(np.int64)
        if rows.size and rows[0] < 0:
            raise DataError(f"{self.name}.rows: expected bar numbers from 0, got {rows[0]}")
        late = np.flatnonzero(np.diff(rows) <= 0)
        if late.size:
            at = int(late[0])
            raise DataError(
                f"{self.name}.rows: expected increasing bar numbers, "
                f"got {rows[at]} then {rows[at + 1]} at position {at + 1}"
            )
        return rows

    def check_weights(self, max_gross: float | None = None) -> None:
        """Refuse weights that an account cannot hold: a cash account, or one on margin.

        Raises
        ------
        OrderError
            A weight that is infinite; negative, or a complete row that sums to more than one, in a cash account; a row
            whose sizes sum to more than `max_gross` on margin.
        """
        values = self.values
        if max_gross is not None:
            self._check_gross(max_gross)
            return
        bad = np.argwhere((values < 0.0) | np.isinf(values))
        if len(bad):
            row, column = (int(i) for i in bad[0])
            kind = "infinite" if np.isinf(values[row, column]) else "negative in a cash account"
            raise OrderError(
                f"{self.name}: row {self._bar(row)}, instrument {column}: "
                f"weight {values[row, column]:g} is {kind}"
            )
        sums = values.sum(axis=1)
        over = np.flatnonzero(sums > 1.0 + _SUM_TOLERANCE)
        if over.size:
            row = int(over[0])
            raise OrderError(f"{self.name}: row {self._bar(row)} sums to {sums[row]:.9g}, more than 1")

    def _check_gross(self, max_gross: float) -> None:
        bad = np.argwhere(np.isinf(self.values))
        if len(bad):
            row, column = (int(i) for i in bad[0])
            raise OrderError(f"{self.name}: row {self._bar(row)}, instrument {column}: weight is infinite")
        sizes = np.nansum(np.abs(self.values), axis=1)
        over = np.flatnonzero(sizes > max_gross + _SUM_TOLERANCE)
        if over.size:
            row = int(over[0])
            raise OrderError(
                f"{self.name}: row {self._bar(row)} is {sizes[row]:.9g} in size, more than max_gross {max_gross:g}"
            )

    def _bar(self, row: int) -> int:
        return row if self.rows is None else int(self.rows[row])


def as_schedules(weights: Any, n_bars: int, n_instruments: int) -> tuple[list[Schedule], bool]:
    """Schedules from what a caller may pass, and whether it was a single one.

    Parameters
    ----------
    weights : (T, N) or (K, T, N) float64, Schedule, or a list of these
    n_bars, n_instruments : int
        What they must fit.

    Raises
    ------
    DataError
        Nothing at all, another shape or dtype; the message names the schedule.
    OrderError
        Weights that a cash account cannot hold.
    """
    single = isinstance(weights, Schedule) or getattr(weights, "ndim", None) == 2
    if single:
        schedules = [_as_schedule("weights", weights)]
    elif isinstance(weights, (list, tuple)) or getattr(weights, "ndim", None) == 3:
        schedules = [_as_schedule(f"weights[{k}]", w) for k, w in enumerate(weights)]
    else:
        got = f"shape {weights.shape}" if isinstance(weights, np.ndarray) else type(weights).__name__
        raise DataError(
            f"weights: expected a (T, N) or (K, T, N) array, a Schedule or a list of them, got {got}"
        )
    if not schedules:
        raise DataError("weights: expected at least one schedule, got none")
    for schedule in schedules:
        schedule.check_fits(n_bars, n_instruments)
    return schedules, single


def _as_schedule(name: str, weights: Any) -> Schedule:
    if isinstance(weights, Schedule):
        return Schedule(weights.rows, weights.values, name)
    return Schedule(None, weights, name)
