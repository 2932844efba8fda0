"""The result file of a released backtest: weights, relatives and what its authors computed from them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from quantrl.agents.sharpe_portfolio.released.reading import Source, Table, read_table
from quantrl.data.origin import shown
from quantrl.errors import DataError
from quantrl.typing import FloatArray

MEASURES = (
    "reward", "log_return", "portfolio_value", "market_return", "rate_of_return", "weights_mean",
    "weights_std", "cost", "market_value", "steps",
)  # fmt: skip
"""Columns beside dates, weights and relatives."""
PREFIXES = (("w_", "y_"), ("weight_", "price_"))
"""Of weights and relatives: as kept, and as in the authors' CSV."""
SIMPLEX = 1e-5


@dataclass(frozen=True)
class ReleasedResult:
    """A released backtest, read and checked.

    Attributes
    ----------
    name : str
        Of the file.
    dates : (T,) datetime64[D]
        As labelled in the file.
    assets : tuple of str
        Cash first, then the names, K + 1 in all.
    weights : (T, K + 1) float64
        After the trade of each row; the first row is the reset, all cash.
    relatives : (T, K + 1) float64
        Price over previous price.
    columns : dict of str to (T,) float64
        `MEASURES`.
    """

    name: str
    dates: np.ndarray
    assets: tuple[str, ...]
    weights: FloatArray
    relatives: FloatArray
    columns: dict[str, FloatArray]

    @property
    def n_rows(self) -> int:
        """T."""
        return len(self.dates)

    @property
    def names(self) -> tuple[str, ...]:
        """Assets without cash."""
        return self.assets[1:]


def read_result(source: Source | ReleasedResult) -> ReleasedResult:
    """Read and check a result file.

    Raises
    ------
    DataError
        A missing column, a value that is not finite, a relative that is not positive, weights off the simplex by more
        than 1e-5, a first row that is not all cash, fewer than 4 rows, or over a million: names the row.
    """
    if isinstance(source, ReleasedResult):
        return source
    table = read_table(source)
    table.need(["date", *MEASURES])
    assets, prefixes = _assets(table)
    weights, relatives = (table.numbers([prefix + name for name in assets]) for prefix in prefixes)
    _check(table, weights, relatives, [prefixes[0] + name for name in assets], prefixes[1] + assets[0])
    measured = table.numbers(MEASURES)
    columns = {name: np.ascontiguousarray(measured[:, i]) for i, name in enumerate(MEASURES)}
    plain = tuple(plain_name(name) for name in assets)
    return ReleasedResult(table.origin.file, table.dates(), plain, weights, relatives, columns)


def plain_name(name: str) -> str:
    """A name without the country before its digits: the authors' files have both ``CN600009.SH`` and ``600009.SH``."""
    return re.sub(r"^CN(?=\d)", "", name)


def _assets(table: Table) -> tuple[list[str], tuple[str, str]]:
    for prefixes in PREFIXES:
        found = [c.removeprefix(prefixes[0]) for c in table.frame.columns if c.startswith(prefixes[0])]
        if len(found) >= 2:
            return found, prefixes
    raise DataError(
        f"{table.origin.file}: expected weight columns such as 'w_CASH', cash first and at least one name, found none"
    )


def _check(
    table: Table, weights: FloatArray, relatives: FloatArray, columns: list[str], first_relative: str
) -> None:
    origin = table.origin
    if len(weights) < 4:
        raise DataError(f"{origin.file}: expected at least 4 rows, got {len(weights)}")
    prefix = first_relative[: first_relative.index("_") + 1]
    dead = np.argwhere(relatives <= 0)
    if dead.size:
        row, column = (int(at) for at in dead[0])
        name = prefix + columns[column].partition("_")[2]
        raise origin.error(row, name, f"expected a positive relative, got {relatives[row, column]:g}")
    low = np.argwhere(weights < -SIMPLEX)
    if low.size:
        row, column = (int(at) for at in low[0])
        raise origin.error(
            row, columns[column], f"expected a weight of at least 0, got {weights[row, column]:g}"
        )
    off = np.flatnonzero(np.abs(weights.sum(axis=1) - 1) > SIMPLEX)
    if off.size:
        row = int(off[0])
        total = weights[row].sum()
        raise DataError(
            f"{origin.file}: {origin.word} {origin.rows[row]}: weights sum to {total:.8g}, expected 1"
        )
    if abs(weights[0, 0] - 1) > SIMPLEX:
        raise origin.error(0, columns[0], f"expected the reset, all cash, got {shown(float(weights[0, 0]))}")
