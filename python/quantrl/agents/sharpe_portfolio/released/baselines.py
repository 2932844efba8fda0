"""The baselines released beside a result, each replayed on the dates it ran on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from quantrl.agents.sharpe_portfolio.released import statistics
from quantrl.agents.sharpe_portfolio.released.dates import Relatives
from quantrl.agents.sharpe_portfolio.released.reading import Source, Table, read_table
from quantrl.agents.sharpe_portfolio.released.replaying import run
from quantrl.agents.sharpe_portfolio.released.result import PREFIXES, SIMPLEX, ReleasedResult, plain_name
from quantrl.data.origin import one_line
from quantrl.errors import DataError
from quantrl.typing import FloatArray, IntArray

_MOST = 1_000
_LONGEST = 48


@dataclass(frozen=True)
class Baseline:
    """One released strategy.

    Attributes
    ----------
    name : str
        As in the file.
    first, last : datetime64[D]
        Dates of its first and last return.
    published : float
        Final value in the file.
    sharpe : float
        Of the log returns of the published values, in the convention of `released.statistics`.
    error : float
        Largest difference of replayed values and costs from the file's; NaN without relatives of its dates.
    arithmetic : float
        Final value where wealth earns w.y; NaN without relatives.
    weights : (T, K + 1) float64
        Cash first.
    """

    name: str
    first: np.datetime64
    last: np.datetime64
    published: float
    sharpe: float
    error: float
    arithmetic: float
    weights: FloatArray

    @property
    def n_rows(self) -> int:
        """Number of returns."""
        return len(self.weights)


def read_baselines(
    source: Source, result: ReleasedResult, relatives: Relatives | None
) -> tuple[Baseline, ...]:
    """Read a table of ``strategy``, ``date``, weights, ``value`` and ``cost``, and replay every strategy.

    The weights of a row are held until the close of its ``date``; ``cost`` is paid there for the weights of the next row.
    The last row does not trade.

    Raises
    ------
    DataError
        A missing column, a value that is not finite or positive, or weights off the simplex by more than 1e-5.
    """
    table = read_table(source, "baselines")
    table.need(["strategy", "date", "value", "cost"])
    columns = _columns(table, result.assets)
    _check(table, table.numbers(columns), table.column("value"))
    return tuple(
        _baseline(one_line(name)[:_LONGEST], table.where(rows), columns, relatives)
        for name, rows in _strategies(table).items()
    )


def gross_equal_weight(baselines: tuple[Baseline, ...], relatives: Relatives) -> tuple[float, float] | None:
    """Sharpe ratios of 1 / (K + 1) in everything, without costs, between the dates of the first baseline.

    Of ln(w.y), which a portfolio earns, and of sum w ln y, the released growth. None where those dates are not all in
    the table.
    """
    first, last = relatives.rows_of(np.array([baselines[0].first, baselines[0].last]))
    if min(first, last) < 0 or last - first + 1 != baselines[0].n_rows or first == last:
        return None
    moves = relatives.values[first : last + 1]
    with_cash = np.column_stack([np.ones(len(moves)), moves])
    return statistics.sharpe(np.log(with_cash.mean(axis=1))), statistics.sharpe(
        np.log(with_cash).mean(axis=1)
    )


def identical(baselines: tuple[Baseline, ...]) -> tuple[tuple[str, str], ...]:
    """Pairs of strategies with the same weights on the same dates."""
    return tuple(
        (one.name, other.name)
        for i, one in enumerate(baselines)
        for other in baselines[i + 1 :]
        if one.first == other.first and np.array_equal(one.weights, other.weights)
    )


def _strategies(table: Table) -> dict[str, IntArray]:
    """Rows of each strategy, in the order of the file."""
    names = table.frame["strategy"].cast(pl.String)
    if names.null_count():
        raise table.origin.error(
            int(names.is_null().arg_max() or 0), "strategy", "expected a name, got nothing"
        )
    if names.n_unique() > _MOST:
        raise DataError(f"{table.origin.file}: more than {_MOST:,} strategies")
    groups = (
        table.frame.select(names.alias("name")).with_row_index("row").group_by("name", maintain_order=True)
    )
    return {str(name): group["row"].cast(pl.Int64).to_numpy() for (name,), group in groups}


def _columns(table: Table, assets: tuple[str, ...]) -> list[str]:
    prefix = next((w for w, _ in PREFIXES if any(c.startswith(w) for c in table.frame.columns)), "w_")
    of = {plain_name(c.removeprefix(prefix)): c for c in table.frame.columns if c.startswith(prefix)}
    columns = [of.get(name, prefix + name) for name in assets]
    table.need(columns)
    return columns


def _check(table: Table, weights: FloatArray, values: FloatArray) -> None:
    off = np.flatnonzero((np.abs(weights.sum(axis=1) - 1) > SIMPLEX) | (weights.min(axis=1) < -SIMPLEX))
    if off.size:
        row = int(off[0])
        raise table.origin.error(
            row, "w_", f"expected weights of at least 0 with sum 1, got sum {weights[row].sum():.8g}"
        )
    dead = np.flatnonzero(values <= 0)
    if dead.size:
        raise table.origin.error(int(dead[0]), "value", f"expected a positive value, got {values[dead[0]]:g}")


def _baseline(name: str, table: Table, columns: list[str], relatives: Relatives | None) -> Baseline:
    dates, weights, values = table.dates(), table.numbers(columns), table.column("value")
    returns = np.diff(np.log(values), prepend=0.0)
    ratio = statistics.sharpe(returns) if len(returns) > 1 else float("nan")
    costs = table.column("cost")
    error = arithmetic = float("nan")
    rows = relatives.rows_of(dates) if relatives is not None else np.array([-1])
    if relatives is not None and (rows >= 0).all():
        moves = np.column_stack([np.ones(len(rows)), relatives.values[rows]])
        made = _replay(weights, moves, geometric=True)
        error = float(max(np.max(np.abs(made["value"] - values)), np.max(np.abs(made["cost"] - costs))))
        arithmetic = float(_replay(weights, moves, geometric=False)["value"][-1])
    return Baseline(name, dates[0], dates[-1], float(values[-1]), ratio, error, arithmetic, weights)


def _replay(weights: FloatArray, moves: FloatArray, *, geometric: bool) -> dict[str, FloatArray]:
    """The target of a row is the next row's weights; that of the last row is what has drifted there."""
    targets = np.vstack([weights[1:], weights[-1:]])
    targets[-1] = run(moves, targets, geometric=geometric, guarded=False)["drifted"][-1]
    return run(moves, targets, geometric=geometric, guarded=False)
