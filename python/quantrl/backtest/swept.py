"""What a sweep found: measures by parameters, the best with its deflation, and how far choosing it chose noise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantrl.backtest._families import Members
from quantrl.backtest.bars import Bars
from quantrl.backtest.settings import Settings
from quantrl.errors import AuditError, ConfigError
from quantrl.typing import FloatArray, IntArray, JsonObject

if TYPE_CHECKING:
    from quantrl.backtest.result import Result
    from quantrl.metrics import Measure, Overfitting

MEASURES = ("total", "sharpe", "max_drawdown")
"""What members can be ranked by: more is better for each."""

_AGREE = 1e-9


@dataclass(frozen=True, eq=False)
class Best:
    """The member of a sweep that ranks first, and what choosing it is worth.

    Attributes
    ----------
    row : int
        Its place in the sweep.
    params : dict
    measure : str
        What it was chosen by.
    value : float
    trades, trials : int
        Positions it opened; configurations it was chosen from.
    deflated_sharpe : Measure
        Probability that its Sharpe ratio beats the best of `trials` without skill; a reason where undefined.
    result : Result
        Its account, bar by bar.
    """

    row: int
    params: dict[str, Any]
    measure: str
    value: float
    trades: int
    trials: int
    deflated_sharpe: Measure
    result: Result = field(repr=False)

    def __str__(self) -> str:
        params = ", ".join(f"{name}={value}" for name, value in self.params.items())
        deflated = self.deflated_sharpe
        said = f"{deflated.value:.4f}" if deflated.defined else f"undefined ({deflated.reason})"
        return (
            f"{params}: {self.measure} {self.value:.4f}, {self.trades} trades, best of {self.trials:,} trials, "
            f"deflated Sharpe {said}"
        )


@dataclass(frozen=True, eq=False)
class SweepResult:
    """Measures of K members. Made by `sweep`.

    Attributes
    ----------
    family : str
    members : Members
        Parameters; `columns` has them beside the measures.
    measures : dict of str to (K,) array
        ``total``, ``sharpe`` (annualised; NaN where returns do not vary), ``max_drawdown`` (at most 0), ``trades``.
    sums : (K, 2 blocks) float64
        Sum of returns and of their squares, block after block.
    lengths : (blocks,) int64
        Bars of each block.
    bars, settings
        What it was run on.
    """

    family: str
    members: Members
    measures: dict[str, NDArray[Any]]
    sums: FloatArray
    lengths: IntArray
    bars: Bars
    settings: Settings
    account: Callable[[int], Result] = field(repr=False)

    def __len__(self) -> int:
        return len(self.members)

    @property
    def trials(self) -> int:
        """Members run: what a deflated Sharpe ratio counts."""
        return len(self.members)

    @property
    def left_out(self) -> int:
        """Combinations of a grid that make no sense and were not run."""
        return self.members.left_out

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """Parameters, then measures, (K,) each."""
        return {**self.members.columns, **self.measures}

    def frame(self) -> pl.DataFrame:
        """A row per member in the order run; an undefined measure is null."""
        return pl.DataFrame(
            {
                name: pl.Series(column).fill_nan(None) if column.dtype.kind == "f" else pl.Series(column)
                for name, column in self.columns.items()
            }
        )

    def digest(self) -> str:
        """sha256 over parameters, measures and sums: equal bits, equal digest."""
        digest = hashlib.sha256(self.family.encode())
        for name, column in (*self.columns.items(), ("sums", self.sums)):
            digest.update(f"{name} {column.shape} {column.dtype.kind}".encode())
            if column.dtype.kind == "O":
                digest.update(repr(column.tolist()).encode())
            else:
                kind = "<f8" if column.dtype.kind == "f" else "<i8"
                known = np.where(np.isnan(column), np.nan, column) if kind == "<f8" else column
                digest.update(known.astype(kind).tobytes())
        return digest.hexdigest()

    def order(self, measure: str = "sharpe", *, min_trades: int = 30) -> IntArray:
        """Rows from best to worst of those with the measure defined and at least `min_trades`; equals in order run.

        Raises
        ------
        ConfigError
            An unknown measure.
        """
        if measure not in MEASURES:
            raise ConfigError(f"measure: expected one of {', '.join(MEASURES)}, got {measure!r}")
        values = self.measures[measure]
        rows = np.flatnonzero((self.measures["trades"] >= min_trades) & ~np.isnan(values))
        return rows[np.argsort(-values[rows], kind="stable")]

    def top(self, n: int = 20, *, measure: str = "sharpe", min_trades: int = 30) -> pl.DataFrame:
        """The first `n` rows of `order` as a frame."""
        return self.frame()[self.order(measure, min_trades=min_trades)[:n]]

    def result(self, row: int) -> Result:
        """The account of one member, bar by bar.

        Raises
        ------
        AuditError
            Its total return differs from what the sweep says by more than 1e-9.
        """
        made = self.account(row)
        total, swept = made.equity[-1] / self.settings.initial_cash, self.measures["total"][row] + 1.0
        if not abs(total - swept) <= _AGREE * max(1.0, abs(total)):
            raise AuditError(f"row {row}: the account grew {total:.12g} times, the sweep says {swept:.12g}")
        return made

    def best(self, measure: str = "sharpe", *, min_trades: int = 30, trials: int | None = None) -> Best:
        """The first row of `order`, always with its deflated Sharpe ratio.

        Parameters
        ----------
        measure : str
            ``total``, ``sharpe`` or ``max_drawdown``.
        min_trades : int
            A member with fewer is a story, not a statistic.
        trials : int, optional
            Configurations ever tried on these data, where that is more than the members of this sweep.

        Raises
        ------
        ConfigError
            An unknown measure, or no member with enough trades.
        """
        order = self.order(measure, min_trades=min_trades)
        if not order.size:
            most = int(self.measures["trades"].max())
            raise ConfigError(
                f"min_trades: no member has a {measure} and {min_trades} trades; the most is {most}"
            )
        row, tried = int(order[0]), max(self.trials, trials or 0)
        result = self.result(row)
        return Best(
            row=row,
            params=self.members.row(row),
            measure=measure,
            value=float(self.measures[measure][row]),
            trades=int(self.measures["trades"][row]),
            trials=tried,
            deflated_sharpe=self._deflated(result, tried),
            result=result,
        )

    @cached_property
    def sd_sharpe(self) -> float:
        """Standard deviation (n - 1) of the members' Sharpe ratios per bar; NaN of fewer than two."""
        defined = self.measures["sharpe"][~np.isnan(self.measures["sharpe"])]
        if defined.size < 2:
            return float("nan")
        return float(np.std(defined, ddof=1) / np.sqrt(self.bars.periods_per_year))

    def heatmap(
        self, x: str, y: str, measure: str = "sharpe"
    ) -> tuple[NDArray[Any], NDArray[Any], FloatArray]:
        """A measure over two parameters.

        Parameters
        ----------
        x, y : str
            Parameters; of any others the best value is taken.
        measure : str

        Returns
        -------
        (X,) array, (Y,) array, (Y, X) float64
            Values of both, rising, and the measure; NaN where nothing was run or it is undefined.

        Raises
        ------
        ConfigError
            An unknown parameter or measure.
        """
        for name in (x, y):
            if name not in self.members.columns:
                raise ConfigError(
                    f"heatmap: expected parameters of {', '.join(self.members.columns)}, got {name!r}"
                )
        if measure not in self.measures:
            raise ConfigError(f"measure: expected one of {', '.join(self.measures)}, got {measure!r}")
        (across, i), (down, j) = (
            np.unique(self.members.columns[name], return_inverse=True) for name in (x, y)
        )
        cells = np.full((len(down), len(across)), -np.inf)
        values = self.measures[measure].astype(np.float64)
        np.maximum.at(cells, (j, i), np.where(np.isnan(values), -np.inf, values))
        return across, down, np.where(np.isinf(cells), np.nan, cells)

    def pbo(self, *, min_trades: int = 30) -> Overfitting:
        """Probability that choosing the best Sharpe ratio of these members chose noise.

        Parameters
        ----------
        min_trades : int
            Members with fewer take no part, as in `best`.

        Raises
        ------
        DataError
            Fewer than two members, or too few bars for the blocks.
        ConfigError
            The number of blocks is odd or above 18.

        Notes
        -----
        From the sums by block, without any returns: as `metrics.pbo` of them. A half in which some member never holds
        anything has no ratio for it and is left out; `Overfitting.left_out` counts those.

        References
        ----------
        Bailey, Borwein, Lopez de Prado and Zhu (2015), The probability of backtest overfitting, J. Computational
        Finance.
        """
        from quantrl.metrics import pbo_of_sums

        return pbo_of_sums(self.lengths, self.sums[self.measures["trades"] >= min_trades])

    @property
    def config(self) -> JsonObject:
        """Settings of the accounts as plain values."""
        return {**self.settings.to_config(), "periods_per_year": self.bars.periods_per_year}

    def _deflated(self, result: Result, trials: int) -> Measure:
        from quantrl.errors import DataError
        from quantrl.metrics import Measure, deflated_sharpe

        if not self.sd_sharpe > 0.0:
            return Measure(float("nan"), "too_short" if np.isnan(self.sd_sharpe) else "zero_variance")
        try:
            value = deflated_sharpe(result.returns, trials=trials, sd_trials=self.sd_sharpe)
        except DataError:
            return Measure(float("nan"), "zero_variance")
        return Measure(value)

    def __repr__(self) -> str:
        left = f", {self.left_out:,} combinations left out" if self.left_out else ""
        return f"SweepResult({self.family}, {len(self):,} members{left}, {self.settings.fill})"
