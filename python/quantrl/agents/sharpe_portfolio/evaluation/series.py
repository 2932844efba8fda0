"""Returns with their dates: what may be compared, and what may not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.errors import DataError
from quantrl.typing import FloatArray, IntArray
from quantrl.units import iso_date


@dataclass(frozen=True, eq=False)
class Series:
    """Simple net returns, each labelled with the time of the price it ends on.

    Parameters
    ----------
    name : str
        What errors call it.
    time : (T,) int64
        ns UTC, increasing.
    returns : (T,) float64

    Raises
    ------
    DataError
        As many times as returns are expected.
    """

    name: str
    time: IntArray
    returns: FloatArray

    def __post_init__(self) -> None:
        if self.time.shape != self.returns.shape:
            raise DataError(
                f"{self.name}: expected a time per return, got {self.time.shape} and {self.returns.shape}"
            )

    @property
    def dates(self) -> list[str]:
        """ISO dates of the labels."""
        return [iso_date(int(t)) for t in self.time]


def check_same_index(series: Series, other: Series) -> None:
    """Refuse to compare returns of different dates.

    Raises
    ------
    DataError
        Names both series and the first date on which they differ.
    """
    shared = min(len(series.time), len(other.time))
    differs = np.flatnonzero(series.time[:shared] != other.time[:shared])
    at = int(differs[0]) if differs.size else shared
    if at == len(series.time) == len(other.time):
        return
    raise DataError(
        f"{other.name}: expected the dates of {series.name}; the first that differs is return {at}: "
        f"{_label(other, at)}, not {_label(series, at)}"
    )


def _label(series: Series, at: int) -> str:
    return iso_date(int(series.time[at])) if at < len(series.time) else "the end"
