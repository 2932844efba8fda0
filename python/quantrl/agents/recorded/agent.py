"""An agent that repeats what a file says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np

from quantrl.agent import Decision, Evidence
from quantrl.agents.recorded.conversion import CONVERTED, convert
from quantrl.agents.recorded.reading import Sheet, read_sheet
from quantrl.config import DataConfig
from quantrl.data.origin import shown
from quantrl.errors import ConfigError, DataError, OrderError
from quantrl.typing import FloatArray, IntArray
from quantrl.units import iso_time

if TYPE_CHECKING:
    from quantrl.data import Panel, View


@final
@dataclass(frozen=True, eq=False)
class Recorded:
    """Decisions by time. One is taken by the first bar that ends at or after it; between them the agent holds.

    Parameters
    ----------
    time : (R,) int64
        ns UTC, strictly ascending.
    symbols : tuple of str
    weights : (R, M) float64
        One row a decision, NaN = hold; a name that is not among the symbols is closed.
    flags : tuple of str
        What a report must say of them.
    """

    time: IntArray
    symbols: tuple[str, ...]
    weights: FloatArray
    flags: tuple[str, ...] = ()

    @staticmethod
    def read(
        file: str | Path,
        *,
        agent: str = "",
        prices: str | Panel | None = None,
        fill: str = "next_open",
        cash: float = 1_000_000.0,
    ) -> Recorded:
        """From a file; for the arguments see `quantrl.agents.recorded.build`.

        Raises
        ------
        ConfigError, DataError
            As there.
        """
        if not str(file):
            raise ConfigError("agent recorded: params.file is required: a CSV or Parquet file of decisions")
        return Recorded.of_sheet(read_sheet(Path(file), agent), prices, fill=fill, cash=cash)

    @staticmethod
    def of_sheet(
        sheet: Sheet, prices: str | Panel | None = None, *, fill: str = "next_open", cash: float = 1_000_000.0
    ) -> Recorded:
        """From rows that were read."""
        if sheet.shares is None:
            return _of_weights(sheet)
        if prices is None or prices == "":
            raise ConfigError(
                f"agent recorded: {sheet.origin.file} holds share orders; params.prices must name a sample or a file "
                f"with the prices they were filled at"
            )
        panel = _panel(prices) if isinstance(prices, str) else prices
        found = convert(sheet.orders(), panel, fill=fill, cash=cash)
        return Recorded(found.time, panel.instruments, found.weights, (CONVERTED,))

    def decide(self, view: View) -> Decision:
        """What was decided by the newest bar and after the one before, the latest of it; else hold.

        Raises
        ------
        OrderError
            A position in a name that is not among the instruments.
        """
        n = view.n_instruments
        if view.n == 0:
            return Decision.cash(n)
        ended = view.time
        row = int(np.searchsorted(self.time, ended[-1], side="right")) - 1
        if row < 0 or (view.n > 1 and self.time[row] <= ended[-2]):
            return Decision.hold(n)
        weights = np.zeros(n)
        column = {name: i for i, name in enumerate(view.instruments)}
        for name, weight in zip(self.symbols, self.weights[row].tolist(), strict=True):
            if name in column:
                weights[column[name]] = weight
            elif weight > 0:
                raise OrderError(f"recorded: {name!r} is not one of the {n} instruments")
        return Decision(weights, evidence=(Evidence("recorded", "decided", iso_time(int(self.time[row]))),))


def _of_weights(sheet: Sheet) -> Recorded:
    if sheet.is_long:
        times, row = np.unique(sheet.time, return_inverse=True)
        names = sheet.names("symbol")
        symbols = tuple(dict.fromkeys(names))
        place = {name: i for i, name in enumerate(symbols)}
        column = np.array([place[name] for name in names])
        first = np.unique(row * len(symbols) + column, return_index=True)[1]
        if len(first) < len(names):
            again = int(np.setdiff1d(np.arange(len(names)), first)[0])
            raise sheet.origin.error(again, "symbol", f"{shown(names[again])} appears twice at its time")
        table = np.zeros((len(times), len(symbols)))
        table[row, column] = sheet.numbers("weight", empty=True)
    else:
        symbols = tuple(sheet.columns)
        if not symbols:
            raise DataError(f"{sheet.origin.file}: expected a column for each instrument, got none")
        times = sheet.time
        table = np.column_stack([sheet.numbers(name, empty=True) for name in symbols])
        if (np.diff(times) <= 0).any():
            late = int(np.argmax(np.diff(times) <= 0)) + 1
            raise sheet.origin.error(late, "time", "expected a time after that of the row before")
    _check(sheet, table, long=sheet.is_long)
    return Recorded(times, symbols, table)


def _check(sheet: Sheet, table: FloatArray, *, long: bool) -> None:
    """Weights of a cash account; an agent of a file that cannot be traded is refused before it starts."""
    known = np.where(np.isnan(table), 0.0, table)
    wrong = (known < 0).any(axis=1) | (known.sum(axis=1) > 1.0 + 1e-6)
    if wrong.any():
        row, origin = int(np.argmax(wrong)), sheet.origin
        where = (
            f"the time {iso_time(int(np.unique(sheet.time)[row]))}"
            if long
            else f"{origin.word} {origin.rows[row]}"
        )
        raise DataError(
            f"{sheet.origin.file}: {where}: expected weights of 0 or more that sum to 1 at most, got a sum of "
            f"{known[row].sum():g} with a least one of {known[row].min():g}"
        )


def _panel(prices: str) -> Panel:
    from quantrl import data

    chosen: dict[str, Any] = {
        "sample" if prices in data.sample_names() and not Path(prices).exists() else "path": prices
    }
    return data.load(DataConfig(**chosen))
