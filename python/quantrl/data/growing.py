"""A panel with room for rows that are not known yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from quantrl.data.instrument import Instrument
from quantrl.data.panel import Panel
from quantrl.data.sealed import Sealed
from quantrl.errors import DataError


@final
class Growing(Panel):
    """Closes of T bars by N instruments, NaN until `put`; views and copies made before do not change.

    Only its owner writes; what others get cannot be written to. Copies (`head`, `between`) are plain panels.

    Parameters
    ----------
    time : (T,) int64
        Bar ends, ns UTC, all of them known beforehand.
    instruments : sequence of str or Instrument
    **settings
        ``periods_per_year``, ``name``, ``source`` of `Panel`.
    """

    def __init__(self, time: Any, instruments: Sequence[str | Instrument], **settings: Any) -> None:
        shape = (len(time), len(instruments))
        super().__init__({"close": np.full(shape, np.nan)}, time, instruments, **settings)
        dtype = np.dtype(np.float64)
        self._room, shown = Sealed(Sealed.room(shape, dtype)).take(shape, dtype, np.nan)
        self._columns = {"close": shown}

    def put(self, row: int, close: Any) -> None:
        """Prices of one row, (N,), NaN where there is none.

        Raises
        ------
        DataError
            A price of 0 or less or without a bound, or another one than the row has already.
        """
        values = np.asarray(close, dtype=np.float64)
        if not (np.isnan(values) | ((values > 0) & (values < np.inf))).all():
            raise DataError(f"row {row}: close: expected prices above 0, got {values.tolist()}")
        known = self._room[row]
        if not np.isnan(known).all() and not np.array_equal(known, values, equal_nan=True):
            raise DataError(
                f"row {row}: close: expected {known.tolist()}, as it is known, got {values.tolist()}"
            )
        self._room[row] = values
        self._cache.clear()
