"""When a backtest took place, whatever its labels say: its relatives are looked up in a dated table of relatives."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from quantrl.agents.sharpe_portfolio.released.reading import Source, read_table
from quantrl.agents.sharpe_portfolio.released.result import ReleasedResult, plain_name
from quantrl.data.origin import shown
from quantrl.typing import FloatArray, IntArray

CLOSE = 1e-5
"""Relatives this near are the same: the files hold 32-bit numbers."""
_PROBES = 16


@dataclass(frozen=True)
class Relatives:
    """Close over previous close, by date.

    Attributes
    ----------
    name : str
        Of the file.
    dates : (R,) datetime64[D]
        Increasing.
    values : (R, K) float64
        In the order of the names asked for.
    """

    name: str
    dates: np.ndarray
    values: FloatArray

    def rows_of(self, dates: np.ndarray) -> IntArray:
        """Row of each date, -1 where there is none."""
        rows = np.searchsorted(self.dates, dates)
        inside = np.minimum(rows, len(self.dates) - 1)
        return np.where(self.dates[inside] == dates, inside, -1)


@dataclass(frozen=True)
class TrueDates:
    """Where the relatives of a result are found.

    Attributes
    ----------
    first, last : datetime64[D]
        Dates of the first and last row that are inside the table.
    matched : int
        Rows whose relatives are those of the table.
    outside : int
        Rows that lie before or after the table.
    offsets : tuple of int
        Every distance in rows from the label of a matched row to its date, once each.
    error : float
        Largest difference over the matched rows.
    at_labels : float
        Median over rows of the largest difference at the labelled dates; NaN where no label is in the table.
    """

    first: np.datetime64
    last: np.datetime64
    matched: int
    outside: int
    offsets: tuple[int, ...]
    error: float
    at_labels: float


def read_relatives(source: Source, names: tuple[str, ...]) -> Relatives:
    """Read a table of ``date`` and one column of relatives for each of `names`.

    Raises
    ------
    DataError
        A missing column, a relative that is not positive, or dates that do not increase: names the row.
    """
    table = read_table(source, "relatives")
    by_name = {plain_name(column): column for column in table.frame.columns}
    table.need([by_name.get(name, name) for name in names])
    dates, values = table.dates(), table.numbers([by_name[name] for name in names])
    dead = np.argwhere(values <= 0)
    if dead.size:
        row, column = (int(at) for at in dead[0])
        raise table.origin.error(
            row, names[column], f"expected a positive relative, got {values[row, column]:g}"
        )
    back = np.flatnonzero(np.diff(dates) <= np.timedelta64(0, "D"))
    if back.size:
        row = int(back[0]) + 1
        raise table.origin.error(row, "date", f"expected dates that increase, got {shown(str(dates[row]))}")
    return Relatives(table.origin.file, dates, values)


def find_dates(result: ReleasedResult, relatives: Relatives) -> TrueDates | None:
    """Look the rows of a result up by their relatives; None where they are not in the table.

    The shift most of `_PROBES` rows agree on is then checked on every row. O(R K).
    """
    own = result.relatives[:, 1:]
    votes: Counter[int] = Counter()
    for row in np.unique(np.linspace(0, len(own) - 1, _PROBES).astype(int)):
        gap = np.abs(relatives.values - own[row]).max(axis=1)
        votes.update((np.flatnonzero(gap <= CLOSE) - row).tolist())
    if not votes:
        return None
    shift = max(votes, key=lambda one: (votes[one], -abs(one)))
    at = np.arange(len(own)) + shift
    inside = np.flatnonzero((at >= 0) & (at < len(relatives.values)))
    gaps = np.abs(relatives.values[at[inside]] - own[inside]).max(axis=1)
    same = inside[gaps <= CLOSE]
    labels = relatives.rows_of(result.dates)
    offsets = (at - labels)[same[labels[same] >= 0]]
    return TrueDates(
        first=relatives.dates[at[inside[0]]],
        last=relatives.dates[at[inside[-1]]],
        matched=len(same),
        outside=len(own) - len(inside),
        offsets=tuple(sorted({int(one) for one in offsets})),
        error=float(gaps[gaps <= CLOSE].max()),
        at_labels=_at_labels(own, labels, relatives),
    )


def _at_labels(own: FloatArray, labels: IntArray, relatives: Relatives) -> float:
    known = labels >= 0
    if not known.any():
        return float("nan")
    return float(np.median(np.abs(relatives.values[labels[known]] - own[known]).max(axis=1)))
