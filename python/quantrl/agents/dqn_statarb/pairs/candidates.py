"""Mids of the instruments a selection chooses from, on one grid of times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl._exact import nanoseconds
from quantrl.errors import ConfigError, DataError, LookAheadError
from quantrl.typing import FloatArray, IntArray
from quantrl.units import NS_PER_SECOND, iso_time

FEWEST_ROWS = 500


@dataclass(frozen=True)
class Candidates:
    """Instruments on one grid.

    Attributes
    ----------
    log_mids : (T, N) float64
    symbols : tuple of N str
    sample_ns : int
        Nanoseconds between rows.
    time_ns : (T,) int64 or None
        Times of the rows, UTC.
    half_spreads : (N,) float64
        Median half-spread over the rows, log units; NaN where only mids are known.
    sha256 : str
        Of the files, or of the numbers.
    """

    log_mids: FloatArray
    symbols: tuple[str, ...]
    sample_ns: int
    time_ns: IntArray | None
    half_spreads: FloatArray
    sha256: str

    @property
    def step_s(self) -> float:
        """Seconds between rows."""
        return self.sample_ns / NS_PER_SECOND

    def check(self, test_from_ns: int | None) -> None:
        """Refuse what cannot be tested.

        Raises
        ------
        ConfigError
            Fewer than two symbols, or one twice.
        DataError
            Shapes that do not fit, fewer than 500 rows, a value that is not finite, a constant price.
        LookAheadError
            A row at or after `test_from_ns`.
        """
        if len(self.symbols) < 2 or len(set(self.symbols)) < len(self.symbols):
            raise ConfigError(
                f"symbols: expected two or more different names, got {', '.join(self.symbols) or 'none'}"
            )
        if self.log_mids.ndim != 2 or self.log_mids.shape[1] != len(self.symbols):
            raise DataError(f"log_mids: expected (T, {len(self.symbols)}), got {self.log_mids.shape}")
        rows = len(self.log_mids)
        if rows < FEWEST_ROWS:
            raise DataError(f"log_mids: expected at least {FEWEST_ROWS} rows in the window, got {rows}")
        bad = np.argwhere(~np.isfinite(self.log_mids))
        if bad.size:
            row, column = bad[0]
            raise DataError(
                f"log_mids: row {row}, {self.symbols[column]}: expected a finite number, got {self.log_mids[row, column]}"
            )
        for name, still in zip(self.symbols, np.ptp(self.log_mids, axis=0) == 0, strict=True):
            if still:
                raise DataError(f"log_mids: {name}: the price is constant on the window")
        self._check_times(test_from_ns)

    def _check_times(self, test_from_ns: int | None) -> None:
        if self.time_ns is None:
            if test_from_ns is not None:
                raise ConfigError("test_from_ns: cannot be kept apart, the rows have no times; give time_ns")
            return
        if self.time_ns.shape != (len(self.log_mids),) or (np.diff(self.time_ns) <= 0).any():
            raise DataError(f"time_ns: expected {len(self.log_mids)} rising times")
        if test_from_ns is not None and self.time_ns[-1] >= test_from_ns:
            raise LookAheadError(
                f"window: ends at {iso_time(int(self.time_ns[-1]))}, in the test segment from {iso_time(test_from_ns)}"
            )


def sample_ns(sample: str | int) -> int:
    """Nanoseconds of ``10s``, ``500ms``, ``1min``, or a number of them.

    Raises
    ------
    ConfigError
        Something else, or not positive.
    """
    try:
        found = nanoseconds("sample", sample)
    except ConfigError:
        found = 0
    if found <= 0:
        raise ConfigError(f"sample: expected a time such as 10s, 500ms or 1min, got {sample!r}")
    return found
