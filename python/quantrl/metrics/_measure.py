"""The nouns of a table: a measure, its reason, and the names the core gives them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike

from quantrl import _core
from quantrl.metrics._arrays import as_column

MEASURES: tuple[str, ...] = tuple(_core.MEASURES)
"""Names of the measures of a table, in its order."""

REASONS: tuple[str, ...] = tuple(_core.REASONS)
"""Why a measure is, or is not, defined; the first is ``ok``."""


@dataclass(frozen=True)
class Measure:
    """A number with the reason it has, or lacks, a value.

    Attributes
    ----------
    value : float
        Finite, or NaN where undefined.
    reason : str
        One of `REASONS`; ``ruined`` may come with a value.
    """

    value: float
    reason: str = "ok"

    def __float__(self) -> float:
        return self.value

    @property
    def defined(self) -> bool:
        """True where there is a value."""
        return not math.isnan(self.value)


def single(name: str, returns: ArrayLike, periods_per_year: float = 1.0, risk_free: float = 0.0) -> Measure:
    """One measure of one series."""
    column = as_column(returns).reshape(-1, 1)
    values, reasons = _core.measure_table(column, float(periods_per_year), float(risk_free))
    row = MEASURES.index(name)
    return Measure(float(values[row, 0]), REASONS[reasons[row, 0]])
